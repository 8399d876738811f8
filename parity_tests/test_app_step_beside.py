"""A step beside PyTorch: what agrees is said to, with the right numbers; what differs is found."""

import math
import textwrap
from importlib.machinery import PathFinder
from pathlib import Path

import numpy as np
import pytest
import torch

from tinygrad_edu.app.compare.measure import farthest
from tinygrad_edu.app.step.beside import START, beside, beside_job, judged, task_for
from tinygrad_edu.app.step.beside_numbers import CANCELLED, SUMMARISED, gap_of
from tinygrad_edu.app.step.beside_record import Record, held
from tinygrad_edu.app.step.beside_rows import NOISE
from tinygrad_edu.app.step.beside_ways import dotted
from tinygrad_edu.tracing import Trace, load
from tinygrad_edu.tracing.values import LARGEST, Values

from .servers import STEPS

SCRIPTS = Path(__file__).parent / "scripts"

#: In a script: whether it runs on PyTorch.
ON_TORCH = 'hasattr(torch, "_C")'

LOOP = """
import torch
from torch import nn

model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
x, y = torch.randn(8, 3), torch.randn(8, 1)
for step in range(6):
    out = model(x)
    # after the model
    loss = nn.functional.mse_loss(out, y)
    # after the loss
    optimizer.zero_grad()
    loss.backward()
    # after backward
    optimizer.step()
    # after the step
    print(loss.item())
"""


class Sides:
    """Runs scripts, or a model's training, on both sides.

    Parameters
    ----------
    servers : Servers
    folder : Path
    """

    def __init__(self, servers, folder):
        self.servers, self.folder = servers, folder

    def run(self, side, *task):
        place = self.folder / f"run {len([*self.folder.iterdir()])}"
        self.servers.begin(side, STEPS[side], place, task)
        return self.servers.end(side, place)

    def trace(self, script="", steps=(0, 1), model=""):
        return load(self.run("tinygrad_edu", *steps, str(script), [], model).record)

    def beside(self, script="", steps=(0, 1), model=""):
        """The trace of a script, given as text or as a path, and what comes of it beside
        PyTorch."""
        if script and not isinstance(script, Path):
            path = self.folder / "a script.py"
            path.write_text(textwrap.dedent(script))
            script = path
        trace = self.trace(script, steps, model)
        _, *task = task_for(steps, trace, self.folder)._replace(script=str(script), model=model)
        ran = self.run("PyTorch", *task)
        return trace, judged(trace, Record.read(ran.record), steps)


@pytest.fixture
def both(servers, tmp_path):
    return Sides(servers, tmp_path)


def outside(result):
    """The rows that are farther apart than rounding explains."""
    return [row for row in result.rows if not row.within]


# What agrees --------------------------------------------------------------------------------------


def check(trace, result, missing=0):
    """That nothing differs, and all of the trace is there that belongs to the graph, but for some
    calls and derivatives that PyTorch does not have."""
    assert result.rows and not result.error and not outside(result), result.sentence
    compared = {row.event for row in result.rows if not math.isnan(row.difference)}
    whole = {event.index for event in trace.events if event.kind in ("seed", "grad")}
    assert whole <= compared, sorted(whole - compared)
    derived = [e for e in trace.events if e.kind == "derivative" and e.forward is not None]
    sums = {(e.forward, e.about) for e in trace.events if e.kind == "broadcast"}
    expected = {event.index for event in derived if (event.forward, event.about) not in sums}
    left = (expected | {event.forward for event in derived}) - compared
    assert len(left) == missing, sorted(left)
    parameters = {p for e in trace.events if e.kind == "update" for p in e.details["values"]}
    assert len(parameters) == sum(row.kind == "update" for row in result.rows)
    for row in result.rows:
        event = trace.events[row.event]
        assert (row.kind, row.step) == (event.kind, event.step)
        shapes = [trace.values[v].shape for v in event.outputs.values()]
        assert row.kind == "update" or row.shape in shapes
        assert row.theirs in (row.ours, "") or row.theirs in row.remark


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


# The numbers --------------------------------------------------------------------------------------


