"""Functions of one argument, element by element: `exp`, `log`, `sqrt`, `sin` and their like.

Each has PyTorch's behaviour: integers come out as floats where the result has fractions, a value
outside the function's domain gives nan, and no warning is raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op

if TYPE_CHECKING:
    from ..tensor import Tensor


class Abs(Op):
    """``|x|``, with derivative sign(x), which is 0 at 0."""

    kinds = "iuf"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.abs(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * Sign.call(x)


class Exp(Op):
    """``e ** x``, which is its own derivative."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.exp(x)

    @staticmethod
    def d_x(grad: Array, out: Array) -> Array:
        return grad * out


class Expm1(Op):
    """``e ** x - 1``, exact also near 0; derivative e^x."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.expm1(x)

    @staticmethod
    def d_x(grad: Array, out: Array) -> Array:
        return grad * (out + 1)


class Log(Op):
    """``ln x``, with derivative 1/x."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.log(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad / x


class Log1p(Op):
    """``ln(1 + x)``, exact also near 0; derivative 1/(1 + x)."""

    promotes = "float"
    node_name = "Log1PBackward0"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.log1p(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad / (x + 1)


class Log2(Op):
    """The logarithm to base 2, with derivative 1/(x ln 2)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.log2(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad / (x * float(np.log(2)))


class Log10(Op):
    """The logarithm to base 10, with derivative 1/(x ln 10)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.log10(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad / (x * float(np.log(10)))


class Sqrt(Op):
    """The square root, with derivative 1/(2 sqrt(x)), which is infinite at 0."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.sqrt(x)

    @staticmethod
    def d_x(grad: Array, out: Array) -> Array:
        return grad / (2 * out)


class Rsqrt(Op):
    """``1 / sqrt(x)``, with derivative -1/2 x^(-3/2)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return 1 / np.sqrt(x)

    @staticmethod
    def d_x(grad: Array, out: Array) -> Array:
        return -0.5 * grad * out**3


class Reciprocal(Op):
    """``1 / x``, with derivative -1/x^2."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return 1 / x

    @staticmethod
    def d_x(grad: Array, out: Array) -> Array:
        return -grad * (out * out)


class Sin(Op):
    """The sine, with derivative cos(x)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.sin(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * np.cos(x)


class Cos(Op):
    """The cosine, with derivative -sin(x)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.cos(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * -np.sin(x)


class Tan(Op):
    """The tangent, with derivative 1 + tan(x)^2."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.tan(x)

    @staticmethod
    def d_x(grad: Array, out: Array) -> Array:
        return grad * (1 + out * out)


class Sign(Op):
    """-1, 0 or 1, and 0 for nan; constant between its steps, so its derivative is 0."""

    @staticmethod
    def forward(x: Array) -> Array:
        return x.copy() if x.dtype == bool else np.sign(np.nan_to_num(x, posinf=1, neginf=-1))

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)


class Floor(Sign):
    """The largest integer not above x."""

    kinds = "iuf"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.floor(x).astype(x.dtype, copy=False)


class Ceil(Floor):
    """The smallest integer not below x."""

    @staticmethod
    def forward(x: Array) -> Array:
        return np.ceil(x).astype(x.dtype, copy=False)


class Round(Floor):
    """The nearest integer; halfway between two, the even one."""

    @staticmethod
    def forward(x: Array) -> Array:
        return np.rint(x).astype(x.dtype, copy=False)


class Trunc(Floor):
    """The integer part, towards zero."""

    @staticmethod
    def forward(x: Array) -> Array:
        return np.trunc(x).astype(x.dtype, copy=False)


def abs(input: Tensor) -> Tensor:
    """The absolute value."""
    return Abs.apply(input)


def exp(input: Tensor) -> Tensor:
    """e to the power of each element."""
    return Exp.apply(input)


def expm1(input: Tensor) -> Tensor:
    """``exp(input) - 1``, exact also for small elements."""
    return Expm1.apply(input)


def log(input: Tensor) -> Tensor:
    """The natural logarithm: -inf at 0, nan below."""
    return Log.apply(input)


def log1p(input: Tensor) -> Tensor:
    """``log(1 + input)``, exact also for small elements."""
    return Log1p.apply(input)


def log2(input: Tensor) -> Tensor:
    """The logarithm to base 2."""
    return Log2.apply(input)


def log10(input: Tensor) -> Tensor:
    """The logarithm to base 10."""
    return Log10.apply(input)


def sqrt(input: Tensor) -> Tensor:
    """The square root; nan below 0."""
    return Sqrt.apply(input)


def rsqrt(input: Tensor) -> Tensor:
    """``1 / sqrt(input)``."""
    return Rsqrt.apply(input)


def reciprocal(input: Tensor) -> Tensor:
    """``1 / input``."""
    return Reciprocal.apply(input)


def sin(input: Tensor) -> Tensor:
    """The sine of angles in radians."""
    return Sin.apply(input)


def cos(input: Tensor) -> Tensor:
    """The cosine of angles in radians."""
    return Cos.apply(input)


def tan(input: Tensor) -> Tensor:
    """The tangent of angles in radians."""
    return Tan.apply(input)


def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1, by the sign of each element."""
    return Sign.apply(input)


def floor(input: Tensor) -> Tensor:
    """The largest integer not above each element, in the dtype of `input`."""
    return Floor.apply(input)


def ceil(input: Tensor) -> Tensor:
    """The smallest integer not below each element, in the dtype of `input`."""
    return Ceil.apply(input)


def round(input: Tensor) -> Tensor:
    """The nearest integer, the even one of two, in the dtype of `input`."""
    return Round.apply(input)


def trunc(input: Tensor) -> Tensor:
    """Each element without its fraction, in the dtype of `input`."""
    return Trunc.apply(input)
