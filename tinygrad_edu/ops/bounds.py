"""Bounds on one side, the larger and the smaller that is not nan, and what stands in for nan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, TensorBase
from ..autograd.op import Op
from ..dtypes import result_dtype
from .arguments import torch_arguments
from .convert import numbers, to_dtype
from .masks import chosen

if TYPE_CHECKING:
    from ..tensor import Number, Tensor


class ClampMin(Op):
    """`x`, but not below `low`; derivative 1 from there on, else 0."""

    kinds = "iuf"

    @staticmethod
    def forward(x: Array, low: float) -> Array:
        return x.clip(low, np.inf) if x.dtype.kind == "f" else np.maximum(x, low)

    @staticmethod
    def d_x(grad: Array, x: Array, low: float) -> Array:
        return chosen(x >= low, grad, 0.0)


class ClampMinTensor(ClampMin):
    """`ClampMin` with a tensor for the bound, which gets the gradient where it is the result."""

    kinds = ""
    promotes = "common"
    node_name = "ClampMinBackward1"

    @staticmethod
    def forward(x: Array, low: Array) -> Array:
        return np.maximum(x, low)

    @staticmethod
    def d_low(grad: Array, x: Array, low: Array) -> Array:
        return chosen(x < low, grad, 0.0)


class ClampMax(Op):
    """`x`, but not above `high`; derivative 1 up to there, else 0."""

    kinds = "iuf"

    @staticmethod
    def forward(x: Array, high: float) -> Array:
        return x.clip(-np.inf, high) if x.dtype.kind == "f" else np.minimum(x, high)

    @staticmethod
    def d_x(grad: Array, x: Array, high: float) -> Array:
        return chosen(x <= high, grad, 0.0)


class ClampMaxTensor(ClampMax):
    """`ClampMax` with a tensor for the bound, which gets the gradient where it is the result."""

    kinds = ""
    promotes = "common"
    node_name = "ClampMaxBackward1"

    @staticmethod
    def forward(x: Array, high: Array) -> Array:
        return np.minimum(x, high)

    @staticmethod
    def d_high(grad: Array, x: Array, high: Array) -> Array:
        return chosen(x > high, grad, 0.0)


class Fmax(Op):
    """The larger of `a` and `b`, or what is not nan; of equal ones `a` gets the gradient."""

    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.fmax(a, b)

    @staticmethod
    def d_a(grad: Array, a: Array, b: Array) -> Array:
        return chosen((a >= b) | np.isnan(b), grad, 0.0)

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array) -> Array:
        return chosen((a >= b) | np.isnan(b), 0.0, grad)


class Fmin(Op):
    """The smaller of `a` and `b`, or what is not nan; of equal ones `a` gets the gradient."""

    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.fmin(a, b)

    @staticmethod
    def d_a(grad: Array, a: Array, b: Array) -> Array:
        return chosen((a <= b) | np.isnan(b), grad, 0.0)

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array) -> Array:
        return chosen((a <= b) | np.isnan(b), 0.0, grad)


class NanToNum(Op):
    """`x` with numbers in place of nan and the infinities; derivative 1 where x is finite."""

    @staticmethod
    def forward(x: Array, nan: float, posinf: float | None, neginf: float | None) -> Array:
        return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * np.isfinite(x)


@torch_arguments
def clamp_min(input: Tensor, min: Number | Tensor) -> Tensor:
    """`input`, but nowhere below `min`; broadcast."""
    if isinstance(min, TensorBase):
        return ClampMinTensor.apply(input, min)
    return ClampMin.apply(*_with_bound(input, min))


@torch_arguments
def clamp_max(input: Tensor, max: Number | Tensor) -> Tensor:
    """`input`, but nowhere above `max`; broadcast."""
    if isinstance(max, TensorBase):
        return ClampMaxTensor.apply(input, max)
    return ClampMax.apply(*_with_bound(input, max))


def _with_bound(input: Tensor, bound: Number) -> tuple[Tensor, Array]:
    """A tensor and a number in the dtype of their result."""
    common = result_dtype([input.array, bound])  # which refuses what is no number
    return to_dtype(input, common), numbers(bound, common)


@torch_arguments
def fmax(input: Tensor, other: Tensor) -> Tensor:
    """The larger of each two elements, broadcast; nan only if both are."""
    return Fmax.apply(input, other)


@torch_arguments
def fmin(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of each two elements, broadcast; nan only if both are."""
    return Fmin.apply(input, other)


@torch_arguments
def nan_to_num(
    input: Tensor,
    nan: float | None = None,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Tensor:
    """`input` with numbers in place of what is none.

    Parameters
    ----------
    input : Tensor
    nan : float, optional
        In place of nan; 0 if not given.
    posinf, neginf : float, optional
        In place of inf and -inf; the largest and the smallest number of the dtype if not given.
    """
    return NanToNum.apply(input, 0.0 if nan is None else nan, posinf, neginf)
