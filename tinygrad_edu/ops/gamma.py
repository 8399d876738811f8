"""The logarithm of the gamma function, and its derivatives: digamma, trigamma and so on.

The gamma function continues the factorial: ``gamma(n + 1) = n!``. ``digamma`` is the derivative of
``lgamma``, and ``polygamma(n, x)`` the n-th derivative of that. All are computed in float64.

Sources: Abramowitz and Stegun, Handbook of Mathematical Functions, 6.3.5 and 6.3.18 (digamma),
6.4.7 and 6.4.10 (polygamma); the formula of Euler and Maclaurin, 23.1.30, for Hurwitz's zeta.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from .arguments import torch_arguments

if TYPE_CHECKING:
    from ..tensor import Tensor

#: Bernoulli's numbers B2, B4, ...
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
#: From here on the asymptotic series of `digamma` is exact to the last digit.
FAR = 10


class Lgamma(Op):
    """The logarithm of |gamma(x)|; derivative digamma(x)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        values = [_lgamma(v) for v in x.ravel().tolist()]
        return np.array(values, np.float64).astype(x.dtype).reshape(x.shape)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * Digamma.call(x)


class Digamma(Op):
    """The derivative of the logarithm of the gamma function; its own is ``polygamma(1, x)``."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return _digamma(x.astype(np.float64)).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * Polygamma.call(x, 1)


class Polygamma(Op):
    """The n-th derivative of digamma; its own is the next."""

    promotes = "float"

    @staticmethod
    def forward(x: Array, n: int) -> Array:
        wide = x.astype(np.float64)
        if n == 0:
            return _digamma(wide).astype(x.dtype)
        if n == 1:
            return _trigamma(wide).astype(x.dtype)
        sign = 1.0 if n % 2 else -1.0
        return (sign * math.factorial(n) * _zeta(n + 1, wide)).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array, x: Array, n: int) -> Array:
        return grad * Polygamma.call(x, n + 1)


class PolygammaInPlace(Polygamma):
    """The same, as it is recorded in place."""

    node_name = "PolygammaBackward1"


class Mvlgamma(Op):
    """``p (p - 1) / 4 ln pi`` plus the sum of lgamma(x - j/2) over j from 0 to p - 1."""

    promotes = "float"

    @staticmethod
    def forward(x: Array, p: int) -> Array:
        total = sum(Lgamma.forward(x - x.dtype.type(j / 2)) for j in range(p))
        return np.asarray(total + x.dtype.type(p * (p - 1) / 4 * math.log(math.pi)))

    @staticmethod
    def d_x(grad: Array, x: Array, p: int) -> Array:
        total = Digamma.call(x)
        for j in range(1, p):
            total = total + Digamma.call(x - j / 2)
        return grad * total


def _lgamma(x: float) -> float:
    """Around its zeros, 1 and 2, the power series; elsewhere Python's, which loses digits there.

    ``ln gamma(2 + z) = (1 - gamma) z + sum of (-1)^k (zeta(k) - 1) z^k / k`` (6.1.33), k from 2 on.
    At the poles, where Python raises, it is infinite.
    """
    if 0.5 < x < 2.5:
        z = x - 2 if x > 1.5 else x - 1
        total = 0.0
        for coefficient in _series():
            total = (total + coefficient) * z
        return total if x > 1.5 else total - math.log1p(z)
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):
        return math.inf


@functools.cache
def _series() -> list[float]:
    """The coefficients of `_lgamma`'s series, the highest power first."""
    zetas = [(-1) ** k * float(_zeta(k, np.array(2.0))) / k for k in range(2, 30)]
    return [*reversed(zetas), 1 - float(np.euler_gamma)]


def _digamma(x: Array) -> Array:
    """digamma(x) = digamma(x + 1) - 1/x up to `FAR`, and from there on ln x - 1/(2x) - sum of
    B_2k / (2k x^2k); below 0 digamma(1 - x) - pi / tan(pi x)."""
    below = x < 0
    y = np.where(below, 1 - x, x)
    result = np.zeros_like(y)
    for _ in range(FAR):
        near = y < FAR
        result = result - np.where(near, 1 / y, 0)
        y = np.where(near, y + 1, y)
    series = sum(b / (2 * k * y ** (2 * k)) for k, b in enumerate(BERNOULLI, 1))
    result = result + (np.log(y) - 1 / (2 * y) - series)
    fraction = np.modf(x)[0]
    result = np.where(below, result - math.pi / np.tan(math.pi * fraction), result)
    result = np.where(below & (fraction == 0), np.nan, result)
    return np.where(x == 0, np.copysign(np.inf, -x), result)


