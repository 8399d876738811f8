"""The training curve: the loss of each step, and how large the gradients were."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd.graph import TensorBase
from .modules import Modules


class Point(NamedTuple):
    """One training step.

    Attributes
    ----------
    step : int
        Counted from 0.
    loss : float
        What its last backward pass began at; nan if that was no single number.
    norms : dict of str to float
        By parameter, the root of the sum of squares of its gradient.
    """

    step: int
    loss: float
    norms: dict[str, float]


class Curve:
    """Collects the points, step by step."""

    def __init__(self) -> None:
        self.points: list[tuple[int, float, list[tuple[TensorBase, float]]]] = []
        self._loss = float("nan")

    def note_loss(self, root: Any) -> None:
        """A backward pass begins at this array; None if it is not known."""
        single = root is not None and root.size == 1
        self._loss = float(root.item()) if single else float("nan")

    def note_step(self, optimizer: Any) -> None:
        """An optimizer's step has ended."""
        norms = [
            (p, float(np.linalg.norm(p._grad.array.astype(np.float64).ravel())))
            for group in optimizer.param_groups
            for p in group["params"]
            if p._grad is not None
        ]
        self.points.append((len(self.points), self._loss, norms))

    def named(self, modules: Modules) -> list[Point]:
        """The points, with the names that the parameters have by now."""
        return [
            Point(
                step,
                loss,
                {modules.name_of(p) or f"parameter {i}": norm for i, (p, norm) in enumerate(norms)},
            )
            for step, loss, norms in self.points
        ]
