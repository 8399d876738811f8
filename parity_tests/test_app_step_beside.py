"""A step beside PyTorch: what agrees is said to, however the script is written."""

import math
from pathlib import Path

import pytest

from tinygrad_edu.app.step.beside import beside_job
from tinygrad_edu.app.step.beside_numbers import SUMMARISED
from tinygrad_edu.app.step.beside_ways import dotted
from tinygrad_edu.tracing.values import LARGEST

from .beside_sides import Sides, check, outside
from .compare_scripts import ON_TORCH

SCRIPTS = Path(__file__).parent / "scripts"


@pytest.fixture
def both(servers, tmp_path):
    return Sides(servers, tmp_path)


# What agrees --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "missing"),
    [("19_rnn_lstm_sine", 0), ("22_tiny_gpt", 0), ("24_maml_inner_loop", 48)],
)
def test_a_script_of_the_course_agrees(both, script, missing):
    check(*both.beside(SCRIPTS / f"{script}.py"), missing)


def test_the_classifier_agrees(both):
    trace = both.trace(model="classifier")
    result = beside_job("classifier", None, (0, 1), trace)
    check(trace, result)
    assert result.notes == ["passed over, as only PyTorch has them: 3 TBackward0"]
    assert [row.name for row in result.rows if row.kind == "grad"] == [
        f"{layer}.{part}"
        for layer in ("output_layer", "layer_2", "layer_1")
        for part in ("weight", "bias")
    ]


def test_the_cnn_agrees_in_later_steps(both):
    trace, result = both.beside(model="cnn", steps=(1, 3))
    check(trace, result)
    assert {row.step for row in result.rows} == {1, 2}
    assert any("leaves were not equal when first used, by the rounding" in n for n in result.notes)
    assert [point.step for point in result.curve] == [0, 1, 2]
    for ours, theirs in zip(trace.curve, result.curve, strict=True):
        assert theirs.loss == pytest.approx(ours.loss, rel=1e-5)
        assert theirs.norms == pytest.approx(ours.norms, rel=1e-4)


def test_of_large_tensors_the_summaries_are_compared(both):
    trace, result = both.beside(f"""
    import torch
    w = torch.randn({LARGEST + 1}, requires_grad=True)
    w.exp().view(1, -1)[:, :9].mean().backward()
    """)
    check(trace, result)
    large = {row.event for row in result.rows if SUMMARISED in row.remark}
    assert large == {row.event for row in result.rows if math.prod(row.shape) > LARGEST} != set()


IN_PLACE = """
import torch

class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad * 2

w = torch.randn(4, 3, requires_grad=True)
b = torch.randn(3, requires_grad=True)
x = torch.randn(5, 4)
for _ in range(2):
    h = Twice.apply(x @ w).add_(b)
    h[0] = h[1] * 2
    h.mul_(0.5).tanh_()
    h = h * 1
    view = h[:, 1]
    view += 1
    first, second = h.exp().clamp(max=9.0).sort(dim=1)[0].split([1, 2], dim=1)
    loss = (first * second).logsumexp(1).mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        w.grad = None
"""


def test_changes_in_place_views_and_functions(both):
    trace, result = both.beside(IN_PLACE, steps=(0, 2))
    # What changes a view is within its node CopySlices in PyTorch, where nobody can look.
    check(trace, result, missing=2 * 6)
    names = {row.ours for row in result.rows}
    assert {"TwiceBackward", "torch::autograd::CopySlices", "SplitWithSizesBackward0"} <= names


def test_changed_through_data_and_a_view_that_cannot_be_asked_for_its_node(both):
    trace, result = both.beside("""
    import torch
    w = torch.nn.Parameter(torch.randn(3))
    w.data.mul_(2)
    (w * 1).detach()
    with torch.no_grad():
        w.add_(1)
    embedding = torch.nn.Embedding(4, 3, padding_idx=0)
    with torch.no_grad():
        view = embedding.weight[0]
    (embedding(torch.tensor([1, 2])) * w).sum().backward()
    y = w * 1
    with torch.no_grad():
        row = y[:2]
    y.mul_(2)
    try:
        row.add_(1)
    except RuntimeError:
        pass
    y.sum().backward()
    """)
    check(trace, result)
    assert result.notes == []


