"""A replay beside the trace that it was made from: event by event, value by value.

The new trace gets the numbers, names and places of the old one, so that value 7 is value 7 in both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .acts import same_numbers
from .curve import Point
from .events import Event, Value
from .traces import Trace


def paired(trace: Trace, new: Trace) -> Trace:
    """The trace `new` of a replay, with the numbers, names and places of `trace`."""
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
        replace(old, details={**old.details, **measured(event)})
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


def compare(trace: Trace, again: Trace, edited: bool) -> None:
    """Raise unless what was computed from the same numbers came to the same numbers."""
    same = [is_same(old, new) for old, new in zip(trace.values, again.values, strict=True)]
    for event in trace.events:
        used = [*event.inputs.values(), *event.saved.values()]
        wrong = [n for n, value in event.outputs.items() if not same[value]]
        if wrong and (not edited or (event.kind != "update" and all(same[v] for v in used))):
            raise RuntimeError(
                f"event {event.index}, {described(event)}, has come to other numbers ({wrong[0]}): "
                "the run draws random numbers, or changes arrays, where a trace does not see it"
            )
