"""The terms of derivatives that a page's own arithmetic does not reach.

Where it does (a matrix product, a sum, element by element), the page finds the terms itself. Of
other derivatives, the coefficients are taken from the engine (see ``tracing.again.terms``): of the
largest element, and of others from the first on, as far as there is room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..again.one_call import sources
from ..again.terms import Derivative
from ..events import Event
from .arithmetic import Arithmetic

if TYPE_CHECKING:
    from ..traces import Trace

#: How many coefficients a page holds: in all, of an event, and of an element.
ALL, OF_EVENT, OF_ELEMENT = 12_000, 700, 40
#: Of how many events.
EVENTS = 300
KINDS = ("derivative", "forward")


def coefficients(trace: Trace, formulas: Sequence[dict[str, Any]], packed: Sequence[Any]) -> Any:
    """By the number of an event, elements as ``[element, terms, others, their sum]``.

    A term is ``[name of the gradient, element of it, coefficient]``; elements are numbered in the
    order of memory. Of many terms the largest are listed, and the others counted and summed.
    Where there are none, a text says why.

    Parameters
    ----------
    trace : Trace
    formulas, packed
        The formulas and the events, as the page holds them.
    """
    found: dict[int, list[Any] | str] = {}
    far = [
        event
        for event, item in zip(trace.events, packed, strict=True)
        if event.kind in KINDS and not _reached(trace, event, formulas[item["formula"]])
    ]
    forward = [event for event in far if event.kind == "forward"]
    wanted = [event for event in far if event.kind == "derivative"][:EVENTS]
    if trace.from_file or not wanted:
        return found
    share = min(OF_EVENT, max(OF_ELEMENT, ALL // len(wanted)))
    for event in wanted:
        try:
            found[event.index] = list(_rows(trace, event, share))
        except RuntimeError as error:  # it has read a value of which only a summary is kept
            found[event.index] = str(error)
    for event in forward[:EVENTS]:
        rows = list(_sources(trace, event))
        if rows:
            found[event.index] = rows
    return found


def _sources(trace: Trace, event: Event) -> Iterator[Any]:
    """Of an op that is linear, as a sum, a choice or a convolution is, what its largest element is
    made of: elements of its arguments, each times a number."""
    name = next(iter(event.outputs))
    out = trace.values[event.outputs[name]].array
    if event.index not in trace.calls or out is None or not out.size or out.dtype.kind != "f":
        return
    flat = int(np.abs(np.nan_to_num(out, nan=np.inf)).argmax())
    index = tuple(int(i) for i in np.unravel_index(flat, out.shape))
    try:
        made = sources(trace, event, name, index)
    except RuntimeError:  # it has read a value of which only a summary is kept
        return
    arrays = {argument: trace.values[event.inputs[argument]].array for argument in made}
    for chosen in ([*made], [*made][:1], [*made][:1] + [n for n in made if n == "bias"]):
        terms = []
        for argument in chosen:
            array = arrays[argument]
            if array is None:
                return
            for place, coefficient in made[argument]:
                at = int(np.ravel_multi_index(place, array.shape)) if place else 0
                product = coefficient * float(array[place])
                terms.append((abs(product), product, argument, at, coefficient))
        total = sum(term[1] for term in terms)
        if terms and np.isclose(total, float(out[index]), rtol=1e-3, atol=1e-6):
            yield _row(flat, terms)
            return


def _row(flat: int, terms: list[Any]) -> list[Any]:
    """The largest terms of an element, how many others there are, and their sum."""
    terms.sort(key=lambda term: (-term[0], term[3]))
    listed, others = terms[:OF_ELEMENT], terms[OF_ELEMENT:]
    rest = sum(product for _, product, *_ in others)
    rows = [[name, at, float(f"{c:.9g}")] for _, _, name, at, c in listed]
    return [flat, rows, len(others), rest]


def _reached(trace: Trace, event: Event, formula: dict[str, Any]) -> bool:
    """Whether the page itself can do a formula's arithmetic."""
    made = formula.get("arithmetic")
    read = event.inputs | event.saved
    held = {name for name, value in read.items() if trace.values[value].array is not None}
    plain = event.options.keys() | event.details.get("numbers", {}).keys()
    return made is not None and names(made) <= held | plain


def names(arithmetic: Arithmetic) -> set[str]:
    """The names that stand in an arithmetic."""
    if arithmetic[0] == "name":
        return {arithmetic[1]}
    return {name for part in arithmetic[1:] if isinstance(part, list) for name in _in(part)}


def _in(part: list[Any]) -> set[str]:
    return names(part) if part and isinstance(part[0], str) else set()


def _rows(trace: Trace, event: Event, budget: int) -> Iterator[Any]:
    """The elements of an event for which there is room."""
    derivative = Derivative(trace, event)
    out = derivative.out.array
    if not out.size:
        return
    largest = int(np.abs(np.nan_to_num(out, nan=np.inf)).argmax())
    for flat in (largest, *(n for n in range(out.size) if n != largest)):
        index = tuple(int(i) for i in np.unravel_index(flat, out.shape))
        terms = []
        for number, place, coefficient in derivative.coefficients(index):
            grad = derivative.grads[number].array
            at = int(np.ravel_multi_index(place, grad.shape)) if place else 0
            product = coefficient * float(grad[place])
            terms.append((abs(product), product, derivative.names[number], at, coefficient))
        row = _row(flat, terms)
        budget -= max(len(row[1]), 1)
        if budget < 0:
            return
        if all(np.isfinite(each[2]) for each in row[1]) and np.isfinite(row[3]):
            yield row
