"""Drawing gamma numbers, and what is made of them, with gradients.

A number drawn by rejection is no formula of its parameters. Yet its place in the distribution,
``u = F(x; a)``, can be held fixed while a moves; then x moves by ``dx/da = -(dF/da) / f(x)``. This
is implicit reparameterization (M. Figurnov, S. Mohamed and A. Mnih, "Implicit Reparameterization
Gradients", NeurIPS 2018). For that ratio there is no simple formula, and PyTorch has fitted some
(aten/src/ATen/native/Distributions.h), of four digits; what they give is what is expected here, so
these are the same formulas with the same coefficients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, wrap
from ..autograd.op import Op
from ..dtypes import old_name
from ..random import Generator, default_generator
from .arguments import torch_arguments
from .gamma import Digamma

if TYPE_CHECKING:
    from ..tensor import Tensor

#: In log(x / a) by row, in log(a) by column, of numerator and denominator (lowest powers first).
GAMMA_FIT = np.array(
    [
        [0.16009398, -0.094634809, 0.025146376, -0.0030648343,
         1, 0.32668115, 0.10406089, 0.0014179084],
        [0.53487893, 0.1298071, 0.065735949, -0.0015649758,
         0.16639465, 0.020070113, -0.0035938915, -0.00058392623],
        [0.040121004, -0.0065914022, -0.0026286047, -0.0013441777,
         0.017050642, -0.0021309326, 0.00085092367, -1.5247877e-07],
    ]
)  # fmt: skip
#: Where one formula ends and the next begins: of y, and of y / a. In PyTorch they are float32.
SMALL, LOWER, UPPER = (float(np.float32(x)) for x in (0.8, 0.9, 1.1))
#: Of numerator and denominator: powers of u = log x, of a = log(alpha) - u, of b = log(total) - a.
BETA_FIT = np.array(
    [
        [[[1.003668233, -0.01061107488, -0.0657888334, 0.01201642863],
          [0.6336835991, -0.3557432599, 0.05486251648, -0.001465281033],
          [-0.03276231906, 0.004474107445, 0.002429354597, -0.0001557569013]],
         [[0.221950385, -0.3187676331, 0.01799915743, 0.01074823814],
          [-0.2951249643, 0.06219954479, 0.01535556598, 0.001550077057],
          [0.02155310298, 0.004170831599, 0.001292462449, 6.976601077e-05]],
         [[-0.05980841433, 0.008441916499, 0.01085618172, 0.002319392565],
          [0.02911413504, 0.01400243777, -0.002721828457, 0.000751041181],
          [0.005900514878, -0.001936558688, -9.495446725e-06, 5.385558597e-05]]],
        [[[1, -0.02924021934, -0.04438342661, 0.007285809825],
          [0.6357567472, -0.3473456711, 0.05454656494, -0.002407477521],
          [-0.03301322327, 0.004845219414, 0.00231480583, -0.0002307248149]],
         [[0.5925320577, -0.1757678135, 0.01505928619, 0.000564515273],
          [0.1014815858, -0.06589186703, 0.01272886114, -0.0007316646956],
          [-0.007258481865, 0.001096195486, 0.0003934994223, -4.12701925e-05]],
         [[0.06469649321, -0.0236701437, 0.002902096474, -5.896963079e-05],
          [0.001925008108, -0.002869809258, 0.0008000589141, -6.063713228e-05],
          [-0.0003477407336, 6.959756487e-05, 1.097287507e-05, -1.650964693e-06]]],
    ]
)  # fmt: skip


class StandardGamma(Op):
    """Gamma numbers of rate 1; their derivative is that for a fixed place in the distribution."""

    @staticmethod
    def forward(x: Array, generator: Generator) -> Array:
        drawn = generator.gamma(x, x.dtype == np.float32).astype(x.dtype)
        return np.maximum(drawn, np.finfo(x.dtype).tiny)

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array) -> Array:
        return grad * StandardGammaGrad.call(x, out)


class StandardGammaGrad(Op):
    """How a gamma number moves with its concentration x; each formula is computed everywhere."""

    @staticmethod
    def forward(x: Array, drawn: Array) -> Array:
        a, y = x.astype(np.float64), drawn.astype(np.float64)
        near = (LOWER * a <= y) & (y <= UPPER * a)
        far = np.where(near, _gamma_near_mean(a, y), _gamma_far(a, y))
        result = np.where(a > 8, far, _gamma_fit(a, y))
        return np.where(y < SMALL, _gamma_small(a, y), result).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array) -> Array:
        raise NotImplementedError("the derivative for '_standard_gamma_grad' is not implemented.")

    @staticmethod
    def d_drawn(grad: Array) -> Array:
        raise NotImplementedError("the derivative for '_standard_gamma_grad' is not implemented.")


def _gamma_small(a: Array, y: Array) -> Array:
    """For small y, by the series of F: ``y^a`` times the sum of ``(-y)^i / (i! (a + i))``."""
    term, plain, squared = np.ones_like(y), 1 / a, 1 / (a * a)
    for i in range(1, 6):
        term = term * -y / i
        plain = plain + term / (a + i)
        squared = squared + term / ((a + i) * (a + i))
    cdf = np.power(y, a) * plain
    slope = (np.log(y) - Digamma.forward(a)) * cdf - np.power(y, a) * squared
    return np.nan_to_num(-slope / (np.power(y, a - 1) * np.exp(-y)), nan=0.0, posinf=np.inf,
                         neginf=-np.inf)  # fmt: skip


def _gamma_near_mean(a: Array, y: Array) -> Array:
    """For large a, by a saddle point expansion that is regular at y = a."""
    first = 1 + 24 * a * (1 + 12 * a)
    second = 1440 * (a * a) + 6 * y * (53 - 120 * y) - 65 * y * y / a + a * (107 + 3600 * y)
    return first * second / (1244160 * (a * a) * (a * a))


def _gamma_far(a: Array, y: Array) -> Array:
    """The same, away from y = a (S. Rice's expansion)."""
    root, apart = np.sqrt(8 * a), a - y
    power = np.power(y - a - a * np.log(y / a), -1.5)
    both = root / apart + np.where(y < a, -power, power)
    term = np.log(y / a) * both - np.sqrt(2 / a) * (a + y) / (apart * apart)
    stirling = 1 + 1 / (12 * a) * (1 + 1 / (24 * a))
    return -stirling * y * term / root


def _gamma_fit(a: Array, y: Array) -> Array:
    """Elsewhere, the exponential of a ratio of polynomials in log(y / a) and log(a)."""
    u, v = np.log(y / a), np.log(a)
    c = [zero + u * (one + u * two) for zero, one, two in GAMMA_FIT.T]
    above = c[0] + v * (c[1] + v * (c[2] + v * c[3]))
    below = c[4] + v * (c[5] + v * (c[6] + v * c[7]))
    return np.exp(above / below)


class SampleDirichlet(Op):
    """Gamma numbers over their sums."""

    node_name = "NotImplemented"

    @staticmethod
    def forward(x: Array, generator: Generator) -> Array:
        drawn = np.maximum(generator.gamma(x, single=False), np.finfo(np.float64).tiny)
        shares: Array = (drawn / drawn.sum(-1, keepdims=True)).astype(x.dtype)
        one = x.dtype.type(1)
        return shares.clip(np.finfo(x.dtype).tiny, np.nextafter(one, 0 * one))

    @staticmethod
    def d_x(grad: Array) -> Array:
        raise RuntimeError("derivative for aten::_sample_dirichlet is not implemented")


@np.errstate(all="ignore")
def _dirichlet_ratio(x: Array, alpha: Array, total: Array) -> Array:
    """``-(dF/d alpha) / f(x) / (1 - x)`` of a beta number x of (alpha, total - alpha)."""
    beta, boundary = total - alpha, total * x * (1 - x)
    wide = [v.astype(np.float64) for v in (x, alpha, total)]
    middle: Array = np.where((alpha > 6) & (beta > 6), _beta_middle(*wide), _beta_fit(*wide))
    result = middle.astype(x.dtype)
    from_top = -_beta_small_beta(1 - x, beta, alpha)
    result = np.where((x >= 0.5) & (boundary < 0.75), from_top, result)
    return np.where((x <= 0.5) & (boundary < 2.5), _beta_small_alpha(x, alpha, beta), result)


def _beta_small_alpha(x: Array, alpha: Array, beta: Array) -> Array:
    """With respect to alpha, for small x, by a series; in the dtype of x, as in PyTorch."""
    factor = Digamma.forward(alpha) - Digamma.forward(alpha + beta) - np.log(x)
    term = np.ones_like(x)
    series = term / alpha * (factor + 1 / alpha)
    for i in range(1, 11):
        term = term * ((i - beta) * x / i)
        series = series + term / (alpha + i) * (factor + 1 / (alpha + i))
    result = x * np.power(1 - x, -beta) * series
    return np.where(np.isnan(result), 0, result).astype(x.dtype)


def _beta_small_beta(x: Array, alpha: Array, beta: Array) -> Array:
    """With respect to beta, for small x, by a series."""
    factor = Digamma.forward(alpha + beta) - Digamma.forward(beta)
    term, product, slope = np.ones_like(x), np.ones_like(x), np.zeros_like(x)
    series = factor / alpha
    for i in range(1, 9):
        term = term * -x / i
        slope = slope * (beta - i) + product
        product = product * (beta - i)
        series = series + term / (alpha + i) * (slope + factor * product)
    result = -np.power(1 - x, 1 - beta) * series
    return np.where(np.isnan(result), 0, result).astype(x.dtype)


def _beta_middle(x: Array, alpha: Array, total: Array) -> Array:
    """With respect to alpha where both parameters are large: a saddle point expansion, in two
    forms, since the general one has a gap at the mean."""
    beta = total - alpha
    mean = alpha / total
    width = np.sqrt(alpha * beta / (total + 1)) / total
    b2 = beta * beta
    polynomial = 47 * x * b2 * b2 + alpha * (
        (43 + 20 * (16 + 27 * beta) * x) * b2 * beta
        + alpha
        * (
            3 * (59 + 180 * beta - 90 * x) * b2
            + alpha
            * (
                (453 + 1620 * beta * (1 - x) - 455 * x) * beta
                + alpha * (8 * (1 - x) * (135 * beta - 11))
            )
        )
    )
    scale = (1 + 12 * alpha) * (1 + 12 * beta) / (total * total)
    near = scale / (1 - x) * polynomial / (12960 * alpha**3 * b2 * (1 + 12 * total))

    def stirling(z: Array) -> Array:
        return 1 + 1 / (12 * z) + 1 / (288 * z * z)

    apart = alpha * (x - 1) + beta * x
    above = 2 * (alpha * alpha) * (x - 1) + alpha * beta * (x - 1) - x * b2
    first = above / (np.sqrt(2 * alpha / beta) * total**1.5 * apart * apart)
    log = np.log(alpha / (total * x))
    power = (beta * np.log(beta / (total * (1 - x))) + alpha * log) ** -1.5
    both = np.sqrt(8 * alpha * beta / total) / apart + np.where(x < mean, power, -power)
    factor = stirling(alpha) * stirling(beta) / stirling(total)
    far = factor * -x / np.sqrt(2 * alpha * beta / total) * (first + 0.5 * log * both)
    return np.where(abs(x - mean) <= 0.1 * width, near, far)


def _beta_fit(x: Array, alpha: Array, total: Array) -> Array:
    """Elsewhere, a simple approximation times a ratio of polynomials."""
    u = np.log(x)
    a = np.log(alpha) - u
    b = np.log(total) - a
    above, below = (
        sum(
            u**i * a**j * (c[0] + b * (c[1] + b * (c[2] + b * c[3])))
            for i, rows in enumerate(fit)
            for j, c in enumerate(rows)
        )
        for fit in BETA_FIT
    )
    simple = x * (Digamma.forward(total) - Digamma.forward(alpha)) / (total - alpha)
    return above / below * simple


def _check_drawable(input: Tensor, kernel: str) -> None:
    if input.array.dtype not in (np.float32, np.float64):
        name = old_name(input.array.dtype)
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{name}'")


@torch_arguments
def standard_gamma(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Gamma numbers of rate 1, with these concentrations, and with gradients.

    Raises
    ------
    RuntimeError
        If a concentration is negative or nan.
    NotImplementedError
        If `input` is neither float32 nor float64.
    """
    _check_drawable(input, "gamma_cpu")
    return StandardGamma.apply(input, generator or default_generator)


@torch_arguments
def sample_dirichlet(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Gamma numbers over their sums along the last dim; errors as in `standard_gamma`.

    They have no derivative: that is in ``distributions.Dirichlet``.
    """
    _check_drawable(input, "dirichlet")
    return SampleDirichlet.apply(input, generator or default_generator)


@torch_arguments
def dirichlet_grad(x: Tensor, alpha: Tensor, total: Tensor) -> Tensor:
    """How each number of a Dirichlet sample moves with its concentration, over what is left of 1.

    Parameters
    ----------
    x, alpha, total : Tensor of one shape
        The sample, the concentrations, and their sum.
    """
    return wrap(_dirichlet_ratio(x.array, alpha.array, total.array))
