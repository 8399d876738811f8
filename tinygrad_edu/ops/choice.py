"""Bounds, choices and steps: ops that pass a value on, or do not.

At a kink, where two choices meet, the derivative is the one PyTorch chose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.function import Op
from ..autograd.graph import Array, TensorBase, wrap
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


class Equal(Op):
    """``a == b``, as bools; nan equals nothing. Comparisons have no derivative."""

    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return a == b


class NotEqual(Op):
    """``a != b``, as bools."""

    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return a != b


class Less(Op):
    """``a < b``, as bools."""

    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return a < b


class LessEqual(Op):
    """``a <= b``, as bools."""

    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return a <= b


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


def eq(input: Operand, other: Operand) -> Tensor:
    """Where ``input == other``, as a tensor of bools."""
    return Equal.apply(input, other)


def ne(input: Operand, other: Operand) -> Tensor:
    """Where ``input != other``, as a tensor of bools."""
    return NotEqual.apply(input, other)


def lt(input: Operand, other: Operand) -> Tensor:
    """Where ``input < other``, as a tensor of bools."""
    return Less.apply(input, other)


def le(input: Operand, other: Operand) -> Tensor:
    """Where ``input <= other``, as a tensor of bools."""
    return LessEqual.apply(input, other)


def gt(input: Operand, other: Operand) -> Tensor:
    """Where ``input > other``, as a tensor of bools."""
    return Less.apply(other, input)


def ge(input: Operand, other: Operand) -> Tensor:
    """Where ``input >= other``, as a tensor of bools."""
    return LessEqual.apply(other, input)


def logical_not(input: Tensor) -> Tensor:
    """Where `input` is zero, as a tensor of bools."""
    return wrap(np.logical_not(input.array))


def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Where neither of two is zero, as a tensor of bools."""
    return wrap(np.logical_and(input.array, other.array))


def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Where not both of two are zero, as a tensor of bools."""
    return wrap(np.logical_or(input.array, other.array))


def isnan(input: Tensor) -> Tensor:
    """Where `input` is nan, as a tensor of bools."""
    return wrap(np.isnan(input.array))


def isinf(input: Tensor) -> Tensor:
    """Where `input` is infinite, as a tensor of bools."""
    return wrap(np.isinf(input.array))


def isfinite(input: Tensor) -> Tensor:
    """Where `input` is neither infinite nor nan, as a tensor of bools."""
    return wrap(np.isfinite(input.array))


def bitwise_not(input: Tensor) -> Tensor:
    """``~input``: for bools the opposite, for integers every bit flipped."""
    return wrap(np.invert(_integral(input, "bitwise_not")))


def bitwise_and(input: Tensor, other: Tensor | int) -> Tensor:
    """``input & other``, for bools and integers."""
    return _Bitwise.apply(np.bitwise_and, input, other)


def bitwise_or(input: Tensor, other: Tensor | int) -> Tensor:
    """``input | other``, for bools and integers."""
    return _Bitwise.apply(np.bitwise_or, input, other)


def bitwise_xor(input: Tensor, other: Tensor | int) -> Tensor:
    """``input ^ other``, for bools and integers."""
    return _Bitwise.apply(np.bitwise_xor, input, other)


class _Bitwise(Op):
    promotes = "common"

    @staticmethod
    def forward(function: np.ufunc, a: Array, b: Array) -> Array:
        _integral(a, function.__name__)
        return function(a, b)


def _integral(input: Tensor | Array, name: str) -> Array:
    array = getattr(input, "array", input)
    if isinstance(array, np.ndarray) and array.dtype.kind == "f":
        raise RuntimeError(f"\"{name}_cpu\" not implemented for '{array.dtype}'")
    return array


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same elements."""
    return input.array.shape == other.array.shape and bool((input.array == other.array).all())


def allclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> bool:
    """Whether everywhere ``|input - other| <= atol + rtol * |other|``; the two broadcast."""
    return bool(np.allclose(input.array, other.array, rtol, atol, equal_nan))
