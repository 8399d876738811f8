"""What is said of one element of an event's result: its name, its number, the sum that it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..events import Value
from .characters import Array, Index, fitting
from .lines import Line, Mark, number

if TYPE_CHECKING:
    from .stepper import Stepper


def at(name: str, index: Index) -> str:
    """``name[0, 3]``; of a single number the name."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def element(array: Array | None, index: Index) -> str:
    """An element as text."""
    if array is None:
        return "(not kept)"
    return number(array[index].item())


def chosen_output(stepper: Stepper) -> tuple[str, Value, Index] | None:
    """The output whose element is explained: the chosen tensor if it is one, else the first."""
    outputs = stepper.event.outputs
    if not outputs:
        return None
    name = stepper.chosen if stepper.chosen in outputs else next(iter(outputs))
    value = stepper.trace.values[outputs[name]]
    return name, value, shown_element(stepper, value)


def shown_element(stepper: Stepper, value: Value) -> Index:
    """The element that is chosen, if there is such a one; else the largest."""
    shape = value.shape
    chosen = fitting(stepper.element, shape)
    if chosen == stepper.element or value.array is None or not value.size:
        return chosen
    return largest(value.array)


def largest(array: Array) -> Index:
    """The place of the first element that is nan or infinite, else of the largest in size."""
    if array.dtype.kind not in "biuf":
        return (0,) * array.ndim
    sizes = np.nan_to_num(np.abs(array.astype(np.float64)), nan=np.inf)
    return tuple(int(n) for n in np.unravel_index(int(sizes.argmax()), array.shape))


def head(name: str, array: Array | None, index: Index, rest: str = "") -> Line:
    """``name[0, 3] = 0.5``, and what is to be said of it."""
    called = at(name, index)
    text = f"{called} = {element(array, index)}{rest}"
    return Line(text, (Mark(0, len(called), "chosen"),))


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
