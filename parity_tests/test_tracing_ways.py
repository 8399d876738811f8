"""Of a function that may go several ways a trace shows the one that it has gone."""

import sys

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu.autograd import Function
from tinygrad_edu.ops.arithmetic import Mul
from tinygrad_edu.ops.choice import Clamp
from tinygrad_edu.tracing import load
from tinygrad_edu.tracing.stepping.listing import of_engine
from tinygrad_edu.tracing.ways import Watch, lines_run

INFINITY = float("inf")


def recorded(function, numbers):
    """The events of a pass through a function of one tensor, and the gradient."""
    x = tinygrad_edu.tensor(numbers, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        function(x).sum().backward()
    return trace, x.grad


def derivative(trace, title):
    """The last derivative of a node."""
    return [e for e in trace.events if e.kind == "derivative" and e.title == title][-1]


def lines(event):
    """The text of the lines that have run, and of those at which the arrow stands."""
    listing = of_engine(event)
    text = dict(enumerate(listing.text, listing.first))
    arrow = [text[n].strip() for n in range(listing.now, listing.last + 1) if n]
    return [text[n].strip() for n in listing.ran], arrow


@pytest.mark.parametrize(
    ("function", "numbers", "title", "formula"),
    [
        (lambda x: x.clamp(2, 4), [1.0, 3.0, 5.0], "ClampBackward1",
         "chosen(x <= high, chosen(x >= low, grad, 0.0), 0.0)"),
        (lambda x: x.clamp(2), [1.0, 3.0], "ClampBackward1", "chosen(x >= low, grad, 0.0)"),
        (lambda x: x.clamp(max=2), [1.0, 3.0], "ClampBackward1", "chosen(x <= high, grad, 0.0)"),
        (lambda x: x.norm(), [3.0, 4.0], "LinalgVectorNormBackward0",
         "grad * np.where(constant(norm) == 0, 0.0, x / norm)"),
        (lambda x: tinygrad_edu.linalg.vector_norm(x, INFINITY), [3.0, 4.0],
         "LinalgVectorNormBackward0",
         "Sign.call(x) * (grad / chosen.sum(axis=dims, keepdims=True)) * chosen"),
        (lambda x: x.prod(), [3.0, 4.0], "ProdBackward0",
         "kept(grad, dims, keepdim) * (kept(out, dims, keepdim) / x)"),
        (lambda x: x.prod(), [0.0, 4.0], "ProdBackward0",
         "kept(grad, dims, keepdim) * product_of_others(x, dims)"),
        (lambda x: x.prod(), 3.0, "ProdBackward0", "grad"),
        (lambda x: x.cumprod(0), [3.0, 4.0], "CumprodBackward0",
         "reversed_cumsum(grad * out, dim) / x"),
        (lambda x: x.cumprod(0), [0.0, 4.0], "CumprodBackward0",
         "np.stack([y * r for y, r in zip(before, reversed(rests), strict=True)], dim)"),
        (lambda x: x.scatter_reduce(0, tinygrad_edu.tensor([0, 0]), x.detach(), "mean"),
         [3.0, 4.0], "ScatterReduceBackward0", "grad / _counts(x, source, places, include_self)"),
        (lambda x: x**2, [3.0], "PowBackward0", "grad * (exponent * Pow.call(x, exponent - 1))"),
        (lambda x: tinygrad_edu.linalg.svdvals(x), [[3.0, 1.0], [0.0, 2.0]], "LinalgSvdBackward0",
         "u * np.expand_dims(grad_s, -2) @ vh"),
        (lambda x: x.aminmax()[1], [3.0, 4.0], "AminmaxBackward0",
         "total, where total: Array = 0; total = total + shared * chosen"),
    ],
)  # fmt: skip
def test_a_formula_is_what_was_returned(function, numbers, title, formula):
    trace, grad = recorded(function, numbers)
    event = derivative(trace, title)
    value = trace.values[event.outputs[f"d_{event.details['argument']}"]]
    assert event.formula.removeprefix("0.0 + ") == formula
    assert np.array_equal(value.array, grad.array)


def test_lines_that_have_not_run_are_told_from_those_that_have():
    trace, _ = recorded(lambda x: x.clamp(max=4), [1.0, 3.0, 5.0])
    ran, arrow = lines(derivative(trace, "ClampBackward1"))
    assert ran == ["if low is not None:", "if high is not None:",
                   "grad = chosen(x <= high, grad, 0.0)", "return grad"]  # fmt: skip
    assert arrow == ["return grad"]
    (forward,) = [e for e in trace.events if e.title == "Clamp"]
    ran, arrow = lines(forward)
    assert ran[0].startswith('if x.dtype.kind == "f":') and len(ran) == 2
    assert arrow[0].startswith("return x.clip(")
    (straight,) = [e for e in trace.events if e.title == "Sum"]
    assert straight.code.ran == () and lines(straight)[0] == []


def test_a_statement_over_several_lines_has_run_as_a_whole():
    trace, _ = recorded(lambda x: x.norm(), [3.0, 4.0])
    event = derivative(trace, "LinalgVectorNormBackward0")
    assert set(event.code.ran) <= set(lines_run(event.code)) and lines(event)[1]
    assert lines(event)[1][0].startswith("return grad * np.where(")


class Halves(Function):
    """A user's function of two branches, whose backward says something else in each."""

    @staticmethod
    def forward(ctx, x, upwards):
        ctx.upwards = upwards
        return x * 2 if upwards else x / 2

    @staticmethod
    def backward(ctx, grad):
        if ctx.upwards:
            return grad * 2, None
        halved = grad / 2
        return halved, None


@pytest.mark.parametrize(("upwards", "formula"), [(True, "grad * 2"), (False, "grad / 2")])
def test_a_users_function_says_what_it_has_returned(upwards, formula):
    trace, _ = recorded(lambda x: Halves.apply(x, upwards), [3.0])
    event = derivative(trace, "HalvesBackward")
    assert event.formula == formula
    assert lines(event)[1] == [f"return {formula}, None" if upwards else "return halved, None"]


def test_the_same_derivative_may_go_another_way_for_another_argument():
    x = tinygrad_edu.ones(2, 1, requires_grad=True)
    none = tinygrad_edu.ones(0, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        tinygrad_edu.cat([x, none, x]).sum().backward()
    events = [e for e in trace.events if e.title == "CatBackward0"]
    assert len(events) == 3 and events[0].code.ran == events[2].code.ran
    assert events[1].code.ran != events[0].code.ran
    assert events[1].formula != events[0].formula == events[2].formula


def test_a_file_holds_the_lines_that_have_run(tmp_path):
    trace, _ = recorded(lambda x: x.clamp(2, 4), [1.0, 3.0])
    trace.save(tmp_path / "way.trace")
    assert load(tmp_path / "way.trace").events == trace.events


def test_a_replay_with_other_numbers_shows_the_way_that_these_go():
    trace, _ = recorded(lambda x: (x * 1).prod(), [3.0, 4.0])
    (leaf,) = [v.id for v in trace.values if v.kind == "leaf"]
    again = trace.replay({leaf: np.float32([0, 4])})
    assert "/ x" in derivative(trace, "ProdBackward0").formula
    event = derivative(again, "ProdBackward0")
    assert event.formula == "kept(grad, dims, keepdim) * product_of_others(x, dims)"
    assert lines(event)[1] == [f"return {event.formula}"]


def test_second_derivatives_are_watched_within_first_ones():
    x = tinygrad_edu.tensor([3.0, 5.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        (first,) = tinygrad_edu.autograd.grad(x.clamp(2, 4).prod(), x, create_graph=True)
        first.sum().backward()
    formulas = [e.formula for e in trace.events if e.title == "ProdBackward0"]
    assert set(formulas) == {"kept(grad, dims, keepdim) * (kept(out, dims, keepdim) / x)"}
    clamps = [e for e in trace.events if e.title == "ClampBackward1"]
    assert len(clamps) == 2 and all(e.code.ran for e in clamps)
    assert sys.gettrace() is None


def test_a_debugger_stays():
    told = []

    def debugger(frame, event, argument):
        told.append(frame.f_code.co_name)

    sys.settrace(debugger)
    try:
        trace, _ = recorded(lambda x: x.clamp(2, 4), [1.0, 3.0, 5.0])
        assert sys.gettrace() is debugger
    finally:
        sys.settrace(None)
    event = derivative(trace, "ClampBackward1")
    assert "d_x" in told and event.code.ran == ()
    assert event.formula == "grad"  # what stands last in the text


class Stopped(Function):
    """A user's function in which a debugger begins."""

    debugger = None

    @staticmethod
    def forward(ctx, x):
        if Stopped.debugger is not None:
            sys.settrace(Stopped.debugger)
        return x * 2


def test_a_debugger_that_begins_in_an_op_stays():
    def debugger(frame, event, argument):
        return None

    Stopped.debugger = debugger
    try:
        with tinygrad_edu.trace.record():
            Stopped.apply(tinygrad_edu.ones(1))
            assert sys.gettrace() is debugger
    finally:
        Stopped.debugger = None
        sys.settrace(None)


class Refuses(Function):
    """A user's function that may raise."""

    @staticmethod
    def forward(ctx, x):
        if x.array.size:
            raise ZeroDivisionError
        return x * 2


def test_what_raises_leaves_nothing_behind():
    with tinygrad_edu.trace.record() as trace:
        with pytest.raises(ZeroDivisionError):
            Refuses.apply(tinygrad_edu.ones(2))
        assert sys.gettrace() is None
        Refuses.apply(tinygrad_edu.ones(0))
    assert [event.title for event in trace.events] == ["Refuses"]


def test_a_straight_function_is_not_watched():
    with Watch([Mul.forward, Mul.d_a]):
        assert sys.gettrace() is None
    with Watch([Mul.forward, Clamp.forward]) as watch:
        assert sys.gettrace() is watch
        Clamp.forward(np.ones(1), 2, None)
    assert sys.gettrace() is None and len(watch.next_run(Clamp.forward)) == 2
