"""Losses of scores that do not exceed each other by a margin: by rows, of each class in a list and
each other class."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd.graph import Array, Shape, constant
from ..autograd.op import Op
from .loss import each, reduced


class Pairs(NamedTuple):
    """Which scores are compared, for rows n, listed classes i and all classes c.

    Attributes
    ----------
    own : floats of shape (n, i, c)
        1 where class c is the i-th in the list of row n.
    counted : bools of shape (n, i, c)
        Whether class c is compared with the i-th in the list.
    factor : float, or floats of shape (n, 1, 1)
        By which the losses are multiplied.
    margin : float
    p : {1, 2}
        The power of what lacks.
    shape : tuple of int
        Of the losses.
    """

    own: np.ndarray[Any, Any]
    counted: np.ndarray[Any, Any]
    factor: Any
    margin: float
    p: int
    shape: Shape


class MultiMarginLoss(Op):
    """The sum over i and c of ``max(0, margin - x[own i] + x[c])^p``, divided by the classes.

    Derivative with respect to x[c] and, with the other sign, x[own i]: ``p max(...)^(p - 1)``.
    """

    kinds = "f"

    @staticmethod
    def forward(x: Array, pairs: Pairs, reduction: str) -> Array:
        lacking = _lacking(x, pairs)
        powers = lacking * lacking if pairs.p == 2 else lacking
        losses = (powers * pairs.factor).sum((1, 2)) / pairs.own.shape[2]
        return reduced(losses.reshape(pairs.shape).astype(x.dtype, copy=False), reduction)

    @staticmethod
    def d_x(grad: Array, x: Array, pairs: Pairs, reduction: str) -> Array:
        rows = each(grad, pairs.shape, reduction).reshape((-1, 1, 1))
        lacking = _lacking(x, pairs)
        slope = 2 * lacking if pairs.p == 2 else (constant(lacking) > 0).astype(pairs.own.dtype)
        slope = rows * (slope * pairs.factor) / pairs.own.shape[2]  # n i c
        return (slope - pairs.own * slope.sum(2, keepdims=True)).sum(1).reshape(x.shape)


class MultilabelMarginLoss(MultiMarginLoss):
    """The same for lists of several classes."""


def _lacking(x: Array, pairs: Pairs) -> Array:
    """What each score lacks to be exceeded by the margin; 0 where nothing does."""
    scores = x.reshape((-1, 1, pairs.own.shape[2]))
    lacking = pairs.margin - (pairs.own * scores).sum(2, keepdims=True) + scores
    return np.where(pairs.counted & (constant(lacking) > 0), lacking, 0.0)