def test_a_leaf_updated_by_hand_is_compared_as_it_was_used(both):
    """The new value is used before the loop is seen to have come round."""
    for steps in ((0, 1), (0, 3)):
        trace, result = both.beside(
            """
            import torch
            w, b = torch.randn(3, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
            x = torch.randn(9, 3)
            for _ in range(5):
                loss = (w.mT @ x.mT + b).pow(2).mean()
                loss.backward()
                with torch.no_grad():
                    w -= 0.1 * w.grad
                    b -= 0.1 * b.grad
                    w.grad = b.grad = None
            """,
            steps,
        )
        check(trace, result)
        assert not any("differ" in note for note in result.notes if "freely" not in note)


def test_a_function_of_the_users_may_begin_the_next_step(both):
    """It is all of the graph."""
    trace, result = both.beside(
        """
        import torch

        class Squares(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return (x * x).sum()

            @staticmethod
            def backward(ctx, grad):
                return grad * 2 * ctx.saved_tensors[0]

        w = torch.randn(3, requires_grad=True)
        for _ in range(4):
            Squares.apply(w).backward()
            with torch.no_grad():
                w -= 0.1 * w.grad
                w.grad = None
        """,
        (0, 3),
    )
    check(trace, result)
    assert {row.step for row in result.rows} == {0, 1, 2}
    assert not any("passes" in note for note in result.notes)


def test_what_a_jacobian_computes_itself_is_no_next_step(both):
    """PyTorch takes its rows one by one, in a line of the script."""
    trace, result = both.beside(
        """
        import torch
        from torch.autograd.functional import hessian, jacobian
        w = torch.randn(3, requires_grad=True)
        A = torch.randn(4, 3)
        f = lambda w: (A @ w).tanh()
        g = lambda w: (A @ w).tanh().pow(2).sum()
        for _ in range(4):
            J, H = jacobian(f, w), hessian(g, w)
            (A @ w).tanh().pow(2).sum().backward()
            with torch.no_grad():
                w -= 0.1 * w.grad
                w.grad = None
        """,
        (0, 2),
    )
    assert result.rows and not outside(result)
    assert not any("passes" in note for note in result.notes)
    seeds = [event.step for event in trace.events if event.kind == "seed"]
    assert seeds.count(0) == seeds.count(1) > 8
    grads = [row for row in result.rows if row.kind == "grad"]
    assert [row.step for row in grads] == [0, 1]


def test_a_step_that_calls_that_of_its_base_class_is_one(both):
    """PyTorch tells its hooks of both, if there was an optimizer of the base class before."""
    trace, result = both.beside(
        """
        import torch

        class Own(torch.optim.SGD):
            def step(self, closure=None):
                return super().step(closure)

        model = torch.nn.Linear(3, 1)
        torch.optim.SGD(model.parameters(), lr=0.1)
        optimizer = Own(model.parameters(), lr=0.1)
        for _ in range(4):
            optimizer.zero_grad()
            model(torch.ones(2, 3)).sum().backward()
            optimizer.step()
        """,
        (1, 3),
    )
    check(trace, result)
    assert [point.step for point in result.curve] == [0, 1, 2]


def test_steps_that_are_not_the_same_raise_no_alarm(both):
    """With one pass more in the first, the second steps are of other passes."""
    _, result = both.beside(
        f"""
        import torch
        w = torch.randn(3, requires_grad=True)
        for i in range(4):
            loss = ((i + 1) * w).sum()
            loss.backward()
            if {ON_TORCH} and i == 0:
                continue
            v = w.detach().requires_grad_()
            (v * i).exp().sum().backward()
        """,
        (0, 2),
    )
    assert "1 begins at equal values" in result.notes[0] and not outside(result)


