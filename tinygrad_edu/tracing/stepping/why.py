"""Why an event gives what it gives: its formula, the formula with shapes, and the same with the
numbers of one element."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..again.terms import terms as terms_of
from ..events import Event, Value
from .characters import Array, Index, fitting
from .ledger import of_accumulate, of_grad
from .lines import Line, Mark, number, styled
from .names import label
from .with_numbers import with_numbers

if TYPE_CHECKING:
    from .stepper import Stepper

#: How many terms of a sum are written out.
TERMS = 8
#: What a derivative that is called again may raise, as it may be of a user's own function.
ERRORS = (
    RuntimeError, TypeError, ValueError, LookupError, AttributeError, AssertionError,
    ArithmeticError,
)  # fmt: skip


def why(stepper: Stepper, terms: int = TERMS) -> list[Line]:
    """What is said of the event at the cursor, of sums at most so many `terms`."""
    kinds: dict[str, Callable[[Stepper, int], Iterator[Line]]] = {
        "forward": of_forward,
        "seed": of_seed,
        "derivative": of_derivative,
        "broadcast": of_broadcast,
        "accumulate": of_accumulate,
        "grad": of_grad,
        "update": of_update,
        "zero_grad": of_zero_grad,
    }
    return [*kinds[stepper.event.kind](stepper, terms)]


def with_shapes(formula: str, shapes: dict[str, tuple[int, ...]]) -> str:
    """A formula with each name's shape behind it: ``grad(6, 1) @ weight(1, 8)``."""
    if not shapes:
        return formula
    names = "|".join(re.escape(name) for name in sorted(shapes, key=len, reverse=True))

    def shaped(found: re.Match[str]) -> str:
        return f"{found[0]}{shapes[found[0]]}"

    return re.sub(rf"(?<![\w.])({names})(?!\w|\()", shaped, formula)


def shapes_of(stepper: Stepper, *parts: dict[str, int]) -> dict[str, tuple[int, ...]]:
    """The shapes of values, by the names that they have in an event."""
    numbers = {name: value for part in parts for name, value in part.items()}
    return {name: stepper.trace.values[value].shape for name, value in numbers.items()}


def element(array: Array | None, index: Index) -> str:
    """An element as text."""
    if array is None:
        return "(not kept)"
    return number(array[index].item())


