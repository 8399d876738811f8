"""Weibull's distribution."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..creation import ones_like
from ..tensor import Tensor
from . import constraints
from .exponential import Exponential
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, PowerTransform
from .utils import broadcast_all


class Weibull(TransformedDistribution):
    """``scale e^(1 / concentration)`` of exponential numbers e: of what lasts until it fails.

    Parameters
    ----------
    scale, concentration : Tensor or float
        Both positive.
    validate_args : bool, optional
    """

    arg_constraints = {  # noqa: RUF012
        "scale": constraints.positive,
        "concentration": constraints.positive,
    }
    support = constraints.positive

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        base = Exponential(ones_like(self.scale), validate_args=validate_args)
        power = PowerTransform(self.concentration_reciprocal)
        scaled = AffineTransform(0, self.scale)
        super().__init__(base, [power, scaled], validate_args=validate_args)

    @property
    def concentration_reciprocal(self) -> Tensor:
        """The power of the exponential numbers."""
        return self.concentration.reciprocal()

    def _moment(self, n: int) -> Tensor:
        """The logarithm of the mean of the n-th power, at scale 1."""
        return (1 + n * self.concentration_reciprocal).lgamma()

    @property
    def mean(self) -> Tensor:
        return self.scale * self._moment(1).exp()

    @property
    def mode(self) -> Tensor:
        a = self.concentration
        return self.scale * ((a - 1) / a) ** a.reciprocal()

    @property
    def variance(self) -> Tensor:
        return self.scale.pow(2) * (self._moment(2).exp() - (2 * self._moment(1)).exp())

    def entropy(self) -> Tensor:
        power = self.concentration_reciprocal
        return float(np.euler_gamma) * (1 - power) + (self.scale * power).log() + 1
