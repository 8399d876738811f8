"""A cursor over the events of a trace: where it is, and what moves it.

It is at an event that has just happened. It moves by events (`step`), or by groups of them at a
level of the outline (`next`): ops, unless one has gone up a level, then modules, then phases, then
training steps. Each move goes either way.
"""

from __future__ import annotations

from ..events import Event, Value
from ..traces import Trace
from .names import Names, StepError
from .outline import PHASES, Outline, event_label


class Cursor:
    """A place in `trace`.

    Attributes
    ----------
    trace : Trace
        What is shown.
    at : int
        The event at which the cursor is.
    level : int or None
        By how many places of a path `next` tells groups apart; None: by all, that is by ops.
    outline : Outline
    names : Names

    Raises
    ------
    StepError
        If there is nothing in the trace.
    """

    def __init__(self, trace: Trace) -> None:
        if not trace.events:
            raise StepError("the trace is empty: nothing ran while it was recorded")
        self.at = 0
        self.level: int | None = None
        self._show(trace)

    def _show(self, trace: Trace) -> None:
        self.trace = trace
        self.outline = Outline(trace)
        self.names = Names(trace)
        self.at = min(self.at, len(trace.events) - 1)

    # Where it is -------------------------------------------------------------------------------

    @property
    def event(self) -> Event:
        """The event at the cursor."""
        return self.trace.events[self.at]

    @property
    def last(self) -> int:
        """The last event."""
        return len(self.trace.events) - 1

    def value(self, number: int) -> Value:
        """A value by its number."""
        return self.trace.values[number]

    def status(self) -> str:
        """Where the cursor is, on a line."""
        event = self.event
        parts = [f"step {event.step}", PHASES[event.kind]]
        if self.outline.modules[self.at]:
            parts.append(self.outline.modules[self.at])
        name = event_label(self.trace, event, self.outline.modules[self.at])
        named = name.startswith(event.title) or event.title == parts[1]
        parts.append(name if named else f"{event.title} {name}")
        return f"[{self.at}/{self.last}] {' > '.join(parts)}"

    def level_name(self) -> str:
        """By what `next` moves."""
        if self.level is None:
            return "op by op"
        shown = self.outline.prefix(self.at, self.level)
        kind = ("step", "phase")[len(shown) - 1] if len(shown) <= 2 else "module"
        return f"{kind} by {kind}"

    # Moves: each says whether it went anywhere ---------------------------------------------------

    def go(self, at: int) -> bool:
        """Move to an event, or as near to it as there are any."""
        before, self.at = self.at, max(0, min(at, self.last))
        return self.at != before

    def step(self, count: int = 1) -> bool:
        """To the next event, whatever it is: into modules, and into the engine. Negative: back."""
        return self.go(self.at + count)

    def next(self, count: int = 1) -> bool:
        """To the next group at this level. Negative: back."""
        start = self.at
        for _ in range(abs(count)):
            if not self._over(self.level, 1 if count > 0 else -1):
                break
        return self.at != start

    def over(self, direction: int = 1) -> bool:
        """Past the module that is running, or the step of an optimizer; where none is running,
        past the next one."""
        least = 2 if self.event.kind == "update" else 3
        return self._over(max(len(self.outline.path(self.at)) - 1, least), direction)

    def out(self, direction: int = 1) -> bool:
        """Out of the group that the present level is in: from an op out of its module."""
        path = self.outline.path(self.at)
        depth = min(len(path) if self.level is None else self.level, len(path)) - 1
        return self._over(max(depth, 1), direction)

    def _over(self, depth: int | None, direction: int) -> bool:
        """To the first event of the next or previous group of paths of this length."""
        start = self.at
        beyond = self._end_of(start, depth, direction)
        if direction < 0 and beyond >= 0:  # the last of the group before: on to its first
            beyond = self._end_of(beyond, depth, -1) + 1
        return beyond <= self.last and self.go(beyond)

    def _end_of(self, at: int, depth: int | None, direction: int) -> int:
        here = self.outline.prefix(at, depth)
        while 0 <= at <= self.last and self.outline.prefix(at, depth) == here:
            at += direction
        return at

    def up(self) -> bool:
        """A level up: `next` goes module by module, then phase by phase, then step by step."""
        length = len(self.outline.path(self.at))
        level = length if self.level is None else min(self.level, length)
        if level <= 1:
            return False
        self.level = level - 1
        return True

    def down(self) -> bool:
        """A level down."""
        if self.level is None:
            return False
        length = len(self.outline.path(self.at))
        self.level = None if self.level + 1 >= length else self.level + 1
        return True