def test_the_numbers_are_those_by_which_the_two_differ(both):
    trace, result = both.beside(LOOP)
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    x, y = torch.randn(8, 3), torch.randn(8, 1)
    values = [x]
    for layer in model:
        values.append(layer(values[-1]))
        values[-1].retain_grad()
    loss = torch.nn.functional.mse_loss(values[-1], y)
    loss.retain_grad()
    loss.backward()
    parameters = dict(model.named_parameters())
    results = [*values[1:], loss]
    expected = [("forward", value) for value in results]
    expected += [("accumulate", value.grad) for value in results[::-1]]
    expected = [(kind, value.detach().clone()) for kind, value in expected]
    gradients = {name: p.grad.clone() for name, p in parameters.items()}
    optimizer.step()

    def apart(ours, theirs):
        gap = np.abs(ours.astype(float) - theirs.numpy().astype(float)).max()
        return gap, gap / (2.0**-23 * theirs.abs().max().item())

    leaves = [row for row in result.rows if row.name in parameters]
    rest = [row for row in result.rows if row.name not in parameters]
    found = [row for kind in ("forward", "accumulate") for row in rest if row.kind == kind]
    for row, (kind, theirs) in zip(found, expected, strict=True):
        ours = trace.values[[*trace.events[row.event].outputs.values()][-1]].array
        assert (row.kind, row.shape) == (kind, tuple(theirs.shape))
        assert (row.difference, row.eps) == pytest.approx(apart(ours, theirs))
    assert {row.kind for row in leaves} == {"derivative", "accumulate", "grad", "update"}
    for row in leaves:
        event = trace.events[row.event]
        if row.kind == "update":
            (part,) = (p for p in event.details["parts"] if p[0] == row.name)
            ours = trace.values[event.outputs["p"]].array[part[1] : part[2]].reshape(part[3])
            theirs = parameters[row.name].detach()
        else:
            ours = trace.values[[*event.outputs.values()][-1]].array
            theirs = gradients[row.name]
        assert (row.difference, row.eps) == pytest.approx(apart(ours, theirs)), row


def test_what_is_not_finite_and_what_is_too_large():
    values = Values(largest=3)
    ours = values.add(np.float32([1, np.nan, np.inf]), "result")
    for theirs, difference, within in (
        ([1, np.nan, np.inf], 0, True), ([1, 2, np.inf], np.inf, False),
        ([1, np.nan, -np.inf], np.inf, False), ([1.5, np.nan, np.inf], 0.5, False),
        ([1, np.nan], np.inf, False),
    ):  # fmt: skip
        gap = gap_of(ours, held("float32", np.float32(theirs), 9), 0.0)
        assert (gap.difference, gap.within) == (difference, within)
    large = np.linspace(-3, 1, 50, dtype=np.float32)
    ours = values.add(large, "result")
    assert ours.array is None
    for scale, within in ((1, True), (1 + 1e-6, True), (1.01, False)):
        for largest in (3, 100):  # whether PyTorch's is kept or not
            gap = gap_of(ours, held("float32", large * np.float32(scale), largest), 0.0)
            assert gap.within is within and gap.remark == SUMMARISED
    nans = np.where(large > 0, np.float32("nan"), large)
    assert not gap_of(ours, held("float32", nans, 3), 0.0).within


def test_unequal_elements_are_never_0_apart():
    large = np.int64([5, 2**60])
    assert farthest(large, large) == (0.0, 0)
    gap, place = farthest(large, large + np.int64([0, 1]))  # as floats the two are equal
    assert gap > 0 and place == 1
    nan = np.float32([np.nan, 1])
    assert farthest(nan, nan) == (0.0, 0)
    assert farthest(nan, np.float32([0, 1])) == (np.inf, 0)


def test_what_cancels_may_be_anything(both):
    """The gradient of a bias before a batch normalization is 0 but for rounding."""
    trace, result = both.beside("""
    import torch
    from torch import nn
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.randn(64, 3)).pow(2).mean().backward()
    optimizer.step()
    """)
    check(trace, result)
    by_kind = {row.kind: row for row in result.rows if row.name == "0.bias"}
    assert CANCELLED in by_kind["grad"].remark
    assert NOISE in by_kind["update"].remark and by_kind["update"].difference > 1e-3
    assert "come from what is 0 but for rounding" in result.sentence


DRIFTING = """
import torch
from torch import nn
model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
x = torch.randn(64, 3)
for step in range(3):
    optimizer.zero_grad()
    h = model(x)
    # after the model
    h.pow(2).mean().backward()
    optimizer.step()
"""


