"""When a loop comes round that updates its parameters by hand."""

from __future__ import annotations

from collections.abc import Callable

from .events import Place


class Rounds:
    """Notices when a loop that updates its parameters by hand comes round: when, after a backward
    pass, a line computes anew what it had computed before it.

    Attributes
    ----------
    by_hand : bool
        Whether no optimizer has taken a step yet.
    came_round : callable
        Called when it does.
    """

    def __init__(self) -> None:
        self.by_hand = True
        self.came_round: Callable[[], None] = lambda: None
        self._before: set[Place | None] = set()
        self._after_pass = False

    def backward(self) -> None:
        """A backward pass begins."""
        self._after_pass = True

    def forward(self, place: Place | None) -> None:
        """An op was recorded in the graph by this line."""
        if self.by_hand and self._after_pass and place in self._before:
            self._before, self._after_pass = set(), False
            self.came_round()
        self._before.add(place)
