"""`explain`: a value of a trace in sentences, which one can read aloud.

Where it comes from, what it was used for, what its gradient is made of, and, of a parameter, what
the optimizer did with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from .events import Event, Value
from .expressions import expression_of
from .sentences import of_sentence
from .spoken import said as in_words
from .words import (
    argument,
    axes,
    called,
    counted,
    line_of,
    listed,
    number,
    of_call,
    shape_text,
    span,
    within,
)

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .traces import Trace


def explain(trace: Trace, which: Tensor | Value | str | int) -> str:
    """What `Trace.explain` returns."""
    value = found(trace, which)
    if value.kind == "gradient":
        about = None if value.of is None else trace.values[value.of]
        if about is None:
            return said_of(value, "This gradient")
        name = f"The gradient of {called(trace, about)}"
        if is_complete(trace, value):
            parts = [said_of(value, name), *gradient(trace, about, value), *update(trace, about)]
        else:
            name = name.replace("The", "A contribution to the", 1)
            parts = [said_of(value, name), *derivation(trace, value), *gradient(trace, about)]
    else:
        name = called(trace, value)
        parts = [
            said_of(value, name[:1].upper() + name[1:] if not value.name else name),
            *origin(trace, value),
            *uses(trace, value),
            *gradient(trace, value),
            *update(trace, value),
        ]
    return "\n".join(parts)


def found(trace: Trace, which: Tensor | Value | str | int) -> Value:
    """The value that is meant.

    Raises
    ------
    KeyError
        If there is none; it says what there is.
    """
    if isinstance(which, Value):
        return which
    if isinstance(which, str) and which.endswith(".grad"):
        about = trace.value(which.removesuffix(".grad"))
        grad = trace.gradient(about)
        if grad is None:
            raise KeyError(f"{called(trace, about)} has got no gradient")
        return grad
    if not isinstance(which, str | int | np.integer):
        about_grad = owner(trace, which)
        grad = None if about_grad is None else trace.gradient(about_grad)
        if grad is not None:
            return grad
    return trace.value(which)


def owner(trace: Trace, grad: Tensor) -> Value | None:
    """The value of the tensor that has `grad` for its gradient; None if there is none."""
    tensor = None if trace._recorder is None else trace._recorder.holder_of(grad)
    return None if tensor is None else trace.value(cast("Tensor", tensor))


def said_of(value: Value, name: str) -> str:
    """What it is: its shape and its numbers."""
    if value.size == 1 and value.array is not None:
        one = "one number" if not value.shape else f"one number, of shape {list(value.shape)}"
        return f"{name} is {one}: {value.array.item():.6g} ({value.dtype})."
    numbers = shape_text(value.shape) + (" numbers" if value.shape else "")
    text = f"{name} has {numbers} ({value.dtype})"
    if not value.size:
        return f"{text}: none."
    summary = value.summary
    if summary.nans + summary.infinities == value.size:
        kinds = ((summary.nans, "nan"), (summary.infinities, "infinite"))
        return f"{text}; none is finite: {listed([f'{n} {kind}' for n, kind in kinds if n])}."
    text += f", from {number(summary.minimum)} to {number(summary.maximum)}"
    text += f"; their norm is {number(summary.norm)}."
    for count, kind in ((summary.nans, "nan"), (summary.infinities, "infinite")):
        if count:
            text += f" {count} of them {'is' if count == 1 else 'are'} {kind}."
    return text


def origin(trace: Trace, value: Value) -> Iterator[str]:
    """Where a value comes from."""
    yield "\nWhere it comes from"
    if value.born < 0:
        kinds = {
            "parameter": "It is a parameter: no op has made it, and training changes it.",
            "leaf": "No op has made it. It requires a gradient.",
            "input": "No op that was recorded has made it, and it requires no gradient.",
        }
        yield f"  {kinds.get(value.kind, 'It was there before the recording began.')}"
        return
    event = trace.events[value.born]
    inputs = [(name, called(trace, trace.values[v])) for name, v in event.inputs.items()]
    given = [name if name == what else f"{name} ({what})" for name, what in inputs]
    of = f" from {listed(given)}" if given else ""
    options = [f"{n}={text}" for n, text in event.options.items() if "array of" not in text]
    beside = f", with {listed(options)}" if options else ""
    yield f"  {event.title} has computed it{of}{beside}{within(event)}."
    if event.formula:
        told = of_sentence(event.formula) is not None
        if not told and "expression" in event.details:
            yield f"  The formula: {in_words(expression_of(event))}"
        yield f"  {'The formula' if told else 'In words'}: {event.formula}"
    yield from line_of(trace, event.place)


def is_complete(trace: Trace, grad: Value) -> bool:
    """Whether it is a whole gradient, and no contribution to one."""
    return any(
        grad.id in event.outputs.values()
        for event in trace.events
        if event.about == grad.of
        if event.kind in ("seed", "hook", "grad")
        or (event.kind == "accumulate" and event.details["k"] == event.details["n"])
    )


def derivation(trace: Trace, grad: Value) -> Iterator[str]:
    """Where a contribution to a gradient comes from."""
    yield "\nWhere it comes from"
    if grad.born < 0:
        yield "  It was in grad before this pass added to it."
        return
    event = trace.events[grad.born]
    if event.kind == "derivative":
        what = (
            f"The derivative of {of_call(trace, event)}, for its argument {argument(trace, event)},"
        )
        yield f"  {what} has computed it{within(event)}{expressed(event)}"
    elif event.kind == "hook":
        yield f"  A hook has made it of the complete gradient{expressed(event)}"
    elif event.kind == "broadcast":
        yield f"  It was summed over {axes(event)}, along which its argument had been repeated."
    else:
        yield "  It is a sum of those that had arrived before."
    yield from line_of(trace, event.place)


def uses(trace: Trace, value: Value) -> Iterator[str]:
    """What took a value as an argument."""
    yield "\nWhat it was used for"
    events = trace.uses(value)
    if not events:
        yield "  Nothing that was recorded."
    for event in events:
        names = [name for name, v in event.inputs.items() if v == value.id]
        when = f" of step {event.step}" if events[0].step != events[-1].step else ""
        took = f"{event.title}{when} took it as {listed(names)}{within(event)}"
        yield f"  {took}: {span(trace, event)}"


def gradient(trace: Trace, value: Value, grad: Value | None = None) -> Iterator[str]:
    """What the gradient of a value is made of: the contributions, and their sum."""
    yield "\nWhat its gradient is made of" if grad is None else "\nWhat it is made of"
    ledger = trace.ledger(value)
    total = trace.gradient(value)
    if not ledger or total is None:
        why = "it requires none" if value.kind == "input" else "no backward pass has reached it"
        yield f"  It has none: {why}."
        return
    order = ", in the order in which they arrived" if len(ledger) > 1 else ""
    yield f"  {counted(len(ledger), 'contribution')}{in_step(trace, ledger[0])}{order}:"
    derivatives = [e for e in trace.events if e.kind == "derivative" and e.about == value.id]
    for event in ledger:
        k, n = event.details["k"], event.details["n"]
        if k == 1 and event is not ledger[0]:
            yield "  In another backward pass:"
        same = [d for d in derivatives if d.forward == event.forward and d.index < event.index]
        derivative = same[0] if same else None
        if derivative is not None:
            derivatives.remove(derivative)
        yield f"  {k}. {contribution(trace, event, derivative)}"
        if k == n > 1 and "after" in event.outputs:
            after = trace.values[event.outputs["after"]]
            yield f"  Their sum has the norm {norm_of(after)}."
        if k == n:
            yield from hooked(trace, event)
    added = [e for e in trace.events if e.kind == "grad" and e.about == value.id]
    for event in added:
        if "before" in event.inputs:
            before = trace.values[event.inputs["before"]]
            yield f"  It was added to what grad held before, of the norm {norm_of(before)}."
    if grad is None:
        yield f"  {said_of(total, 'The gradient')}"


def hooked(trace: Trace, last: Event) -> Iterator[str]:
    """What a hook has made of a gradient whose `last` contribution has arrived."""
    for event in trace.events[last.index + 1 :]:
        if event.about == last.about and event.kind in ("accumulate", "grad"):
            return
        if event.about == last.about and event.kind == "hook":
            before = [norm_of(trace.values[value]) for value in event.inputs.values()]
            after = norm_of(trace.values[event.outputs["after"]])
            names = listed(event.details["hooks"])
            yield f"  Then a hook, {names}, put another gradient in its place{expressed(event)}"
            yield f"  The norm was {before[0] if before else 'none'}, and is {after}."
            yield from line_of(trace, event.place)


def expressed(event: Event) -> str:
    """The formula behind a sentence, if it is known."""
    return f": {event.formula}" if event.formula else "."


def norm_of(value: Value) -> str:
    """Its norm; of what is not finite all, that of the rest, and how many the others are."""
    summary = value.summary
    others = summary.nans + summary.infinities
    return number(summary.norm) + (f" without {others} nan or infinite" if others else "")


def is_one(value: Value) -> bool:
    """Whether it is the number 1."""
    return value.size == 1 and value.summary.minimum == 1


def contribution(trace: Trace, event: Event, derivative: Event | None) -> str:
    """One of them: through which use it came, by which formula, and how large it is."""
    grad = event.inputs.get("grad")
    size = "nothing" if grad is None else f"norm {norm_of(trace.values[grad])}"
    if derivative is None:
        one = grad is not None and is_one(trace.values[grad])
        what = "1" if one else "that it was given"
        return f"The backward pass began here, with the gradient {what}: {size}."
    text = f"Through {of_call(trace, derivative)}, which took it as {argument(trace, derivative)}"
    text += f"{within(derivative)}: {in_words(expression_of(derivative)) or 'its derivative'}"
    for other in trace.events[derivative.index : event.index]:
        if other.kind == "broadcast" and other.inputs["grad"] in derivative.outputs.values():
            text += f", summed over {axes(other)}, along which it had been repeated"
    return f"{text}; {size}."


def update(trace: Trace, value: Value) -> Iterator[str]:
    """What the optimizer did with a parameter."""
    if value.kind != "parameter":
        return
    yield "\nWhat the optimizer did with it"
    lines = [event for event in trace.events if event.kind == "update" and part(event, value)]
    if not lines:
        yield "  Nothing that was recorded."
        return
    numbers = [f"{name} = {number(x)}" for name, x in lines[-1].details["numbers"].items()]
    with_ = f", with {listed(numbers)}" if numbers else ""
    when = in_step(trace, lines[-1])
    yield f"  {lines[-1].title} has run {counted(len(lines), 'line')}{when}{with_}:"
    yield from (f"      {said_of_change(event)}" for event in lines)
    yield from line_of(trace, lines[-1].place)
    before, after = numbers_around(trace, value, lines)
    if before is None or after is None:
        yield "  There were too many numbers to keep them; what it changed is not known."
        return
    if not before.size:
        return
    change = np.abs(after - before)
    place = np.unravel_index(int(change.argmax()), change.shape)
    index = f" at {[int(i) for i in place]}" if before.ndim else ""
    yield (
        f"  Before, the numbers lay between {number(before.min())} and {number(before.max())}; "
        f"after, between {number(after.min())} and {number(after.max())}."
    )
    yield (
        f"  The largest change is {number(change.max())}{index}: from {number(before[place])} "
        f"to {number(after[place])}."
    )


def in_step(trace: Trace, event: Event) -> str:
    """In which training step, of a trace of several."""
    return f" in step {event.step}" if trace.events[0].step != trace.events[-1].step else ""


def said_of_change(event: Event) -> str:
    """What a line of an optimizer does, to be read aloud."""
    target, becomes, value = expression_of(event).partition(" <- ")
    return f"{target} becomes {in_words(value)}" if becomes else event.formula


def part(event: Event, value: Value) -> list[Any] | None:
    """Where a parameter is in an optimizer's vector: its name, start, end and shape."""
    places = zip(event.details["parts"], event.details["values"], strict=True)
    return next((place for place, number in places if number == value.id), None)


