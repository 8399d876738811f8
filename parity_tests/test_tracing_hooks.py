"""A hook that changes a gradient stands in the ledger: what arrived, and what it made of that."""

from contextlib import nullcontext

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu.tracing import load
from tinygrad_edu.tracing.again.terms import terms
from tinygrad_edu.tracing.page.contents import contents
from tinygrad_edu.tracing.stepping import panes
from tinygrad_edu.tracing.stepping.stepper import Stepper
from tinygrad_edu.tracing.stepping.why import why

from .stepped import texts


def doubled(g):
    """A hook of two ways."""
    if g.sum() > 0:
        return g * 2
    return g / 2


def pass_with(on_h=(), on_w=(), record=True):
    """A pass in which `h` is used twice, with hooks on it and on the leaf `w`."""
    w = tinygrad_edu.tensor([1.0, 2.0], requires_grad=True)
    with tinygrad_edu.trace.record() if record else nullcontext() as trace:
        h = w * tinygrad_edu.tensor([3.0, 4.0])
        for tensor, hooks in ((h, on_h), (w, on_w)):
            for hook in hooks:
                tensor.register_hook(hook)
        (h.sum() + (h * h).sum()).backward()
    return w, trace


def hooks_of(trace):
    return [event for event in trace.events if event.kind == "hook"]


def array(trace, number):
    return trace.values[number].array


def test_a_hook_stands_between_the_last_contribution_and_the_derivative():
    _, trace = pass_with([doubled])
    (event,) = hooks_of(trace)
    h = trace.value("h")
    ledger = trace.ledger(h)
    parts = [array(trace, e.inputs["grad"]) for e in ledger]
    assert event.about == h.id and event.details["hooks"] == ["doubled"]
    assert np.array_equal(sum(parts), array(trace, event.inputs["g"]))
    assert np.array_equal(sum(parts) * 2, array(trace, event.outputs["after"]))
    assert trace.gradient(h).id == event.outputs["after"]
    derivative = next(e for e in trace.events[event.index :] if e.kind == "derivative")
    assert derivative.title == "MulBackward0"
    assert derivative.inputs["grad"] == event.outputs["after"]
    assert ledger[-1].index < event.index < derivative.index


def test_it_says_which_line_of_the_hook_has_returned():
    _, trace = pass_with([doubled])
    (event,) = hooks_of(trace)
    assert event.formula == "g * 2" and event.code.name == "doubled"
    assert trace.sources[__file__].splitlines()[event.place.line - 1].strip() == "return g * 2"
    (event,) = hooks_of(pass_with([lambda grad: -grad])[1])
    assert event.formula == "-grad" and [*event.inputs] == ["grad"]


@pytest.mark.parametrize("hook", [doubled, lambda g: g.mul_(0), lambda g: g.clone(), print])
@pytest.mark.parametrize("where", ["on_h", "on_w"])
def test_recording_changes_no_bit(hook, where, capsys):
    watched, _ = pass_with(**{where: [hook]})
    plain, _ = pass_with(**{where: [hook]}, record=False)
    assert watched.grad.array.tobytes() == plain.grad.array.tobytes()


def test_a_leafs_hook_stands_before_its_grad():
    w, trace = pass_with(on_w=[lambda grad: grad.clamp(-1, 1)])
    (event,) = hooks_of(trace)
    assert trace.values[event.about].name == "w" and event.formula == "grad.clamp(-1, 1)"
    (grad,) = [e for e in trace.events if e.kind == "grad"]
    assert grad.inputs["grad"] == event.outputs["after"] and grad.index == event.index + 1
    assert w.grad.tolist() == [1, 1]
    assert np.array_equal(array(trace, trace.ledger(trace.value("w"))[0].inputs["grad"]), [21, 68])


