"""Why an event gives what it gives: its formula, the formula with shapes, and the same with the
numbers of one element."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..again.terms import terms as terms_of
from ..events import Value
from ..expressions import expression_of
from ..readable import read
from ..spoken import said
from .characters import Index
from .elements import (
    at,
    chosen_output,
    element,
    head,
    shapes_of,
    shown_element,
    sum_of,
    with_shapes,
)  # fmt: skip
from .errors import ERRORS, one_line
from .forward import close, numbers_of, of_forward, repeated
from .ledger import of_accumulate, of_grad, of_hook
from .lines import Line, Mark, number, styled
from .names import label
from .with_numbers import with_numbers

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
    formula = expression_of(event)
    if formula:
        yield styled(f"{name} = {said(formula)}", "title")
        shapes = shapes_of(stepper, event.inputs, event.saved)
        yield Line(f"{name}{value.shape} = {with_shapes(said(formula), shapes)}")
    else:
        yield styled(f"{name}{value.shape}, by a function whose text is not known", "title")
    if not value.size:
        yield Line("(there is no element)")
        return
    plainly = [*in_numbers(stepper, formula, value, index)]
    try:
        made = terms_of(stepper.trace, event, index)
    except ERRORS as error:
        yield head(name, value.array, index)
        yield from plainly
        yield Line(f"  (its terms: {one_line(error)})")
        return
    argument = event.details.get("argument", "?")
    if plainly and len(made.rows) <= 1:  # its one term would say less
        yield head(name, value.array, index)
        yield from plainly
        return
    yield head(name, value.array, index, f", the sum of grad times d out / d {argument}:")
    yield from plainly
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
    index = shown_element(stepper, summed)
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


def in_numbers(stepper: Stepper, formula: str, value: Value, index: Index) -> Iterator[Line]:
    """A formula with the numbers of elements at the same place, if it comes to this element."""
    event = stepper.event
    places = {}
    for name, held in (event.inputs | event.saved).items():
        array = stepper.value(held).array
        place = repeated(stepper.value(held).shape, value.shape, index)
        if array is not None and place is not None:
            places[name] = place, array[place].item()
    read_formula = read(formula)
    if read_formula is None or value.array is None:
        return
    whole = ast.unparse(read_formula.whole()).replace(" ** ", "^")
    found = with_numbers(whole, numbers_of(event, places))
    if found is not None and close(found[1], value.array[index].item(), value.dtype):
        yield Line(f"  = {found[0]}")


def of_update(stepper: Stepper, terms: int) -> Iterator[Line]:
    """A line of an optimizer's algorithm."""
    event = stepper.event
    yield styled(expression_of(event), "title")
    numbers = event.details.get("numbers", {})
    if numbers:
        yield Line("with " + ", ".join(f"{name} = {number(x)}" for name, x in numbers.items()))
    found = written(stepper)
    if found is None:
        return
    name, value, index = found
    if not value.size:
        return
    parts = event.details.get("parts", ())
    yield Line(f"for {of_parameter(parts, value, index, name)}:")
    target, _, formula = expression_of(event).partition(" <- ")
    for line in in_numbers(stepper, formula, value, index):
        yield Line(
            f"  {target} <- {line.text.removeprefix('  = ')} = {element(value.array, index)}"
        )
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


def written(stepper: Stepper) -> tuple[str, Value, Index] | None:
    """The vector that a line of an optimizer writes, and the element of it that is explained; the
    one that is chosen, if there is."""
    event = stepper.event
    found = chosen_output(stepper)
    if found is None or stepper.chosen in event.outputs:
        return found
    target = expression_of(event).partition(" <- ")[0]
    same = event.inputs.get(target)
    for name, number_of in event.outputs.items():
        if name == target or (same is not None and event.inputs.get(name) == same):
            value = stepper.value(number_of)
            return name, value, shown_element(stepper, value)
    return found


def of_parameter(parts: Sequence[Any], value: Value, index: Index, name: str) -> str:
    """Of an optimizer's vector an element as that of a parameter; of what it counts for each of
    them, the parameter."""
    if len(index) == 1 and parts and value.size == parts[-1][2]:
        for part, start, end, shape in parts:
            if start <= index[0] < end:
                inside = tuple(int(n) for n in np.unravel_index(index[0] - start, shape))
                return at(part, inside)
    if len(index) == 1 and value.size == len(parts):
        return str(parts[index[0]][0])
    return at(name, index)


def of_zero_grad(stepper: Stepper, terms: int) -> Iterator[Line]:
    """Gradients that are forgotten."""
    yield styled(stepper.event.formula, "title")
    names = [label(stepper.trace, stepper.value(n)) for n in stepper.event.details["had_grad"]]
    if not names:
        yield Line("there are no gradients yet: nothing is forgotten")
        return
    what = "the gradient of one tensor is" if len(names) == 1 else f"{len(names)} gradients are"
    yield Line(f"{what} forgotten; the next backward pass would add to what is there")
    yield Line("of " + ", ".join(names))
