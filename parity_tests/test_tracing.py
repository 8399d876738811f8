"""A trace: what it says is what the engine did, and recording changes nothing."""

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import nn
from tinygrad_edu.autograd import api, engine
from tinygrad_edu.autograd.op import Op
from tinygrad_edu.optim.optimizer import Optimizer
from tinygrad_edu.tracing import Trace, load
from tinygrad_edu.tracing.events import KINDS

from . import stepped
from .stepped import Net


def train(steps=2, optimizer="Adam", record=True):
    """The parameters and their gradients after some steps, and the trace of these."""
    tinygrad_edu.manual_seed(0)
    model, loss_function = Net(), nn.BCELoss()
    descent = getattr(tinygrad_edu.optim, optimizer)(model.parameters(), lr=0.1)
    x, y = tinygrad_edu.randn(5, 3), tinygrad_edu.ones(5, 1)

    def run():
        for _ in range(steps):
            descent.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            descent.step()
        return loss.item()

    if not record:
        return model, run(), None
    with tinygrad_edu.trace.record() as trace:
        loss = run()
    return model, loss, trace


@pytest.mark.parametrize("optimizer", ["Adam", "SGD", "RMSprop"])
def test_recording_changes_no_bit(optimizer):
    plain, loss, _ = train(optimizer=optimizer, record=False)
    watched, same_loss, trace = train(optimizer=optimizer)
    assert loss == same_loss == trace.losses()[-1]
    for mine, theirs in zip(plain.parameters(), watched.parameters(), strict=True):
        assert mine.array.tobytes() == theirs.array.tobytes()
        assert mine.grad.array.tobytes() == theirs.grad.array.tobytes()


def test_the_engine_is_as_before_afterwards():
    watched = (
        Op.__dict__["apply"], Op.__dict__["_record"], nn.Module.__call__, api.backward_pass,
        engine.run_node, engine.GradientBuffer.add, Optimizer.step, Optimizer._update_all,
    )  # fmt: skip
    with pytest.raises(ZeroDivisionError), tinygrad_edu.trace.record():
        assert engine.run_node is not watched[4]
        raise ZeroDivisionError
    assert watched == (
        Op.__dict__["apply"], Op.__dict__["_record"], nn.Module.__call__, api.backward_pass,
        engine.run_node, engine.GradientBuffer.add, Optimizer.step, Optimizer._update_all,
    )  # fmt: skip


def test_each_kind_of_event_is_there_in_order():
    _, _, trace = train(steps=1)
    kinds = [event.kind for event in trace.events]
    assert set(kinds) == set(KINDS) - {"hook"}
    assert kinds[0] == "zero_grad" and kinds[-1] == "update"
    assert kinds.index("seed") < kinds.index("derivative") < kinds.index("grad")
    assert [event.index for event in trace.events] == [*range(len(trace))]


def test_contributions_add_up_to_the_gradient():
    model, _, trace = train(steps=1)
    h = trace.value("h")
    ledger = trace.ledger(h)
    assert [(e.details["k"], e.details["n"]) for e in ledger] == [(1, 2), (2, 2)]
    parts = [trace.values[e.inputs["grad"]].array for e in ledger]
    assert np.array_equal(parts[0] + parts[1], trace.gradient(h).array)
    for name, parameter in model.named_parameters():
        value = trace.value(name)
        (only,) = trace.ledger(value)
        assert np.array_equal(trace.values[only.outputs["after"]].array, parameter.grad.array)
        assert np.array_equal(trace.gradient(value).array, parameter.grad.array)


