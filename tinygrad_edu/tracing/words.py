"""The words for what is in a trace: what `explain` makes its sentences of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .events import Event, Place, Value

if TYPE_CHECKING:
    from .traces import Trace


def with_models(trace: Trace) -> dict[str, str]:
    """What one may call parameters that go by their own names alone: with the name of the model
    before them, as in the script; by that their names in the trace."""
    found: dict[str, str] = {}
    for event in trace.events:
        if event.kind == "forward" and event.module:
            model = event.module.partition(".")[0]
            for number in event.inputs.values():
                value = trace.values[number]
                if value.kind == "parameter" and not value.name.startswith(f"{model}."):
                    found.setdefault(f"{model}.{value.name}", value.name)
    return found


def called(trace: Trace, value: Value) -> str:
    """What to call a value: its name, or where it comes from."""
    if value.name:
        return trace.name_of(value)
    if value.born >= 0:
        return f"the output of {trace.events[value.born].title}, value {value.id}"
    return f"value {value.id}"


def within(event: Event) -> str:
    """In which module."""
    return f", in {event.module}" if event.module else ""


def number(x: Any) -> str:
    """A number with four digits."""
    return f"{float(x):.4g}"


def of_call(trace: Trace, derivative: Event) -> str:
    """The op that a derivative is of."""
    return (
        derivative.title if derivative.forward is None else trace.events[derivative.forward].title
    )


def argument(trace: Trace, derivative: Event) -> str:
    """Which argument a derivative is for; of a user's own function it is known by its value."""
    name = str(derivative.details["argument"])
    inputs = {} if derivative.forward is None else trace.events[derivative.forward].inputs
    if name in inputs:
        return name
    return listed([n for n, value in inputs.items() if value == derivative.about]) or name


def axes(broadcast: Event) -> str:
    """The axes of a sum."""
    numbers = [str(axis) for axis in broadcast.details["axes"]]
    return f"the {'axis' if len(numbers) == 1 else 'axes'} {listed(numbers)}"


def counted(count: int, thing: str) -> str:
    """``1 line``, ``2 lines``."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def shape_text(shape: Sequence[int]) -> str:
    """``5 x 4``; of no axes ``one number``."""
    return " x ".join(map(str, shape)) or "one number"


def listed(words: list[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def line_of(trace: Trace, place: Place | None) -> Iterator[str]:
    """The user's line, and where it is."""
    if place is None:
        return
    yield f"  In {file_of(place)}, line {place.line}, {place.function}:"
    lines = trace.sources.get(place.file, "").splitlines()
    if place.line <= len(lines):
        yield f"      {lines[place.line - 1].strip()}"


def file_of(place: Place) -> str:
    """The name of a file; that of a notebook's cell says nothing."""
    file = Path(place.file)
    return "a cell" if file.parent.name.startswith("ipykernel_") else file.name


def span(trace: Trace, event: Event) -> str:
    """The user's expression, on one line; where it is not known, the line's number."""
    place = event.place
    if place is None:
        return "in no line of yours"
    lines = trace.sources.get(place.file, "").splitlines()[place.line - 1 : place.end_line]
    if not lines or place.column < 0:
        return f"{file_of(place)}, line {place.line}"
    ends = [len(line) for line in lines[:-1]] + [place.end_column]
    starts = [place.column, *[0] * (len(lines) - 1)]
    parts = [line[a:b].strip() for line, a, b in zip(lines, starts, ends, strict=True)]
    return " ".join(parts)
