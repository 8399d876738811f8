"""Inverse and hyperbolic functions, degrees, and `sinc`; `sin`, `cos` and `tan` are in `unary`.

Outside of a function's domain the result is nan. Where a derivative is a square root's inverse, as
1 / sqrt(1 - x^2), it is infinite at the end of the domain and nan beyond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from .arguments import torch_arguments
from .unary import Rsqrt

if TYPE_CHECKING:
    from ..tensor import Tensor

DEGREE = float(np.pi / 180)  # in radians


class Asin(Op):
    """The inverse sine, with derivative 1 / sqrt(1 - x^2)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.arcsin(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * Rsqrt.call(1 - x * x)


class Acos(Op):
    """The inverse cosine, with derivative -1 / sqrt(1 - x^2)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.arccos(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * -Rsqrt.call(1 - x * x)


class Atan(Op):
    """The inverse tangent, with derivative 1 / (x^2 + 1)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.arctan(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad / (x * x + 1)


class Atan2(Op):
    """The angle of the point (x, y); with r^2 = x^2 + y^2, derivatives x / r^2 and -y / r^2."""

    promotes = "float"

    @staticmethod
    def forward(y: Array, x: Array) -> Array:
        return np.arctan2(y, x)

    @staticmethod
    def d_y(grad: Array, y: Array, x: Array) -> Array:
        return grad * x * inverse_square(y, x)

    @staticmethod
    def d_x(grad: Array, y: Array, x: Array) -> Array:
        return grad * -y * inverse_square(y, x)


def inverse_square(y: Array, x: Array) -> Array:
    """``1 / (y^2 + x^2)``, and 0 at the origin, which so has gradient 0."""
    square = y * y + x * x
    return np.where(square == 0, 0.0, np.reciprocal(square))


class Sinh(Op):
    """The hyperbolic sine (e^x - e^-x) / 2, with derivative cosh(x)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.sinh(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * np.cosh(x)


class Cosh(Op):
    """The hyperbolic cosine (e^x + e^-x) / 2, with derivative sinh(x)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.cosh(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * np.sinh(x)


class Asinh(Op):
    """The inverse of `Sinh`, with derivative 1 / sqrt(x^2 + 1)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.arcsinh(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * Rsqrt.call(x**2 + 1)


class Acosh(Op):
    """The inverse of `Cosh`, with derivative 1 / sqrt(x^2 - 1)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.arccosh(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * Rsqrt.call(x * x - 1)


class Atanh(Op):
    """The inverse of `tanh`, with derivative 1 / (1 - x^2)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.arctanh(x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * (1 / (1 - x**2))


class Deg2Rad(Op):
    """``x pi / 180``."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return x * DEGREE

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad * DEGREE


class Rad2Deg(Op):
    """``x 180 / pi``."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return x * (1 / DEGREE)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad * (1 / DEGREE)


class Sinc(Op):
    """``sin(pi x) / (pi x)``, and 1 at 0; derivative (pi x cos(pi x) - sin(pi x)) / (pi x^2)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        angle = np.pi * x
        return np.where(x == 0, x.dtype.type(1), np.sin(angle) / angle)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        angle, area = x * float(np.pi), x * x * float(np.pi)
        sine, cosine = np.sin(angle), np.cos(angle)
        slope = grad * ((angle * cosine - sine) / area)
        return np.where(area == 0, 0.0, slope)


@torch_arguments
def asin(input: Tensor) -> Tensor:
    """The inverse sine, in radians, from -pi/2 to pi/2; nan outside of [-1, 1]."""
    return Asin.apply(input)


@torch_arguments
def acos(input: Tensor) -> Tensor:
    """The inverse cosine, in radians, from 0 to pi; nan outside of [-1, 1]."""
    return Acos.apply(input)


@torch_arguments
def atan(input: Tensor) -> Tensor:
    """The inverse tangent, in radians, from -pi/2 to pi/2."""
    return Atan.apply(input)


@torch_arguments
def atan2(input: Tensor, other: Tensor) -> Tensor:
    """The angle of each point (`other`, `input`), in radians, from -pi to pi; broadcast.

    The gradient at the origin, which has no angle, is 0.
    """
    return Atan2.apply(input, other)


@torch_arguments
def sinh(input: Tensor) -> Tensor:
    """The hyperbolic sine."""
    return Sinh.apply(input)


@torch_arguments
def cosh(input: Tensor) -> Tensor:
    """The hyperbolic cosine."""
    return Cosh.apply(input)


@torch_arguments
def asinh(input: Tensor) -> Tensor:
    """The inverse hyperbolic sine."""
    return Asinh.apply(input)


@torch_arguments
def acosh(input: Tensor) -> Tensor:
    """The inverse hyperbolic cosine; nan below 1."""
    return Acosh.apply(input)


@torch_arguments
def atanh(input: Tensor) -> Tensor:
    """The inverse hyperbolic tangent; infinite at -1 and 1, nan outside."""
    return Atanh.apply(input)


@torch_arguments
def deg2rad(input: Tensor) -> Tensor:
    """Degrees in radians."""
    return Deg2Rad.apply(input)


@torch_arguments
def rad2deg(input: Tensor) -> Tensor:
    """Radians in degrees."""
    return Rad2Deg.apply(input)


@torch_arguments
def sinc(input: Tensor) -> Tensor:
    """``sin(pi x) / (pi x)``, and 1 at 0."""
    return Sinc.apply(input)
