"""Kumaraswamy's distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..creation import full_like
from ..tensor import Tensor
from . import constraints
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, PowerTransform
from .uniform import Uniform
from .utils import broadcast_all


class Kumaraswamy(TransformedDistribution):
    """``(1 - u^(1 / b))^(1 / a)`` of uniform numbers u: much like Beta(a, b), with a formula.

    Parameters
    ----------
    concentration1, concentration0 : Tensor or float
        a and b; both positive.
    validate_args : bool, optional
    """

    arg_constraints = {  # noqa: RUF012
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval

    def __init__(
        self, concentration1: Any, concentration0: Any, validate_args: bool | None = None
    ) -> None:
        a, b = broadcast_all(concentration1, concentration0)
        self.concentration1, self.concentration0 = a, b
        base = Uniform(full_like(b, 0), full_like(b, 1), validate_args=validate_args)
        parts = [
            PowerTransform(b.reciprocal()),
            AffineTransform(1.0, -1.0),
            PowerTransform(a.reciprocal()),
        ]
        super().__init__(base, parts, validate_args=validate_args)

    def _moment(self, n: int) -> Tensor:
        """The mean of the n-th power: ``b B(1 + n / a, b)``."""
        b, x = self.concentration0, 1 + n / self.concentration1
        return b * (x.lgamma() + b.lgamma() - (x + b).lgamma()).exp()

    @property
    def mean(self) -> Tensor:
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        log = b.reciprocal() * (-b).log1p() - (-b * a).log1p()
        log[(b < 1) | (a < 1)] = math.nan
        return log.exp()

    @property
    def variance(self) -> Tensor:
        return self._moment(2) - self.mean.pow(2)

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        harmonic = (b + 1).digamma() + float(np.euler_gamma)
        rest = (1 - a.reciprocal()) * harmonic - a.log() - b.log()
        return 1 - b.reciprocal() + rest
