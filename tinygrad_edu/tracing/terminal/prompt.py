"""What a prompt in the manner of pdb needs around its commands: it reads, answers, and helps."""

from __future__ import annotations

import cmd
import io
import sys
from typing import TextIO

from ..stepping import panes
from ..stepping.breaks import KINDS
from ..stepping.lines import Line, clean, number, plain
from ..stepping.names import StepError, label
from ..stepping.stepper import Stepper
from ..stepping.why import why

WIDTH = 100
#: How many steps one may ask for at once.
MOST = 1_000_000

#: Command, its long name, what stands behind it, what it does.
HELP = (
    ("n", "next", "[COUNT]", "to the next op (after u: the next module, phase, step)"),
    ("s", "step", "[COUNT]", "to the next event: into modules, and into the engine"),
    ("r", "return", "", "out of the module"),
    ("c", "continue", "", "on to the next breakpoint"),
    ("rn rs rr rc", "", "", "the same backward; rn and rs also so many times"),
    ("u d", "up down", "", "a level up: n goes module by module, phase by phase; and down"),
    ("g", "goto", "NUMBER", "to an event"),
    ("birth", "", "[NAME]", "to the event that made a tensor"),
    ("grad", "", "[NAME]", "to the event at which its gradient is complete"),
    ("nan rnan", "", "", "to the next nan or infinity; to the one before"),
    ("/", "find", "TEXT", "to the next event that speaks of this"),
    ("b", "break", "[CONDITION]", "stop there (h b tells what one may say); none: list them"),
    ("cl", "clear", "[NUMBER]", "forget a breakpoint, or all"),
    ("p", "print", "NAME[i, j]", "a tensor, around an element: x, x.grad, #7; none: all here"),
    ("e", "edit", "NAME[i, j]=VALUE", "change an input or a weight, and run all again"),
    ("undo", "", "", "take the last edit back"),
    ("w", "where", "", "from the step down to the function that ran"),
    ("l", "list", "[LINES]", "your line, and the engine's"),
    ("tree", "", "[LINES]", "the events around this one, by module"),
    ("why", "", "[i, j]", "the formula, with shapes, with the numbers of one element"),
    ("terms", "", "[i, j]", "all the terms that make an element up"),
    ("x", "explain", "[NAME]", "where a tensor came from, and what its gradient is made of"),
    ("h", "help", "[COMMAND]", "this"),
    ("q", "quit", "", "end; so does the end of the input"),
)  # fmt: skip

#: The commands that have nothing behind them.
ALONE = (
    "r", "return", "rr", "c", "continue", "rc", "u", "up", "d", "down", "nan", "rnan", "undo", "w",
    "where",
)  # fmt: skip


class Talk(cmd.Cmd):
    """Reads lines, and says what there is to say; the commands are methods ``do_NAME`` of what is
    made of it. An empty line repeats the last command, if that has changed nothing."""

    prompt = "(step) "

    def __init__(self, stepper: Stepper, stdin: TextIO, stdout: TextIO) -> None:
        super().__init__(stdin=stdin, stdout=stdout)
        self.stepper = stepper
        # With `input`, where there is somebody at a keyboard, one can edit lines.
        self.use_rawinput = stdin is sys.stdin and stdin.isatty() and stdout is sys.stdout
        for stream in (stdin, stdout):  # what they cannot encode must not end it
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")

    # Talking -----------------------------------------------------------------------------------

    def say(self, *lines: str | Line) -> None:
        """Write lines."""
        for line in lines:
            self.stdout.write(clean(line if isinstance(line, str) else line.text).rstrip() + "\n")

    def here(self) -> None:
        """Say where the cursor is and what has happened there."""
        stepper = self.stepper
        self.say(stepper.status())
        self.say(*(f"  {text}" for text in plain(panes.user(stepper, 1))))
        found = stepper.tensor()
        self.say(*(f"  {text}" for text in plain(why(stepper)[:2])))
        if found is not None and stepper.event.outputs:
            name, value = found
            said = f", {panes.summary(value)}" if value.size else ""
            if value.size == 1 and value.array is not None:
                said = f" = {number(value.array.item())}"
            self.say(f"  {name}: {label(stepper.trace, value)} {value.shape}{said}")

    def moved(self, went: bool, direction: int = 1, missing: str = "") -> None:
        """Say where a move has led, or that there was nowhere to go."""
        if not went:
            raise StepError(missing or f"this is the {'end' if direction > 0 else 'beginning'}")
        self.here()

    # What Cmd asks for ---------------------------------------------------------------------------

    def onecmd(self, line: str) -> bool:
        """Run a command; what is wrong with it is said in one line."""
        if line.startswith("/"):
            line = f"find {line[1:]}"
        name, rest, _ = self.parseline(line)
        try:
            if name in ALONE and rest:
                raise StepError(f"{name} has nothing behind it, not {rest!r}")
            return bool(super().onecmd(line))
        except StepError as error:
            self.say(f"*** {error}")
            return False

    def default(self, line: str) -> None:
        """Of what is no command."""
        raise StepError(f"no command {line.split()[0]!r}; h lists them")

    def completedefault(self, *ignored: object) -> list[str]:
        """Complete the names of tensors."""
        text = str(ignored[0])
        names = self.stepper.names
        return [name for name in (*names.named, *names.with_models) if name.startswith(text)]

    def do_EOF(self, rest: str) -> bool:
        """End."""
        self.say("")
        return True

    def do_q(self, rest: str) -> bool:
        """End."""
        return True

    def do_h(self, rest: str) -> None:
        """Tell about the commands, or one of them."""
        wanted = rest.strip()
        found = [row for row in HELP if not wanted or wanted in (*row[0].split(), *row[1].split())]
        if not found:
            raise StepError(f"no command {wanted!r}; h lists them")
        for short, long, arguments, text in found:
            both = f"{short}, {long}" if long else short
            self.say(f"  {f'{both} {arguments}':28} {text}")
        if wanted in ("b", "break"):
            self.say(*(f"    {f'b {kind}':26} {text}" for kind, text in KINDS.items()))

    def do_help(self, arg: str) -> None:
        """The same."""
        self.do_h(arg)


def count(text: str, otherwise: int = 1) -> int:
    """How often, or how many.

    Raises
    ------
    StepError
        If it is no whole number from 1 to `MOST`.
    """
    text = text.strip()
    if not text:
        return otherwise
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    if not 1 <= number <= MOST:
        raise StepError(f"how many? A whole number from 1 to {MOST}, not {text!r}")
    return number
