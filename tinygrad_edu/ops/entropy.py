"""Normal distribution functions, entropies, and their kin of `special`.

The normal distribution function is half of `Erfc`, and what is scaled by ``exp(x^2)`` is computed
so from the start: ``erfcx(x) = exp(x^2) erfc(x)`` neither overflows nor vanishes for large x.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, TensorBase, constant
from ..autograd.op import Op
from .arguments import need_one_tensor, torch_arguments
from .logarithms import fraction
from .special import ERFC_LARGE, ERFC_MIDDLE, LARGE, SMALL, Erf, Erfinv, erf_small, ratio

if TYPE_CHECKING:
    from ..tensor import Operand, Tensor


class Entr(Op):
    """``-x ln x``, 0 at 0 and minus infinity below; derivative ``-ln x - 1``."""

    promotes = "float"
    node_name = "SpecialEntrBackward0"

    @staticmethod
    def forward(x: Array) -> Array:
        inside = np.where(x > 0, -x * np.log(x), np.where(x == 0, x.dtype.type(0), -np.inf))
        return np.where(np.isnan(x), x, inside).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * (-np.log(x) - 1)


class Erfcx(Op):
    """``exp(x^2) erfc(x)``; derivative ``2 x erfcx(x) - 2 / sqrt(pi)``."""

    promotes = "float"
    node_name = "SpecialErfcxBackward0"

    @staticmethod
    def forward(x: Array) -> Array:
        wide = x.astype(np.float64)
        size = abs(wide)
        inverse = 1 / np.maximum(size, LARGE) ** 2
        far = (1 / math.sqrt(math.pi) - inverse * ratio(ERFC_LARGE, inverse)) / size
        near = ratio(ERFC_MIDDLE, np.clip(size, SMALL, LARGE))
        scaled = np.where(size > LARGE, far, near)
        scaled = np.where(wide < 0, 2 * np.exp(wide * wide) - scaled, scaled)
        middle = np.exp(wide * wide) * (1 - erf_small(np.where(size <= SMALL, wide, 0)))
        return np.where(size <= SMALL, middle, scaled).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array) -> Array:
        return (2.0 * x * out - 2.0 / math.sqrt(math.pi)) * grad


class LogNdtr(Op):
    """The logarithm of the normal distribution function; derivative density over function."""

    promotes = "float"
    node_name = "SpecialLogNdtrBackward0"

    @staticmethod
    def forward(x: Array) -> Array:
        t = x.astype(np.float64) * math.sqrt(0.5)
        low = np.log(Erfcx.forward(-t) / 2) - t * t
        high = np.log1p(-Erfcx.forward(t) * np.exp(-t * t) / 2)
        return np.where(t < -1, low, high).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array) -> Array:
        # The density over the function: by `Erfcx` where both vanish, and where neither does
        # ``exp(-x^2 / 2 - out)``; each sees 0 in the places of the other.
        low = constant(x) < -1
        ratio = math.sqrt(2 / math.pi) / Erfcx.call(-np.where(low, x, 0.0) * math.sqrt(0.5))
        high = np.where(low, 0.0, x)
        density = np.exp(-(high**2) / 2 - np.where(low, 0.0, out)) / math.sqrt(2 * math.pi)
        return grad * np.where(low, ratio, density)


class Ndtri(Op):
    """The inverse of the normal distribution function; derivative one over the density."""

    promotes = "float"
    node_name = "SpecialNdtriBackward0"

    @staticmethod
    def forward(x: Array) -> Array:
        # Near 0, 2 x - 1 has no digits of x left; so Newton's method on ln ndtr ends the search.
        wide = x.astype(np.float64)
        low = np.minimum(wide, 1 - wide)
        near = math.sqrt(2) * Erfinv.forward(2 * low - 1)
        log = np.log(low)
        y = np.where(low < 1e-3, -np.sqrt(-2 * log), near)
        for _ in range(8):
            t = y * math.sqrt(0.5)
            scaled = Erfcx.forward(-t)
            excess = np.log(scaled / 2) - t * t - log
            y = y - np.where(low < 0.3, excess * scaled * math.sqrt(math.pi / 2), 0)
        y = np.where(wide > 0.5, -y, y)
        y = np.where(wide == 0, -np.inf, np.where(wide == 1, np.inf, y))
        return np.where((wide < 0) | (wide > 1), np.nan, y).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        y = Ndtri.call(x)
        return grad * math.sqrt(2 * math.pi) * np.exp(y * y / 2)


class Xlog1py(Op):
    """``x log(1 + y)``, 0 where x is 0; derivatives log(1 + y) and x / (1 + y)."""

    promotes = "float"
    node_name = "SpecialXlog1PyBackward0"

    @staticmethod
    def forward(x: Array, y: Array) -> Array:
        return np.where((x == 0) & ~np.isnan(y), y.dtype.type(0), x * np.log1p(y))

    @staticmethod
    def d_x(grad: Array, x: Array, y: Array) -> Array:
        return np.where(np.logical_and(x == 0, y <= -1), 0.0, Xlog1py.call(grad, y))

    @staticmethod
    def d_y(grad: Array, x: Array, y: Array) -> Array:
        return grad * x / (y + 1)


class Xlog1pyOfNumber(Op):
    """`Xlog1py` with a number for `x`."""

    promotes = "float"
    node_name = "SpecialXlog1PyBackward1"
    forward = staticmethod(Xlog1py.forward)
    d_y = staticmethod(Xlog1py.d_y)


class Xlog1pyByNumber(Op):
    """`Xlog1py` with a number for `y`."""

    promotes = "float"
    node_name = "SpecialXlog1PyBackward2"
    forward = staticmethod(Xlog1py.forward)
    d_x = staticmethod(Xlog1py.d_x)


@torch_arguments
def entr(input: Tensor) -> Tensor:
    """``-x ln x``: what each probability adds to an entropy, in nats."""
    return Entr.apply(input)


@torch_arguments
def erfcx(input: Tensor) -> Tensor:
    """``exp(x^2) erfc(x)``, the complementary error function without what makes it vanish."""
    no_half("erfcx", input)
    return Erfcx.apply(input)


@torch_arguments
def ndtr(input: Tensor) -> Tensor:
    """The probability that a standard normal number is at most `input`."""
    from_zero: Tensor = Erf.apply(input * math.sqrt(0.5))
    return (1 + from_zero) * 0.5


@torch_arguments
def log_ndtr(input: Tensor) -> Tensor:
    """The logarithm of `ndtr`, exact also where that is tiny."""
    no_half("log_ndtr", input)
    return LogNdtr.apply(input)


@torch_arguments
def ndtri(input: Tensor) -> Tensor:
    """The number of which `input` is the `ndtr`; infinite at 0 and 1, nan beyond."""
    no_half("ndtri", input)
    return Ndtri.apply(input)


def xlog1py(input: Operand, other: Operand) -> Tensor:
    """``input * log(1 + other)``, broadcast, and 0 where `input` is 0; one may be a number."""
    need_one_tensor("xlog1py", input, other)
    if not isinstance(input, TensorBase):
        return Xlog1pyOfNumber.apply(fraction(input, other), other)
    if not isinstance(other, TensorBase):
        return Xlog1pyByNumber.apply(input, fraction(other, input))
    return Xlog1py.apply(input, other)


def no_half(name: str, *inputs: Tensor) -> None:
    """Raise NotImplementedError for float16, of which PyTorch has no kernel either."""
    if any(x.array.dtype == np.float16 for x in inputs):
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for 'Half'")
