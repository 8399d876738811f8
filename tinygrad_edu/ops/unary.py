"""Functions of one argument, element by element: `exp`, `log`, `sqrt`, `sin` and their like.

Each has PyTorch's behaviour: integers come out as floats where the result has fractions, a value
outside the function's domain gives nan, and no warning is raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from .arguments import torch_arguments
from .rounding import Sign

if TYPE_CHECKING:
    from ..tensor import Tensor


class Abs(Op):
    """``|x|``, with derivative sign(x), which is 0 at 0."""

    kinds = "iuf"
    kernel = "abs_cpu"

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


class Exp2(Op):
    """``2 ** x``, with derivative 2^x ln 2."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.exp2(x)

    @staticmethod
    def d_x(grad: Array, out: Array) -> Array:
        return grad * out * float(np.log(2))


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
        return -0.5 * grad * (out * out * out)


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


@torch_arguments
def abs(input: Tensor) -> Tensor:
    """The absolute value."""
    return Abs.apply(input)


@torch_arguments
def exp(input: Tensor) -> Tensor:
    """e to the power of each element."""
    return Exp.apply(input)


@torch_arguments
def exp2(input: Tensor) -> Tensor:
    """2 to the power of each element."""
    return Exp2.apply(input)


@torch_arguments
def expm1(input: Tensor) -> Tensor:
    """``exp(input) - 1``, exact also for small elements."""
    return Expm1.apply(input)


@torch_arguments
def log(input: Tensor) -> Tensor:
    """The natural logarithm: -inf at 0, nan below."""
    return Log.apply(input)


@torch_arguments
def log1p(input: Tensor) -> Tensor:
    """``log(1 + input)``, exact also for small elements."""
    return Log1p.apply(input)


@torch_arguments
def log2(input: Tensor) -> Tensor:
    """The logarithm to base 2."""
    return Log2.apply(input)


@torch_arguments
def log10(input: Tensor) -> Tensor:
    """The logarithm to base 10."""
    return Log10.apply(input)


@torch_arguments
def sqrt(input: Tensor) -> Tensor:
    """The square root; nan below 0."""
    return Sqrt.apply(input)


@torch_arguments
def rsqrt(input: Tensor) -> Tensor:
    """``1 / sqrt(input)``."""
    return Rsqrt.apply(input)


@torch_arguments
def reciprocal(input: Tensor) -> Tensor:
    """``1 / input``."""
    return Reciprocal.apply(input)


@torch_arguments
def sin(input: Tensor) -> Tensor:
    """The sine of angles in radians."""
    return Sin.apply(input)


@torch_arguments
def cos(input: Tensor) -> Tensor:
    """The cosine of angles in radians."""
    return Cos.apply(input)


@torch_arguments
def tan(input: Tensor) -> Tensor:
    """The tangent of angles in radians."""
    return Tan.apply(input)
