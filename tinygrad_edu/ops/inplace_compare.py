"""Comparisons and logic in place: ``x.gt_(0)`` makes a tensor of zeros and ones of x itself.

A comparison is a step, and so the gradient of what was there before is 0. Logic, as in PyTorch, is
not recorded at all: what `x` was computed from stays what it was, as if nothing had happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, TensorBase
from ..autograd.op import Op
from ..dtypes import promote
from . import compare
from .arguments import torch_arguments
from .mutation import change, write
from .overlap import check_operands

if TYPE_CHECKING:
    from ..tensor import Number, Tensor


class Comparison(Op):
    """What comparisons in place have in common: a result in the dtype of `x`, derivatives of 0."""

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)

    @staticmethod
    def d_other(grad: Array) -> Array:
        return np.zeros_like(grad)


class Eq(Comparison):
    """1 where ``x == other``, and else 0."""

    node_name = "EqBackward1"

    @staticmethod
    def forward(x: Array, other: Array) -> Array:
        return _compared(np.equal, x, other)


class EqNumber(Eq):
    """`Eq` with a number."""

    node_name = "EqBackward0"


class Ne(Comparison):
    """1 where ``x != other``, and else 0."""

    node_name = "NeBackward1"

    @staticmethod
    def forward(x: Array, other: Array) -> Array:
        return _compared(np.not_equal, x, other)


class NeNumber(Ne):
    """`Ne` with a number."""

    node_name = "NeBackward0"


class Lt(Comparison):
    """1 where ``x < other``, and else 0."""

    node_name = "LtBackward1"

    @staticmethod
    def forward(x: Array, other: Array) -> Array:
        return _compared(np.less, x, other)


class LtNumber(Lt):
    """`Lt` with a number."""

    node_name = "LtBackward0"


class Le(Comparison):
    """1 where ``x <= other``, and else 0."""

    node_name = "LeBackward1"

    @staticmethod
    def forward(x: Array, other: Array) -> Array:
        return _compared(np.less_equal, x, other)


class LeNumber(Le):
    """`Le` with a number."""

    node_name = "LeBackward0"


class Gt(Comparison):
    """1 where ``x > other``, and else 0."""

    node_name = "GtBackward1"

    @staticmethod
    def forward(x: Array, other: Array) -> Array:
        return _compared(np.greater, x, other)


class GtNumber(Gt):
    """`Gt` with a number."""

    node_name = "GtBackward0"


class Ge(Comparison):
    """1 where ``x >= other``, and else 0."""

    node_name = "GeBackward1"

    @staticmethod
    def forward(x: Array, other: Array) -> Array:
        return _compared(np.greater_equal, x, other)


class GeNumber(Ge):
    """`Ge` with a number."""

    node_name = "GeBackward0"


def _compared(ufunc: np.ufunc, x: Array, other: Array) -> Array:
    first, second = promote([x, other], False)
    return np.asarray(ufunc(first, second)).astype(x.dtype)


@torch_arguments
def eq_(input: Tensor, other: Tensor | Number) -> Tensor:
    """1 where ``input == other``, and else 0, in place."""
    op = Eq if isinstance(other, TensorBase) else EqNumber
    return change(input, lambda before: op.apply(before, other), other)


@torch_arguments
def ne_(input: Tensor, other: Tensor | Number) -> Tensor:
    """1 where ``input != other``, and else 0, in place."""
    op = Ne if isinstance(other, TensorBase) else NeNumber
    return change(input, lambda before: op.apply(before, other), other)


@torch_arguments
def lt_(input: Tensor, other: Tensor | Number) -> Tensor:
    """1 where ``input < other``, and else 0, in place."""
    op = Lt if isinstance(other, TensorBase) else LtNumber
    return change(input, lambda before: op.apply(before, other), other)


@torch_arguments
def le_(input: Tensor, other: Tensor | Number) -> Tensor:
    """1 where ``input <= other``, and else 0, in place."""
    op = Le if isinstance(other, TensorBase) else LeNumber
    return change(input, lambda before: op.apply(before, other), other)


@torch_arguments
def gt_(input: Tensor, other: Tensor | Number) -> Tensor:
    """1 where ``input > other``, and else 0, in place."""
    op = Gt if isinstance(other, TensorBase) else GtNumber
    return change(input, lambda before: op.apply(before, other), other)


@torch_arguments
def ge_(input: Tensor, other: Tensor | Number) -> Tensor:
    """1 where ``input >= other``, and else 0, in place."""
    op = Ge if isinstance(other, TensorBase) else GeNumber
    return change(input, lambda before: op.apply(before, other), other)


@torch_arguments
def logical_not_(input: Tensor) -> Tensor:
    """1 where `input` is zero, and else 0, in place."""
    return write(input, compare.logical_not(input).array)


@torch_arguments
def logical_and_(input: Tensor, other: Tensor) -> Tensor:
    """1 where neither of two is zero, and else 0, in place."""
    check_operands(input, (other,), "same")
    return write(input, compare.logical_and(input, other).array)


@torch_arguments
def logical_or_(input: Tensor, other: Tensor) -> Tensor:
    """1 where not both of two are zero, and else 0, in place."""
    check_operands(input, (other,), "same")
    return write(input, compare.logical_or(input, other).array)


@torch_arguments
def logical_xor_(input: Tensor, other: Tensor) -> Tensor:
    """1 where one of two is zero and the other is not, and else 0, in place."""
    check_operands(input, (other,), "same")
    return write(input, compare.logical_xor(input, other).array)
