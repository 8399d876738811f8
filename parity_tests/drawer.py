"""What draws the lines of a random program: choices, and what the program has so far.

All choices go through one function, ``below(n)``, which gives a number from 0 to n - 1: a seeded
generator's, or Hypothesis's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch

from .line_scripts import Side
from .programs import Raised, raised
from .runner import address

T = TypeVar("T")
Below = Callable[[int], int]

LARGEST = 50.0  # what is larger is not computed with any more
MOST = 64  # elements of a tensor that more is made of


def templates(text: str) -> list[str]:
    return [part.strip() for line in text.strip().splitlines() for part in line.split("|")]


def weighted(table: dict[Any, int]) -> list[Any]:
    return [step for step, weight in table.items() for _ in range(weight)]


class Drawer:
    """Draws lines that fit what is there.

    Parameters
    ----------
    below : callable
        Makes all choices.
    side : Side
        PyTorch's, on which the lines drawn so far have run.
    """

    def __init__(self, below: Below, side: Side) -> None:
        self.below = below
        self.side = side
        self.seeds = 0  # of the calls of `values` so far

    def choose(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def often(self, percent: int) -> bool:
        return self.below(100) < percent

    def shape(self) -> tuple[int, ...]:
        return tuple(self.choose((2, 3, 1, 4)) for _ in range(self.choose((2, 1, 2, 3, 0))))

    def values(self, shape: Sequence[int]) -> str:
        """New random numbers."""
        self.seeds += 1
        return f"values({', '.join(map(str, (self.seeds, *shape)))})"

    def name(self) -> str:
        """Of a new tensor."""
        return f"t{len(self.side.names)}"

    def fitting(self, fits: Callable[[torch.Tensor], bool]) -> list[str]:
        return [n for n, t in self.side.tensors.items() if t is not None and known(t) and fits(t)]

    def living(self) -> list[torch.Tensor]:
        """The tensors that have not been let go of."""
        return [t for t in self.side.tensors.values() if t is not None]

    def tensor(
        self, fits: Callable[[torch.Tensor], bool] = lambda t: True, largest: float = LARGEST
    ) -> str | None:
        """One of the tensors, more often a late one; None if none fits."""
        names = self.fitting(lambda t: fits(t) and t.is_floating_point() and usable(t, largest))
        if not names:
            return None
        return names[max(self.below(len(names)), self.below(len(names)))]

    def of(self, name: str) -> torch.Tensor:
        return self.side.names[name]

    def operand(self, x: torch.Tensor) -> str:
        """What broadcasts with `x`."""
        return self._operand(x.shape, lambda t, both: both.numel() <= MOST)

    def source(self, x: torch.Tensor, shape: Sequence[int]) -> str:
        """What broadcasts to a part of `x`, or all of it, that it is to change.

        It may be `x`, but not share memory otherwise: see test_overlap.py.
        """

        def fits(t: torch.Tensor, both: torch.Size) -> bool:
            return both == tuple(shape) and (t is x or address(t) != address(x))

        return self._operand(shape, fits)

    def _operand(
        self, shape: Sequence[int], fits: Callable[[torch.Tensor, torch.Size], bool]
    ) -> str:
        def fits_together(t: torch.Tensor) -> bool:
            together = raised(lambda: torch.broadcast_shapes(t.shape, shape))
            return not isinstance(together, Raised) and fits(t, together)

        return self.tensor(fits_together) or self.values(
            [n if self.often(70) else 1 for n in shape]
        )

    def stands_alone(self, x: torch.Tensor) -> bool:
        """Whether no other tensor shares its memory."""
        return all(t is x or address(t) != address(x) for t in self.living())

    def behind(self, x: torch.Tensor) -> bool:
        """Whether a change of `x` would change views with a history of which it knows nothing.

        PyTorch makes the nodes of these anew when they are next asked for, and they are not here.
        """
        return any(
            address(t) == address(x)
            and t._base is not None
            and t.grad_fn
            and root(t) is not root(x)
            for t in self.living()
            if known(t)
        )

    def dim(self, x: torch.Tensor) -> int:
        return self.below(2 * x.ndim) - x.ndim


def known(t: torch.Tensor) -> bool:
    """Whether its node is: of one of several views from one call, whose base has changed, it is
    not."""
    return not isinstance(raised(lambda: t.grad_fn), Raised)


def root(t: torch.Tensor) -> torch.Tensor:
    """The tensor whose memory it looks at."""
    return t if t._base is None else t._base


def usable(t: torch.Tensor, largest: float = LARGEST) -> bool:
    """Whether it has some numbers, and none that are huge or not finite."""
    return 0 < t.numel() <= MOST and bool(t.detach().abs().max() <= largest)
