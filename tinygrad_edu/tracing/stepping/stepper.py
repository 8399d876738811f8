"""`Stepper`: all that may be asked of a trace where a cursor stands, and what it stops at; no
terminal, no page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..events import Value
from ..traces import Trace
from . import breaks as conditions
from .breaks import Break
from .characters import Index
from .cursor import Cursor
from .editing import Editor, loss_change
from .elements import shown_element
from .json_lines import as_json_lines as as_json_lines
from .json_lines import print_json as print_json
from .names import StepError, element_of, label, mentioned, parse


class Stepper(Cursor):
    """A cursor over `trace`, with a chosen element of a chosen tensor, breakpoints, and edits.

    Attributes
    ----------
    breaks : list of Break
    chosen : str
        The name that the chosen tensor has at its event; "" for the first output.
    element : tuple of int
        Of the chosen tensor.
    editor : Editor
        Has the trace as it was recorded, and the edits; after one `trace` is another.

    Raises
    ------
    StepError
        If there is nothing in the trace.
    """

    def __init__(self, trace: Trace) -> None:
        super().__init__(trace)
        self.breaks: list[Break] = []
        self.chosen = ""
        self.element: Index = ()
        self.editor = Editor(trace)

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

    def met(self, which: Break) -> bool:
        """Whether a breakpoint stops anywhere in the trace."""
        return any(which.hits(self, at) for at in range(len(self.trace.events)))

    def never(self, which: Break) -> str:
        """What is to be said of a breakpoint that stops nowhere; "" of others."""
        return "" if self.met(which) else ", which nothing in this trace meets"

    def break_lines(self) -> list[str]:
        """The breakpoints, with their numbers."""
        return [f"{n}: {each}{self.never(each)}" for n, each in enumerate(self.breaks, 1)]

    def met_none(self, direction: int = 1) -> str:
        """What is to be said when `resume` has met no breakpoint."""
        end = f"this is the {'end' if direction > 0 else 'beginning'}"
        if not self.breaks:
            return f"{end}: there are no breakpoints"
        never = [str(each) for each in self.breaks if not self.met(each)]
        if not never:
            return f"{end}: no breakpoint on the way"
        return f"{end}: no breakpoint on the way; never met in this trace: {', '.join(never)}"

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
        if name.strip():
            wanted, index = parse(name)
            if index is not None:
                raise StepError(f"a whole tensor is meant: {wanted}, without [..]")
            return self.names.find(wanted, self.at)
        found = self.tensor()
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
        return () if found is None else shown_element(self, found[1])

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
