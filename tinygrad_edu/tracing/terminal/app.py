"""The full screen: a trace as a tree, code, tensors and reasons, which keys walk through."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Static

from ..stepping import panes as said
from ..stepping.listing import Listing, of_engine, of_user
from ..stepping.names import StepError, parse_index
from ..stepping.stepper import Stepper
from ..stepping.why import why
from ..traces import FROM_FILE, Trace
from .dialogs import Ask, Attempt, Breakpoints, Help
from .keys import HINTS, KEYS
from .looks import CSS, WIDE
from .paint import DARK, LIGHT, Palette, listed, painted
from .panes import Pane, Scrubber

#: Between two events, when they play.
SECONDS = 0.6
PANES = ("outline", "user", "engine", "tensors", "why")


class StepperApp(App[None]):
    """Steps through `trace`; all that it knows, it has from a `Stepper`.

    Raises
    ------
    StepError
        If the trace is empty.
    """

    CSS = CSS
    TITLE = "tinygrad-edu step"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key.keys, key.action, key.text, priority=key.keys.startswith(("tab", "shift+tab")))
        for key in KEYS
    ]

    def __init__(self, trace: Trace) -> None:
        # In ANSI's colours Textual can leave colours out altogether, which NO_COLOR asks for.
        self.colours = not os.environ.get("NO_COLOR")
        super().__init__(ansi_color=not self.colours)
        self.stepper = Stepper(trace)
        self.rows: list[int] = []  # the event of each line of the outline
        self.message = ""
        self.wanted = ""
        self.waiting = False  # to be drawn
        self.timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """The parts."""
        yield Static("", id="status")
        yield Scrubber()
        with Horizontal(id="body"):
            yield Pane("Events", "outline")
            with Vertical(id="column"):
                with Horizontal(id="upper"):
                    with Vertical(id="code"):
                        yield Pane("Your line", "user")
                        yield Pane("The engine", "engine")
                    yield Pane("Tensors", "tensors")
                yield Pane("Why", "why")
        yield Static(HINTS, id="hints")

    def on_mount(self) -> None:
        """The screen is there."""
        self.pane("outline").focus()

    def on_resize(self, event: events.Resize) -> None:
        """The screen has another size."""
        self.screen_stack[0].set_class(event.size.width < WIDE, "narrow")
        self.draw_soon()

    @on(Pane.Resized)
    def draw_soon(self) -> None:
        """Draw when all panes have their sizes."""
        if not self.waiting:
            self.waiting = True
            self.call_after_refresh(self.draw)

    def pane(self, name: str) -> Pane:
        """A pane by its name."""
        return self.screen_stack[0].query_one(f"#{name}", Pane)

    @property
    def palette(self) -> Palette:
        """The colours of the present theme."""
        return DARK if self.current_theme.dark else LIGHT

    # Drawing -----------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show what is at the cursor."""
        self.waiting = False
        stepper, base = self.stepper, self.screen_stack[0]
        playing = "  (playing)" if self.timer is not None else ""
        edited = f"  ({len(stepper.editor.edits)} edited)" if stepper.editor.edits else ""
        level = "" if stepper.level is None else f"  ({stepper.level_name()})"
        status = Text(
            stepper.status() + level + edited + playing, no_wrap=True, overflow="ellipsis"
        )
        base.query_one("#status", Static).update(status)
        base.query_one(Scrubber).show(stepper.trace.events, stepper.at)
        bottom = self.message or HINTS
        base.query_one("#hints", Static).update(Text(bottom, no_wrap=True, overflow="ellipsis"))

        pane = self.pane("outline")
        size = pane.content_size
        rows = said.outline(stepper, max(size.width, 8), max(size.height, 1))
        self.rows = [at for at, _ in rows]
        pane.show([painted(line, self.palette) for _, line in rows])
        self._listing("user", of_user(stepper.trace, stepper.event), "Your line")
        self._listing("engine", of_engine(stepper.event), "The engine")
        pane = self.pane("tensors")
        room = max(3, pane.content_size.height // 6)
        lines = said.tensors(stepper, max(pane.content_size.width, 12), room)
        pane.show([painted(line, self.palette) for line in lines])
        lines = why(stepper)
        self.pane("why").show([painted(line, self.palette) for line in lines])

    def _listing(self, name: str, listing: Listing | None, title: str) -> None:
        pane = self.pane(name)
        if listing is None:
            nothing = "no line of yours here" if name == "user" else "nothing to show here"
            pane.show([Text(nothing, "dim")], title)
            return
        lines = listed(listing, max(pane.content_size.height, 1), self.palette)
        pane.show(lines, f"{title}: {listing.title}")

    def moved(self, went: bool, direction: int = 1, missing: str = "") -> None:
        """Show where a move has led, or that there was nowhere to go."""
        nowhere = missing or f"this is the {'end' if direction > 0 else 'beginning'}"
        self.message = "" if went else nowhere
        self.draw()

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

    def say(self, message: str) -> None:
        """Show a message until the next move."""
        self.message = message
        self.draw()

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

    # The screen ----------------------------------------------------------------------------------

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

    def action_pane(self, by: int) -> None:
        """Another pane."""
        names = [name for name in PANES if self.pane(name).display]
        here = self.focused.id if self.focused is not None else None
        at = names.index(here) if here in names else 0
        self.pane(names[(at + by) % len(names)]).focus()

    def action_zoom(self) -> None:
        """One pane alone, or all again."""
        base = self.screen_stack[0]
        chosen = self.focused
        zoomed = not base.has_class("zoomed")
        base.set_class(zoomed, "zoomed")
        for name in PANES:
            self.pane(name).set_class(zoomed and self.pane(name) is not chosen, "gone")
            self.pane(name).set_class(zoomed and self.pane(name) is chosen, "zoomed")
        for name in ("column", "upper", "code"):
            part = base.query_one(f"#{name}")
            part.set_class(zoomed and chosen not in part.walk_children(Pane), "without")
        self.draw_soon()

    def action_theme(self) -> None:
        """Light or dark."""
        self.theme = "textual-light" if self.current_theme.dark else "textual-dark"
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
