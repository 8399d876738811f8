"""A trace made again: the same numbers to the last bit, and on edited ones what the run would have
given."""

import random

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import models, nn
from tinygrad_edu.autograd import Function
from tinygrad_edu.nn import functional as F
from tinygrad_edu.tracing import load

from .line_scripts import Side
from .steps import seeded

PROGRAMS = 300
PARTS = 10


def recorded(program):
    with tinygrad_edu.trace.record() as trace:
        program()
    return trace


def random_trace(number):
    side = Side(tinygrad_edu)
    return recorded(lambda: [side.run(line) for line in seeded(number)])


def assert_same(trace, again):
    assert len(again.events) == len(trace.events) > 0
    used = {number for event in trace.events for names in (event.inputs, event.outputs, event.saved)
            for number in names.values()}  # fmt: skip
    for number in used:
        old, new = trace.values[number], again.values[number]
        assert old.array.tobytes() == new.array.tobytes()
        assert (old.name, old.kind, old.shape, old.dtype) == (
            new.name, new.kind, new.shape, new.dtype,
        )  # fmt: skip


@pytest.mark.parametrize("part", range(PARTS))
def test_random_programs_are_made_again(part):
    for number in range(part, PROGRAMS, PARTS):  # and none of them is refused
        trace = random_trace(number)
        assert_same(trace, trace.replay())


@pytest.mark.parametrize("part", range(PARTS))
def test_contributions_add_up_in_the_engines_order(part):
    for number in range(part, PROGRAMS, PARTS):
        check_ledgers(random_trace(number))


def check_ledgers(trace):
    """Each sum of gradients is what its contributions give, added in the order of the events."""
    sums = {}
    arrays = [value.array for value in trace.values]
    for event in trace.events:
        if event.kind == "seed":
            sums = {}  # a new pass
        if event.kind not in ("accumulate", "grad") or "grad" not in event.inputs:
            continue
        given, (out,) = arrays[event.inputs["grad"]], event.outputs.values()
        if "before" not in event.inputs:
            assert given.tobytes() == arrays[out].tobytes()
        else:
            assert (arrays[event.inputs["before"]] + given).tobytes() == arrays[out].tobytes()
        if event.kind == "accumulate":
            if event.details["k"] > 1 and event.about in sums and "before" in event.inputs:
                assert event.inputs["before"] == sums[event.about]
            sums[event.about] = out
            if event.details["k"] == event.details["n"]:
                assert event.about is not None


# Models -------------------------------------------------------------------------------------------


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3)
        self.dropout, self.linear = nn.Dropout(0.3), nn.Linear(27, 4)

    def forward(self, x):
        h = F.max_pool2d(F.relu(self.norm(self.conv(x))), 2)
        return self.linear(self.dropout(h).flatten(1))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, 2, batch_first=True, dropout=0.2, bidirectional=True)
        self.linear = nn.Linear(8, 2)

    def forward(self, x):
        return self.linear(self.lstm(x)[0][:, -1])


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(4, 2, 8, 0.2, batch_first=True)

    def forward(self, x):
        return self.layer(x).tanh().mean((1, 2)).unsqueeze(1) * tinygrad_edu.tensor([1.0, -1.0])


MODELS = {
    "the course's multilayer perceptron": (lambda: models.SimpleMLP(5, 2), (4, 5)),
    "classifier": (lambda: nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 2)), (4, 5)),
    "batch norm and dropout": (
        lambda: nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.Linear(6, 2)),
        (4, 5),
    ),
    "convolutional": (Convolutional, (4, 1, 8, 8)),
    "recurrent": (Recurrent, (4, 3, 3)),
    "attention": (Attention, (4, 3, 4)),
}


def test_the_courses_classifier():
    tinygrad_edu.manual_seed(1)
    model, x = models.SimpleClassifier(), tinygrad_edu.randn(32, 10)
    descent, y = tinygrad_edu.optim.Adam(model.parameters()), (x.sum(1, keepdim=True) > 0).float()

    def step():
        descent.zero_grad()
        nn.BCELoss()(model(x), y).backward()
        descent.step()

    trace = recorded(lambda: [step() for _ in range(3)])
    assert_same(trace, trace.replay())