def at(name: str, index: Index) -> str:
    """``name[0, 3]``; of a single number the name."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def chosen_output(stepper: Stepper) -> tuple[str, Value, Index] | None:
    """The output whose element is explained: the chosen tensor if it is one, else the first."""
    outputs = stepper.event.outputs
    if not outputs:
        return None
    name = stepper.chosen if stepper.chosen in outputs else next(iter(outputs))
    value = stepper.trace.values[outputs[name]]
    return name, value, fitting(stepper.element, value.shape)


def of_forward(stepper: Stepper, terms: int) -> Iterator[Line]:
    """An op: how its result follows from its arguments."""
    event = stepper.event
    yield styled(event.formula or event.title, "title")
    core = core_of(event.formula)
    shapes = shapes_of(stepper, event.inputs)
    shaped = with_shapes(core, shapes)
    if shaped == core:
        shaped = f"{event.title}({', '.join(f'{name}{shape}' for name, shape in shapes.items())})"
    found = chosen_output(stepper)
    if found is None:
        yield Line(shaped)
        return
    name, value, index = found
    yield Line(f"{name}{value.shape} = {shaped}")
    if event.options:
        yield Line("with " + ", ".join(f"{key}={text}" for key, text in event.options.items()))
    if not value.size:
        yield Line("(there is no element)")
        return
    yield Line(f"{at(name, index)} = {element(value.array, index)}", _emphasis(at(name, index)))
    yield from _from_where(stepper, event, value, index, terms)


def _emphasis(text: str) -> tuple[Mark, ...]:
    return (Mark(0, len(text), "chosen"),)


def _from_where(
    stepper: Stepper, event: Event, value: Value, index: Index, terms: int
) -> Iterator[Line]:
    """Which elements of the arguments an element of a result is made of, where that is plain."""
    arguments = {name: stepper.trace.values[n] for name, n in event.inputs.items()}
    if event.title == "Linear" and len(index) >= 1 and {"x", "weight"} <= arguments.keys():
        yield from _products(arguments, index, terms)
        return
    places = {}
    for name, argument in arguments.items():
        place = repeated(argument.shape, value.shape, index)
        if place is not None and argument.array is not None:
            places[name] = place, argument.array[place].item()
    found = with_numbers(core_of(event.formula), numbers_of(event, places))
    recorded = None if value.array is None else value.array[index].item()
    right = found is not None and recorded is not None and close(found[1], recorded, value.dtype)
    if found is not None and right:
        yield Line(f"  = {found[0]}")
    for name, (place, item) in places.items():
        # What could be broadcast need not be, as in `cat`: the arithmetic shows that it was.
        if right or arguments[name].shape == value.shape:
            yield Line(f"  {at(name, place)} = {number(item)} is at the same place")


def core_of(formula: str) -> str:
    """The formula itself, of a sentence that begins with it."""
    return re.split(r": |; |, with | for |\. ", formula)[0].rstrip(".")


def numbers_of(event: Event, places: dict[str, tuple[Index, float]]) -> dict[str, float]:
    """What the names of a formula stand for: elements, and options that are numbers."""
    numbers = {name: item for name, (_, item) in places.items()}
    for name, text in event.options.items():
        if name not in event.inputs and re.fullmatch(r"-?\d+(\.\d*)?(e[-+]?\d+)?", text):
            numbers[name] = float(text)
    return numbers


def close(result: float, recorded: float, dtype: str) -> bool:
    """Whether a formula comes to what was recorded."""
    digits = 1e-2 if dtype.endswith("16") else 1e-4
    return bool(np.isclose(result, recorded, rtol=digits, atol=digits**2, equal_nan=True))


def repeated(shape: tuple[int, ...], full: tuple[int, ...], index: Index) -> Index | None:
    """Of an array that is broadcast to the shape `full` the element that stands at `index`; None
    if it cannot be broadcast to it."""
    if len(shape) > len(full):
        return None
    tail = full[len(full) - len(shape) :]
    if any(a not in (1, b) for a, b in zip(shape, tail, strict=True)):
        return None
    places = index[len(index) - len(shape) :] if shape else ()
    return tuple(0 if a == 1 else place for a, place in zip(shape, places, strict=True))


def _products(arguments: dict[str, Value], index: Index, terms: int) -> Iterator[Line]:
    """Of ``x @ weight.T + bias`` the products that an element is the sum of."""
    x, weight = arguments["x"].array, arguments["weight"].array
    if x is None or weight is None:
        return
    row, neuron = index[:-1], index[-1]
    rows = []
    for k in range(weight.shape[1]):
        a, b = x[(*row, k)].item(), weight[neuron, k].item()
        left, right = at("x", (*row, k)), at("weight", (neuron, k))
        rows.append((a * b, f"{left} {number(a)} * {right} {number(b)} = {number(a * b)}"))
    yield from sum_of(rows, terms)
    bias = arguments.get("bias")
    if bias is not None:
        yield Line(f"  + {at('bias', (neuron,))} {element(bias.array, (neuron,))}")


def sum_of(rows: list[tuple[float, str]], terms: int) -> Iterator[Line]:
    """Terms one below another; if they are too many, the largest, and the sum of the rest."""
    shown = rows
    if len(rows) > terms:
        largest = sorted(range(len(rows)), key=lambda n: -abs(rows[n][0]))[: terms - 1]
        shown = [rows[n] for n in sorted(largest)]
    for _, text in shown:
        yield Line(f"  + {text}")
    if len(rows) > len(shown):
        rest = sum(term for term, _ in rows) - sum(term for term, _ in shown)
        yield Line(f"  + {number(rest)}, the sum of {len(rows) - len(shown)} smaller terms")


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
        yield styled(event.formula, "title")
        return
    name, value, index = found
    yield styled(f"{name} = {event.formula}", "title")
    shapes = shapes_of(stepper, event.inputs, event.saved)
    yield Line(f"{name}{value.shape} = {with_shapes(event.formula, shapes)}")
    if not value.size:
        yield Line("(there is no element)")
        return
    head = f"{at(name, index)} = {element(value.array, index)}"
    try:
        with np.errstate(all="ignore"):  # nan and infinity are what one may be looking for
            made = terms_of(stepper.trace, event, index)
    except ERRORS as error:  # a user's own function may not bear to be called again
        yield Line(head, _emphasis(at(name, index)))
        yield Line(f"  (its terms: {' '.join(str(error).split())})")
        return
    yield Line(f"{head}, the sum of grad times d {argument(event)}:", _emphasis(at(name, index)))
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
        yield Line("  nothing: no element of the result depends on it")


def argument(event: Event) -> str:
    """What a derivative's coefficients are."""
    return f"out / d {event.details.get('argument', '?')}"


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
    yield Line(f"{at('sum', index)} = {element(summed.array, index)}, the sum of:",
               _emphasis(at("sum", index)))  # fmt: skip
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
        mark = _emphasis(at(output, index)) if output == name else ()
        yield Line(f"{at(output, index)}: {shown}", mark)


def of_zero_grad(stepper: Stepper, terms: int) -> Iterator[Line]:
    """Gradients that are forgotten."""
    yield styled(stepper.event.formula, "title")
    names = [label(stepper.trace, stepper.value(n)) for n in stepper.event.inputs.values()]
    what = "the gradient of one tensor is" if len(names) == 1 else f"{len(names)} gradients are"
    yield Line(f"{what} forgotten; else the next backward pass")
    yield Line("would add to them. They are of " + ", ".join(names))
