"""The distribution of reciprocals of gamma numbers."""

from __future__ import annotations

import math
from typing import Any

from ..ops.choice import where
from ..ops.new import new_ones
from ..tensor import Tensor
from . import constraints
from .gamma import Gamma
from .transformed_distribution import TransformedDistribution
from .transforms import PowerTransform


class InverseGamma(TransformedDistribution):
    """1 / x of numbers x of ``Gamma(concentration, rate)``.

    Parameters
    ----------
    concentration, rate : Tensor or float
        Both positive.
    validate_args : bool, optional
    """

    arg_constraints = {  # noqa: RUF012
        "concentration": constraints.positive,
        "rate": constraints.positive,
    }
    support = constraints.positive

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        gamma = Gamma(concentration, rate, validate_args=validate_args)
        reciprocal = PowerTransform(-new_ones(gamma.rate, ()))
        super().__init__(gamma, reciprocal, validate_args=validate_args)

    @property
    def concentration(self) -> Tensor:
        """That of the gamma numbers."""
        return self.base_dist.concentration

    @property
    def rate(self) -> Tensor:
        """That of the gamma numbers."""
        return self.base_dist.rate

    @property
    def mean(self) -> Tensor:
        return where(self.concentration > 1, self.rate / (self.concentration - 1), math.inf)

    @property
    def mode(self) -> Tensor:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Tensor:
        a = self.concentration
        return where(a > 2, self.rate.square() / ((a - 1).square() * (a - 2)), math.inf)

    def entropy(self) -> Tensor:
        a = self.concentration
        return a + self.rate.log() + a.lgamma() - (1 + a) * a.digamma()
