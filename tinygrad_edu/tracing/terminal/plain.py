"""A prompt in the manner of pdb, on any input and output: text goes in, plain text comes out."""

from __future__ import annotations

import cmd
import io
import sys
from typing import TextIO

from ..stepping import panes
from ..stepping.lines import Line, clean, number, plain
from ..stepping.names import StepError, label, parse_index
from ..stepping.stepper import Stepper
from ..stepping.why import why
from ..traces import Trace

WIDTH = 100

#: Command, its long name, what stands behind it, what it does.
HELP = (
    ("n", "next", "[COUNT]", "to the next op (after u: the next module, phase, step)"),
    ("s", "step", "[COUNT]", "to the next event: into modules, and into the engine"),
    ("r", "return", "", "out of the module"),
    ("c", "continue", "", "on to the next breakpoint"),
    ("rn rs rr rc", "", "", "the same backward"),
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


def run(trace: Trace, stdin: TextIO | None = None, stdout: TextIO | None = None) -> None:
    """Read commands from `stdin` and answer on `stdout` until ``q``, or the end of the input.

    Raises
    ------
    StepError
        If the trace is empty.
    """
    prompt = Prompt(Stepper(trace), stdin or sys.stdin, stdout or sys.stdout)
    prompt.here()
    while True:
        try:
            prompt.cmdloop()
            return
        except KeyboardInterrupt:  # leaves what was being typed, as in pdb
            prompt.say("--KeyboardInterrupt--")


class Prompt(cmd.Cmd):
    """The commands; each is a method ``do_NAME``. An empty line repeats the last one."""

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
        try:
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
            from ..stepping.breaks import KINDS

            self.say(*(f"    {f'b {kind}':26} {text}" for kind, text in KINDS.items()))

    def do_help(self, arg: str) -> None:
        """The same."""
        self.do_h(arg)

    # Moves ---------------------------------------------------------------------------------------

    def do_n(self, rest: str) -> None:
        """Next."""
        self.moved(self.stepper.next(count(rest)))

    def do_rn(self, rest: str) -> None:
        """Next, backward."""
        self.moved(self.stepper.next(-count(rest)), -1)

    def do_s(self, rest: str) -> None:
        """Step."""
        self.moved(self.stepper.step(count(rest)))

    def do_rs(self, rest: str) -> None:
        """Step, backward."""
        self.moved(self.stepper.step(-count(rest)), -1)

    def do_r(self, rest: str) -> None:
        """Out of the module."""
        self.moved(self.stepper.out())

    def do_rr(self, rest: str) -> None:
        """Out of the module, backward."""
        self.moved(self.stepper.out(-1), -1)

    def do_c(self, rest: str) -> None:
        """Continue."""
        self.resume(1)

    def do_rc(self, rest: str) -> None:
        """Continue, backward."""
        self.resume(-1)

    def resume(self, direction: int) -> None:
        """Run to a breakpoint, or to the end."""
        before = self.stepper.at
        found = self.stepper.resume(direction)
        if found is not None:
            self.say(f"breakpoint {self.stepper.breaks.index(found) + 1}: {found}")
        self.moved(self.stepper.at != before, direction)

    def do_u(self, rest: str) -> None:
        """A level up."""
        if not self.stepper.up():
            raise StepError("this is the highest level")
        self.say(f"n goes {self.stepper.level_name()}")

    def do_d(self, rest: str) -> None:
        """A level down."""
        if not self.stepper.down():
            raise StepError("this is the lowest level")
        self.say(f"n goes {self.stepper.level_name()}")

    def do_g(self, rest: str) -> None:
        """To an event by its number."""
        text = rest.strip()
        if not text.isdecimal() or int(text) > self.stepper.last:
            raise StepError(f"events go from 0 to {self.stepper.last}, not {text or 'to nothing'}")
        self.stepper.go(int(text))
        self.here()

    def do_birth(self, rest: str) -> None:
        """To the event that made a tensor."""
        self.stepper.birth(self.stepper.asked(rest))
        self.here()

    def do_grad(self, rest: str) -> None:
        """To the event at which a tensor's gradient is complete."""
        self.stepper.gradient(self.stepper.asked(rest))
        self.here()

    def do_nan(self, rest: str) -> None:
        """To the next nan."""
        self.moved(self.stepper.next_nan(), missing="no nan and no infinity from here on")

    def do_rnan(self, rest: str) -> None:
        """To the nan before."""
        self.moved(self.stepper.next_nan(-1), missing="no nan and no infinity before this")

    def do_find(self, rest: str) -> None:
        """To the next event that speaks of something."""
        if not rest.strip():
            raise StepError("find: what? As in: find Relu")
        self.moved(self.stepper.search(rest.strip()), missing=f"nothing speaks of {rest.strip()!r}")

    # Breakpoints ---------------------------------------------------------------------------------

    def do_b(self, rest: str) -> None:
        """Add a breakpoint, or list them."""
        if rest.strip():
            added = self.stepper.add_break(rest)
            self.say(f"breakpoint {len(self.stepper.breaks)}: {added}")
            return
        self.say(*(f"{n}: {each}" for n, each in enumerate(self.stepper.breaks, 1)))
        if not self.stepper.breaks:
            self.say("no breakpoints; h b tells what one may say")

    def do_cl(self, rest: str) -> None:
        """Forget a breakpoint, or all."""
        gone = self.stepper.clear(rest.strip())
        self.say(*(f"no longer: {each}" for each in gone))

    # Looking -------------------------------------------------------------------------------------

    def do_p(self, rest: str) -> None:
        """Print a tensor, or those of this event."""
        if not rest.strip():
            self.say(*panes.tensors(self.stepper, WIDTH))
            return
        self.say(*panes.asked(self.stepper, rest, WIDTH))

    def do_w(self, rest: str) -> None:
        """Where."""
        self.say(*panes.where(self.stepper))

    def do_l(self, rest: str) -> None:
        """List the user's line and the engine's."""
        height = count(rest, 11)
        self.say(*panes.user(self.stepper, height), "", *panes.engine(self.stepper, height))

    def do_tree(self, rest: str) -> None:
        """The events around this one."""
        self.say(*(line for _, line in panes.outline(self.stepper, WIDTH, count(rest, 24))))

    def do_why(self, rest: str) -> None:
        """Why the numbers are what they are."""
        self.element(rest)
        self.say(*why(self.stepper))

    def do_terms(self, rest: str) -> None:
        """All terms of an element."""
        self.element(rest)
        self.say(*why(self.stepper, terms=10_000))

    def do_x(self, rest: str) -> None:
        """Explain a tensor in sentences."""
        stepper = self.stepper
        self.say(*stepper.trace.explain(stepper.asked(rest)).splitlines())

    def element(self, rest: str) -> None:
        """Choose the element that is asked for, if one is."""
        text = rest.strip().removeprefix("[").removesuffix("]")
        if text:
            self.stepper.choose_element(parse_index(text))

    # Editing -------------------------------------------------------------------------------------

    def do_e(self, rest: str) -> None:
        """Change an element, and run all again."""
        self.say(self.stepper.edit(rest))
        self.here()

    def do_undo(self, rest: str) -> None:
        """Take back the last edit."""
        self.say(self.stepper.undo())
        self.here()

    do_next, do_step, do_return, do_continue = do_n, do_s, do_r, do_c
    do_up, do_down, do_goto, do_break, do_clear = do_u, do_d, do_g, do_b, do_cl
    do_print, do_edit, do_where, do_list, do_explain = do_p, do_e, do_w, do_l, do_x
    do_quit, do_exit = do_q, do_q


def count(text: str, otherwise: int = 1) -> int:
    """How often, or how many.

    Raises
    ------
    StepError
        If it is no whole number from 1 to a million.
    """
    text = text.strip()
    if not text:
        return otherwise
    if not (text.isascii() and text.isdecimal()) or len(text) > 7 or not int(text):
        raise StepError(f"a whole number from 1 on, not {text!r}")
    return int(text)
