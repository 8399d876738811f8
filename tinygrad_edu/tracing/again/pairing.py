"""A replay beside the trace that it was made from: event by event, value by value.

The new trace gets the numbers, names and places of the old one, so that value 7 is value 7 in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..acts import same_numbers
from ..curve import Point
from ..events import Event, Value
from ..traces import Trace


def paired(trace: Trace, new: Trace) -> Trace:
    """The trace `new` of a replay, with the numbers, names and places of `trace`.

    Raises
    ------
    RuntimeError
        If their events are not the same, but for numbers.
    """
    found: dict[int, Value] = {}
    for old, event in zip(trace.events, new.events, strict=False):
        if not alike(old, event):
            raise RuntimeError(
                f"event {old.index} was {described(old)}, and is {described(event)} in the replay"
            )
        for name in ("inputs", "outputs", "saved"):
            for key, number in getattr(old, name).items():
                value = new.values[getattr(event, name)[key]]
                if not is_same(found.setdefault(number, value), value):
                    raise RuntimeError(
                        f"{key} of event {old.index}, {described(old)}, is another value in the "
                        "replay"
                    )
    if len(trace.events) != len(new.events):
        raise RuntimeError(
            f"the replay came to {len(new.events)} events, and not to {len(trace.events)}"
        )
    values = list(trace.values)
    for number, value in found.items():
        was = values[number]
        values[number] = replace(
            value, id=number, name=was.name, kind=was.kind, born=was.born, of=was.of
        )
    events = [
        replace(
            old,
            formula=event.formula,  # of a function that may have gone another way
            code=event.code,
            details={**old.details, **measured(event)},
        )
        for old, event in zip(trace.events, new.events, strict=True)
    ]
    again = Trace(events, values, trace.sources)
    again.curve = joined(trace.curve, new.curve)
    return again


def joined(curve: list[Point], new: list[Point]) -> list[Point]:
    """The points of the steps before the replay, and its own under the parameters' names."""
    before = len(curve) - len(new)
    return curve[:before] + [
        Point(old.step, point.loss, dict(zip(old.norms, point.norms.values(), strict=True)))
        for old, point in zip(curve[before:], new, strict=True)
    ]


def measured(event: Event) -> dict[str, Any]:
    """Those details of an event that are numbers of the run."""
    return {name: detail for name, detail in event.details.items() if name == "numbers"}


def is_same(first: Value, second: Value) -> bool:
    """Whether two values hold the same numbers."""
    if first is second:
        return True
    if first.array is None or second.array is None:
        return repr(first.summary) == repr(second.summary) and first.shape == second.shape
    return same_numbers(first.array, second.array)


def alike(old: Event, new: Event) -> bool:
    """Whether two events are the same, but for numbers."""
    return (old.kind, old.title, [*old.inputs], [*old.outputs], [*old.saved]) == (
        new.kind, new.title, [*new.inputs], [*new.outputs], [*new.saved],
    )  # fmt: skip


def described(event: Event) -> str:
    """An event in a few words."""
    return f"{event.title} ({event.kind}) of {', '.join(event.inputs) or 'nothing'}"


def check_changes(trace: Trace, again: Trace, same: list[bool]) -> None:
    """Raise if something was changed in place, one does not know by what, after an edit has had an
    effect: it may have been a part of that. (Zeros, or another single number, are no part of it.)
    """
    first = same.index(False) if False in same else len(same)
    for number, origin in trace.origins.items():
        if origin.kind == "given" and origin.changed and number > first:
            recorded = trace.leaves[number]
            several = recorded.size > 0 and (recorded != recorded.flat[0]).any()
            if number not in again.edits and several:
                name = f" ({trace.values[number].name})" if trace.values[number].name else ""
                raise RuntimeError(
                    f"value {number}{name} was changed in place, and the trace does not know by "
                    "what: it cannot say whether the edit would have changed it"
                )


def check_choices(trace: Trace, again: Trace) -> None:
    """Raise if an edit has changed which elements would be chosen: an op gets its places as plain
    arrays, and a call made again has those of the run."""
    changed: dict[bytes, Value] = {}
    for old, new in zip(trace.values, again.values, strict=True):
        is_choice = old.kind == "result" and old.dtype[:3] in ("boo", "int") and old.size
        if is_choice and old.array is not None and not is_same(old, new):
            changed[old.array.tobytes()] = old
    for number, call in trace.calls.items():
        for places in plain_arrays(call.args):
            value = changed.get(places.tobytes())
            if value is not None and value.born < number:
                raise RuntimeError(
                    f"on these numbers event {value.born}, {trace.events[value.born].title}, comes "
                    f"to another result, by which event {number}, {trace.events[number].title}, "
                    "chooses elements: the trace knows only those that the run has chosen"
                )


def plain_arrays(argument: Any) -> Iterator[np.ndarray[Any, Any]]:
    """The arrays of places or masks in an argument of a call."""
    if isinstance(argument, np.ndarray) and argument.dtype.kind in "bi" and argument.size:
        yield argument
    elif type(argument) in (tuple, list):
        for item in argument:
            yield from plain_arrays(item)


def compare(trace: Trace, again: Trace, edited: bool) -> None:
    """See that what was computed from the same numbers came to the same numbers.

    Raises
    ------
    RuntimeError
        If it did not; or if an edit may have changed what a trace knows only as it was: arrays that
        were changed in place, and which elements were chosen.
    """
    same = [is_same(old, new) for old, new in zip(trace.values, again.values, strict=True)]
    for event in trace.events:
        used = [*event.inputs.values(), *event.saved.values()]
        wrong = [n for n, value in event.outputs.items() if not same[value]]
        if wrong and (not edited or (event.kind != "update" and all(same[v] for v in used))):
            raise RuntimeError(
                f"event {event.index}, {described(event)}, has come to other numbers ({wrong[0]}): "
                "the run draws random numbers, or changes arrays, where a trace does not see it"
            )
    if edited:
        check_changes(trace, again, same)
        check_choices(trace, again)
