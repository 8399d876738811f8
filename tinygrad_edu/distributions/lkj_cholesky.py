"""The distribution of Lewandowski, Kurowicka and Joe, of matrices of correlations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

from ..limits import finfo
from ..ops.gamma import mvlgamma
from ..ops.join import cat
from ..ops.new import new_zeros
from ..ranges import arange
from ..sampling import randn
from ..tensor import Tensor
from . import constraints
from .beta import Beta
from .distribution import Distribution
from .utils import broadcast_all


class LKJCholesky(Distribution):
    """Factors L, lower triangular, of matrices of correlations ``L L^T`` whose density is
    proportional to ``det^(concentration - 1)`` [1]_.

    Parameters
    ----------
    dim : int
        How many rows; 2 or more.
    concentration : Tensor or float
        At 1 all matrices are alike, above those with small correlations are likelier.
    validate_args : bool, optional

    .. [1] D. Lewandowski, D. Kurowicka, H. Joe, "Generating random correlation matrices based on
       vines and extended onion method", Journal of Multivariate Analysis 100 (2009), section 3.
    """

    arg_constraints = {"concentration": constraints.positive}  # noqa: RUF012
    support = constraints.corr_cholesky
    concentration: Tensor

    def __init__(
        self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        if dim < 2:
            raise ValueError(
                f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}."
            )
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        # Row i + 1 is a direction in i dimensions, times the root of a beta number.
        places = arange(dim - 1, dtype=self.concentration.dtype)
        places = cat([new_zeros(places, (1,)), places])
        rest = self.concentration + 0.5 * (dim - 2)
        self._beta = Beta(places + 0.5, rest.unsqueeze(-1) - 0.5 * places)
        super().__init__(self.concentration.shape, (dim, dim), validate_args)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Self:
        new = super().expand(batch_shape)
        new._beta = self._beta.expand((*batch_shape, self.dim))
        return new

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        squares = self._beta.sample(sample_shape)
        directions = randn(self._extended_shape(sample_shape), dtype=squares.dtype).tril(-1)
        directions = directions / directions.norm(dim=-1, keepdim=True)
        directions[..., 0, :].fill_(0.0)
        lower = squares.unsqueeze(-1).sqrt() * directions
        diagonal = (1 - (lower**2).sum(dim=-1)).clamp(min=finfo(lower.dtype).tiny).sqrt()
        return lower + diagonal.diag_embed()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        n, diagonal = self.dim - 1, value.diagonal(dim1=-1, dim2=-2)[..., 1:]
        powers = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - arange(2, self.dim + 1)
        alpha = self.concentration + 0.5 * n
        normalizer = 0.5 * n * math.log(math.pi) + mvlgamma(alpha - 0.5, n) - alpha.lgamma() * n
        return (powers * diagonal.log()).sum(-1) - normalizer
