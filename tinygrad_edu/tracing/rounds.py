"""When a loop comes round that updates its parameters by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from types import FrameType


class Rounds:
    """Notices when a loop that updates its parameters by hand comes round: when, after a backward
    pass, a line computes anew what it had computed before it.

    Attributes
    ----------
    by_hand : bool
        Whether there is no optimizer yet.
    came_round : callable
        Called when it does.
    """

    def __init__(self) -> None:
        self.by_hand = True
        self.came_round: Callable[[], None] = lambda: None
        self._before: set[Hashable] = set()
        self._after_pass = False
        self._running = 0  # passes, one within another

    def begin_pass(self) -> None:
        """A backward pass begins: what that records is not computed by a line of the loop.

        Those of ``gradcheck`` do not count: it calls the same function again and again.
        """
        self._after_pass = self._after_pass or not in_gradcheck(sys._getframe(1))
        self._running += 1

    def end_pass(self) -> None:
        """It has ended."""
        self._running -= 1

    def forward(self, place: Hashable) -> None:
        """An op was recorded in the graph by this line."""
        if self._running:
            return
        again = self._after_pass and place in self._before
        if self.by_hand and again and not is_of_functional(sys._getframe(1)):
            self._before, self._after_pass = set(), False
            self.came_round()
        self._before.add(place)


def in_gradcheck(frame: FrameType | None) -> bool:
    """Whether one of the functions that run is of ``autograd.gradcheck``, in either library."""
    while frame is not None:
        if str(frame.f_globals.get("__name__")).endswith(".autograd.gradcheck"):
            return True
        frame = frame.f_back
    return False


def is_of_functional(frame: FrameType | None) -> bool:
    """Whether a function of ``autograd.functional`` computes something, and not what it calls: to
    take a Jacobian apart, which is all done in one line of the script."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if module.endswith(".autograd.functional"):
            return True
        if module.partition(".")[0] not in ("torch", "tinygrad_edu", "torch_ref"):
            return False
        frame = frame.f_back
    return False
