"""The continuous Bernoulli distribution, of numbers from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..autograd.grad_mode import no_grad
from ..creation import ones_like, zeros_like
from ..nn.functional import binary_cross_entropy_with_logits
from ..ops.choice import where
from ..sampling import rand
from ..tensor import Tensor
from . import constraints
from .bases import Binary
from .exp_family import ExponentialFamily
from .utils import broadcast_all, clamp_probs, lazy_property, logits_to_probs


class ContinuousBernoulli(Binary, ExponentialFamily):
    """Of density proportional to ``p^x (1 - p)^(1 - x)`` [1]_.

    Near p = 1/2 its formulas divide 0 by 0; there they are replaced by series around it.

    Parameters
    ----------
    probs, logits : Tensor or float, optional
        One of them: p, which is no probability, or its logit.
    lims : (float, float)
        Between which p is near 1/2.
    validate_args : bool, optional

    .. [1] G. Loaiza-Ganem and J. Cunningham, "The continuous Bernoulli: fixing a pervasive error
       in variational autoencoders", NeurIPS 2019.
    """

    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._choose(probs, logits)
        if probs is not None:
            (probs,) = broadcast_all(probs)
            if validate_args is not None and not constraints.unit_interval.check(probs).all():
                raise ValueError("The parameter probs has invalid values")
            probs = clamp_probs(probs)
        self._lims = lims
        super().__init__(probs, logits, validate_args)

    @lazy_property
    def probs(self) -> Tensor:
        """Of `logits`."""
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def _far(self) -> Tensor:
        """Where p is not near 1/2."""
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _cut(self) -> Tensor:
        """p, and where it is near 1/2 something that is not."""
        return where(self._far(), self.probs, self._lims[0] * ones_like(self.probs))

    def _cont_bern_log_norm(self) -> Tensor:
        """The logarithm of the constant: ``log(2 atanh(1 - 2 p) / (1 - 2 p))``."""
        p = self._cut()
        below = where(p <= 0.5, p, zeros_like(p))
        above = where(p >= 0.5, p, ones_like(p))
        width = where(p <= 0.5, (-2.0 * below).log1p(), (2.0 * above - 1.0).log())
        far = ((-p).log1p() - p.log()).abs().log() - width
        x = (self.probs - 0.5).pow(2)
        return where(self._far(), far, math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x)

    @property
    def mean(self) -> Tensor:
        p, x = self._cut(), self.probs - 0.5
        far = p / (2.0 * p - 1.0) + 1.0 / ((-p).log1p() - p.log())
        return where(self._far(), far, 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x.pow(2)) * x)

    @property
    def variance(self) -> Tensor:
        p, x = self._cut(), (self.probs - 0.5).pow(2)
        far = p * (p - 1.0) / (1.0 - 2.0 * p).pow(2) + 1.0 / ((-p).log1p() - p.log()).pow(2)
        return where(self._far(), far, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.probs.dtype))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        plain = -binary_cross_entropy_with_logits(logits, value, reduction="none")
        return plain + self._cont_bern_log_norm()

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        p = self._cut()
        far = (p.pow(value) * (1.0 - p).pow(1.0 - value) + p - 1.0) / (2.0 * p - 1.0)
        inside = where(self._far(), far, value)
        inside = where(value >= 1.0, ones_like(value), inside)
        return where(value <= 0.0, zeros_like(value), inside)

    def icdf(self, value: Tensor) -> Tensor:
        p = self._cut()
        far = (-p + value * (2.0 * p - 1.0)).log1p() - (-p).log1p()
        return where(self._far(), far / (p.log() - (-p).log1p()), value)

    def entropy(self) -> Tensor:
        zero, one = (-self.probs).log1p(), self.probs.log()
        return self.mean * (zero - one) - self._cont_bern_log_norm() - zero

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def _log_normalizer(self, x: Tensor) -> Tensor:  # type: ignore[override]
        low, high = self._lims[0] - 0.5, self._lims[1] - 0.5
        far = (x <= low) | (x > high)
        cut = where(far, x, low * ones_like(x))
        series = 0.5 * x + x.pow(2) / 24.0 - x.pow(4) / 2880.0
        return where(far, cut.expm1().abs().log() - cut.abs().log(), series)
