"""Why an event gives what it gives: its formula, the formula with shapes, and the same with the
numbers of one element."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..again.terms import terms as terms_of
from .characters import fitting
from .elements import at, chosen_output, element, head, shapes_of, sum_of, with_shapes
from .errors import ERRORS, one_line
from .forward import of_forward
from .ledger import of_accumulate, of_grad, of_hook
from .lines import Line, Mark, number, styled
from .names import label

if TYPE_CHECKING:
    from .stepper import Stepper

#: How many terms of a sum are written out.
TERMS = 8


def why(stepper: Stepper, terms: int = TERMS) -> list[Line]:
    """What is said of the event at the cursor, of sums at most so many `terms`."""
    kinds: dict[str, Callable[[Stepper, int], Iterator[Line]]] = {
        "forward": of_forward,
        "seed": of_seed,
        "derivative": of_derivative,
        "broadcast": of_broadcast,
        "accumulate": of_accumulate,
        "hook": of_hook,
        "grad": of_grad,
        "update": of_update,
        "zero_grad": of_zero_grad,
    }
    return [*kinds[stepper.event.kind](stepper, terms)]


def of_seed(stepper: Stepper, terms: int) -> Iterator[Line]:
    """Where a backward pass begins."""
    event = stepper.event
    yield styled(event.formula, "title")
    about = "a tensor" if event.about is None else label(stepper.trace, stepper.value(event.about))
    yield Line(f"the backward pass begins at {about}, and goes from there to the leaves")


def of_derivative(stepper: Stepper, terms: int) -> Iterator[Line]:
    """A derivative: how the gradient of an argument follows from that of the result."""
    event = stepper.event
    found = chosen_output(stepper)
    if found is None:
        yield styled(event.formula or event.title, "title")
        return
    name, value, index = found
    if event.formula:
        yield styled(f"{name} = {event.formula}", "title")
        shapes = shapes_of(stepper, event.inputs, event.saved)
        yield Line(f"{name}{value.shape} = {with_shapes(event.formula, shapes)}")
    else:
        yield styled(f"{name}{value.shape}, by a function whose text is not known", "title")
    if not value.size:
        yield Line("(there is no element)")
        return
    try:
        made = terms_of(stepper.trace, event, index)
    except ERRORS as error:
        yield head(name, value.array, index)
        yield Line(f"  (its terms: {one_line(error)})")
        return
    argument = event.details.get("argument", "?")
    yield head(name, value.array, index, f", the sum of grad times d out / d {argument}:")
    rows = [
        (
            term.product,
            f"{at(term.of, term.index)} {number(float(term.grad))} * "
            f"{number(float(term.coefficient))} = {number(float(term.product))}",
        )
        for term in made.rows
    ]
    yield from sum_of(rows, terms)
    if not rows and value.array is not None and value.array[index]:
        yield Line("  (which the function computes out of the engine's sight)")
    elif not rows:
        yield Line(f"  nothing: all d out / d {argument} are 0")


def of_broadcast(stepper: Stepper, terms: int) -> Iterator[Line]:
    """A sum over the axes along which an argument was repeated."""
    event = stepper.event
    grad = stepper.value(event.inputs["grad"])
    summed = stepper.value(event.outputs["sum"])
    axes = tuple(event.details["axes"])
    yield styled(f"sum = grad.sum({axes})", "title")
    yield Line(f"sum{summed.shape} = grad{grad.shape}.sum({axes})")
    yield Line(f"an argument of shape {summed.shape} was repeated to {grad.shape}: each element")
    yield Line("was used at all places along these axes, and gets the gradients of all")
    index = fitting(stepper.element, summed.shape)
    if grad.array is None or not grad.size:
        return
    yield head("sum", summed.array, index, ", the sum of:")
    full = (None,) * (len(grad.shape) - len(summed.shape)) + index
    ranges = [
        range(size) if axis in axes else range(place or 0, (place or 0) + 1)
        for axis, (size, place) in enumerate(zip(grad.shape, full, strict=True))
    ]
    rows = []
    for offset in np.ndindex(*(len(each) for each in ranges)):
        place = tuple(each[n] for each, n in zip(ranges, offset, strict=True))
        item = grad.array[place].item()
        rows.append((item, f"{at('grad', place)} {number(item)}"))
    yield from sum_of(rows, terms)


def of_update(stepper: Stepper, terms: int) -> Iterator[Line]:
    """A line of an optimizer's algorithm."""
    event = stepper.event
    yield styled(event.formula, "title")
    numbers = event.details.get("numbers", {})
    if numbers:
        yield Line("with " + ", ".join(f"{name} = {number(x)}" for name, x in numbers.items()))
    found = chosen_output(stepper)
    if found is None:
        return
    name, value, index = found
    for part, start, end, shape in event.details.get("parts", ()):
        if value.shape and len(index) == 1 and value.size > 1 and start <= index[0] < end:
            inside = tuple(int(n) for n in np.unravel_index(index[0] - start, shape))
            yield Line(f"element {index[0]} of the vectors is {at(part, inside)}")
    if not value.size:
        return
    for output, number_of in event.outputs.items():
        after = stepper.value(number_of)
        if after.shape != value.shape:
            continue
        before = event.inputs.get(output)
        shown = element(after.array, index)
        if before is not None and stepper.value(before).shape == after.shape:
            shown = f"{element(stepper.value(before).array, index)} -> {shown}"
        called = at(output, index)
        mark = (Mark(0, len(called), "chosen"),) if output == name else ()
        yield Line(f"{called}: {shown}", mark)


def of_zero_grad(stepper: Stepper, terms: int) -> Iterator[Line]:
    """Gradients that are forgotten."""
    yield styled(stepper.event.formula, "title")
    names = [label(stepper.trace, stepper.value(n)) for n in stepper.event.details["had_grad"]]
    if not names:
        yield Line("there are no gradients yet: nothing is forgotten")
        return
    what = "the gradient of one tensor is" if len(names) == 1 else f"{len(names)} gradients are"
    yield Line(f"{what} forgotten; else the next backward pass")
    yield Line("would add to them. They are of " + ", ".join(names))
