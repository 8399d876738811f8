"""What the screen asks, and its help."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeAlias

from rich.markup import escape
from rich.table import Table
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from ..stepping.breaks import KINDS
from ..stepping.names import StepError
from ..stepping.stepper import Stepper
from .keys import KEYS

#: Does what a line of text asks for, and says what it has done.
Attempt: TypeAlias = Callable[[str], str]


class Ask(ModalScreen[str]):
    """A line of text that is asked for, until `attempt` takes it without a StepError.

    What `attempt` returns becomes the result. Escape gives it up, with "".
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "close")]

    def __init__(self, title: str, hint: str, example: str, attempt: Attempt) -> None:
        super().__init__()
        self.said, self.hint, self.example = title, hint, example
        self.attempt = attempt

    def compose(self) -> ComposeResult:
        """A box with a title, a line to type in, a hint, and room for what was wrong."""
        with Vertical(classes="dialog") as box:
            box.border_title = self.said
            yield Input(placeholder=self.example)
            yield Static(escape(self.hint), classes="hint")
            yield Static("", id="wrong")

    @on(Input.Submitted)
    def try_it(self, event: Input.Submitted) -> None:
        """Enter was pressed."""
        try:
            self.dismiss(self.attempt(event.value))
        except StepError as error:
            self.query_one("#wrong", Static).update(escape(str(error)))

    def action_leave(self) -> None:
        """Escape was pressed."""
        self.dismiss("")


class Breakpoints(ModalScreen[str]):
    """The list of breakpoints, and a line in which to add or remove one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "close")]

    def __init__(self, stepper: Stepper) -> None:
        super().__init__()
        self.stepper = stepper

    def compose(self) -> ComposeResult:
        """A box with the list, a line to type in, and what may be typed."""
        with Vertical(classes="dialog") as box:
            box.border_title = "Breakpoints"
            yield Static("", id="list")
            yield Input(placeholder="op Relu, or -1 to remove the first; Enter alone closes")
            table = Table.grid(padding=(0, 2))
            for kind, text in KINDS.items():
                table.add_row(escape(kind), escape(text))
            yield Static(table, classes="hint")
            yield Static("", id="wrong")

    def on_mount(self) -> None:
        """The box has appeared."""
        self.refresh_list()

    def refresh_list(self) -> None:
        """Show the breakpoints that there are."""
        lines = "\n".join(self.stepper.break_lines())
        self.query_one("#list", Static).update(escape(lines or "none yet"))

    @on(Input.Submitted)
    def try_it(self, event: Input.Submitted) -> None:
        """Enter was pressed."""
        text = event.value.strip()
        if not text:
            self.dismiss("")
            return
        try:
            if text.startswith("-"):
                self.stepper.clear(text[1:].strip())
            else:
                self.stepper.add_break(text)
        except StepError as error:
            self.query_one("#wrong", Static).update(escape(str(error)))
            return
        event.input.value = ""
        self.query_one("#wrong", Static).update("")
        self.refresh_list()

    def action_leave(self) -> None:
        """Escape was pressed."""
        self.dismiss("")


class Help(ModalScreen[str]):
    """The keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter,space", "leave", "close")
    ]

    def compose(self) -> ComposeResult:
        """A box with a table."""
        table = Table.grid(padding=(0, 2))
        for key in KEYS:
            table.add_row(escape(key.shown), escape(key.text))
        with VerticalScroll(classes="dialog tall") as box:
            box.border_title = "Keys (Escape closes)"
            yield Static(table)

    def action_leave(self) -> None:
        """Any of these was pressed."""
        self.dismiss("")
