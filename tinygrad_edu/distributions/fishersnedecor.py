"""The distribution of Fisher and Snedecor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

from ..layout import contiguous_format
from ..limits import finfo
from ..tensor import Tensor
from . import constraints
from .bases import OfNumbers
from .gamma import Gamma
from .utils import broadcast_all


class FisherSnedecor(OfNumbers):
    """The ratio of two numbers of chi^2, each over its degrees of freedom.

    Parameters
    ----------
    df1, df2 : Tensor or float
        The degrees of freedom; positive.
    validate_args : bool, optional
    """

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}  # noqa: RUF012
    support = constraints.positive
    has_rsample = True
    df1: Tensor
    df2: Tensor

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        df1, df2 = broadcast_all(df1, df2)
        # Gamma(df / 2, df) is chi^2 over 2 df.
        self._gammas = tuple(Gamma(df * 0.5, df) for df in (df1, df2))
        self._set(validate_args, df1=df1, df2=df2)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Self:
        new = super().expand(batch_shape)
        new._gammas = tuple(gamma.expand(batch_shape) for gamma in self._gammas)
        return new

    @property
    def mean(self) -> Tensor:
        df2 = self.df2.clone(memory_format=contiguous_format)
        df2[df2 <= 2] = math.nan
        return df2 / (df2 - 2)

    @property
    def mode(self) -> Tensor:
        mode = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        mode[self.df1 <= 2] = math.nan
        return mode

    @property
    def variance(self) -> Tensor:
        df1, df2 = self.df1, self.df2.clone(memory_format=contiguous_format)
        df2[df2 <= 4] = math.nan
        return 2 * df2.pow(2) * (df1 + df2 - 2) / (df1 * (df2 - 2).pow(2) * (df2 - 4))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        above, below = (gamma.rsample(sample_shape) for gamma in self._gammas)
        tiny = finfo(below.dtype).tiny
        return (above / below.clamp(min=tiny)).clamp(min=tiny)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        half1, half2, ratio = self.df1 * 0.5, self.df2 * 0.5, self.df1 / self.df2
        normalizer = (half1 + half2).lgamma() - half1.lgamma() - half2.lgamma()
        powers = half1 * ratio.log() + (half1 - 1) * value.log()
        return normalizer + powers - (half1 + half2) * (ratio * value).log1p()
