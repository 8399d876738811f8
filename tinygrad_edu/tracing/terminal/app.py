"""The full screen: a trace as a tree, code, tensors and reasons, which keys walk through."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from ..stepping.names import StepError, parse_index
from ..traces import FROM_FILE
from .dialogs import Ask, Attempt, Breakpoints, Help
from .keys import KEYS
from .panes import Pane, Scrubber
from .screen import Screen

#: Between two events, when they play.
SECONDS = 0.6


class StepperApp(Screen):
    """Steps through a trace; all that it knows, it has from a `Stepper`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key.keys, key.action, key.text, priority=key.keys.startswith(("tab", "shift+tab")))
        for key in KEYS
    ]

    # Moves ---------------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """An event on or back."""
        self.moved(self.stepper.step(by), by)

    def action_next(self, by: int) -> None:
        """An op on or back."""
        self.moved(self.stepper.next(by), by)

    def action_over(self, by: int) -> None:
        """Past a module."""
        self.moved(self.stepper.over(by), by)

    def action_out(self, by: int) -> None:
        """Out of a module."""
        self.moved(self.stepper.out(by), by)

    def action_level(self, by: int) -> None:
        """A level up or down."""
        changed = self.stepper.up() if by < 0 else self.stepper.down()
        edge = f"this is the {'highest' if by < 0 else 'lowest'} level"
        self.message = f"↓ goes {self.stepper.level_name()}" if changed else edge
        self.draw()

    def action_go(self, at: int) -> None:
        """To the first or the last event."""
        self.moved(self.stepper.go(self.stepper.last if at < 0 else at), -1 if at == 0 else 1)

    def action_nan(self, direction: int) -> None:
        """To a nan."""
        missing = f"no nan and no infinity {'from here on' if direction > 0 else 'before this'}"
        self.moved(self.stepper.next_nan(direction), missing=missing)

    def action_resume(self, direction: int) -> None:
        """To a breakpoint."""
        found = self.stepper.resume(direction)
        self.say(self.stepper.met_none(direction) if found is None else f"breakpoint: {found}")

    def action_birth(self) -> None:
        """To where the chosen tensor was made."""
        self._attempt(lambda: self.stepper.birth(self.stepper.asked("")), "it was made here")

    def action_gradient(self) -> None:
        """To where its gradient is complete."""
        self._attempt(lambda: self.stepper.gradient(self.stepper.asked("")), "it is complete here")

    def _attempt(self, move: Callable[[], bool], missing: str) -> None:
        try:
            self.moved(move(), missing=missing)
        except StepError as error:
            self.say(str(error))

    # Choosing, asking ----------------------------------------------------------------------------

    def action_choose(self, by: int) -> None:
        """Another tensor."""
        self.stepper.choose(by)
        self.moved(True)

    def action_element(self, by: int) -> None:
        """Another element."""
        self.stepper.move_element(by)
        self.moved(True)

    def action_ask_element(self) -> None:
        """An element by its index."""

        def attempt(text: str) -> str:
            self.stepper.choose_element(parse_index(text))
            return "chosen"

        self._ask("Which element of the chosen tensor?", "An index, as 0, 3.", "0, 3", attempt)

    def action_ask_search(self) -> None:
        """A text to look for."""

        def attempt(text: str) -> str:
            self.wanted = text.strip()
            if not self.stepper.search(self.wanted):
                raise StepError(f"nothing speaks of {self.wanted!r}")
            return f"found {self.wanted!r}; f searches on"

        hint = "In ops, modules, formulas, names of tensors, lines of your files."
        self._ask("Search", hint, "relu", attempt)

    def action_again(self) -> None:
        """The same text again."""
        if not self.wanted:
            self.action_ask_search()
            return
        self.moved(self.stepper.search(self.wanted), missing=f"no other {self.wanted!r}")

    def action_ask_edit(self) -> None:
        """A change, with which all runs again."""
        names = ", ".join(self.stepper.editor.names()[:12])
        if self.stepper.trace.from_file:
            self.say(f"nothing can be edited: {FROM_FILE}")
            return
        hint = f"Then all runs again, and the cursor stays. What can be edited: {names}"
        self._ask("Edit", hint, "layer_1.weight[0, 0] = 0.5", self.stepper.edit)

    def action_undo(self) -> None:
        """The last edit goes."""
        try:
            self.say(self.stepper.undo())
        except StepError as error:
            self.say(str(error))

    def _ask(self, title: str, hint: str, example: str, attempt: Attempt) -> None:
        self.push_screen(Ask(title, hint, example, attempt), self._answered)

    def _answered(self, message: str | None) -> None:
        self.say("" if message in ("chosen", None) else str(message))

    def action_breakpoints(self) -> None:
        """The breakpoints."""
        self.push_screen(Breakpoints(self.stepper), self._answered)

    def action_help(self) -> None:
        """The keys."""
        self.push_screen(Help())

    # Playing, clicking ---------------------------------------------------------------------------

    def action_play(self) -> None:
        """Go on by itself, or stop."""
        if self.timer is not None:
            self.timer.stop()
            self.timer = None
        else:
            self.timer = self.set_interval(SECONDS, self.play_on)
        self.say("")

    def play_on(self) -> None:
        """The next event of those that play."""
        if not self.stepper.step(1) and self.timer is not None:
            self.timer.stop()
            self.timer = None
        self.draw()

    @on(Scrubber.Moved)
    def scrubbed(self, event: Scrubber.Moved) -> None:
        """The scrubber was clicked."""
        self.moved(self.stepper.go(event.at))

    @on(Pane.Chosen)
    def line_chosen(self, event: Pane.Chosen) -> None:
        """A line of the outline was clicked."""
        if event.pane.id == "outline" and 0 <= event.line < len(self.rows):
            self.moved(self.stepper.go(self.rows[event.line]))
