"""The incomplete gamma functions: which share of the gamma function's integral lies below a point.

    ``igamma(a, x)``, or P, is the integral of ``t^(a-1) e^-t`` from 0 to x, over ``gamma(a)``
    ``igammac(a, x)``, or Q, is ``1 - P``

All is computed in float64, by what converges where a and x lie: P by its series below x = a + 1, Q
by its continued fraction above, Q of small numbers by another series, and for large a the integral
itself by Gauss and Legendre's rule, for then the integrand is a bell of width sqrt(a).

Sources: Abramowitz and Stegun, Handbook of Mathematical Functions, 6.5.29 and 6.5.31, and 6.1.41
for the gamma function of large a; W. Press et al., Numerical Recipes, 3rd edition, 6.2, for where
which is used.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from .arguments import torch_arguments
from .gamma import Lgamma

if TYPE_CHECKING:
    from ..tensor import Tensor

LARGE = 100.0  # from this a on the integral is computed by points
POINTS = 64
STEPS = 1000  # as many terms as no series or fraction needs
EPS = float(np.finfo(np.float64).eps)


class Igamma(Op):
    """P(a, x); its derivative for x is ``x^(a-1) e^-x / gamma(a)``, for a there is none."""

    promotes = "common"
    kinds = "f"

    @staticmethod
    def forward(a: Array, x: Array) -> Array:
        return _shares(a, x)[0].astype(x.dtype)

    @staticmethod
    def d_a(grad: Array) -> Array:
        raise NotImplementedError("the derivative for 'igamma: input' is not implemented.")

    @staticmethod
    def d_x(grad: Array, a: Array, x: Array) -> Array:
        return grad * np.exp((a - 1) * np.log(x) - x - Lgamma.call(a))


class Igammac(Op):
    """Q(a, x), whose derivative is minus that of P."""

    promotes = "common"
    kinds = "f"

    @staticmethod
    def forward(a: Array, x: Array) -> Array:
        return _shares(a, x)[1].astype(x.dtype)

    @staticmethod
    def d_a(grad: Array) -> Array:
        raise NotImplementedError("the derivative for 'igammac: input' is not implemented.")

    @staticmethod
    def d_x(grad: Array, a: Array, x: Array) -> Array:
        return -grad * np.exp((a - 1) * np.log(x) - x - Lgamma.call(a))


def _shares(a: Array, x: Array) -> tuple[Array, Array]:
    """P and Q."""
    wide = np.broadcast_arrays(a.astype(np.float64), x.astype(np.float64))
    shape, (a, x) = wide[0].shape, (v.ravel() for v in wide)
    below, above = np.full(a.shape, np.nan), np.full(a.shape, np.nan)
    for where, value in (  # with nan beside 0 or infinity as in PyTorch
        (~(a <= 0) & (x == 0), 0.0),
        ((a == 0) & (x > 0), 1.0),
        (np.isposinf(a) & ~(x <= 0) & ~np.isinf(x), 0.0),
        (~(a < 0) & ~np.isinf(a) & np.isposinf(x), 1.0),
    ):
        below[where], above[where] = value, 1 - value
    proper = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    large = proper & (a >= LARGE)
    small = proper & ~large & (x < 1.1) & (a < 1)
    low = proper & ~large & ~small & (x < a + 1)
    high = proper & ~large & ~small & ~low
    for where, compute in ((large, _by_points), (small, _small), (low, _series), (high, _fraction)):
        if where.any():
            below[where], above[where] = compute(a[where], x[where])
    return below.reshape(shape), above.reshape(shape)


def _peak(a: Array, x: Array) -> Array:
    """``x^a e^-x / gamma(a + 1)``, of large a without the differences of large numbers."""
    far = np.maximum(a, 10.0)
    rest = 1 / (12 * far) - 1 / (360 * far**3) + 1 / (1260 * far**5) - 1 / (1680 * far**7)
    ratio = x / far
    # ln(x / a) - (x - a) / a, which near x = a is of second order.
    bell = far * np.where(abs(ratio - 1) < 0.5, _log1p_less(ratio - 1), np.log(ratio) - ratio + 1)
    stirling = np.exp(bell - rest) / np.sqrt(2 * math.pi * far)
    plain = np.exp(a * np.log(x) - x - Lgamma.forward(a + 1))
    return np.where(a < 10, plain, stirling)


def _log1p_less(u: Array) -> Array:
    """``ln(1 + u) - u``."""
    return np.log1p(u) - u


def _series(a: Array, x: Array) -> tuple[Array, Array]:
    """P is the peak times the sum of ``x^n / ((a + 1) ... (a + n))``."""
    term = np.ones_like(a)
    total = term.copy()
    for n in range(1, STEPS):
        term = term * x / (a + n)
        total += term
        if (term < EPS * total).all():
            break
    share = _peak(a, x) * total
    return share, 1 - share


def _fraction(a: Array, x: Array) -> tuple[Array, Array]:
    """Q is a times the peak over ``x + 1 - a - 1 (1 - a) / (x + 3 - a - 2 (2 - a) / ...)``.

    The fraction is evaluated from its front, by the method of Lentz.
    """
    tiny = 1e-300
    b = x + 1 - a
    c, d = np.full_like(a, 1 / tiny), 1 / b
    h = d
    for n in range(1, STEPS):
        factor = -n * (n - a)
        b = b + 2
        d = factor * d + b
        d = 1 / np.where(abs(d) < tiny, tiny, d)
        c = b + factor / c
        c = np.where(abs(c) < tiny, tiny, c)
        h = h * d * c
        if (abs(d * c - 1) < EPS).all():
            break
    share = a * _peak(a, x) * h
    return 1 - share, share


def _small(a: Array, x: Array) -> tuple[Array, Array]:
    """``Q = 1 - x^a / gamma(a + 1) - x^a / gamma(a) sum of (-x)^n / ((a + n) n!)``, n from 1 on."""
    log = a * np.log(x) - Lgamma.forward(a + 1)
    power, total = np.ones_like(a), np.zeros_like(a)
    for n in range(1, 30):
        power = power * -x / n
        total += power / (a + n)
    share = -np.expm1(log) - np.exp(log) * a * total
    return np.exp(log) * (1 + a * total), share


@functools.cache
def _points() -> tuple[Any, Any]:
    """Places and weights of Gauss and Legendre's rule from 0 to 1."""
    places, weights = np.polynomial.legendre.leggauss(POINTS)
    return (places + 1) / 2, weights / 2