def test_contributions_are_counted_at_each_result_of_an_op():
    """Which the engine counts together, at the node that waits for all of them."""
    x = tinygrad_edu.arange(6.0, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        a, b = x.split(2)[:2]
        (a * 2 + b + a * 3 + tinygrad_edu.autograd.grad(a.sum(), x)[0].sum()).sum().backward()
        tinygrad_edu.autograd.backward([b, a, b], [tinygrad_edu.ones(2)] * 3)
    counts = {
        name: [(e.details["k"], e.details["n"]) for e in trace.ledger(trace.value(name))]
        for name in "abx"
    }
    assert counts == {
        "a": [(1, 1), (1, 2), (2, 2), (1, 1)],
        "b": [(1, 1), (1, 2), (2, 2)],
        "x": [(1, 1), (1, 1), (1, 1)],
    }


def test_a_contribution_comes_from_the_node_that_ran_also_where_derivatives_are_recorded():
    """Under ``create_graph`` a sum of gradients is itself a call of an op."""
    w = tinygrad_edu.tensor([2.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        (d,) = tinygrad_edu.autograd.grad((w.exp() * w.sin() * 3).sum(), w, create_graph=True)
        (d * d).sum().backward()
    for value in (trace.value("w"), trace.value("d")):
        made = [e for e in trace.events if e.kind == "derivative" and e.about == value.id]
        arrived = trace.ledger(value)
        assert len(made) > 1 and all(each.forward is not None for each in made)
        for derivative, contribution in zip(made, arrived, strict=True):
            for about in ("forward", "module", "place"):
                assert getattr(derivative, about) == getattr(contribution, about)


@pytest.mark.parametrize("to_none", [True, False])
def test_zero_grad_says_what_it_does_and_to_which(to_none):
    model = Net()
    descent = tinygrad_edu.optim.SGD(model.parameters(), lr=0.1)
    with tinygrad_edu.trace.record() as trace:
        descent.zero_grad(to_none)
        model.layer_1(tinygrad_edu.ones(1, 3)).sum().backward()
        model.zero_grad(to_none)
        descent.zero_grad(to_none)
    events = [e for e in trace.events if e.kind == "zero_grad"]
    assert {e.formula for e in events} == {"p.grad = None" if to_none else "p.grad.zero_()"}
    assert [e.code.name for e in events] == [
        "Optimizer.zero_grad", "Module.zero_grad", "Optimizer.zero_grad",
    ]  # fmt: skip
    had = [{trace.values[v].name for v in e.details["had_grad"]} for e in events]
    met = {"weight", "bias"}
    assert had == [set(), met, set() if to_none else met]
    assert all(len(e.inputs) == 5 for e in events)


def test_a_pass_that_begins_nowhere():
    with tinygrad_edu.trace.record() as trace:
        tinygrad_edu.autograd.backward([])
    assert trace.events == [] and len(trace.acts) == 1


class Passing(tinygrad_edu.autograd.Function):
    """A pass within its derivative gives it."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        with tinygrad_edu.enable_grad():
            inner = x.detach().requires_grad_()
            (inner * inner).sum().backward()
        return grad * inner.grad


@pytest.mark.parametrize("inputs", [False, True])
def test_a_pass_within_a_pass_leaves_the_outer_ones_line(inputs):
    x, y = (tinygrad_edu.ones(2, requires_grad=True) for _ in range(2))
    with tinygrad_edu.trace.record() as trace:
        loss = (Passing.apply(x) * y).sum()
        loss.backward(inputs=[x, y] if inputs else None)
    outer, inner = (e.place for e in trace.events if e.kind == "seed")
    assert outer.function != inner.function == "Passing.backward"
    places = {trace.values[e.about].name: e.place for e in trace.events if e.kind == "grad"}
    assert places == {"x": outer, "y": outer, "inner": inner}
    (last,) = trace.ledger(trace.value("x"))
    assert last.title == "1 of 1" and trace.events[last.forward].title == "Passing"


def test_a_recording_that_begins_within_a_pass():
    """Which contributions there will be at each result is not known; at the node it is."""
    x = tinygrad_edu.ones(4, requires_grad=True)
    a, b = x.split(2)
    recording, recorded = tinygrad_edu.trace.record(), []
    c = a * b
    c.register_hook(lambda grad: recorded.append(recording.__enter__()))
    (c + a * 2).sum().backward()
    recording.__exit__(None, None, None)
    found = [(e.title, e.place) for e in recorded[0].events if e.kind == "accumulate"]
    assert [title for title, _ in found] == ["2 of 3", "3 of 3", "1 of 1"]


def test_a_broadcast_sum_says_over_which_axes():
    model, _, trace = train(steps=1)
    (event,) = (e for e in trace.events if e.kind == "broadcast")
    assert trace.values[event.about].name == "shift" and event.details["axes"] == [0]
    before, after = trace.values[event.inputs["grad"]], trace.values[event.outputs["sum"]]
    assert before.shape == (5, 1) and after.shape == (1,)
    assert np.array_equal(before.array.sum(0), model.shift.grad.array)


def test_the_lines_of_adam_are_noted_with_what_they_change():
    model, _, trace = train(steps=1)
    updates = [e for e in trace.events if e.kind == "update"]
    assert {"exp_avg", "exp_avg_sq", "p"} <= {name for e in updates for name in e.outputs}
    last = updates[-1]
    assert last.formula == "bucket.p += scratch" and last.code.file == "optim/adam.py"
    assert last.code.text.splitlines()[last.code.line - last.code.first].strip() == last.formula
    vector = trace.values[last.outputs["p"]].array
    for name, start, end, shape in last.details["parts"]:
        parameter = dict(model.named_parameters())[name]
        assert np.array_equal(vector[start:end].reshape(shape), parameter.array)


def test_a_line_of_adam_knows_what_it_reads():
    _, _, trace = train(steps=1)
    (event,) = (e for e in trace.events if e.formula.startswith("np.multiply(m, "))
    moved = next(e for e in trace.events if "exp_avg" in e.outputs and e.formula.startswith("move"))
    assert event.inputs["m"] == moved.outputs["exp_avg"]
    m, numbers = trace.values[event.inputs["m"]].array, event.details["numbers"]
    step = np.float32(-numbers["lr"] / (1 - numbers["b1"] ** numbers["t"]))
    assert np.array_equal(trace.values[event.outputs["scratch"]].array, m * step)
    assert numbers["eps"] == 1e-8


@pytest.mark.parametrize("optimizer", ["Adam", "RMSprop"])
def test_a_line_that_changes_no_bit_is_noted(optimizer):
    parameter = tinygrad_edu.nn.Parameter(tinygrad_edu.tensor([3.0, 4.0]))
    descent = getattr(tinygrad_edu.optim, optimizer)([parameter], lr=0.1)
    parameter.grad = tinygrad_edu.tensor([1000.0, 2000.0])
    with tinygrad_edu.trace.record() as trace:
        descent.step()
    (added,) = [e for e in trace.events if '+= group["eps"]' in e.formula]
    ((name, after),) = added.outputs.items()
    before, after = trace.values[added.inputs[name]].array, trace.values[after].array
    assert before is not after and np.array_equal(before, after)
    assert np.array_equal(before + np.float32(1e-8), after)


def test_without_a_gradient_that_is_not_zero_the_lines_are_the_same():
    lines = []
    for number in (0.0, 1.0):
        parameter = tinygrad_edu.nn.Parameter(tinygrad_edu.tensor([3.0]))
        descent = tinygrad_edu.optim.Adam([parameter], lr=0.1)
        parameter.grad = tinygrad_edu.tensor([number])
        with tinygrad_edu.trace.record() as trace:
            descent.step()
        lines.append([(e.formula, e.code.line) for e in trace.events if e.kind == "update"])
    assert lines[0] == lines[1]
    assert [line for line, _ in lines[0]][-7:] == [
        "move_square_average(v, g, b2, scratch)",
        'np.sqrt(largest(bucket) if group["amsgrad"] else v, out=divisor)',
        "divisor /= (1 - b2**t) ** 0.5",
        'divisor += group["eps"]',
        "np.multiply(m, float(-lr / (1 - b1**t)), out=scratch)",
        "scratch /= divisor",
        "bucket.p += scratch",
    ]


def test_a_statement_of_several_lines_is_one():
    parameter = tinygrad_edu.nn.Parameter(tinygrad_edu.tensor([3.0]))
    parameter.grad = tinygrad_edu.tensor([1.0])
    descent = tinygrad_edu.optim.Rprop([parameter])
    with tinygrad_edu.trace.record() as trace:
        descent.step()
    (event,) = [e for e in trace.events if e.formula.startswith("step_size *= np.where(")]
    assert event.formula.endswith(".astype(scratch.dtype)") and "step_size" in event.outputs
    text = event.code.text.splitlines()[event.code.line - event.code.first]
    assert text.strip().startswith("step_size *=")


def test_an_event_knows_the_line_and_its_columns():
    _, _, trace = train(steps=1)
    (event,) = (e for e in trace.events if e.title == "Sigmoid")
    assert event.module == "model" and event.place.file == stepped.__file__
    line = trace.sources[stepped.__file__].splitlines()[event.place.line - 1]
    span = line[event.place.column : event.place.end_column]
    assert span.startswith("tinygrad_edu.sigmoid(self.layer_2(h)") and span.endswith(")")
    assert event.code.file == "ops/activation.py" and "def forward" in event.code.text


@pytest.mark.parametrize("beside", ["_demo.py", "_2/tracing/script.py"])
def test_a_file_whose_path_begins_like_the_librarys_is_the_users(beside):
    file = tinygrad_edu.__path__[0] + beside
    with tinygrad_edu.trace.record() as trace:
        exec(compile("ones(1).exp()", file, "exec"), {"ones": tinygrad_edu.ones})
    assert trace.events[0].place.file == file


class Slotted:
    __slots__ = ("layer",)

    def __init__(self):
        self.layer = nn.Linear(1, 1)

    def run(self, x):
        return self.layer(x)


def run_in_a_tensor(self, x):
    return x(self)


def test_whatever_self_is_a_module_gets_its_name():
    """With slots it has no dictionary, and of a tensor of several elements nobody may ask whether
    it is true."""
    slotted, layer = Slotted(), nn.Linear(1, 1)
    with tinygrad_edu.trace.record() as trace:
        slotted.run(tinygrad_edu.ones(1, 1))
        run_in_a_tensor(tinygrad_edu.ones(2, 1), layer)
    assert [event.module for event in trace.events] == ["Linear", "x"]


def test_columns_are_counted_in_characters():
    with tinygrad_edu.trace.record() as trace:
        pair = "λ →", tinygrad_edu.ones(1).exp()
    assert len(pair) == 2
    place = trace.events[-1].place
    line = trace.sources[__file__].splitlines()[place.line - 1]
    assert line[place.column : place.end_column] == "tinygrad_edu.ones(1).exp()"


def test_the_formula_of_a_derivative_is_not_that_of_a_special_case():
    x = tinygrad_edu.ones(3, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        (x**2).sum().backward()
    (power,) = [event for event in trace.events if event.title == "PowBackward0"]
    assert power.formula == "grad * (exponent * Pow.call(x, exponent - 1))"


def test_a_file_holds_all_of_it(tmp_path):
    _, _, trace = train()
    trace.save(tmp_path / "two.trace")
    loaded = load(tmp_path / "two.trace")
    assert loaded.events == trace.events and loaded.sources == trace.sources
    for mine, theirs in zip(loaded.values, trace.values, strict=True):
        assert np.array_equal(mine.array, theirs.array, equal_nan=True)
        mine.array = theirs.array = None
        assert repr(mine) == repr(theirs)  # nan is not equal to itself


def test_what_is_no_trace_is_refused(tmp_path):
    (tmp_path / "no.trace").write_text("no")
    with pytest.raises(ValueError, match="is no trace"):
        load(tmp_path / "no.trace")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "absent.trace")


def test_large_values_are_summarised():
    with tinygrad_edu.trace.record(largest=10) as trace:
        x = tinygrad_edu.arange(20.0)
        (x[1:] * 2).sum()
    value = trace.values[trace.events[0].outputs["out"]]
    assert value.array is None and value.shape == (19,)
    assert value.summary.minimum == 1 and value.summary.maximum == 19
    assert value.summary.mean == 10 and value.summary.norm == np.sqrt(np.square(range(20)).sum())


def test_recordings_do_not_nest():
    with tinygrad_edu.trace.record() as trace:
        assert isinstance(trace, Trace)
        with pytest.raises(RuntimeError, match="being recorded already"):
            tinygrad_edu.trace.record().__enter__()


def test_trace_is_still_the_sum_of_a_diagonal():
    assert tinygrad_edu.trace(tinygrad_edu.eye(3)).item() == 3
    assert tinygrad_edu.trace.load is load