def _trigamma(x: Array) -> Array:
    """trigamma(x) = trigamma(x + 1) + 1/x^2 six times, and there 1/x + 1/(2x^2) + sum of
    B_2k / x^(2k+1); below 1/2 by reflection, pi^2 / sin^2(pi x) - trigamma(1 - x).

    Three terms of the series are as many as PyTorch takes; they leave an error of some 1e-9.
    """
    low = x < 0.5
    y = np.where(low, 1 - x, x)
    there = np.zeros_like(y)
    for _ in range(6):
        there, y = there + 1 / (y * y), y + 1
    series = sum(b / y ** (2 * k) for k, b in enumerate(BERNOULLI[:3], 1))
    there = there + (1 + 1 / (2 * y) + series) / y
    reflected = (math.pi / np.sin(math.pi * np.where(low, x, 0.5))) ** 2 - there
    return np.where(low, reflected, there)


def _zeta(s: int, x: Array) -> Array:
    """The sum of 1 / (x + k)^s over k from 0 on; infinite at 0, -1, -2 and so on.

    The terms between -far and far are added up, and those beyond on either side are tails. Of those
    far below the absolute values, from -y + 1 up to -x, are the difference of two.
    """
    far = FAR + s  # where a tail is exact: its corrections are in powers of (s + 2k) / y
    below = x < -far
    y = np.where(below, x + np.floor(-x) - far, x)
    low = np.where(below, _tail(s, 1 - y) - _tail(s, 1 - x), 0)
    result = low if s % 2 == 0 else -low
    for _ in range(2 * far + 1):
        near = y < far
        result = result + np.where(near, y**-s, 0)
        y = np.where(near, y + 1, y)
    result = result + _tail(s, y)
    result = np.where((x <= 0) & (x == np.floor(x)), np.inf, result)
    return np.where(x == np.inf, np.nan, result)  # as in PyTorch


def _tail(s: int, y: Array) -> Array:
    """The same sum for y far from 0: an integral with Euler's and Maclaurin's corrections."""
    result = y ** (1 - s) / (s - 1) + 0.5 * y**-s
    rising = float(s)  # s (s + 1) ... (s + 2k - 2)
    for k, b in enumerate(BERNOULLI, 1):
        result = result + b * rising / math.factorial(2 * k) * y ** (1 - s - 2 * k)
        rising *= (s + 2 * k - 1) * (s + 2 * k)
    return result


@torch_arguments
def lgamma(input: Tensor) -> Tensor:
    """The natural logarithm of the absolute value of the gamma function."""
    return Lgamma.apply(input)


@torch_arguments
def digamma(input: Tensor) -> Tensor:
    """The derivative of the logarithm of the gamma function."""
    return Digamma.apply(input)


@torch_arguments
def polygamma(n: int, input: Tensor) -> Tensor:
    """The n-th derivative of `digamma`.

    Raises
    ------
    RuntimeError
        If `n` is negative.
    """
    _check_order(n)
    return Polygamma.apply(input, n)


@torch_arguments
def polygamma_of(input: Tensor, n: int) -> Tensor:
    """`polygamma`, as the method it is: ``x.polygamma(n)``."""
    return polygamma(n, input)


@torch_arguments
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """The logarithm of the gamma function of several variables, `p` of them, up to a constant.

    Raises
    ------
    RuntimeError
        If `p` is below 1.
    """
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    if input.array.dtype == bool:
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    return Mvlgamma.apply(input, p)


@torch_arguments
def polygamma_in_place(input: Tensor, n: int) -> Tensor:
    """What `polygamma` records in place."""
    _check_order(n)
    return PolygammaInPlace.apply(input, n)


def _check_order(n: int) -> None:
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