def trained(model, shape, optimizer="Adam", change=None, steps=2):
    """The trace of some steps, the losses and the parameters; `change` is made to the model."""
    tinygrad_edu.manual_seed(3)
    net = model()
    x, y = tinygrad_edu.randn(*shape), tinygrad_edu.tensor([0, 1, 1, 0])
    parameters = [p for p in net.parameters() if optimizer != "Muon" or p.ndim == 2]
    descent = getattr(tinygrad_edu.optim, optimizer)(parameters, lr=0.01)
    if change is not None:
        change(net)

    def run():
        for _ in range(steps):
            descent.zero_grad()
            F.cross_entropy(net(x), y).backward()
            descent.step()

    return net, recorded(run)


def first_parameter(trace):
    return next(v for v in trace.values if v.kind == "parameter" and v.born == -1)


@pytest.mark.parametrize("name", MODELS)
def test_models(name):
    _, trace = trained(*MODELS[name])
    assert_same(trace, trace.replay())


@pytest.mark.parametrize("name", MODELS)
def test_an_edited_weight_gives_what_the_run_would_have_given(name):
    _, trace = trained(*MODELS[name])
    value = first_parameter(trace)

    def change(net):
        dict(net.named_parameters())[value.name].data.mul_(1.5)

    _, other = trained(*MODELS[name], change=change)
    edited = trace.replay({value.id: value.array * np.float32(1.5)})
    assert edited.losses() == other.losses() != trace.losses()
    assert edited.curve == other.curve != trace.curve == trace.replay().curve
    assert_same(other, edited)
    assert_same(trace, edited.replay({value.id: value.array}))  # and back


OPTIMIZERS = [
    "ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Muon", "NAdam", "RAdam",
    "RMSprop", "Rprop", "SGD",
]  # fmt: skip


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers(optimizer):
    _, trace = trained(*MODELS["classifier"], optimizer, steps=3)
    assert_same(trace, trace.replay())
    value = first_parameter(trace)
    _, other = trained(
        *MODELS["classifier"], optimizer, lambda net: net[0].weight.data.mul_(1.5), steps=3
    )
    edited = trace.replay({value.id: value.array * np.float32(1.5)})
    assert edited.losses() == other.losses() != trace.losses()


def test_an_edit_that_unseen_changes_may_be_part_of():
    x = tinygrad_edu.tensor([1.0, 2.0, 3.0], requires_grad=True)

    def program():
        y = x * 2
        with tinygrad_edu.no_grad():
            y[0] *= 2
        y.sum().backward()

    trace = recorded(program)
    assert_same(trace, trace.replay())
    with pytest.raises(RuntimeError, match="changed in place, and the trace does not know by what"):
        trace.replay({trace.events[0].inputs["a"]: np.array([5.0, 2.0, 3.0], np.float32)})


def test_what_an_optimizer_remembers_from_before():
    tinygrad_edu.manual_seed(0)
    w = tinygrad_edu.randn(3, requires_grad=True)
    descent = tinygrad_edu.optim.Adam([w], lr=0.1)

    def step():
        descent.zero_grad()
        (w * w).sum().backward()
        descent.step()

    step()
    trace = recorded(step)
    assert_same(trace, trace.replay())
    saved = descent.state_dict()
    trace = recorded(lambda: [step(), descent.load_state_dict(saved), step()])
    assert_same(trace, trace.replay())


def test_an_optimizer_that_calls_the_loss_itself():
    w = tinygrad_edu.tensor([1.0, 2.0, 3.0], requires_grad=True)
    descent = tinygrad_edu.optim.LBFGS([w], max_iter=3)

    def closure():
        descent.zero_grad()
        loss = (w**4).sum()
        loss.backward()
        return loss

    trace = recorded(lambda: [descent.step(closure), descent.step(closure)])
    assert_same(trace, trace.replay())
    with pytest.raises(RuntimeError, match="LBFGS computes outside of ops"):
        trace.replay({0: np.full(3, 2, np.float32)})


