"""The divergences of two distributions of different kinds; see `kl`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..creation import full_like, ones_like
from ..ops.choice import where
from ..tensor import Tensor
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .continuous_bernoulli import ContinuousBernoulli
from .exponential import Exponential
from .gamma import Gamma
from .gumbel import EULER_GAMMA, Gumbel
from .kl import register_kl
from .laplace import Laplace
from .normal import Normal
from .pareto import Pareto
from .poisson import Poisson
from .uniform import Uniform

#: Of these p and q, p draws what q never does; the divergence is infinite, of the shape of p alone,
#: of which a parameter is named.
INFINITE: dict[type, tuple[str, tuple[type, ...]]] = {
    Beta: ("concentration1", (Pareto,)),
    ContinuousBernoulli: ("probs", (Pareto,)),
    Exponential: ("rate", (Beta, ContinuousBernoulli, Pareto, Uniform)),
    Gamma: ("concentration", (Beta, ContinuousBernoulli, Pareto, Uniform)),
    Gumbel: ("loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    Laplace: ("loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    Normal: ("loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    Pareto: ("scale", (Beta, ContinuousBernoulli, Uniform)),
    Poisson: ("rate", (Bernoulli, Binomial)),
}


def _infinite(parameter: str) -> Callable[[Any, Any], Tensor]:
    return lambda p, q: full_like(getattr(p, parameter), math.inf)


for _p, (_parameter, _qs) in INFINITE.items():
    for _q in _qs:
        register_kl(_p, _q)(_infinite(_parameter))


def _x_log_x_from(low: Tensor, high: Tensor) -> Tensor:
    return high.xlogy(high) - low.xlogy(low)


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@register_kl(Beta, ContinuousBernoulli)
def _beta_continuous_bernoulli(p: Beta, q: ContinuousBernoulli) -> Tensor:
    return -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._cont_bern_log_norm()


@register_kl(Beta, Exponential)
def _beta_exponential(p: Beta, q: Exponential) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


@register_kl(Beta, Gamma)
def _beta_gamma(p: Beta, q: Gamma) -> Tensor:
    total = p.concentration1 + p.concentration0
    log_mean = p.concentration1.digamma() - total.digamma()
    constant = q.concentration.lgamma() - q.concentration * q.rate.log()
    return constant - p.entropy() - (q.concentration - 1) * log_mean + q.rate * p.mean


@register_kl(Beta, Normal)
def _beta_normal(p: Beta, q: Normal) -> Tensor:
    var, mean = q.scale.pow(2), p.mean
    square = (p.variance + mean.pow(2)) * 0.5 - q.loc * mean + q.loc.pow(2) * 0.5
    return -p.entropy() + 0.5 * (var * 2 * math.pi).log() + square / var


@register_kl(Beta, Uniform)
def _beta_uniform(p: Beta, q: Uniform) -> Tensor:
    result = -p.entropy() + (q.high - q.low).log()
    result[(q.low > 0) | (q.high < 1)] = math.inf
    return result


@register_kl(ContinuousBernoulli, Exponential)
def _continuous_bernoulli_exponential(p: ContinuousBernoulli, q: Exponential) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


@register_kl(ContinuousBernoulli, Normal)
def _continuous_bernoulli_normal(p: ContinuousBernoulli, q: Normal) -> Tensor:
    constant = 0.5 * (math.log(2.0 * math.pi) + (q.loc / q.scale).square()) + q.scale.log()
    square = p.variance + p.mean.square() - 2.0 * q.loc * p.mean
    return -p.entropy() + constant + square / (2.0 * q.scale.square())


@register_kl(ContinuousBernoulli, Uniform)
def _continuous_bernoulli_uniform(p: ContinuousBernoulli, q: Uniform) -> Tensor:
    result = -p.entropy() + (q.high - q.low).log()
    beyond = (q.low >= 0.0) | (q.high <= 1.0)  # as PyTorch has it: at a bound, too
    return where(beyond, ones_like(result) * math.inf, result)


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Exponential, q: Gamma) -> Tensor:
    ratio, a = q.rate / p.rate, q.concentration
    return -a * ratio.log() + ratio + a.lgamma() + a * EULER_GAMMA - (1 + EULER_GAMMA)


@register_kl(Exponential, Gumbel)
def _exponential_gumbel(p: Exponential, q: Gumbel) -> Tensor:
    product, place = p.rate * q.scale, q.loc / q.scale
    powers = place.exp() * product / (product + 1)
    return product.log() - 1 - place + powers + product.reciprocal()


@register_kl(Exponential, Normal)
def _exponential_normal(p: Exponential, q: Normal) -> Tensor:
    var, squared = q.scale.pow(2), p.rate.pow(2)
    square = squared.reciprocal() - q.loc / p.rate + q.loc.pow(2) * 0.5
    return 0.5 * (squared * var * 2 * math.pi).log() - 1 + square / var


@register_kl(Gamma, Exponential)
def _gamma_exponential(p: Gamma, q: Exponential) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.concentration / p.rate


@register_kl(Gamma, Gumbel)
def _gamma_gumbel(p: Gamma, q: Gumbel) -> Tensor:
    a, product, place = p.concentration, p.rate * q.scale, q.loc / q.scale
    constant = (a - 1) * a.digamma() - a.lgamma() - a + product.log() + a / product
    return constant + place.exp() * (1 + product.reciprocal()).pow(-a) - place


@register_kl(Gamma, Normal)
def _gamma_normal(p: Gamma, q: Normal) -> Tensor:
    a, var, squared = p.concentration, q.scale.pow(2), p.rate.pow(2)
    constant = 0.5 * (squared * var * 2 * math.pi).log() - a - a.lgamma()
    square = 0.5 * (a.pow(2) + a) / squared - q.loc * a / p.rate + 0.5 * q.loc.pow(2)
    return constant + (a - 1) * a.digamma() + square / var


@register_kl(Gumbel, Normal)
def _gumbel_normal(p: Gumbel, q: Normal) -> Tensor:
    ratio = p.scale / q.scale
    square = ((p.loc + p.scale * EULER_GAMMA - q.loc) / q.scale).pow(2) * 0.5
    spread = (math.pi * ratio * 0.5).pow(2) / 3
    return -(ratio / math.sqrt(2 * math.pi)).log() + spread + square - (EULER_GAMMA + 1)


@register_kl(Laplace, Normal)
def _laplace_normal(p: Laplace, q: Normal) -> Tensor:
    var = q.scale.pow(2)
    ratio = p.scale.pow(2) / var
    square = 0.5 * p.loc.pow(2) - p.loc * q.loc + 0.5 * q.loc.pow(2)
    return -0.5 * (2 * ratio / math.pi).log() + ratio + square / var - 1


@register_kl(Normal, Gumbel)
def _normal_gumbel(p: Normal, q: Gumbel) -> Tensor:
    mean, ratio, place = p.loc / q.scale, (p.scale / q.scale).pow(2), q.loc / q.scale
    powers = (-mean + 0.5 * ratio + place).exp()
    return -ratio.log() * 0.5 + mean - place + powers - 0.5 * (1 + math.log(2 * math.pi))


@register_kl(Normal, Laplace)
def _normal_laplace(p: Normal, q: Laplace) -> Tensor:
    apart = p.loc - q.loc
    standard = apart / p.scale
    distance = math.sqrt(2 / math.pi) * p.scale * (-0.5 * standard.pow(2)).exp()
    distance = distance + apart * (math.sqrt(0.5) * standard).erf()
    logs = (p.scale / q.scale).log()
    return -logs + distance / q.scale - 0.5 * (1 + math.log(0.5 * math.pi))


@register_kl(Pareto, Exponential)
def _pareto_exponential(p: Pareto, q: Exponential) -> Tensor:
    product = p.scale * q.rate
    mean = p.alpha * product / (p.alpha - 1)
    result = (p.alpha / product).log() - p.alpha.reciprocal() + mean - 1
    result[p.alpha <= 1] = math.inf
    return result


@register_kl(Pareto, Gamma)
def _pareto_gamma(p: Pareto, q: Gamma) -> Tensor:
    log_mean = p.scale.log() + p.alpha.reciprocal()
    constant = q.concentration.lgamma() - q.concentration * q.rate.log()
    mean = q.rate * p.alpha * p.scale / (p.alpha - 1)
    logs = p.alpha.log() - log_mean + (1 - q.concentration) * log_mean
    result = logs + constant + mean - 1
    result[p.alpha <= 1] = math.inf
    return result


@register_kl(Pareto, Normal)
def _pareto_normal(p: Pareto, q: Normal) -> Tensor:
    mean_over = p.scale / (p.alpha - 1)
    var = p.alpha * mean_over.pow(2) / (p.alpha - 2)
    square = (var + (p.alpha * mean_over - q.loc).pow(2)) / (2 * q.scale.pow(2))
    logs = (math.sqrt(2 * math.pi) * q.scale * p.alpha / p.scale).log()
    result = logs - p.alpha.reciprocal() + square - 1
    result[p.alpha <= 2] = math.inf
    return result


@register_kl(Uniform, Beta)
def _uniform_beta(p: Uniform, q: Beta) -> Tensor:
    width, a, b = p.high - p.low, q.concentration1, q.concentration0
    log_mean = (_x_log_x_from(p.low, p.high) - width) / width
    log_rest = (_x_log_x_from(1 - p.low, 1 - p.high) + width) / width
    constant = a.lgamma() + b.lgamma() - (a + b).lgamma()
    result = (b - 1) * log_rest + constant - width.log() - (a - 1) * log_mean
    result[(p.high > 1) | (p.low < 0)] = math.inf
    return result


@register_kl(Uniform, ContinuousBernoulli)
def _uniform_continuous_bernoulli(p: Uniform, q: ContinuousBernoulli) -> Tensor:
    constant = (-q.probs).log1p() + q._cont_bern_log_norm()
    result = -p.entropy() - p.mean * q.logits - constant
    beyond = (p.high >= 1.0) | (p.low <= 0.0)  # as PyTorch has it: at a bound, too
    return where(beyond, ones_like(result) * math.inf, result)


@register_kl(Uniform, Exponential)
def _uniform_exponential(p: Uniform, q: Exponential) -> Tensor:
    result = q.rate * (p.high + p.low) / 2 - ((p.high - p.low) * q.rate).log()
    result[p.low < 0] = math.inf
    return result


@register_kl(Uniform, Gamma)
def _uniform_gamma(p: Uniform, q: Gamma) -> Tensor:
    width = p.high - p.low
    log_mean = (_x_log_x_from(p.low, p.high) - width) / width
    constant = q.concentration.lgamma() - q.concentration * q.rate.log()
    mean = q.rate * (p.high + p.low) / 2
    result = -width.log() + constant + (1 - q.concentration) * log_mean + mean
    result[p.low < 0] = math.inf
    return result


@register_kl(Uniform, Gumbel)
def _uniform_gumbel(p: Uniform, q: Gumbel) -> Tensor:
    scale = q.scale / (p.high - p.low)
    high, low = (p.high - q.loc) / q.scale, (p.low - q.loc) / q.scale
    return scale.log() + 0.5 * (high + low) - scale * ((-high).exp() - (-low).exp())


@register_kl(Uniform, Normal)
def _uniform_normal(p: Uniform, q: Normal) -> Tensor:
    width = p.high - p.low
    square = width.pow(2) / 12 + ((p.high + p.low - 2 * q.loc) / 2).pow(2)
    logs = (math.sqrt(math.pi * 2) * q.scale / width).log()
    return logs + 0.5 * square / q.scale.pow(2)


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Uniform, q: Pareto) -> Tensor:
    width = p.high - p.low
    log_mean = (_x_log_x_from(p.low, p.high) - width) / width
    result = log_mean * (q.alpha + 1) - (q.alpha * q.scale.pow(q.alpha) * width).log()
    result[p.low < q.scale] = math.inf
    return result
