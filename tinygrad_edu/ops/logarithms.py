"""Sums of logarithms without overflow, and ``x log(y)`` without nan at x = 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, TensorBase
from ..autograd.op import Op
from ..dtypes import get_default_dtype, result_dtype
from .arguments import need_one_tensor, torch_arguments
from .convert import operand
from .into import into

if TYPE_CHECKING:
    from ..tensor import Operand, Tensor


class Logaddexp(Op):
    """``log(e^a + e^b)`` without overflow; derivatives e^a and e^b as shares of their sum."""

    kinds = "f"
    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.logaddexp(a, b)

    @staticmethod
    def d_a(grad: Array, a: Array, b: Array) -> Array:  # e^a / (e^a + e^b)
        return grad / (1 + np.exp(b - a))

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array) -> Array:
        return grad / (1 + np.exp(a - b))


class Logaddexp2(Op):
    """``log2(2^a + 2^b)`` without overflow; derivatives 2^a and 2^b as shares of their sum."""

    kinds = "f"
    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.logaddexp2(a, b)

    @staticmethod
    def d_a(grad: Array, a: Array, b: Array) -> Array:
        return grad / (1 + 2 ** (b - a))

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array) -> Array:
        return grad / (1 + 2 ** (a - b))


class Xlogy(Op):
    """``x log(y)``, and 0 where x is 0 unless y is nan; derivatives log(y) and x / y.

    The first of them is 0 at x = 0 if y has no logarithm, or an infinite one.
    """

    promotes = "float"

    @staticmethod
    def forward(x: Array, y: Array) -> Array:
        return np.where((x == 0) & ~np.isnan(y), y.dtype.type(0), x * np.log(y))

    @staticmethod
    def d_x(grad: Array, x: Array, y: Array) -> Array:
        return np.where(np.logical_and(x == 0, y <= 0), 0.0, Xlogy.call(grad, y))

    @staticmethod
    def d_y(grad: Array, x: Array, y: Array) -> Array:
        return grad * x / y


class XlogyOfNumber(Op):
    """`Xlogy` with a number for `x`."""

    promotes = "float"
    node_name = "XlogyBackward1"
    forward = staticmethod(Xlogy.forward)
    d_y = staticmethod(Xlogy.d_y)


class XlogyByNumber(Op):
    """`Xlogy` with a number for `y`."""

    promotes = "float"
    node_name = "XlogyBackward2"
    forward = staticmethod(Xlogy.forward)
    d_x = staticmethod(Xlogy.d_x)


@torch_arguments
def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    """``log(exp(input) + exp(other))``, broadcast, also where a power would overflow."""
    return Logaddexp.apply(input, other)


@torch_arguments
def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    """``log2(2^input + 2^other)``, broadcast, also where a power would overflow."""
    return Logaddexp2.apply(input, other)


def xlogy(input: Operand, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """``input * log(other)``, broadcast, and 0 where `input` is 0; one may be a number."""
    if out is not None:
        return into(out, xlogy, input, other)
    need_one_tensor("xlogy", input, other)
    if not isinstance(input, TensorBase):
        return XlogyOfNumber.apply(fraction(input, other), other)
    if not isinstance(other, TensorBase):
        return XlogyByNumber.apply(input, fraction(other, input))
    return Xlogy.apply(input, other)


def fraction(number: Any, tensor: Any) -> Array:
    """`number` in the floating point dtype of its product with `tensor`."""
    common = result_dtype([tensor.array, number])
    return operand(number, common if common.kind == "f" else get_default_dtype().numpy)
