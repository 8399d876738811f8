"""Modified Bessel functions of the first kind, of order 0 and 1, which are each other's derivative.

Both are power series, ``sum of (x/2)^(2k + n) / (k! (k + n)!)`` (Abramowitz and Stegun, 9.6.10):
all terms have one sign, so that nothing cancels. Where that takes too many terms, it is Hankel's
asymptotic series (9.7.1). They are added up in float64.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, constant
from ..autograd.op import Op
from .arguments import torch_arguments

if TYPE_CHECKING:
    from ..tensor import Tensor

#: Where the asymptotic series takes over; up to there `TERMS` terms of the power series suffice.
FAR, TERMS = 30.0, 80


class I0(Op):
    """The function of order 0; derivative that of order 1."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return _bessel(0, np.abs(x)).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * I1.call(x)


class I1(Op):
    """The function of order 1; derivative ``I0(x) - I1(x) / x``, which at 0 is 1/2."""

    promotes = "float"
    node_name = "SpecialI1Backward0"

    @staticmethod
    def forward(x: Array) -> Array:
        return (np.sign(x) * _bessel(1, np.abs(x))).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array) -> Array:
        tiny = ~(np.absolute(constant(x)) > np.finfo(constant(x).dtype).eps)  # or nan
        divisor = np.where(tiny, 1.0, x)
        return grad * np.where(tiny, 0.5, I0.call(divisor) - out / divisor)


class I0e(Op):
    """``exp(-|x|) I0(x)``; derivative ``exp(-|x|) I1(x) - sign(x) exp(-|x|) I0(x)``."""

    promotes = "float"
    node_name = "SpecialI0EBackward0"

    @staticmethod
    def forward(x: Array) -> Array:
        return _scaled(0, np.abs(x)).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array) -> Array:
        return grad * (I1e.call(x) - np.sign(constant(x)) * out)


class I1e(Op):
    """``exp(-|x|) I1(x)``; derivative ``exp(-|x|) I0(x) - out (sign(x) + 1 / x)``, 1/2 at 0."""

    promotes = "float"
    node_name = "SpecialI1EBackward0"

    @staticmethod
    def forward(x: Array) -> Array:
        return (np.sign(x) * _scaled(1, np.abs(x))).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array) -> Array:
        tiny = ~(np.absolute(constant(x)) > np.finfo(constant(x).dtype).eps)  # or nan
        divisor = np.where(tiny, 1.0, x)
        slope = I0e.call(divisor) - out * (np.sign(constant(x)) + 1 / divisor)
        return grad * np.where(tiny, 0.5, slope)


def _scaled(order: int, x: Array) -> Array:
    """``exp(-x)`` times the function, of x from 0 on; 0 at infinity."""
    x = x.astype(np.float64)
    near, hankel = _near_and_far(order, x)
    far = np.maximum(x, FAR)
    return np.where(x > FAR, hankel / np.sqrt(2 * math.pi * far), near * np.exp(-x))


def _bessel(order: int, x: Array) -> Array:
    overflows = np.isinf(np.exp(x))  # the result would be finite for a little longer
    x = x.astype(np.float64)
    total, hankel = _near_and_far(order, x)
    far = np.maximum(x, FAR)
    large = np.exp(far) * (hankel / np.sqrt(2 * math.pi * far))
    result = np.where(overflows, np.inf, np.where(x > FAR, large, total))
    return np.where(x == np.inf, np.nan, result)  # as in PyTorch


def _near_and_far(order: int, x: Array) -> tuple[Array, Array]:
    """The power series, of x up to `FAR`, and Hankel's, of x from there on."""
    near = np.minimum(x, FAR)
    quarter = near * near / 4
    term = (near / 2) ** order
    total = term
    for k in range(1, TERMS):
        term = term * quarter / (k * (k + order))
        total = total + term
    far = np.maximum(x, FAR)
    hankel, factor = np.ones_like(far), np.ones_like(far)
    for k in range(1, 25):
        factor = factor * ((2 * k - 1) ** 2 - 4 * order * order) / (8 * k * far)
        hankel = hankel + factor
    return total, hankel


@torch_arguments
def i0(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order 0, as in Kaiser's window."""
    return I0.apply(input)


@torch_arguments
def i1(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order 1."""
    return I1.apply(input)


@torch_arguments
def i0e(input: Tensor) -> Tensor:
    """``exp(-|x|)`` times `i0`, which does not overflow."""
    return I0e.apply(input)


@torch_arguments
def i1e(input: Tensor) -> Tensor:
    """``exp(-|x|)`` times `i1`, which does not overflow."""
    return I1e.apply(input)
