"""Optimizers that look at whole parameters, and not at each number alone.

Where rows and columns mean something, parameters cannot be laid end to end in a bucket.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from .bucket import Array
from .checks import check_capturable
from .optimizer import Optimizer, ParamGroup
from .state import numbers_as_tensors


class WholeOptimizer(Optimizer):
    """Base of such optimizers: an algorithm adds `_update_group` in place of `_update`."""

    def _update_all(self) -> None:
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p._grad is not None]
            if parameters:
                check_capturable(group)
                self._update_group(parameters, group)
            for parameter in parameters:
                parameter._versions[0] += 1

    def _update_group(self, parameters: list[Tensor], group: ParamGroup) -> None:
        """Change the arrays of these parameters, which have gradients, and their state in place."""
        raise NotImplementedError

    def __setstate__(self, state: dict[str, Any]) -> None:
        """As in `Optimizer`, with the counts of steps as tensors."""
        super().__setstate__(state)
        for entries in self.state.values():
            numbers_as_tensors(entries)


def between(a: Array, b: Array, weight: float) -> Array:
    """``a + weight (b - a)``, from the nearer end."""
    near = a.dtype.type(weight)
    result: Array = a + near * (b - a) if near < 0.5 else b - (b - a) * (1 - near)
    return result


def length(x: Array) -> float:
    """The root of the sum of squares."""
    return float(np.sqrt((x * x).sum()))
