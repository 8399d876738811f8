"""A prompt in the manner of pdb, on any input and output: text goes in, plain text comes out."""

from __future__ import annotations

import sys
from typing import TextIO

from ..stepping import panes
from ..stepping.names import StepError, parse_index
from ..stepping.stepper import Stepper
from ..stepping.why import why
from ..traces import Trace
from .prompt import WIDTH, Talk, count


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


class Prompt(Talk):
    """The commands."""

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
        elif self.stepper.at == before:
            raise StepError(self.stepper.met_none(direction))
        else:
            self.say(self.stepper.met_none(direction))
        self.here()

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
        if not (text.isascii() and text.isdecimal()) or int(text) > self.stepper.last:
            given = f", not {text!r}" if text else ""
            raise StepError(f"which event? A number from 0 to {self.stepper.last}{given}")
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
            self.stepper.add_break(rest)
            self.say(f"breakpoint {self.stepper.break_lines()[-1]}")
            self.lastcmd = ""  # an empty line is not to do it again
            return
        self.say(*self.stepper.break_lines())
        if not self.stepper.breaks:
            self.say("no breakpoints; h b tells what one may say")

    def do_cl(self, rest: str) -> None:
        """Forget a breakpoint, or all."""
        gone = self.stepper.clear(rest.strip())
        self.say(*(f"no longer: {each}" for each in gone))
        if not gone:
            self.say("there are no breakpoints")
        self.lastcmd = ""

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
        """List the user's line and the engine's: an arrow stands at what runs, and a dot at what
        has run before it in a function of several ways."""
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
        self.lastcmd = ""
        self.say(self.stepper.edit(rest))
        self.here()

    def do_undo(self, rest: str) -> None:
        """Take back the last edit."""
        self.lastcmd = ""
        self.say(self.stepper.undo())
        self.here()

    do_next, do_step, do_return, do_continue = do_n, do_s, do_r, do_c
    do_up, do_down, do_goto, do_break, do_clear = do_u, do_d, do_g, do_b, do_cl
    do_print, do_edit, do_where, do_list, do_explain = do_p, do_e, do_w, do_l, do_x
    do_quit = do_exit = Talk.do_q