def test_a_gradient_that_a_hook_changes_in_place_is_noted_as_it_was():
    def zero(grad):
        grad.mul_(0)

    _, trace = pass_with([zero])
    (event,) = hooks_of(trace)
    assert array(trace, event.inputs["grad"]).tolist() == [7, 17]
    assert array(trace, event.outputs["after"]).tolist() == [0, 0]


def test_of_a_hook_that_only_looks_nothing_is_noted():
    seen = []
    _, trace = pass_with([lambda grad: seen.append(grad * 2)], [lambda grad: seen.append(grad)])
    assert len(seen) == 2 and not hooks_of(trace)
    assert [e.title for e in trace.events if e.kind == "forward"] == [
        "Mul",
        "Sum",
        "Mul",
        "Sum",
        "Add",
    ]
    (grad,) = [e for e in trace.events if e.kind == "grad"]
    (only,) = trace.ledger(trace.value("w"))
    assert grad.inputs["grad"] == only.outputs["after"]


def test_several_hooks_are_one_event():
    _, trace = pass_with([doubled, lambda grad: grad + 1])
    (event,) = hooks_of(trace)
    assert event.details["hooks"] == ["doubled", "<lambda>"] and event.formula == ""
    assert array(trace, event.outputs["after"]).tolist() == [15, 35]


def test_with_create_graph_what_a_hook_computes_is_part_of_the_run():
    x = tinygrad_edu.tensor([2.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        y = x * x
        y.register_hook(lambda grad: grad * x)
        (first,) = tinygrad_edu.autograd.grad((y * 3).sum(), x, create_graph=True)
        first.sum().backward()
    assert first.item() == 24 and x.grad.item() == 24  # of 6 x^2
    event = hooks_of(trace)[0]
    product = trace.events[trace.values[event.outputs["after"]].born]
    assert event.formula == "grad * x" and product.kind in ("forward", "hook")


def test_explain_tells_of_it():
    _, trace = pass_with([doubled])
    text = trace.explain("h")
    assert "Their sum has the norm 18.38." in text
    assert "Then a hook, doubled, put another gradient in its place: g * 2" in text
    assert "The norm was 18.38, and is 36.77." in text and "return g * 2" in text
    assert "A hook has made it" not in text
    assert "put another gradient" in trace.explain("h.grad")
    assert "hook" not in trace.explain("w")


def test_the_stepper_tells_of_it():
    _, trace = pass_with([doubled])
    stepper = Stepper(trace)
    (event,) = hooks_of(trace)
    stepper.go(event.index)
    said = "\n".join(texts(why(stepper)))
    assert said.startswith("after = g * 2\nhook doubled, registered on h")
    assert "gradient[1]: 17 -> 34" in said and "its norm: 18.38" in said
    assert stepper.status().endswith("hook of h")
    assert any("return g * 2" in line and ">" in line for line in texts(panes.user(stepper, 9)))
    stepper.go(trace.ledger(trace.value("h"))[-1].index)
    said = "\n".join(texts(why(stepper)))
    assert "before it goes on, a hook" in said and f"event {event.index}" in said
    stepper.go(trace.ledger(trace.value("w"))[-1].index)
    assert "the gradient is complete, and goes on" in "\n".join(texts(why(stepper)))


def test_the_page_and_a_file_hold_it(tmp_path):
    _, trace = pass_with([doubled])
    page, _ = contents(trace)
    (formula,) = [each for each in page["formulas"] if each["text"] == "g * 2"]
    assert formula["arithmetic"] == ["*", ["name", "g"], ["number", 2.0]]
    trace.save(tmp_path / "hook.trace")
    assert load(tmp_path / "hook.trace").events == trace.events


def test_the_terms_of_a_derivative_begin_at_what_the_hook_made():
    _, trace = pass_with([doubled])
    (event,) = hooks_of(trace)
    derivative = next(e for e in trace.events[event.index :] if e.kind == "derivative")
    (row,) = terms(trace, derivative, (0,)).rows
    assert (row.grad, row.coefficient, row.product) == (14, 3, 42)