def test_where_no_number_is_known_that_is_all_that_is_said(both):
    _, result = both.beside("""
    import torch
    w = torch.randn(3)
    torch.func.grad(lambda w: w.sin().sum())(w)
    """)
    count = len(result.rows)
    assert count and result.sentence.endswith(
        f"{count} have nothing to be compared with, as PyTorch's is not known by itself."
    )
    assert "equal elements" not in result.sentence


def test_passes_of_gradcheck_are_left_out(both):
    """Both libraries make others; and that one line calls a function again is no next step."""
    trace, result = both.beside("""
    import torch
    x = torch.randn(3, dtype=torch.float64, requires_grad=True)
    f = lambda x: (x * x).exp()
    torch.autograd.gradcheck(f, x)
    torch.autograd.gradgradcheck(f, x)
    f(x).sum().backward()
    """)
    assert result.rows and not outside(result)
    assert result.notes == [
        "left out are the backward passes of gradcheck, which makes others in PyTorch"
    ]
    seeds = [event for event in trace.events if event.kind == "seed"]
    assert len(seeds) > 6 and {event.step for event in seeds} == {0}
    (compared,) = (row for row in result.rows if row.kind == "seed")
    assert compared.event == seeds[-1].index


def test_where_gradcheck_makes_all_passes_that_is_the_reason(both):
    _, result = both.beside("""
    import torch
    x = torch.randn(3, dtype=torch.float64, requires_grad=True)
    torch.autograd.gradcheck(torch.exp, x)
    """)
    assert result.rows == []
    assert "is not shown: left out are the backward passes of gradcheck" in result.sentence


def test_numbers_in_names_may_stand_in_brackets_or_behind_dots(both):
    """By its name the bias of an attention is found in a later step, too, where it has drifted."""
    _, result = both.beside(SCRIPTS / "30_transformer_classifier.py", (1, 3))
    assert result.rows and not outside(result)
    reached = [{r.name for r in result.rows if (r.kind, r.step) == ("grad", n)} for n in (1, 2)]
    assert reached[0] == reached[1] and "encoder.layers.1.self_attn.in_proj_bias" in reached[0]
    for name, theirs in (
        ("layers.0.weight", "model.layers[0].weight"), ("w[1]", "w[1]"), ("weight", "weight"),
    ):  # fmt: skip
        assert dotted(theirs).endswith(dotted(name))
    assert not dotted("model.layers[10].weight").endswith(dotted("0.weight"))


def test_passes_that_only_one_side_makes_are_left_out(both):
    _, result = both.beside(f"""
    import torch
    w = torch.randn(3, requires_grad=True)
    if {ON_TORCH}:
        (w * 2).sum().backward()
    (w * w).sum().backward()
    (g,) = torch.autograd.grad((w**3).sum(), w)
    """)
    assert result.notes[0] == (
        "step 0 has 2 backward passes here and 3 in PyTorch, of which 2 begin at equal values, "
        "and are compared"
    )
    assert [row.kind for row in outside(result)] == ["grad"]  # to which the pass has added


def test_several_passes_of_a_step_and_one_that_fails_on_both_sides(both):
    _, result = both.beside("""
    import torch
    w = torch.randn(3, requires_grad=True)
    (w * w).sum().backward()
    try:
        (w * 2).backward()
    except RuntimeError:
        pass
    loss = (w * 3).exp().sum()
    loss.backward(retain_graph=True)
    (g,) = torch.autograd.grad(loss, [w], create_graph=True)
    g.pow(2).sum().backward()
    """)
    assert not outside(result) and not any("passes" in note for note in result.notes)
    assert [row.name for row in result.rows if row.kind == "grad"] == ["w", "w", "w"]
