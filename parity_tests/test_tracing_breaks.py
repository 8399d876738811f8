"""Breakpoints of the stepper: each kind stops where it should, forward and backward."""

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu.tracing.stepping.breaks import GRADIENTS
from tinygrad_edu.tracing.stepping.names import StepError
from tinygrad_edu.tracing.stepping.stepper import Stepper

from .stepped import two_steps, visited, with_nans


@pytest.fixture(scope="module")
def trace():
    return two_steps()


@pytest.fixture
def stepper(trace):
    return Stepper(trace)


def brute_force(trace, text):
    """Where a breakpoint has to stop, said another way than in `breaks`."""
    what, _, of = text.partition(" ")
    found = []
    before_kind = None
    for event in trace.events:
        arrays = [trace.values[n].array for n in event.outputs.values()]
        taken = [trace.values[n].array for n in (*event.inputs.values(), *event.saved.values())]
        if what == "op":
            node = (event.kind, event.title, event.forward)
            stops = event.title == of and (event.kind == "forward" or node != before_kind)
        elif what == "tensor":
            about = "" if event.about is None else trace.values[event.about].name
            names = [trace.values[n].name for n in event.outputs.values()]
            parts = [p[0] for p in event.details.get("parts", ())] if "p" in event.outputs else []
            stops = of in (*names, about, *parts)
        elif what == "nan":
            odd = [any(not np.isfinite(a).all() for a in each) for each in (arrays, taken)]
            stops = odd == [True, False]
        elif what == "norm":
            norms = [np.sqrt(np.square(a.astype(float)).sum()) for a in arrays]
            stops = event.kind in GRADIENTS and max(norms, default=0) > float(of)
        else:
            stops = event.kind == "forward" and event.place.line == int(of)
        if stops:
            found.append(event.index)
        before_kind = (event.kind, event.title, event.forward)
    return found


@pytest.mark.parametrize(
    "text",
    ["op Linear", "op AddmmBackward0", "op Sigmoid", "tensor h", "tensor layer_1.weight",
     "tensor loss", "norm 0.1", "norm 0.3", "norm 1e9", "nan"],
)  # fmt: skip
def test_a_breakpoint_stops_where_it_should(trace, text):
    stepper = Stepper(trace)
    stepper.add_break(text)
    stops = []
    while stepper.resume() is not None:
        stops.append(stepper.at)
    expected = brute_force(trace, text)
    assert stops == expected and stepper.at == stepper.last
    assert bool(expected) == (text not in ("norm 1e9", "nan"))
    back = []
    if stops and stops[-1] == stepper.last:
        back.append(stepper.at)
    while stepper.resume(-1) is not None:
        back.append(stepper.at)
    assert back == expected[::-1] and stepper.at == 0


def stops_of(trace, text):
    """Where a breakpoint stops, forward."""
    stepper = Stepper(trace)
    added = stepper.add_break(text)
    return [event.index for event in trace.events if added.hits(stepper, event.index)]


@pytest.mark.parametrize(
    ("short", "long"),
    [("module layer_2", "module model.layer_2"), ("tensor weight", "tensor layer_?.weight"),
     ("tensor layer_2.weight.grad", "tensor model.layer_2.weight.grad")],
)  # fmt: skip
def test_the_end_of_a_path_will_do(trace, short, long):
    assert stops_of(trace, short) == stops_of(trace, long) != []
    assert stops_of(trace, f"{short}x") == stops_of(trace, short.replace(" ", " e")) == []


def test_a_gradient_has_its_tensors_name(trace):
    weights = {value.id for value in trace.values if value.name == "layer_2.weight"}
    expected = [
        event for event in trace.events
        if event.about in weights
        or (event.kind == "zero_grad" and weights & {*event.inputs.values()})
    ]  # fmt: skip
    assert [event.index for event in expected] == stops_of(trace, "tensor layer_2.weight.grad")
    assert {event.kind for event in expected} == {"zero_grad", "derivative", "accumulate", "grad"}
    assert "update" in {trace.events[at].kind for at in stops_of(trace, "tensor layer_2.weight")}


def test_the_first_nans_are_found():
    trace = with_nans()
    stepper = Stepper(trace)
    stepper.add_break("nan")
    stops = []
    while stepper.resume() is not None:
        stops.append(stepper.at)
    assert stops == brute_force(trace, "nan")
    titles = [(trace.events[n].kind, trace.events[n].title) for n in stops]
    assert titles == [("derivative", "SqrtBackward0"), ("forward", "Log")]
    stepper.go(0)
    assert stepper.next_nan() and stepper.at == stops[0]


def test_a_module_is_entered_forward_and_backward(trace):
    stepper = Stepper(trace)
    stepper.add_break("module model.layer_2")
    stops = []
    while stepper.resume() is not None:
        stops.append((stepper.event.kind, stepper.outline.modules[stepper.at]))
    once = [("forward", "model.layer_2"), ("derivative", "model.layer_2")]
    assert stops == once * 2


def test_two_calls_of_a_module_one_after_the_other_are_two(stepper):
    cell = tinygrad_edu.nn.Linear(2, 2)
    x = tinygrad_edu.ones(1, 2)
    with tinygrad_edu.trace.record() as trace:
        cell(cell(cell(x))).sum().backward()
    calls = [e for e in trace.events if e.title == "Linear"]
    stepper = Stepper(trace)
    stepper.add_break("module cell")
    stops = [stepper.event] if stepper.breaks[0].hits(stepper, 0) else []
    while stepper.resume() is not None:
        stops.append(stepper.event)
    forward = [event for event in stops if event.kind == "forward"]
    assert forward == calls
    assert [event.forward for event in stops[3:]] == [2, 1, 0]
    stepper.go(0)
    stepper.up()
    assert visited(stepper, stepper.next)[:3] == [event.index for event in calls]


def test_a_line_of_the_user_stops_forward_and_backward(trace):
    relu = next(event for event in trace.events if event.title == "Relu")
    for text in (f"{relu.place.line}", f"stepped.py:{relu.place.line}", f"line {relu.place.line}"):
        stepper = Stepper(trace)
        stepper.add_break(text)
        stops = []
        while stepper.resume() is not None:
            stops.append(stepper.event)
        assert {event.kind for event in stops} == {"forward", "derivative"}
        assert {event.place.line for event in stops} == {relu.place.line}
        forward = [e.index for e in stops if e.kind == "forward"]
        assert forward == brute_force(trace, f"line {relu.place.line}")
    stepper = Stepper(trace)
    stepper.add_break(f"another.py:{relu.place.line}")
    assert stepper.resume() is None


@pytest.mark.parametrize(
    "text", ["", "op", "norm", "norm x", "norm nan", "nan 3", "bla", "line x", "module", "tensor  "]
)
def test_a_wrong_breakpoint_is_refused_in_a_line(stepper, text):
    with pytest.raises(StepError) as caught:
        stepper.add_break(text)
    assert "\n" not in str(caught.value) and stepper.breaks == []


def test_breakpoints_are_cleared_by_number_or_text(stepper):
    for text in ("nan", "op Relu", "norm 3"):
        stepper.add_break(text)
    with pytest.raises(StepError, match="already"):
        stepper.add_break("nan")
    stepper.clear("2")
    stepper.clear("norm 3")
    assert [str(each) for each in stepper.breaks] == ["nan"]
    with pytest.raises(StepError, match="no breakpoint '7'"):
        stepper.clear("7")
    assert stepper.clear() and stepper.breaks == []
