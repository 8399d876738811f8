"""Wishart's distribution, of matrices that are positive definite."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from ..creation import tensor
from ..dtypes import dtype as DType
from ..limits import finfo
from ..ops.determinants import slogdet
from ..ops.gamma import mvlgamma
from ..ops.triangular import cholesky_inverse, cholesky_solve
from ..queries import broadcast_shapes
from ..ranges import arange, tril_indices
from ..sampling import randn
from ..size import Size
from ..tensor import Tensor
from . import constraints
from .chi2 import Chi2
from .constraints import Constraint
from .exp_family import ExponentialFamily
from .multivariate_normal import log_diagonal, lower_of
from .utils import NUMBER, lazy_property


class Wishart(ExponentialFamily):
    """Sums of `df` products ``x x^T`` of normal vectors x of mean 0.

    Parameters
    ----------
    df : Tensor or float
        The degrees of freedom; above p - 1, and whole or not.
    covariance_matrix, precision_matrix, scale_tril : Tensor of shape (*batch, p, p)
        One of them, of the vectors, as of `MultivariateNormal`.
    validate_args : bool, optional
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        df: Any,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        given = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        matrices = [(name, m) for name, m in given.items() if m is not None]
        if len(matrices) != 1:
            raise AssertionError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be "
                "specified."
            )
        ((name, matrix),) = matrices
        if matrix.dim() < 2:
            raise ValueError(
                "scale_tril must be at least two-dimensional, with optional leading batch "
                "dimensions"
            )
        batch, events = matrix.shape[:-2], matrix.shape[-2:]
        if isinstance(df, NUMBER):
            self.df = tensor(df, dtype=matrix.dtype)
        else:
            batch = broadcast_shapes(batch, df.shape)
            self.df = df.expand(batch)
        if (self.df <= events[-1] - 1).any():
            raise ValueError(
                f"Value of df={df} expected to be greater than ndim - 1 = {events[-1] - 1}."
            )
        setattr(self, name, matrix.expand((*batch, -1, -1)))
        if (self.df < events[-1]).any():
            warnings.warn(
                "Low df values detected. Singular samples are highly likely to occur for "
                "ndim - 1 < df < ndim.",
                stacklevel=2,
            )
        super().__init__(batch, events, validate_args=validate_args)
        self._lower = lower_of(name, matrix)

    @property
    def arg_constraints(self) -> Mapping[str, Constraint]:
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self.event_shape[-1] - 1),
        }

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower triangular L of which the covariance is ``L L^T``."""
        return self._lower.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance of the vectors."""
        return (self._lower @ self._lower.mT).expand(self._batch_shape + self._event_shape)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """Its inverse."""
        return cholesky_inverse(self._lower).expand(self._batch_shape + self._event_shape)

    def _beside_matrices(self, x: Tensor) -> Tensor:
        return x.view((*self._batch_shape, 1, 1))

    @property
    def mean(self) -> Tensor:
        return self._beside_matrices(self.df) * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        factor = self.df - self.covariance_matrix.shape[-1] - 1
        factor[factor <= 0] = math.nan
        return self._beside_matrices(factor) * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        v = self.covariance_matrix
        own = v.diagonal(dim1=-2, dim2=-1)
        products = own.unsqueeze(-1) * own.unsqueeze(-2)
        return self._beside_matrices(self.df) * (v.pow(2) + products)

    def _drawn(self, sample_shape: Sequence[int]) -> Tensor:
        """Bartlett's decomposition: ``(L A) (L A)^T`` with a triangular A, whose diagonal has the
        roots of numbers of chi^2, of ever less freedom, and normal numbers below it."""
        p, dtype = self._event_shape[-1], self._lower.dtype
        freedom = self.df.unsqueeze(-1) - arange(p, dtype=dtype).expand((*self._batch_shape, -1))
        roots = Chi2(freedom).rsample(sample_shape).sqrt()
        noise = roots.clamp(min=finfo(roots.dtype).eps).diag_embed()
        i, j = tril_indices(p, p, offset=-1)
        below = Size(sample_shape) + self._batch_shape + (p * (p - 1) // 2,)
        noise[..., i, j] = randn(below, dtype=noise.dtype)
        lower = self._lower @ noise
        return lower @ lower.mT

    def _over_batch(self, found: Tensor) -> Tensor:
        """Whether something is so in one of the batch."""
        dims = [-1 - d for d in range(len(self._batch_shape))]
        return found.amax(dims) if dims else found

    def rsample(
        self, sample_shape: Sequence[int] = (), max_try_correction: int | None = None
    ) -> Tensor:
        """Draw matrices.

        PyTorch means to draw singular matrices again; in fact it draws those again, with a warning,
        that are *not*. So that the numbers are its numbers, this does so, too.

        Parameters
        ----------
        sample_shape : sequence of int
        max_try_correction : int
            How often it is tried anew; by default 10 times.
        """
        sample = self._drawn(sample_shape)
        again = self._over_batch(self.support.check(sample))
        if not again.any():
            return sample
        warnings.warn("Singular sample detected.", stacklevel=2)
        for _ in range(10 if max_try_correction is None else max_try_correction):
            new = self._drawn(again[again].shape)
            sample[again] = new
            again[again.clone()] = self._over_batch(~self.support.check(new))
            if not again.any():
                break
        return sample

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        nu, p = self.df, self._event_shape[-1]
        trace = cholesky_solve(value, self._lower).diagonal(dim1=-2, dim2=-1).sum(dim=-1)
        return (
            -nu * (p * math.log(2) / 2 + log_diagonal(self._lower))
            - mvlgamma(nu / 2, p)
            + (nu - p - 1) / 2 * slogdet(value).logabsdet
            - trace / 2
        )

    def entropy(self) -> Tensor:
        nu, p = self.df, self._event_shape[-1]
        digammas = ((nu / 2).unsqueeze(-1) - halves(p, nu.dtype)).digamma().sum(-1)
        return (
            (p + 1) * (p * math.log(2) / 2 + log_diagonal(self._lower))
            + mvlgamma(nu / 2, p)
            - (nu - p - 1) / 2 * digammas
            + nu * p / 2
        )

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, x: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]
        p = self._event_shape[-1]
        half = y + (p + 1) / 2
        return half * (-slogdet(-2 * x).logabsdet + math.log(2) * p) + mvlgamma(half, p)


def halves(p: int, dtype: DType) -> Tensor:
    """0, 1/2, 1 and so on, p of them."""
    return arange(p, dtype=dtype) / 2
