"""The error function and its complement, which NumPy lacks, and `logit`.

Both error functions are W. J. Cody's rational approximations [1]_: one for small arguments, which
gives erf, and two for larger ones, which give erfc without the cancellation in 1 - erf. Their
own error is below the rounding of float64, of which the sums leave a few units in the last place
(at most 8 among a million arguments, against C's functions); other dtypes are rounded once more.

For erf of float32, with which GELU is computed, one quotient does instead of three: x R(x^2) up to
4, from where on it rounds to 1. Its relative error is at most 2^-28.5; it was fitted by least
squares, with the weights of where it was furthest off raised until all its peaks were as high
(Lawson's algorithm).

.. [1] W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of
   Computation 23 (1969), 631-637; coefficients as in his program CALERF.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from ..dtypes import get_default_dtype
from .arguments import torch_arguments
from .convert import to_dtype
from .masks import chosen

if TYPE_CHECKING:
    from ..tensor import Tensor

SMALL, LARGE = 0.46875, 4.0  # where one approximation ends and the next begins
BLOCK = 1 << 14  # so many numbers at a time

# Numerators and denominators, the highest power first.
ERF_SMALL = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2,
     3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3),
)  # fmt: skip
ERFC_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0,
     6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
     1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3,
     3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
ERFC_LARGE = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346047e0, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip
ERF_SINGLE = (
    (6.79139831990589e-6, 4.11279025060173e-4, 4.22649894772323e-3, 5.57495872285790e-2,
     1.92878919211049e-1, 1.12837916997342),
    (2.60487494602567e-7, 7.25641489049954e-5, 1.42121033070343e-3, 1.62951621383440e-2,
     1.17495445110496e-1, 5.04267925416445e-1, 1.0),
)  # fmt: skip


def polynomial(coefficients: Sequence[float], x: Array) -> Array:
    """Horner's rule, in place: it needs no memory but that of the result."""
    total = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        total *= x
        total += coefficient
    return total


def ratio(coefficients: tuple[Sequence[float], Sequence[float]], x: Array) -> Array:
    """One polynomial over another."""
    above = polynomial(coefficients[0], x)
    above /= polynomial(coefficients[1], x)
    return above


def by_blocks(function: Callable[[Array], Array], x: Array) -> Array:
    """``function(x)``, computed in float64; of the dtype of x, and lying in memory as x does.

    It is given a block of x at a time, so that all it needs on the way stays in the cache.
    """
    wide = np.array(x, np.float64)
    flat = wide.ravel("K")  # a view: a copy has no gaps
    for start in range(0, flat.size, BLOCK):
        flat[start : start + BLOCK] = function(flat[start : start + BLOCK])
    return wide.astype(x.dtype, copy=False)


def erf_small(x: Array) -> Array:
    """erf(x) = x R(x^2), for |x| up to `SMALL`."""
    return x * ratio(ERF_SMALL, x * x)


def _erfc_tail(y: Array) -> Array:
    """erfc(y) for y above `SMALL`: e^(-y^2) times R(y), or R(1 / y^2) above `LARGE`."""
    # e^(-y^2) as e^(-z^2) e^((z-y)(z+y)): z has few digits, so that its square is exact.
    z = np.trunc(np.minimum(y, 1e3) * 16) / 16
    exp = np.exp(-z * z) * np.exp((z - y) * (z + y))
    tail = ratio(ERFC_MIDDLE, np.minimum(y, LARGE))
    far = y > LARGE  # few are
    y = y[far]
    inverse = 1 / (y * y)
    tail[far] = (1 / math.sqrt(math.pi) - inverse * ratio(ERFC_LARGE, inverse)) / y
    return exp * tail


def _erf(x: Array) -> Array:
    small, size = _pieces(x)
    tail = np.copysign(1 - _erfc_tail(size), x)
    return chosen(small, erf_small(chosen(small, x, 0.0)), tail)


def _erf_of_single(x: Array) -> Array:
    """The same for numbers that came in float32 or float16, and go back to it."""
    x = x.clip(-LARGE, LARGE)  # beyond it is 1 or -1
    return x * ratio(ERF_SINGLE, x * x)


