"""Losses of scores that do not exceed each other by a margin: by rows, of each class in a list and
each other class."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, NoReturn

import numpy as np

from ..autograd.graph import Array, Shape
from ..autograd.op import Op
from .loss import each, reduced


class Pairs(NamedTuple):
    """Which scores are compared, for rows n, listed classes i and all classes c.

    Attributes
    ----------
    labels : int64s of shape (n, i)
        The classes in the list of row n.
    listed : bools of shape (n, i)
        Which of them count.
    others : bools of shape (n, c)
        With which classes they are compared.
    factor : float, or floats of shape (n, 1, 1)
        By which the losses are multiplied.
    margin : float
    p : {1, 2}
        The power of what lacks.
    shape : tuple of int
        Of the losses.
    """

    labels: np.ndarray[Any, Any]
    listed: np.ndarray[Any, Any]
    others: np.ndarray[Any, Any]
    factor: Any
    margin: float
    p: int
    shape: Shape


class MultiMarginLoss(Op):
    """The sum over i and c of ``max(0, margin - x[labels i] + x[c])^p``, divided by the classes."""

    kinds = "f"

    @staticmethod
    def forward(x: Array, pairs: Pairs, reduction: str) -> Array:
        lacking, counted = _lacking(x, pairs)
        powers = lacking * lacking if pairs.p == 2 else lacking
        losses = np.where(counted, powers * pairs.factor, 0.0).sum((1, 2)) / pairs.others.shape[1]
        return reduced(losses.reshape(pairs.shape).astype(x.dtype, copy=False), reduction)

    @staticmethod
    def d_x(grad: Array, x: Array, pairs: Pairs, reduction: str) -> Array:
        return MultiMarginLossBackward.call(grad, x, pairs, reduction)


class MultiMarginLossBackward(Op):
    """``p max(...)^(p - 1)`` for x[c] and, with the other sign, for x[labels i].

    PyTorch does not differentiate it, and so this does not.
    """

    node_name = "NotImplemented"
    function: ClassVar[str] = "multi_margin_loss"

    @staticmethod
    def forward(g: Array, x: Array, pairs: Pairs, reduction: str) -> Array:
        lacking, counted = _lacking(x, pairs)
        slope = 2 * lacking if pairs.p == 2 else np.ones_like(lacking)
        slope = np.where(counted, slope * pairs.factor, 0.0) / pairs.others.shape[1]  # n i c
        slopes = slope.sum(1)
        np.subtract.at(slopes, (np.arange(len(slopes))[:, None], pairs.labels), slope.sum(2))
        rows = each(g, pairs.shape, reduction).reshape((-1, 1))
        return (rows * slopes).reshape(x.shape)

    @classmethod
    def d_g(cls, grad: Array) -> NoReturn:
        raise RuntimeError(f"derivative for aten::{cls.function}_backward is not implemented")

    d_x = d_g


class MultilabelMarginLoss(MultiMarginLoss):
    """The same for lists of several classes."""

    @staticmethod
    def d_x(grad: Array, x: Array, pairs: Pairs, reduction: str) -> Array:
        return MultilabelMarginLossBackward.call(grad, x, pairs, reduction)


class MultilabelMarginLossBackward(MultiMarginLossBackward):
    """Its derivative, which has none either."""

    function = "multilabel_margin_loss"


def _lacking(x: Array, pairs: Pairs) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """What x[labels i] lacks to exceed x[c] by the margin, n i c, and where it counts: where it is
    positive. So a score that is nan counts nowhere."""
    scores = x.reshape(pairs.others.shape)
    own = np.take_along_axis(scores, pairs.labels, 1)  # the last score for -1, which is not listed
    lacking = pairs.margin - own[:, :, None] + scores[:, None]
    return lacking, pairs.listed[:, :, None] & pairs.others[:, None] & (lacking > 0)
