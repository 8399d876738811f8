"""What the full screen shows, and how its parts are laid out; nothing of what moves it."""

from __future__ import annotations

import os

from rich.text import Text
from textual import events, on
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Static

from ..stepping import panes as said
from ..stepping.listing import Listing, of_engine, of_user
from ..stepping.stepper import Stepper
from ..stepping.why import why
from ..traces import Trace
from .keys import HINTS
from .looks import CSS, WIDE
from .paint import DARK, LIGHT, Palette, listed, painted
from .panes import Pane, Scrubber

PANES = ("outline", "user", "engine", "tensors", "why")


class Screen(App[None]):
    """Shows where a `Stepper` stands in `trace`.

    Raises
    ------
    StepError
        If the trace is empty.
    """

    CSS = CSS
    TITLE = "tinygrad-edu step"
    ENABLE_COMMAND_PALETTE = False

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

    def say(self, message: str) -> None:
        """Show a message until the next move."""
        self.message = message
        self.draw()

    # The screen ----------------------------------------------------------------------------------

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