def test_what_is_too_large_to_be_kept_is_made_again_all_the_same():
    def run(start):
        w, x = tinygrad_edu.full((20,), start, requires_grad=True), tinygrad_edu.arange(20.0)
        with tinygrad_edu.trace.record(largest=5) as trace:
            (w * x).sum().backward()
        return trace

    trace, other = run(1.0), run(2.0)
    again, edited = trace.replay(), trace.replay({0: np.full(20, 2, np.float32)})
    assert again.values[0].array is None
    assert [v.summary for v in again.values] == [v.summary for v in trace.values]
    assert [v.summary for v in edited.values] == [v.summary for v in other.values]


# Steps by hand, and what is rare ------------------------------------------------------------------


def by_operator(w):
    with tinygrad_edu.no_grad():
        w -= 0.1 * w.grad
    w.grad.zero_()


def by_data(w):
    w.data -= 0.1 * w.grad
    w.grad = None


def by_copy(w):
    with tinygrad_edu.no_grad():
        w.copy_(w - 0.1 * w.grad)
    w.grad = None


def by_a_clipped_gradient(w):
    nn.utils.clip_grad_norm_([w], 0.1)
    with tinygrad_edu.no_grad():
        w.sub_(w.grad, alpha=0.1)
    w.grad = None


@pytest.mark.parametrize("update", [by_operator, by_data, by_copy, by_a_clipped_gradient])
def test_steps_by_hand(update):
    def run(start):
        w = tinygrad_edu.tensor(start, requires_grad=True)

        def steps():
            for _ in range(3):
                ((w * w).sum() + w[0]).backward()
                update(w)

        return recorded(steps)

    trace, other = run([1.0, 2.0]), run([3.0, 2.0])
    assert_same(trace, trace.replay())
    value = trace.events[0].inputs["a"]
    edited = trace.replay({value: np.array([3.0, 2.0], np.float32)})
    assert edited.losses() == other.losses() != trace.losses()


def test_masks_that_are_computed_follow_an_edit():
    def run(start):
        x = tinygrad_edu.tensor(start, requires_grad=True)

        def program():
            (x.masked_fill(x > 0, 2.0) * tinygrad_edu.where(x < 2, x, 1)).sum().backward()

        return recorded(program)

    trace, other = run([1.0, -2.0, 3.0]), run([-1.0, 2.0, 3.0])
    assert_same(trace, trace.replay())
    edited = trace.replay({trace.events[0].inputs["b"]: np.array([-1.0, 2.0, 3.0], np.float32)})
    assert_same(other, edited)


def test_an_edit_after_which_other_elements_would_be_chosen():
    x = tinygrad_edu.tensor([1.0, -2.0, 3.0], requires_grad=True)
    trace = recorded(lambda: (x[x > 0].sum() * x[x.argsort()][2]).backward())
    value = trace.events[0].inputs["b"]
    trace.replay({value: np.array([2.0, -2.0, 4.0], np.float32)})
    for start in ([1.0, 2.0, 3.0], [4.0, -2.0, 3.0]):
        with pytest.raises(RuntimeError, match="chooses elements"):
            trace.replay({value: np.array(start, np.float32)})


def test_a_gradient_that_is_differentiated():
    def run(start):
        x = tinygrad_edu.tensor(start, requires_grad=True)

        def program():
            (g,) = tinygrad_edu.autograd.grad((x**3).sum(), x, create_graph=True)
            (g * g).sum().backward()

        return recorded(program)

    trace, other = run([1.0, 2.0]), run([1.5, 2.0])
    assert_same(trace, trace.replay())
    edited = trace.replay({trace.events[0].inputs["x"]: np.array([1.5, 2.0], np.float32)})
    assert_same(other, edited)


def test_numpys_functions_in_derivatives_are_seen_in_every_recording():
    """Also where the first one has imported what answers for them."""
    x = tinygrad_edu.tensor([-1.0, 2.0], requires_grad=True)

    def program():
        (g,) = tinygrad_edu.autograd.grad(F.elu(x).sum(), x, create_graph=True)
        g.sum().backward()

    first, second = recorded(program), recorded(program)
    count = len(first.events)
    assert [e.title for e in first.events if e.kind == "forward"].count("Where") == 2
    assert_same(first, first.replay())
    program()
    assert len(first.events) == count == len(second.events)


