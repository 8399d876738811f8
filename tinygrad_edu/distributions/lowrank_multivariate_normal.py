"""Normal vectors whose covariance is a narrow matrix times itself, and a diagonal.

With ``C = W W^T + D``, all is computed by the small matrix ``K = I + W^T D^-1 W``: Woodbury's
identity gives ``C^-1 = D^-1 - D^-1 W K^-1 W^T D^-1``, and ``det C = det K det D``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..creation import empty, eye
from ..ops.linalg import matmul
from ..ops.matrix import cholesky
from ..ops.stacking import broadcast_tensors
from ..ops.triangular import solve_triangular
from ..size import Size
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .multivariate_normal import log_diagonal, squared_lengths


def with_identity(matrix: Tensor) -> Tensor:
    """The sum of a square matrix and the identity."""
    return matrix + eye(matrix.shape[-1], dtype=matrix.dtype)


class LowRankMultivariateNormal(Distribution):
    """Vectors ``loc + W noise + sqrt(d) noise``.

    Parameters
    ----------
    loc : Tensor of shape (*batch, n)
    cov_factor : Tensor of shape (*batch, n, m)
        W; m is less than n where this is worth it.
    cov_diag : Tensor of shape (*batch, n)
        d, positive.
    validate_args : bool, optional
    """

    arg_constraints = {  # noqa: RUF012
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        cov_factor: Tensor,
        cov_diag: Tensor,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        events = loc.shape[-1:]
        if cov_factor.dim() < 2:
            raise ValueError(
                "cov_factor must be at least two-dimensional, with optional leading batch "
                "dimensions"
            )
        if cov_factor.shape[-2:-1] != events:
            raise ValueError(f"cov_factor must be a batch of matrices with shape {events[0]} x m")
        if cov_diag.shape[-1:] != events:
            raise ValueError(f"cov_diag must be a batch of vectors with shape {events}")
        try:
            wide_loc, self.cov_factor, wide_diag = broadcast_tensors(
                loc.unsqueeze(-1), cov_factor, cov_diag.unsqueeze(-1)
            )
        except RuntimeError as error:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, "
                f"cov_diag {cov_diag.shape}"
            ) from error
        self.loc, self.cov_diag = wide_loc[..., 0], wide_diag[..., 0]
        self._factor, self._diag = cov_factor, cov_diag
        over_diag = cov_factor.mT / cov_diag.unsqueeze(-2)
        self._lower = cholesky(with_identity(matmul(over_diag, cov_factor)))  # of K
        super().__init__(self.loc.shape[:-1], events, validate_args=validate_args)

    def _of_all(self, value: Tensor, events: int) -> Tensor:
        return value.expand(Size(self._batch_shape + self._event_shape * events))

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self._of_all(self._factor.pow(2).sum(-1) + self._diag, 1)

    @property
    def scale_tril(self) -> Tensor:
        """The lower triangular L of which the covariance is ``L L^T``."""
        # C = sqrt(D) (I + V V^T) sqrt(D) with V = W over sqrt(D)
        root = self._diag.sqrt().unsqueeze(-1)
        scaled = self._factor / root
        return self._of_all(root * cholesky(with_identity(matmul(scaled, scaled.mT))), 2)

    @property
    def covariance_matrix(self) -> Tensor:
        """The covariances of the elements."""
        product = matmul(self._factor, self._factor.mT)
        return self._of_all(product + self._diag.diag_embed(), 2)

    def _solved(self) -> Tensor:
        """``L^-1 W^T D^-1`` where ``K = L L^T``."""
        over_diag = self._factor.mT / self._diag.unsqueeze(-2)
        return solve_triangular(self._lower, over_diag, upper=False)

    @property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        solved = self._solved()
        return self._of_all(self._diag.reciprocal().diag_embed() - solved.mT @ solved, 2)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        narrow = empty(shape[:-1] + self.cov_factor.shape[-1:], dtype=self.loc.dtype).normal_()
        own = empty(shape, dtype=self.loc.dtype).normal_()
        common = (self._factor @ narrow.unsqueeze(-1)).squeeze(-1)
        return self.loc + common + self._diag.sqrt() * own

    def _log_det(self) -> Tensor:
        """The logarithm of the determinant of the covariance."""
        return 2 * log_diagonal(self._lower) + self._diag.log().sum(-1)

    def _distances(self, apart: Tensor) -> Tensor:
        """``v^T C^-1 v`` for each vector."""
        over_diag = self._factor.mT / self._diag.unsqueeze(-2)
        narrow = matmul(over_diag, apart.unsqueeze(-1)).squeeze(-1)
        return (apart.pow(2) / self._diag).sum(-1) - squared_lengths(self._lower, narrow)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        constant = self._event_shape[0] * math.log(2 * math.pi)
        return -0.5 * (constant + self._log_det() + self._distances(value - self.loc))

    def entropy(self) -> Tensor:
        constant = self._event_shape[0] * (1.0 + math.log(2 * math.pi))
        entropy = 0.5 * (constant + self._log_det())
        return entropy.expand(self._batch_shape) if self._batch_shape else entropy
