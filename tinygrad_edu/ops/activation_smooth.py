"""Activations that bend: the ELUs, GELU, SiLU, Mish, `softplus` and `logsigmoid`, and `glu`.

Derivatives are written so that the branch of a `where` that is not taken stays finite: its gradient
of 0 times infinity would be nan.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from .activation import Sigmoid
from .arguments import torch_arguments
from .dims import normalize_dim
from .masks import chosen
from .special import Erf

if TYPE_CHECKING:
    from ..tensor import Tensor

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946
GELU_KAPPA = 0.044715


def scaled(x: Array, factor: float) -> Array:
    """``x * factor``; `x` itself, and no copy of it, for the usual factor of 1."""
    return x if factor == 1 else x * factor


class Elu(Op):
    """``scale x`` above 0, and ``scale alpha (e^(rate x) - 1)`` elsewhere.

    Derivative scale above 0, and scale alpha rate e^(rate x) elsewhere.
    """

    kinds = "f"
    widens = True

    @staticmethod
    def forward(x: Array, alpha: float, scale: float, rate: float) -> Array:
        below = scaled(np.expm1(scaled(x, rate)), alpha * scale)
        return chosen(x < 0, below, scaled(x, scale))

    @staticmethod
    def d_x(grad: Array, x: Array, alpha: float, scale: float, rate: float) -> Array:
        exp = np.exp(scaled(chosen(x < 0, x, 0.0), rate))
        below = scaled(grad * exp, alpha * scale * rate)
        return chosen(x <= 0, below, scaled(grad, scale))


class Celu(Elu):
    """An `Elu` whose derivative has no jump at 0: `rate` is 1 / `alpha`."""


class Gelu(Op):
    """``x P(x)``, where P is the normal distribution's share below x, (1 + erf(x / sqrt(2))) / 2.

    Derivative P(x) + x p(x), where p is its density.
    """

    kinds = "f"
    widens = True

    @staticmethod
    def forward(x: Array) -> Array:
        return x * 0.5 * (1 + Erf.forward(x * math.sqrt(0.5)))

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        share = 0.5 * (1 + Erf.call(x * math.sqrt(0.5)))
        density = np.exp(-0.5 * (x * x)) * (1 / math.sqrt(2 * math.pi))
        return grad * (share + x * density)


class GeluTanh(Op):
    """`Gelu` with 1 + tanh(u) for 1 + erf, where u is sqrt(2 / pi) (x + 0.044715 x^3).

    Derivative (1 + tanh(u)) / 2 + x / 2 (1 - tanh(u)^2) du/dx.
    """

    kinds = "f"
    node_name = "GeluBackward0"
    widens = True

    @staticmethod
    def forward(x: Array) -> Array:
        u = math.sqrt(2 / math.pi) * (x + GELU_KAPPA * (x * x * x))
        return 0.5 * x * (1 + np.tanh(u))

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        tanh = np.tanh(math.sqrt(2 / math.pi) * (x + GELU_KAPPA * (x * x * x)))
        slope = math.sqrt(2 / math.pi) * (1 + 3 * GELU_KAPPA * (x * x))
        return grad * (0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * slope)


class Silu(Op):
    """``x s`` with s = sigmoid(x); derivative s (1 + x (1 - s))."""

    kinds = "f"
    widens = True

    @staticmethod
    def forward(x: Array) -> Array:
        return x / (1 + np.exp(-x))

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        s = Sigmoid.call(x)
        return grad * s * (1 + x * (1 - s))


class Mish(Op):
    """``x t`` with t = tanh(ln(1 + e^x)); derivative t + x s (1 - t^2) with s = sigmoid(x)."""

    kinds = "f"
    widens = True

    @staticmethod
    def forward(x: Array) -> Array:
        return x * np.tanh(np.log1p(np.exp(x)))

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        t = np.tanh(np.log1p(np.exp(x)))
        return grad * (t + x * Sigmoid.call(x) * (1 - t * t))


class Softplus(Op):
    """``ln(1 + e^(beta x)) / beta``, and x itself where beta x is above `threshold`.

    Derivative sigmoid(beta x), and 1 above the threshold.
    """

    kinds = "f"
    widens = True

    @staticmethod
    def forward(x: Array, beta: float, threshold: float) -> Array:
        exponent = scaled(x, beta)
        bent = np.log1p(np.exp(exponent))
        bent = np.asarray(bent if beta == 1 else bent / beta)
        if not exponent.max(initial=0.0) <= threshold:  # also where one is nan
            np.copyto(bent, x, where=exponent > threshold)
        return bent

    @staticmethod
    def d_x(grad: Array, x: Array, beta: float, threshold: float) -> Array:
        exponent = scaled(x, beta)
        bent = chosen(exponent >= threshold, threshold, exponent)
        return chosen(exponent > threshold, grad, grad * Sigmoid.call(bent))


class LogSigmoid(Op):
    """``ln(sigmoid(x))``, as min(x, 0) - ln(1 + e^-|x|); derivative 1 - sigmoid(x).

    As in PyTorch the result is contiguous, however x lies in memory.
    """

    kinds = "f"
    widens = True

    @staticmethod
    def forward(x: Array) -> Array:
        x = np.asarray(x, order="C")
        return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        return grad * Sigmoid.call(-x)


class Glu(Op):
    """``a s`` with s = sigmoid(b), for the halves a and b of x; derivatives s and a s (1 - s)."""

    kinds = "f"
    widens = True

    @staticmethod
    def forward(x: Array, dim: int) -> Array:
        a, b = np.split(x, 2, dim)
        return a * (1 / (1 + np.exp(-b)))

    @staticmethod
    def d_x(grad: Array, x: Array, dim: int) -> Array:
        half = x.shape[dim] // 2
        before = (slice(None),) * dim
        a, b = x[(*before, slice(half))], x[(*before, slice(half, None))]
        s = Sigmoid.call(b)
        return np.concatenate([grad * s, grad * a * s * (1 - s)], dim)


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`input` above 0, and ``alpha * (exp(input) - 1)`` below."""
    return Elu.apply(input, alpha, 1.0, 1.0)


