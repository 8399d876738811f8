"""Comparisons and logic: what is equal, larger, not a number; ``& | ^ ~``.

Their results are steps of their arguments, so they have no derivative, and are not recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, TensorBase, wrap
from ..autograd.op import Op

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


def eq(input: Operand, other: Operand) -> Tensor:
    """Where ``input == other``, as a tensor of bools."""
    return Equal.apply(input, other)


def ne(input: Operand, other: Operand) -> Tensor:
    """Where ``input != other``, as a tensor of bools."""
    return NotEqual.apply(input, other)


def equals(input: Tensor, other: Any) -> Any:
    """``input == other``: `eq`, but False for what is neither a tensor nor a number."""
    return eq(input, other) if _comparable(other) else NotImplemented


def differs(input: Tensor, other: Any) -> Any:
    """``input != other``: `ne`, but True for what is neither a tensor nor a number."""
    return ne(input, other) if _comparable(other) else NotImplemented


def _comparable(other: Any) -> bool:
    return isinstance(other, TensorBase | np.ndarray | np.generic | int | float)


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


def inverted(input: Tensor) -> Tensor:
    """``~input``: `bitwise_not`, for which Python's operator has its own exception."""
    if input.array.dtype.kind == "f":
        raise TypeError(f"~ is only implemented on integers and bools, but got {input.dtype}")
    return bitwise_not(input)


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
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{array.dtype}'")
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
    """Whether everywhere ``|input - other| <= atol + rtol * |other|``; the two broadcast.

    Raises
    ------
    RuntimeError
        If they differ in dtype.
    """
    if input.array.dtype != other.array.dtype:
        raise RuntimeError(f"allclose: {input.dtype} did not match {other.dtype}")
    return bool(np.allclose(input.array, other.array, rtol, atol, equal_nan))