def numbers_around(
    trace: Trace, value: Value, lines: list[Event]
) -> tuple[np.ndarray[Any, Any] | None, np.ndarray[Any, Any] | None]:
    """A parameter before these lines of an optimizer, and after; None where it was not kept."""
    changes = [event for event in lines if "p" in event.outputs]
    where = part(lines[-1], value)
    if not changes or where is None:
        return None, None
    _, start, end, shape = where
    vectors = [changes[0].inputs.get("p"), changes[-1].outputs["p"]]
    held = [None if number is None else trace.values[number].array for number in vectors]
    if held[0] is not None and held[1] is not None:
        before, after = (vector[start:end].reshape(shape) for vector in held if vector is not None)
        return before, after
    # The vector of all parameters was too long: the parameter alone may have been kept.
    later = [v for v in trace.values if v.name == value.name and v.id > value.id]
    later = [v for v in later if v.kind == "parameter"]
    return whole(trace, value), whole(trace, later[0]) if later else live(trace, value)


def whole(trace: Trace, value: Value) -> np.ndarray[Any, Any] | None:
    """All elements of a value, if they are known."""
    return trace.leaves.get(value.id, value.array)


def live(trace: Trace, value: Value) -> np.ndarray[Any, Any] | None:
    """What a parameter holds now, after the last step of a recording."""
    recorder = trace._recorder
    tensor = None if recorder is None else recorder.leaf_of(value.id)
    return None if tensor is None else tensor.array
