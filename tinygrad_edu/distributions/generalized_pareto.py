"""Pareto's distribution, generalized."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..creation import ones_like, tensor, zeros_like
from ..ops.choice import where
from ..ops.closeness import isclose
from ..sampling import rand
from ..tensor import Tensor
from . import constraints
from .bases import OfNumbers
from .constraints import Constraint


class GeneralizedPareto(OfNumbers):
    """What lies beyond a threshold: with c the concentration and ``z = (x - loc) / scale``, more
    than x has the probability ``(1 + c z)^(-1 / c)``, which is ``exp(-z)`` at c = 0.

    Parameters
    ----------
    loc, scale, concentration : Tensor or float
        scale > 0.
    validate_args : bool, optional
    """

    arg_constraints = {  # noqa: RUF012
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True
    loc: Tensor
    scale: Tensor
    concentration: Tensor

    def __init__(
        self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None
    ) -> None:
        self._set(validate_args, loc=loc, scale=scale, concentration=concentration)

    @property
    def support(self) -> Constraint:
        end = self.loc - self.scale / self.concentration
        return constraints.interval(self.loc, where(self.concentration < 0, end, math.inf))

    @property
    def mean(self) -> Tensor:
        exists = self.concentration < 1
        mean = self.loc + self.scale / (1 - where(exists, self.concentration, 0.5))
        return where(exists, mean, math.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        exists = self.concentration < 0.5
        c = where(exists, self.concentration, 0.25)
        return where(exists, self.scale**2 / ((1 - c) ** 2 * (1 - 2 * c)), math.nan)

    def _split(self, zero: Tensor) -> tuple[Tensor, Tensor]:
        """Where the concentration is 0, and it, with 1 in these places.

        As in PyTorch, densities compare it with a float32 `zero`, and so raise for a float64.
        """
        zero = isclose(self.concentration, zero)
        return zero, where(zero, ones_like(self.concentration), self.concentration)

    def _standard(self, value: Tensor) -> Tensor:
        return (value - self.loc) / self.scale

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.loc.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        z = self._standard(value)
        zero, c = self._split(tensor(0.0))
        power = 1 / c + ones_like(z)
        general = where(power == 0, power, power * (c * z).log1p())
        return -self.scale.log() - where(zero, z, general)

    def log_survival_function(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of more than `value`."""
        self._validate_sample(value)
        z = self._standard(value)
        zero, c = self._split(tensor(0.0))
        return where(zero, -z, -(c * z).log1p() / c)

    def log_cdf(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of at most `value`."""
        return (-self.log_survival_function(value).exp()).log1p()

    def cdf(self, value: Tensor) -> Tensor:
        return self.log_cdf(value).exp()

    def icdf(self, value: Tensor) -> Tensor:
        zero, c = self._split(zeros_like(self.concentration))
        log = (-value).log1p()
        general = self.loc + self.scale / c * (-c * log).expm1()
        return where(zero, self.loc - self.scale * log, general)

    def entropy(self) -> Tensor:
        return self.scale.log() + self.concentration + 1
