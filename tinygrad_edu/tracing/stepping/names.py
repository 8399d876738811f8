"""Which value somebody means by a name, at some event of a trace.

First what the event itself has by that name (``grad``, ``weight``, ``out``), then the value that a
variable or parameter of that name had last until then, then one that is still to come.
A parameter may also have the name of its model before its own. ``NAME.grad`` is the gradient,
``#7`` a value by its number, ``NAME[0, 3]`` an element.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator

from ..events import Event, Value
from ..traces import Trace
from ..words import counted, with_models
from .characters import Index

NAMED = re.compile(r"\s*(?P<name>[^\[\]\s][^\[\]]*?)\s*(\[(?P<index>[^\]]*)\])?\s*")


class StepError(ValueError):
    """What somebody asked for is not there; the message is one line."""


def label(trace: Trace, value: Value) -> str:
    """What to call a value."""
    if value.kind == "gradient" and value.of is not None:
        return f"gradient of {label(trace, trace.values[value.of])}"
    if value.name:
        return trace.name_of(value)
    vector = of_vector(trace, value)
    if vector:
        return vector
    made = f"{trace.events[value.born].title} " if value.born >= 0 else ""
    return f"{made}#{value.id}"


def of_vector(trace: Trace, value: Value) -> str:
    """What to call an optimizer's vector: ``m of layer.weight and 5 more``; "" of what is none."""
    if value.kind != "state" or value.born < 0:
        return ""
    event = trace.events[value.born]
    parts = [part[0] for part in event.details.get("parts", ())]
    name = next((name for name, made in event.outputs.items() if made == value.id), "")
    if not parts or not name:
        return ""
    return f"{name} of {parts[0]}" + (f" and {len(parts) - 1} more" if len(parts) > 1 else "")


def mentioned(event: Event) -> Iterator[tuple[str, str, int]]:
    """The values of an event: which part they have in it, their names there, their numbers."""
    for part, values in (
        ("in", event.inputs), ("saved", event.saved), ("out", event.outputs),
    ):  # fmt: skip
        for name, number in values.items():
            yield part, name, number


def parse(text: str) -> tuple[str, Index | None]:
    """``NAME`` or ``NAME[i, j]``: the name, and the index or None."""
    found = NAMED.fullmatch(text)
    if found is None:
        raise StepError(f"not a name, nor NAME[0, 1]: {text.strip()!r}")
    if found["index"] is None:
        return found["name"], None
    return found["name"], parse_index(found["index"])


def parse_index(text: str) -> Index:
    """Whole numbers with commas between them."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(re.fullmatch(r"-?\d{1,9}", part) for part in parts):
        raise StepError(f"an index is made of whole numbers, as 0, 3; not {text.strip()!r}")
    return tuple(int(part) for part in parts)


def element_of(value: Value, index: Index) -> Index:
    """`index` with negative places counted from the end.

    Raises
    ------
    StepError
        If the value has no such element.
    """
    if not value.shape and index:
        raise StepError("it is a single number, and has no index")
    if len(index) != len(value.shape):
        example, numbers = [0] * len(value.shape), counted(len(value.shape), "number")
        raise StepError(
            f"an element of {value.shape} is named by {numbers}, as {example}, not by {len(index)}"
        )
    for place, size in zip(index, value.shape, strict=True):
        if not -size <= place < size:
            raise StepError(f"index {list(index)} is outside of {value.shape}")
    return tuple(place % size for place, size in zip(index, value.shape, strict=True))


class Names:
    """The values of a trace by name and by event."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.first: dict[int, int] = {}  # by value, the event that is the first to mention it
        self.grads: dict[int, list[int]] = {}  # by value, the events at which its gradient grew
        for event in trace.events:
            for _, _, number in mentioned(event):
                self.first.setdefault(number, event.index)
            if event.about is not None and event.kind in ("seed", "accumulate", "hook", "grad"):
                self.grads.setdefault(event.about, []).append(event.index)
        self.named: dict[str, list[tuple[int, int]]] = {}
        for value in trace.values:
            if value.name and value.kind != "gradient" and value.id in self.first:
                self.named.setdefault(value.name, []).append((self.first[value.id], value.id))
        for pairs in self.named.values():
            pairs.sort()
        self.with_models = with_models(trace)

    def find(self, name: str, at: int) -> Value:
        """What is meant by `name` at event `at`.

        Raises
        ------
        StepError
            If nothing is.
        """
        if name.startswith("#"):
            number = name[1:]
            if not number.isdecimal() or int(number) >= len(self.trace.values):
                last = len(self.trace.values) - 1
                raise StepError(f"no value {name}: they go from #0 to #{last}")
            return self.trace.values[int(number)]
        for _, local, value in mentioned(self.trace.events[at]):
            if local == name:
                return self.trace.values[value]
        name = self.own(name)
        if name in self.named:
            return self.trace.values[self.latest(name, at)]
        if name.endswith(".grad"):
            return self.gradient(self.find(name.removesuffix(".grad"), at), at)
        raise StepError(f"nothing is called {name!r} here; there are {self.listed(at, name)}")

    def own(self, name: str) -> str:
        """The name that a parameter has here, of which the script has ``net.layer.weight``."""
        return self.with_models.get(name, name)

    def latest(self, name: str, at: int) -> int:
        """The value that `name` had last at event `at`, or, before all of them, its first."""
        pairs = self.named[name]
        place = bisect.bisect_right(pairs, (at, len(self.trace.values)))
        return pairs[max(place - 1, 0)][1]

    def gradient(self, value: Value, at: int) -> Value:
        """The gradient of a value as far as it has come at event `at`; before that what it gets.

        Raises
        ------
        StepError
            If it has none.
        """
        events = self.grads.get(value.id, [])
        place = bisect.bisect_right(events, at)
        for number in [*reversed(events[:place]), *events[place:]]:
            made = [*self.trace.events[number].outputs.values()]
            if made:
                return self.trace.values[made[-1]]
        raise StepError(f"{label(self.trace, value)} gets no gradient in this trace")

    def listed(self, at: int, like: str) -> str:
        """The names that one may use at an event, first those of which `like` is the end."""
        local = [name for _, name, _ in mentioned(self.trace.events[at])]
        meant = [name for name in self.named if name.endswith(f".{like}")]
        names = [*dict.fromkeys([*meant, *local, *sorted(self.named)])]
        shown = ", ".join(names[:12])
        return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown
