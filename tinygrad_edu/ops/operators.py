"""Python's operators between a tensor and something else: the op, or ``NotImplemented``.

An operator computes with a tensor or a number. Of anything else it says ``NotImplemented``, as
PyTorch's do; then Python asks the other operand. A list repeats itself ``x`` times, if that is an
integer. An array of NumPy's takes over where it stands on the right: ``tensor * array`` is
``np.multiply(tensor, array)``, which reads the values of the tensor, and so refuses one that
requires a gradient. Where nobody has an answer, Python raises a TypeError: ``unsupported operand
type(s) for +: 'Tensor' and 'NoneType'``.

While a derivative runs on tensors (see `numpy_protocol`) arrays are operands as well.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import TensorBase
from . import arithmetic, compare, division, linalg, unary
from .arguments import OPERANDS, in_derivative

if TYPE_CHECKING:
    from ..tensor import Operand, Tensor


def plus(input: Tensor, other: Operand) -> Tensor:
    """``input + other``, and ``other + input``."""
    if isinstance(other, OPERANDS) or in_derivative(other):
        return arithmetic.Add.apply(input, other)
    return NotImplemented  # type: ignore[no-any-return]


def times(input: Tensor, other: Operand) -> Tensor:
    """``input * other``, and ``other * input``."""
    if isinstance(other, OPERANDS) or in_derivative(other):
        return arithmetic.Mul.apply(input, other)
    return NotImplemented  # type: ignore[no-any-return]


def divided_by(input: Tensor, other: Operand) -> Tensor:
    """``input / other``."""
    if isinstance(other, OPERANDS) or in_derivative(other):
        return division.Div.apply(input, other)
    return NotImplemented  # type: ignore[no-any-return]


def matrix_times(input: Tensor, other: Operand) -> Tensor:
    """``input @ other``, which numbers are no operands of."""
    if isinstance(other, TensorBase) or in_derivative(other):
        return linalg.matmul(input, other)
    return NotImplemented  # type: ignore[no-any-return]


def times_matrix(input: Tensor, other: Operand) -> Tensor:
    """``other @ input``."""
    if isinstance(other, TensorBase) or in_derivative(other):
        return linalg.matmul(other, input)
    return NotImplemented  # type: ignore[no-any-return]


def operator_of(function: Callable[..., Tensor]) -> Callable[[Tensor, Any], Tensor]:
    """The operator that calls a function of a tensor and an operand."""

    @functools.wraps(function)
    def operator(input: Tensor, other: Operand) -> Tensor:
        if isinstance(other, OPERANDS) or in_derivative(other):
            return function(input, other)
        return NotImplemented  # type: ignore[no-any-return]

    return operator


minus, subtracted_from = operator_of(arithmetic.sub), operator_of(arithmetic.rsub)
floor_divided_by = operator_of(division.floor_divide)
floor_divides = operator_of(division.rfloordiv)
modulo, leaves = operator_of(division.remainder), operator_of(division.rmod)
is_less, is_at_most = operator_of(compare.lt), operator_of(compare.le)
is_greater, is_at_least = operator_of(compare.gt), operator_of(compare.ge)
differs: Callable[[Tensor, Any], Any] = operator_of(compare.ne)  # `object` says a bool
bits_and, bits_or = operator_of(compare.bitwise_and), operator_of(compare.bitwise_or)
bits_xor = operator_of(compare.bitwise_xor)
shifted_left = operator_of(compare.bitwise_left_shift)
shifted_right = operator_of(compare.bitwise_right_shift)
shifts_left = operator_of(compare.left_shifted_by)
shifts_right = operator_of(compare.right_shifted_by)


_equal = operator_of(compare.eq)


def equals(input: Tensor, other: Any) -> Any:
    """``input == other``. Unlike any other operator it compares with arrays, too."""
    if isinstance(other, np.ndarray) and other.dtype.kind in "biuf":
        return compare.Equal.apply(input, other)
    return _equal(input, other)


def divides(input: Tensor, other: Operand) -> Tensor:
    """``other / input``, computed as PyTorch does: the reciprocal times `other`, so that here an
    array may stand on the left."""
    if isinstance(other, (*OPERANDS, np.ndarray)):
        return unary.Reciprocal.apply(input) * other
    return NotImplemented