@pytest.mark.parametrize("steps", [(0, 3), (1, 3)])
def test_what_comes_of_such_a_parameter_later_is_no_alarm(both, steps):
    """Up to where it cancels: what differs behind there is one."""
    trace, result = both.beside(DRIFTING, steps)
    check(trace, result)
    drifts = [row for row in result.rows if "it comes from 0.bias" in row.remark]
    assert {(row.step, row.kind, row.name) for row in drifts} == {
        (step, "forward", "0\N{RIGHT SINGLE QUOTATION MARK}s result") for step in range(1, steps[1])
    }
    assert min(row.difference for row in drifts) > 1e-2
    assert any("0.bias by" in note and NOISE in note for note in result.notes) is (steps[0] > 0)
    planted = f"h = h * (1.01 if {ON_TORCH} and step == 2 else 1)"
    _, result = both.beside(DRIFTING.replace("# after the model", planted), steps)
    first = outside(result)[0]
    assert (first.step, first.name) == (2, "h")


# What differs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "line", "first", "name"),
    [
        ("after the model", f"out = out * (1.01 if {ON_TORCH} else 1)", "forward", "out"),
        ("after the model", f"out.register_hook(lambda g: g * (2 if {ON_TORCH} else 1))",
         "accumulate", "out"),
        ("after the loss", f"loss = loss * (1 + 1e-3 * {ON_TORCH})", "forward", "loss"),
        ("after the loss", f"loss = loss * (float('nan') if {ON_TORCH} else 1)", "forward", "loss"),
        ("after the loss", f"loss = loss.exp() if {ON_TORCH} else loss.sin()", "forward", "loss"),
        ("after backward", f"optimizer.param_groups[0]['lr'] = 0.2 if {ON_TORCH} else 0.1",
         "update", "0.weight"),
    ],
)  # fmt: skip
def test_a_planted_difference_is_found_where_it_is(both, place, line, first, name):
    _, result = both.beside(LOOP.replace(f"# {place}", line))
    row = outside(result)[0]
    assert (row.kind, row.name) == (first, name), result.sentence
    assert f" in event {row.event}, " in result.sentence and row.remark in result.sentence


def test_a_difference_before_the_step_is_said(both):
    _, result = both.beside(LOOP.replace("import nn", f"import nn\ntorch.manual_seed({ON_TORCH})"))
    assert outside(result)[0].event == 0
    assert "leaves were not equal when first used, by what went before" in result.notes[0]


# What cannot be shown -----------------------------------------------------------------------------


def test_without_pytorch_there_is_a_reason(monkeypatch):
    monkeypatch.setattr(PathFinder, "find_spec", lambda name: None)
    result = beside("loop.py", [], (0, 1), Trace([], [], {}))
    assert (result.rows, result.curve) == ([], [])
    assert "needs torch, which is not installed: pip install" in result.error
    assert result.error in result.sentence


@pytest.mark.parametrize(
    ("place", "line", "reason"),
    [
        ("after backward", "1 / 0", "on PyTorch it ends with ZeroDivisionError: division by zero"),
        ("after the model", "raise SystemExit(3)", "on PyTorch it ends with exit code 3"),
        ("after the model", "break", "1 backward pass here and 0 in PyTorch, of which none"),
    ],
)
def test_a_script_that_fails_on_pytorch(both, place, line, reason):
    text = LOOP.replace(f"# {place}", f"if {ON_TORCH}:\n        {line}")
    trace, result = both.beside(text)
    assert reason in result.error + result.sentence
    assert result.error
    if place == "after backward":  # all but the update is there
        assert {row.kind for row in result.rows} == {e.kind for e in trace.events} - {
            "zero_grad", "update", "broadcast",
        }  # fmt: skip


def test_a_process_that_dies_or_takes_too_long(tmp_path):
    trace = Trace([], [], {})
    (tmp_path / "dies.py").write_text("import os\nos._exit(7)")
    result = beside(str(tmp_path / "dies.py"), [], (0, 1), trace)
    assert result.rows == [] and "could not be recorded: exit code 7" in result.error
    result = beside(str(tmp_path / "dies.py"), [], (0, 1), trace, timeout=0.01)
    assert result.rows == [] and "was not done after" in result.error


# The other process --------------------------------------------------------------------------------


def test_looking_on_changes_no_number_in_pytorch(both):
    (both.folder / "loop.py").write_text(LOOP)
    printed = []
    for first in (0, 7):
        script = str(both.folder / "loop.py")
        ran = both.run("PyTorch", first, 8, 10_000, *START[:2], script, [])
        printed.append(ran.stdout)
        record = Record.read(ran.record)
        assert (record.steps, len(record.passes)) == (6, 0 if first else 6)
    assert printed[0] == printed[1] and len(printed[0].splitlines()) == 6
