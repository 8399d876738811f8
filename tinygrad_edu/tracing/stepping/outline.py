"""The events as a tree: training steps, their phases, modules, ops with what the engine does there.

Events lie flat in a trace, in the order in which they happened. A group is a stretch of them whose
paths begin alike; a module that is called twice has two. The groups within a group are found when
somebody asks for them, so that a trace of many thousand events opens at once.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from ..events import Event
from ..expressions import expression_of
from ..traces import Trace
from .names import label


class Part(NamedTuple):
    """A place of a path: what it is called, and of a module which call of it, of a unit its first
    event."""

    name: str
    call: int = 0


Path: TypeAlias = tuple[Part, ...]

PHASES = {
    "forward": "forward", "seed": "backward", "derivative": "backward", "broadcast": "backward",
    "accumulate": "backward", "hook": "backward", "grad": "backward", "update": "update",
    "zero_grad": "zero_grad",
}  # fmt: skip
OF_A_NODE = ("derivative", "broadcast", "accumulate")


class Group(NamedTuple):
    """The events from `first` to before `end`, whose paths are the same down to `depth`."""

    first: int
    end: int
    depth: int


class Row(NamedTuple):
    """A line of the outline: a group, whether it is open, and whether the cursor is at it."""

    group: Group
    open: bool
    here: bool
    inside: bool


class Outline:
    """Where each event stands in the tree.

    Attributes
    ----------
    modules : list of str
        By event, the module that it belongs to; of a leaf's gradient the one that it came from.
    calls : list of int or None
        By event, the call of an op that it follows from, which knows the calls of modules.
    units : list of int
        By event, the first event of its unit: a call of an op, or all that is done for a node.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.modules: list[str] = []
        self.calls: list[int | None] = []
        self.units: list[int] = []
        self._paths: dict[int, Path] = {}
        self._groups: dict[tuple[int, int, int], list[Group]] = {}
        came_from: dict[int | None, tuple[str, int | None]] = {}
        before: Event | None = None
        for event in trace.events:
            call = event.index if event.kind == "forward" else event.forward
            module = event.module
            if event.kind == "accumulate":
                came_from[event.about] = module, call
            elif event.kind == "grad":
                module, call = came_from.get(event.about, ("", None))
            self.modules.append(module)
            self.calls.append(call)
            joined = before is not None and together(before, event)
            self.units.append(self.units[-1] if joined else event.index)
            before = event

    def path(self, at: int) -> Path:
        """From the training step down to the unit of an event."""
        unit = self.units[at]
        known = self._paths.get(unit)
        if known is None:
            event = self.trace.events[unit]
            top = Part(f"step {event.step}"), Part(PHASES[event.kind])
            known = self._paths[unit] = (*top, *self._modules_of(unit), Part("", unit))
        return known

    def _modules_of(self, at: int) -> Iterator[Part]:
        """The modules that an event is within, outermost first."""
        call = self.calls[at]
        running = [] if call is None else self.trace.events[call].details.get("running", [])
        numbers = dict(running)
        names = [name for name in self.modules[at].split(".") if name]
        for place, name in enumerate(names):
            yield Part(name, numbers.get(".".join(names[: place + 1]), 0))

    def prefix(self, at: int, depth: int | None) -> Path:
        """The path of an event down to `depth`; None: all of it."""
        return self.path(at)[:depth]

    def groups(self, first: int, end: int, depth: int) -> list[Group]:
        """What a group consists of: its parts, whose paths differ in place `depth`."""
        known = self._groups.get((first, end, depth))
        if known is None:
            known = self._groups[first, end, depth] = [*self._parts(first, end, depth)]
        return known

    def _parts(self, first: int, end: int, depth: int) -> Iterator[Group]:
        start = first
        while start < end:
            path = self.path(start)
            stop = start + 1
            if depth < len(path):  # else they are the events of a unit
                here = path[: depth + 1]
                while stop < end and self.path(stop)[: depth + 1] == here:
                    stop += 1
            yield Group(start, stop, depth)
            start = stop

    def label(self, group: Group) -> str:
        """What a group is called; one that has a single unit in it with this unit's name, too."""
        event, module = self.trace.events[group.first], self.modules[group.first]
        path = self.path(group.first)
        if group.depth >= len(path):
            return event_label(self.trace, event, module)
        unit = unit_label(self.trace, event, module)
        if group.depth == len(path) - 1:
            return unit
        single = group.depth >= 2 and self.units[group.first] == self.units[group.end - 1]
        names = [part.name for part in path[group.depth : -1]]
        return ": ".join([*names, unit]) if single else names[0]

    def rows(self, at: int, height: int, depth: int | None = None) -> list[Row]:
        """What a screen of `height` lines shows: the groups around an event, of which those that
        it is in are open.

        `depth` says of which length of its path the group is where the cursor is; None: a unit,
        or within it an event.
        """
        found: list[Row] = []
        self._open(found, (0, len(self.trace.events), 0), at, height, depth)
        here = next((n for n, row in enumerate(found) if row.here), 0)
        first = max(0, min(here - height // 2, len(found) - height))
        return found[first : first + height]

    def _open(
        self, rows: list[Row], part: tuple[int, int, int], at: int, height: int, depth: int | None
    ) -> None:
        groups = self.groups(*part)
        number = bisect.bisect_right(groups, at, key=lambda group: group.first) - 1
        for group in groups[max(0, number - height) : number + height]:
            inside = group.first <= at < group.end
            leaf = group.end - group.first == 1 or group.depth >= len(self.path(group.first))
            leaf = leaf or (depth is not None and group.depth + 1 >= depth)
            rows.append(Row(group, inside and not leaf, inside and leaf, inside))
            if inside and not leaf:
                below = (group.first, group.end, group.depth + 1)
                self._open(rows, below, at, height, depth)


def together(before: Event, event: Event) -> bool:
    """Whether an event belongs to the unit of the one before it."""
    if event.kind not in OF_A_NODE or before.kind not in (*OF_A_NODE, "seed"):
        return False
    if event.kind == "derivative":
        same = before.kind == "derivative" and before.title == event.title
        return same and before.forward == event.forward
    return before.forward == event.forward


def unit_label(trace: Trace, event: Event, module: str = "") -> str:
    """What a unit is called within a module, by its first event."""
    if event.kind == "seed":
        return "backward begins"
    if event.kind in ("hook", "grad"):
        return event_label(trace, event, module)
    if event.kind == "update":
        return expression_of(event)
    return f"{event.title}.zero_grad" if event.kind == "zero_grad" else event.title


def event_label(trace: Trace, event: Event, module: str = "") -> str:
    """What an event is called within its unit."""
    about = "" if event.about is None else within(label(trace, trace.values[event.about]), module)
    if event.kind == "derivative":
        return f"d_{event.details.get('argument', '')}"
    if event.kind == "broadcast":
        return f"sum over {tuple(event.details['axes'])}"
    if event.kind == "accumulate":
        return f"{event.details['k']} of {event.details['n']} to {about}"
    if event.kind == "hook":
        return f"hook of {about}"
    if event.kind == "grad":
        return f"{about}.grad"
    if event.kind == "seed":
        return f"gradient of {about}"
    return unit_label(trace, event)


def within(name: str, module: str) -> str:
    """The name of a parameter as it is within its module: of ``layer.weight`` ``weight``."""
    owner, _, last = name.rpartition(".")
    return last if owner and f".{module}".endswith(f".{owner}") else name