def test_gradients_of_chosen_inputs_and_kept_ones():
    x = tinygrad_edu.ones(2, requires_grad=True)

    def program():
        y = x * 2
        y.retain_grad()
        z = y * x
        tinygrad_edu.autograd.backward([z], [tinygrad_edu.tensor([1.0, 2.0])], inputs=[x, y])
        (y.grad * x.grad * x).sum().backward()

    trace = recorded(program)
    assert_same(trace, trace.replay())


class Noisy(Function):
    """A user's function with random numbers of its own."""

    source = staticmethod(lambda x: tinygrad_edu.randn(*x.shape))

    @staticmethod
    def forward(ctx, x):
        ctx.noise = Noisy.source(x)
        return x * ctx.noise

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.noise


def test_a_users_function_draws_the_same_numbers(monkeypatch):
    x = tinygrad_edu.ones(3, requires_grad=True)
    trace = recorded(lambda: Noisy.apply(x).sum().backward())
    state = tinygrad_edu.get_rng_state()
    assert_same(trace, trace.replay())
    assert np.array_equal(state.array, tinygrad_edu.get_rng_state().array)

    monkeypatch.setattr(Noisy, "source", staticmethod(lambda x: x * random.random()))
    trace = recorded(lambda: Noisy.apply(x).sum().backward())
    with pytest.raises(RuntimeError, match=r"Noisy.*other numbers.*random"):
        trace.replay()


def test_numbers_drawn_by_an_op():
    p = tinygrad_edu.full((20,), 0.5, requires_grad=True)
    trace = recorded(lambda: (tinygrad_edu.bernoulli(p) * p).sum().backward())
    assert_same(trace, trace.replay())


# What is refused ----------------------------------------------------------------------------------


def test_a_trace_from_a_file(tmp_path):
    _, trace = trained(*MODELS["classifier"])
    trace.save(tmp_path / "a.trace")
    with pytest.raises(RuntimeError, match="from a file"):
        load(tmp_path / "a.trace").replay()


def test_edits_of_what_is_no_leaf_or_has_another_shape():
    _, trace = trained(*MODELS["classifier"])
    event = trace.events[1]
    with pytest.raises(KeyError, match="was computed by the run"):
        trace.replay({event.outputs["out"]: np.zeros((4, 6))})
    with pytest.raises(ValueError, match="has the shape"):
        trace.replay({first_parameter(trace).id: np.zeros(3)})


def test_what_was_computed_before():
    x = tinygrad_edu.ones(2, requires_grad=True)
    y = (x * 2).sum()
    trace = recorded(y.backward)
    with pytest.raises(RuntimeError, match="before the recording began"):
        trace.replay()


def test_hooks_that_change_gradients():
    x = tinygrad_edu.ones(2, requires_grad=True)

    def program():
        y = x * 2
        y.register_hook(lambda grad: grad * 3)
        y.sum().backward()

    with pytest.raises(RuntimeError, match="made again: hooks have changed gradients"):
        recorded(program).replay()


def test_hooks_that_only_look():
    x, seen = tinygrad_edu.ones(2, requires_grad=True), []

    def program():
        y = x * 2
        y.register_hook(lambda grad: seen.append(grad))
        y.sum().backward()

    trace = recorded(program)
    assert_same(trace, trace.replay())
    assert len(seen) == 1


def test_an_edit_on_which_an_op_fails():
    x = tinygrad_edu.eye(2, requires_grad=True)
    trace = recorded(lambda: tinygrad_edu.linalg.inv(x).sum().backward())
    (value,) = trace.events[0].inputs.values()
    with pytest.raises(RuntimeError, match=r"cannot be made again: .*singular"):
        trace.replay({value: np.zeros((2, 2), np.float32)})


def test_within_a_recording():
    _, trace = trained(*MODELS["classifier"])
    with tinygrad_edu.trace.record(), pytest.raises(RuntimeError, match="does not nest"):
        trace.replay()