def _erfc(x: Array) -> Array:
    small, size = _pieces(x)
    tail = _erfc_tail(size)
    tail = chosen(x < 0, 2 - tail, tail)
    return chosen(small, 1 - erf_small(chosen(small, x, 0.0)), tail)


def _pieces(x: Array) -> tuple[Array, Array]:
    """Where `x` is small; and |x|, or a bound where the tail is not wanted."""
    size = np.abs(x)
    small = size <= SMALL
    return small, chosen(small, SMALL, size)


class Erf(Op):
    """``2/sqrt(pi)`` times the integral of e^(-t^2) from 0 to x; derivative 2/sqrt(pi) e^(-x^2)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return by_blocks(_erf if x.dtype == np.float64 else _erf_of_single, x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return (2 / math.sqrt(math.pi)) * np.exp(-(x**2)) * grad


class Erfc(Op):
    """``1 - erf(x)``, without cancellation; derivative -2/sqrt(pi) e^(-x^2)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return by_blocks(_erfc, x)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return (-2 / math.sqrt(math.pi)) * np.exp(-(x**2)) * grad


class Logit(Op):
    """``ln(x / (1 - x))`` of x kept within [eps, 1 - eps]; derivative 1 / (x (1 - x)) within.

    Outside the derivative is 0; without `eps`, outside of [0, 1], nan.
    """

    promotes = "float"

    @staticmethod
    def forward(x: Array, eps: float | None) -> Array:
        if eps is not None:
            x = np.where(x < eps, eps, np.where(x > 1 - eps, 1 - eps, x))
        return np.log(x / (1 - x))

    @staticmethod
    def d_x(grad: Array, x: Array, eps: float | None) -> Array:
        low, outside = (0.0, math.nan) if eps is None else (eps, 0.0)
        return np.where((x < low) | (x > 1 - low), outside, grad / (x * (1 - x)))


class Erfinv(Op):
    """The inverse of `Erf`; derivative sqrt(pi)/2 e^(erfinv(x)^2)."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        wide = x.astype(np.float64)
        size = np.abs(wide)
        rest = 1 - size
        # A start by S. Winitzki's approximation, then Newton's method on ln erfc, which is nearly
        # a parabola, or, around 0, on erf.
        log = np.log(rest * (1 + size))
        middle = 2 / (math.pi * 0.147) + log / 2
        y = np.sqrt(np.sqrt(middle * middle - log / 0.147) - middle)
        for _ in range(5):
            slope = 2 / math.sqrt(math.pi) * np.exp(-y * y)
            small = y <= SMALL
            below = erf_small(np.where(small, y, 0)) - size
            tail = _erfc_tail(np.where(small, SMALL, y))
            y = y - np.where(small, below / slope, -np.log(tail / rest) * tail / slope)
        y = np.where(size == 1, np.inf, np.where(size > 1, np.nan, y))
        return np.where(wide == 0, wide, np.copysign(y, wide)).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:  # not of out, which may be changed in place
        return (math.sqrt(math.pi) / 2) * np.exp(Erfinv.call(x) ** 2) * grad


@torch_arguments
def erf(input: Tensor) -> Tensor:
    """The error function, from -1 to 1: the share of a normal distribution within
    ``input * sqrt(2)`` standard deviations."""
    return Erf.apply(input)


@torch_arguments
def erfc(input: Tensor) -> Tensor:
    """``1 - erf(input)``, exact also where that is tiny."""
    return Erfc.apply(input)


@torch_arguments
def erfinv(input: Tensor) -> Tensor:
    """The number of which `input` is the error function; infinite at -1 and 1, nan beyond."""
    return Erfinv.apply(input)


@torch_arguments
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """``log(input / (1 - input))``, the inverse of the sigmoid; nan outside of [0, 1].

    Parameters
    ----------
    input : Tensor
        Probabilities.
    eps : float, optional
        Keep `input` within [eps, 1 - eps] first.
    """
    if input.array.dtype.kind != "f":
        input = to_dtype(input, get_default_dtype().numpy)
    return Logit.apply(input, eps)