def _by_points(a: Array, x: Array) -> tuple[Array, Array]:
    """The integral from x to where nothing is left of it, on the side of the smaller share."""
    top = a - 1  # where the integrand is largest
    width = np.sqrt(top)
    above = x > top
    end = np.where(
        above,
        np.maximum(top + 11.5 * width, x + 6 * width),
        np.maximum(0, np.minimum(top - 7.5 * width, x - 5 * width)),
    )
    places, weights = _points()
    t = x[:, None] + (end - x)[:, None] * places
    bell = np.exp(top[:, None] * _log1p_less(t / top[:, None] - 1))
    rest = 1 / (12 * top) - 1 / (360 * top**3) + 1 / (1260 * top**5)
    share = abs(end - x) * (bell @ weights) * np.exp(-rest) / np.sqrt(2 * math.pi * top)
    return np.where(above, 1 - share, share), np.where(above, share, 1 - share)


@torch_arguments
def igamma(input: Tensor, other: Tensor) -> Tensor:
    """The share of the integral of ``t^(a-1) e^-t`` that lies below x, from 0 to 1.

    Parameters
    ----------
    input, other : Tensor
        a and x, neither negative; they broadcast. There is no derivative for a.
    """
    return Igamma.apply(input, other)


@torch_arguments
def igammac(input: Tensor, other: Tensor) -> Tensor:
    """``1 - igamma(input, other)``, exact also where that is tiny."""
    return Igammac.apply(input, other)
