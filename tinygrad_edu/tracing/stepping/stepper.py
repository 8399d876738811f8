"""`Stepper`: a cursor over the events of a trace. What moves it, where it stops, and what may be
asked where it stands; no terminal, no page.

The cursor is at an event that has just happened. It moves by events (`step`), or by groups of them
at a level of the outline (`next`): ops, unless one has gone up a level, then modules, then phases,
then training steps. Each move goes either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..events import Event, Value
from ..traces import Trace
from . import breaks as conditions
from .breaks import Break
from .characters import Index, fitting
from .editing import Editor, loss_change
from .json_lines import as_json_lines as as_json_lines
from .json_lines import print_json as print_json
from .names import Names, StepError, element_of, label, mentioned
from .outline import PHASES, Outline, event_label


class Stepper:
    """A cursor over `trace`.

    Attributes
    ----------
    trace : Trace
        What is shown; after an edit another one than the first.
    at : int
        The event at which the cursor is.
    level : int or None
        By how many places of a path `next` tells groups apart; None: by all, that is by ops.
    breaks : list of Break
    chosen : str
        The name that the chosen tensor has at its event; "" for the first output.
    element : tuple of int
        Of the chosen tensor.
    editor : Editor
        Has the trace as it was recorded, and the edits.

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
        self.breaks: list[Break] = []
        self.chosen = ""
        self.element: Index = ()
        self.editor = Editor(trace)
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

    def tensors(self) -> list[tuple[str, str, Value]]:
        """What the event works with: "in", "saved" or "out", the name there, the value; what it
        has made stands last."""
        return [(part, name, self.trace.values[n]) for part, name, n in mentioned(self.event)]

    def tensor(self) -> tuple[str, Value] | None:
        """The chosen tensor of the event, with its name; None if the event has none."""
        found = self.tensors()
        for _, name, value in found:
            if name == self.chosen:
                return name, value
        outputs = [each for each in found if each[0] == "out"]
        return (outputs or found)[0][1:] if found else None

    def index(self) -> Index:
        """The chosen element of the chosen tensor."""
        found = self.tensor()
        return () if found is None else fitting(self.element, found[1].shape)

    def status(self) -> str:
        """Where the cursor is, on a line."""
        event = self.event
        parts = [f"step {event.step}", PHASES[event.kind]]
        if self.outline.modules[self.at]:
            parts.append(self.outline.modules[self.at])
        name = event_label(self.trace, event, self.outline.modules[self.at])
        parts.append(name if name.startswith(event.title) else f"{event.title} {name}")
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

    # Looking for something -----------------------------------------------------------------------

    def until(self, holds: Callable[[int], bool], direction: int = 1) -> bool:
        """To the next event of which something holds; stay where there is none."""
        found = self._first(holds, direction)
        return found is not None and self.go(found)

    def _first(self, holds: Callable[[int], bool], direction: int) -> int | None:
        return next((at for at in self._others(direction) if holds(at)), None)

    def _others(self, direction: int) -> Iterator[int]:
        rest = range(self.at + 1, len(self.trace.events))
        return iter(rest if direction > 0 else reversed(range(self.at)))

    def resume(self, direction: int = 1) -> Break | None:
        """To the next event at which a breakpoint stops, which is returned; else to the end."""
        for at in self._others(direction):
            for each in self.breaks:
                if each.hits(self, at):
                    self.go(at)
                    return each
        self.go(self.last if direction > 0 else 0)
        return None

    def next_nan(self, direction: int = 1) -> bool:
        """To the next event out of which a nan or an infinity comes."""
        events = self.trace.events
        return self.until(lambda at: conditions.odd(self, events[at].outputs), direction)

    def search(self, text: str, direction: int = 1) -> bool:
        """To the next event that has a text in what is said of it; from the end on at the start."""
        wanted = text.lower()
        rest = range(self.at + 1, len(self.trace.events)), range(0, self.at)
        order = [*rest[0], *rest[1]] if direction > 0 else [*rest[1][::-1], *rest[0][::-1]]
        for at in order:
            if wanted in self.described(at).lower():
                return self.go(at)
        return False

    def described(self, at: int) -> str:
        """What `search` searches."""
        event = self.trace.events[at]
        names = [value.name for value in map(self.trace.values.__getitem__, event.outputs.values())]
        about = [] if event.about is None else [label(self.trace, self.trace.values[event.about])]
        line = "" if event.place is None else f"{event.place.file}:{event.place.line}"
        texts = [event.kind, event.title, self.outline.modules[at], event.formula, line]
        return " ".join([*texts, *names, *about, *event.outputs])

    def asked(self, name: str) -> Value:
        """The value that is called so here; the chosen tensor if no name is given.

        Raises
        ------
        StepError
            If there is none.
        """
        found = self.tensor()
        if name.strip():
            return self.names.find(name.strip(), self.at)
        if found is None:
            raise StepError("there is no tensor here")
        return found[1]

    def birth(self, value: Value) -> bool:
        """To the event that made a value; of what was there before, to the first that uses it."""
        at = value.born if value.born >= 0 else self.names.first.get(value.id, self.at)
        return self.go(at)

    def gradient(self, value: Value) -> bool:
        """To the event at which the gradient of a value, or of what it is the gradient of, is
        complete.

        Raises
        ------
        StepError
            If it gets none.
        """
        whole = self.trace.values[value.of] if value.of is not None else value
        events = self.names.grads.get(whole.id)
        if not events:
            raise StepError(f"{label(self.trace, whole)} gets no gradient in this trace")
        return self.go(events[-1])

    # Choosing ------------------------------------------------------------------------------------

    def choose(self, direction: int) -> None:
        """Choose the next or previous tensor of the event."""
        names = [name for _, name, _ in self.tensors()]
        found = self.tensor()
        if found is not None:
            self.chosen = names[(names.index(found[0]) + direction) % len(names)]

    def move_element(self, direction: int) -> None:
        """Choose the next or previous element of the chosen tensor."""
        found = self.tensor()
        if found is None or not found[1].size:
            return
        shape = found[1].shape
        flat = int(np.ravel_multi_index(self.index(), shape)) if shape else 0
        chosen = np.unravel_index((flat + direction) % found[1].size, shape) if shape else ()
        self.element = tuple(int(place) for place in chosen)

    def choose_element(self, index: Index) -> None:
        """Choose an element of the chosen tensor.

        Raises
        ------
        StepError
            If it has no such one.
        """
        found = self.tensor()
        if found is None:
            raise StepError("there is no tensor here")
        self.element = element_of(found[1], index)

    # Breakpoints ---------------------------------------------------------------------------------

    def add_break(self, text: str) -> Break:
        """Stop where `text` says, see `breaks.KINDS`."""
        added = conditions.parse(text)
        if added in self.breaks:
            raise StepError(f"there is already a breakpoint {added}")
        self.breaks.append(added)
        return added

    def clear(self, which: str = "") -> list[Break]:
        """Forget a breakpoint, by its number from 1 or its text; all if none is given."""
        for number, each in enumerate(self.breaks, 1):
            if which in (str(number), each.text):
                self.breaks.remove(each)
                return [each]
        if which:
            raise StepError(f"no breakpoint {which!r}; there are {len(self.breaks)}")
        gone, self.breaks = self.breaks, []
        return gone

    # Edits ---------------------------------------------------------------------------------------

    def edit(self, text: str) -> str:
        """Change an element of a parameter or input, as ``NAME[i, j] = VALUE`` says, and run all
        again with it; the cursor stays.

        Returns
        -------
        str
            What has become of the loss.

        Raises
        ------
        StepError
            If that is not what it says, there is no such element, or the run cannot be made again.
        """
        edit = self.editor.parsed(text, self)
        before = self.trace.losses()
        self._show(self.editor.with_edit(edit))
        return f"{self.editor.shown(edit)}: {loss_change(before, self.trace.losses())}"

    def undo(self) -> str:
        """Take back the last edit.

        Raises
        ------
        StepError
            If there is none.
        """
        before = self.trace.losses()
        self._show(self.editor.without_last())
        return f"as before the edit: {loss_change(before, self.trace.losses())}"
