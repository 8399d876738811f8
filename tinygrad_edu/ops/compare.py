"""Comparisons and logic: what is equal, larger, not a number; ``& | ^ ~ << >>``.

Their results are steps of their arguments, so they have no derivative, and are not recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.broadcasting import broadcast_error
from ..autograd.graph import Array, wrap
from ..autograd.op import Op
from ..dtypes import old_name
from .arguments import need_one_tensor, torch_arguments
from .into import into

if TYPE_CHECKING:
    from ..tensor import Operand, Tensor


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


@torch_arguments
def eq(input: Tensor, other: Operand) -> Tensor:
    """Where ``input == other``, as a tensor of bools."""
    return Equal.apply(input, other)


@torch_arguments
def ne(input: Tensor, other: Operand) -> Tensor:
    """Where ``input != other``, as a tensor of bools."""
    return NotEqual.apply(input, other)


@torch_arguments
def lt(input: Tensor, other: Operand) -> Tensor:
    """Where ``input < other``, as a tensor of bools."""
    return Less.apply(input, other)


@torch_arguments
def le(input: Tensor, other: Operand) -> Tensor:
    """Where ``input <= other``, as a tensor of bools."""
    return LessEqual.apply(input, other)


@torch_arguments
def gt(input: Tensor, other: Operand) -> Tensor:
    """Where ``input > other``, as a tensor of bools."""
    return Less.apply(other, input)


@torch_arguments
def ge(input: Tensor, other: Operand) -> Tensor:
    """Where ``input >= other``, as a tensor of bools."""
    return LessEqual.apply(other, input)


@torch_arguments
def logical_not(input: Tensor) -> Tensor:
    """Where `input` is zero, as a tensor of bools."""
    return wrap(np.logical_not(input.array))


@torch_arguments
def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Where neither of two is zero, as a tensor of bools."""
    return _logic(np.logical_and, input, other)


@torch_arguments
def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Where not both of two are zero, as a tensor of bools."""
    return _logic(np.logical_or, input, other)


@torch_arguments
def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """Where exactly one of two is zero, as a tensor of bools."""
    return _logic(np.logical_xor, input, other)


def _logic(ufunc: np.ufunc, input: Tensor, other: Tensor) -> Tensor:
    error = broadcast_error([input.array.shape, other.array.shape])
    if error is not None:
        raise error
    return wrap(ufunc(input.array, other.array))


@torch_arguments
def isnan(input: Tensor) -> Tensor:
    """Where `input` is nan, as a tensor of bools."""
    return wrap(np.isnan(input.array))


@torch_arguments
def isinf(input: Tensor) -> Tensor:
    """Where `input` is infinite, as a tensor of bools."""
    return wrap(np.isinf(input.array))


@torch_arguments
def isposinf(input: Tensor) -> Tensor:
    """Where `input` is inf, as a tensor of bools."""
    return wrap(np.asarray(input.array == np.inf))


@torch_arguments
def isneginf(input: Tensor) -> Tensor:
    """Where `input` is -inf, as a tensor of bools."""
    return wrap(np.asarray(input.array == -np.inf))


@torch_arguments
def isfinite(input: Tensor) -> Tensor:
    """Where `input` is neither infinite nor nan, as a tensor of bools."""
    return wrap(np.isfinite(input.array))


def inverted(input: Tensor) -> Tensor:
    """``~input``: `bitwise_not`, for which Python's operator has its own exception."""
    if input.array.dtype.kind == "f":
        raise TypeError(
            "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
        )
    return bitwise_not(input)


@torch_arguments
def bitwise_not(input: Tensor) -> Tensor:
    """``~input``: for bools the opposite, for integers every bit flipped."""
    return wrap(np.invert(_integral(input, "bitwise_not")))


def bitwise_and(input: Tensor | int, other: Tensor | int, *, out: Tensor | None = None) -> Tensor:
    """``input & other``, for bools and integers."""
    if out is not None:
        return into(out, bitwise_and, input, other)
    need_one_tensor("bitwise_and", input, other)
    return _Bitwise.apply(np.bitwise_and, input, other)


def bitwise_or(input: Tensor | int, other: Tensor | int, *, out: Tensor | None = None) -> Tensor:
    """``input | other``, for bools and integers."""
    if out is not None:
        return into(out, bitwise_or, input, other)
    need_one_tensor("bitwise_or", input, other)
    return _Bitwise.apply(np.bitwise_or, input, other)


def bitwise_xor(input: Tensor | int, other: Tensor | int, *, out: Tensor | None = None) -> Tensor:
    """``input ^ other``, for bools and integers."""
    if out is not None:
        return into(out, bitwise_xor, input, other)
    need_one_tensor("bitwise_xor", input, other)
    return _Bitwise.apply(np.bitwise_xor, input, other)


class _Bitwise(Op):
    promotes = "common"

    @staticmethod
    def forward(function: np.ufunc, a: Array, b: Array) -> Array:
        _integral(a, function.__name__)
        return function(a, b)


def bitwise_left_shift(
    input: Tensor | int, other: Tensor | int, *, out: Tensor | None = None
) -> Tensor:
    """``input << other``, for integers: 0 where `other` is not between 0 and the width."""
    if out is not None:
        return into(out, bitwise_left_shift, input, other)
    need_one_tensor("bitwise_left_shift", input, other)
    return LeftShift.apply(input, other)


def bitwise_right_shift(
    input: Tensor | int, other: Tensor | int, *, out: Tensor | None = None
) -> Tensor:
    """``input >> other``, for integers: 0, or -1 of negative ones, where `other` is not between 0
    and the width."""
    if out is not None:
        return into(out, bitwise_right_shift, input, other)
    need_one_tensor("bitwise_right_shift", input, other)
    return RightShift.apply(input, other)


def left_shifted_by(input: Tensor, other: int) -> Tensor:
    """``other << input``: what Python calls for a number and a tensor."""
    return bitwise_left_shift(other, input)


def right_shifted_by(input: Tensor, other: int) -> Tensor:
    """``other >> input``: what Python calls for a number and a tensor."""
    return bitwise_right_shift(other, input)


class LeftShift(Op):
    """``a << b``; what C leaves undefined is 0. Integers have no derivative."""

    kinds = "iu"
    kernel = "lshift_cpu"
    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        width = 8 * a.dtype.itemsize
        return np.where((b >= 0) & (b < width), np.left_shift(a, b % width), 0).astype(a.dtype)


class RightShift(Op):
    """``a >> b``; shifted too far, the sign remains. Integers have no derivative."""

    kinds = "iu"
    kernel = "rshift_cpu"
    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        width = 8 * a.dtype.itemsize
        inside = (b >= 0) & (b < width)
        return np.where(inside, np.right_shift(a, b % width), np.where(a < 0, -1, 0)).astype(
            a.dtype
        )


def _integral(input: Tensor | Array, name: str) -> Array:
    array = getattr(input, "array", input)
    if isinstance(array, np.ndarray) and array.dtype.kind == "f":
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{old_name(array.dtype)}'")
    return array


@torch_arguments
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same elements."""
    return input.array.shape == other.array.shape and bool((input.array == other.array).all())
