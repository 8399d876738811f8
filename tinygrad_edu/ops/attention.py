"""The softmax of attention, where everything may be masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from .activation import Softmax

if TYPE_CHECKING:
    from ..tensor import Tensor


class SafeSoftmax(Softmax):
    """`Softmax`, and 0 where all x are minus infinity: a query that may look nowhere sees nothing.

    The derivative is that of `Softmax`, s (grad - sum(grad s)), and so 0 there.
    """

    @staticmethod
    def forward(x: Array, dim: int) -> Array:
        largest = x.max(axis=dim, keepdims=True, initial=-np.inf)
        exp = np.exp(x - np.where(largest == -np.inf, x.dtype.type(0), largest))
        total = exp.sum(axis=dim, keepdims=True)
        return exp / np.where(total == 0, x.dtype.type(1), total)


def safe_softmax(scores: Tensor) -> Tensor:
    """Shares that sum to 1 along the last dimension, or are all 0."""
    return SafeSoftmax.apply(scores, scores.array.ndim - 1)
