"""Student's distribution of t."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

from ..creation import empty
from ..layout import contiguous_format
from ..tensor import Tensor
from . import constraints
from .bases import OfNumbers
from .chi2 import Chi2
from .utils import broadcast_all


class StudentT(OfNumbers):
    """``loc + scale x / sqrt(c / df)``, of a standard normal x and a c of ``Chi2(df)``.

    Parameters
    ----------
    df, loc, scale : Tensor or float
        The degrees of freedom, where the middle is, and how wide it is; df and scale are positive.
    validate_args : bool, optional
    """

    arg_constraints = {  # noqa: RUF012
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support = constraints.real
    has_rsample = True
    df: Tensor
    loc: Tensor
    scale: Tensor

    def __init__(
        self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        df, loc, scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(df)
        self._set(validate_args, df=df, loc=loc, scale=scale)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Self:
        new = super().expand(batch_shape)
        new._chi2 = self._chi2.expand(batch_shape)
        return new

    @property
    def mean(self) -> Tensor:
        mean = self.loc.clone(memory_format=contiguous_format)
        mean[self.df <= 1] = math.nan
        return mean

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        variance = self.df.clone(memory_format=contiguous_format)
        finite, df = self.df > 2, self.df
        variance[finite] = self.scale[finite].pow(2) * df[finite] / (df[finite] - 2)
        variance[(df <= 2) & (df > 1)] = math.inf
        variance[df <= 1] = math.nan
        return variance

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        noise = empty(self._extended_shape(sample_shape), dtype=self.df.dtype).normal_()
        chi2 = self._chi2.rsample(sample_shape)
        return self.loc + self.scale * (noise * (chi2 / self.df).rsqrt())

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        y = (value - self.loc) / self.scale
        normalizer = (
            self.scale.log()
            + 0.5 * self.df.log()
            + 0.5 * math.log(math.pi)
            + (0.5 * self.df).lgamma()
            - (0.5 * (self.df + 1.0)).lgamma()
        )
        return -0.5 * (self.df + 1.0) * (y**2.0 / self.df).log1p() - normalizer

    def entropy(self) -> Tensor:
        half, more = 0.5 * self.df, 0.5 * (self.df + 1)
        log_beta = half.lgamma() + math.lgamma(0.5) - more.lgamma()
        slope = 0.5 * (self.df + 1) * (more.digamma() - half.digamma())
        return self.scale.log() + slope + 0.5 * self.df.log() + log_beta