@torch_arguments
def selu(input: Tensor) -> Tensor:
    """An `elu` with the constants with which layers keep mean 0 and variance 1 [1]_.

    References
    ----------
    .. [1] G. Klambauer et al., "Self-Normalizing Neural Networks", NIPS 2017.
    """
    return Elu.apply(input, SELU_ALPHA, SELU_SCALE, 1.0)


def check_celu(alpha: float) -> None:
    """Raise for a factor by which `celu` cannot divide."""
    if alpha == 0:
        raise RuntimeError("celu: alpha is 0, and cannot divide; give another one")


@torch_arguments
def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`input` above 0, and ``alpha * (exp(input / alpha) - 1)`` below.

    Raises
    ------
    RuntimeError
        If `alpha` is 0.
    """
    check_celu(alpha)
    return Celu.apply(input, alpha, 1.0, 1.0 / alpha)


@torch_arguments
def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """`input` times the share of a normal distribution that lies below it.

    Parameters
    ----------
    input : Tensor
    approximate : {"none", "tanh"}
        Whether to compute that share by the error function, or nearly, by a hyperbolic tangent.

    Raises
    ------
    RuntimeError
        If `approximate` is another word.
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be 'none' or 'tanh', not {approximate!r}")
    return (Gelu if approximate == "none" else GeluTanh).apply(input)


def silu(input: Tensor) -> Tensor:
    """``input * sigmoid(input)``, also known as swish."""
    return Silu.apply(input)


def mish(input: Tensor) -> Tensor:
    """``input * tanh(softplus(input))``."""
    return Mish.apply(input)


@torch_arguments
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """``log(1 + exp(beta * input)) / beta``: a `relu` without its kink.

    Where ``beta * input`` is above `threshold` it is `input` itself.
    """
    return Softplus.apply(input, beta, threshold)


@torch_arguments
def logsigmoid(input: Tensor) -> Tensor:
    """The logarithm of the sigmoid, without its underflow."""
    return LogSigmoid.apply(input)


@torch_arguments
def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half of `input` along `dim`, times the sigmoid of the second.

    Raises
    ------
    IndexError
        If `input` has no dimension `dim`.
    RuntimeError
        If its size is odd, or `input` has no dimensions.
    """
    if input.array.ndim == 0:
        raise RuntimeError("glu does not support 0-dimensional tensors")
    dim = normalize_dim(dim, input.array.ndim)
    size = input.array.shape[dim]
    if size % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {size}")
    return Glu.apply(input, dim)
