"""Numbers as mantissa times a power of two, and their neighbours: ldexp, frexp, nextafter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .. import return_types
from ..autograd.graph import Array, constant
from ..autograd.op import Op
from .arguments import torch_arguments

if TYPE_CHECKING:
    from ..tensor import Tensor


class Ldexp(Op):
    """``a * 2^b``; derivatives 2^b, and ln 2 times the result."""

    promotes = "float"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return a * np.exp2(b)

    @staticmethod
    def d_a(grad: Array, b: Array) -> Array:
        return grad * np.exp2(b)

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array) -> Array:
        return grad * (a * np.exp2(b)) * math.log(2)


class Frexp(Op):
    """The mantissa, from 1/2 to 1, and the exponent; the derivative of the first is 2^-exponent."""

    outputs = ("mantissa", "exponent")

    @staticmethod
    def forward(x: Array) -> tuple[Array, Array]:
        mantissa, exponent = np.frexp(x)
        return mantissa, np.where(np.isfinite(x), exponent, 0).astype(np.int32)

    @staticmethod
    def d_x(grads: tuple[Array, Array], exponent: Array) -> Array:
        return grads[0] / np.exp2(constant(exponent).astype(constant(grads[0]).dtype))


class Nextafter(Op):
    """The next number after `a` towards `b`; but for a step, it is `a` itself."""

    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.nextafter(a, b)

    @staticmethod
    def d_a(grad: Array, a: Array, b: Array) -> Array:
        return np.where(a == b, 0.0, grad)

    @staticmethod
    def d_b(grad: Array) -> Array:
        return np.zeros_like(grad)


@torch_arguments
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """``input * 2 ** other``; broadcast.

    Raises
    ------
    NotImplementedError
        If `input` is floating point, and `other` of bools.
    """
    if other.array.dtype == bool and input.array.dtype.kind == "f":
        raise NotImplementedError('"ldexp_cpu_exp" not implemented for bool')
    return Ldexp.apply(input, other)


@torch_arguments
def frexp(input: Tensor) -> return_types.frexp:
    """The mantissa, of a size from 1/2 to 1, and the int32 exponent: ``m * 2 ** e == input``.

    Raises
    ------
    RuntimeError
        If `input` is not floating point.
    """
    if input.array.dtype.kind != "f":
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    return return_types.frexp(*Frexp.apply_all(input))


@torch_arguments
def nextafter(input: Tensor, other: Tensor) -> Tensor:
    """The number of the dtype that follows `input` on the way to `other`; broadcast.

    Raises
    ------
    NotImplementedError
        If they are not floating point.
    """
    if "f" not in (input.array.dtype.kind, other.array.dtype.kind):
        raise NotImplementedError(f'"nextafter_cpu" not implemented for {input.dtype}')
    return Nextafter.apply(input, other)
