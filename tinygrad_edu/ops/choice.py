"""Bounds, choices and steps: ops that pass a value on, or do not.

At a kink, where two choices meet, the derivative is the one PyTorch chose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, TensorBase
from ..autograd.op import Op
from ..dtypes import result_dtype
from .convert import to_dtype

if TYPE_CHECKING:
    from ..tensor import Number, Operand, Tensor


class Clamp(Op):
    """`x`, but not below `low` nor above `high`; derivative 1 from bound to bound, else 0."""

    node_name = "ClampBackward1"

    @staticmethod
    def forward(x: Array, low: float | None, high: float | None) -> Array:
        if low is not None:
            x = np.maximum(x, low)
        return x if high is None else np.minimum(x, high)  # the upper bound wins, as in PyTorch

    @staticmethod
    def d_x(grad: Array, x: Array, low: float | None, high: float | None) -> Array:
        if low is not None:
            grad = np.where(x >= low, grad, 0.0)
        if high is not None:
            grad = np.where(x <= high, grad, 0.0)
        return grad


class Maximum(Op):
    """The larger of `a` and `b`; where they are equal each gets half of the gradient."""

    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.maximum(a, b)

    @staticmethod
    def d_a(grad: Array, a: Array, b: Array) -> Array:
        return np.where(a == b, grad / 2, np.where(a < b, 0.0, grad))

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array) -> Array:
        return np.where(a == b, grad / 2, np.where(a > b, 0.0, grad))


class Minimum(Op):
    """The smaller of `a` and `b`; where they are equal each gets half of the gradient."""

    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.minimum(a, b)

    @staticmethod
    def d_a(grad: Array, a: Array, b: Array) -> Array:
        return np.where(a == b, grad / 2, np.where(a > b, 0.0, grad))

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array) -> Array:
        return np.where(a == b, grad / 2, np.where(a < b, 0.0, grad))


class Where(Op):
    """`a` where `condition` holds and `b` elsewhere; each gets the gradient where it was taken."""

    promotes = "common"

    @staticmethod
    def forward(condition: Array, a: Array, b: Array) -> Array:
        return np.where(condition, a, b)

    @staticmethod
    def d_a(grad: Array, condition: Array) -> Array:
        return np.where(condition, grad, 0.0)

    @staticmethod
    def d_b(grad: Array, condition: Array) -> Array:
        return np.where(condition, 0.0, grad)


def clamp(
    input: Tensor, min: Number | Tensor | None = None, max: Number | Tensor | None = None
) -> Tensor:
    """`input`, but nowhere below `min` nor above `max`.

    Parameters
    ----------
    input : Tensor
    min, max : number or Tensor, optional
        The bounds; where `min` is above `max`, the result is `max`.

    Raises
    ------
    ValueError
        If neither bound is given.
    """
    if min is None and max is None:
        raise ValueError("clamp: at least one of 'min' or 'max' must not be None")
    if isinstance(min, TensorBase) or isinstance(max, TensorBase):
        if min is not None:
            input = maximum(input, min)
        return input if max is None else minimum(input, max)
    bounds = [bound for bound in (min, max) if bound is not None]
    return Clamp.apply(to_dtype(input, result_dtype([input.array, *bounds])), min, max)


def maximum(input: Tensor, other: Operand) -> Tensor:
    """The larger of each two elements, broadcast; nan if either is."""
    return Maximum.apply(input, other)


def minimum(input: Tensor, other: Operand) -> Tensor:
    """The smaller of each two elements, broadcast; nan if either is."""
    return Minimum.apply(input, other)


def where(condition: Tensor, input: Operand, other: Operand) -> Tensor:
    """`input` where `condition` is True and `other` elsewhere; all three broadcast.

    Raises
    ------
    RuntimeError
        If `condition` is not of dtype bool.
    """
    if np.asarray(getattr(condition, "array", condition)).dtype != bool:
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got {condition.dtype}"
        )
    return Where.apply(condition, input, other)


def masked_fill(input: Tensor, mask: Tensor, value: Number | Tensor) -> Tensor:
    """`input`, with `value` where `mask` is True; of the dtype of `input`."""
    filled = where(mask, value, input)
    return to_dtype(filled, input.array.dtype)
