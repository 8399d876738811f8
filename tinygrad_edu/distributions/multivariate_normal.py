"""The normal distribution of vectors, whose elements may depend on each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..creation import empty, eye
from ..ops.matrix import cholesky
from ..ops.triangular import cholesky_inverse, solve_triangular
from ..queries import broadcast_shapes
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .utils import lazy_property


def squared_lengths(lower: Tensor, vectors: Tensor) -> Tensor:
    """``v^T (L L^T)^-1 v = |L^-1 v|^2`` for each vector: Mahalanobis' squared distance."""
    return solve_triangular(lower, vectors.unsqueeze(-1), upper=False).pow(2).sum((-2, -1))


def log_diagonal(lower: Tensor) -> Tensor:
    """The logarithm of the determinant of a triangular matrix."""
    return lower.diagonal(dim1=-2, dim2=-1).log().sum(-1)


class MultivariateNormal(Distribution):
    """Vectors of normal numbers, ``loc + L noise``, where ``L L^T`` is the covariance.

    Parameters
    ----------
    loc : Tensor of shape (*batch, n)
    covariance_matrix, precision_matrix, scale_tril : Tensor of shape (*batch, n, n)
        One of them: the covariance, its inverse, or L, lower triangular.
    validate_args : bool, optional
    """

    arg_constraints = {  # noqa: RUF012
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        given = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        matrices = [(name, m) for name, m in given.items() if m is not None]
        if len(matrices) != 1:
            raise ValueError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be "
                "specified."
            )
        ((name, matrix),) = matrices
        if matrix.dim() < 2:
            what = "scale_tril matrix" if name == "scale_tril" else name
            raise ValueError(
                f"{what} must be at least two-dimensional, with optional leading batch dimensions"
            )
        batch_shape = broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        setattr(self, name, matrix.expand((*batch_shape, -1, -1)))
        self.loc = loc.expand((*batch_shape, -1))
        super().__init__(batch_shape, self.loc.shape[-1:], validate_args=validate_args)
        self._lower = lower_of(name, matrix)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower triangular L of which the covariance is ``L L^T``."""
        return self._of_all(self._lower)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariances of the elements."""
        return self._of_all(self._lower @ self._lower.mT)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        return self._of_all(cholesky_inverse(self._lower))

    def _of_all(self, matrix: Tensor) -> Tensor:
        return matrix.expand(self._batch_shape + self._event_shape + self._event_shape)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self._lower.pow(2).sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        noise = empty(self._extended_shape(sample_shape), dtype=self.loc.dtype).normal_()
        return self.loc + (self._lower @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        squared = squared_lengths(self._lower, value - self.loc)
        constant = self._event_shape[0] * math.log(2 * math.pi)
        return -0.5 * (constant + squared) - log_diagonal(self._lower)

    def entropy(self) -> Tensor:
        constant = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi))
        entropy = constant + log_diagonal(self._lower)
        return entropy.expand(self._batch_shape) if self._batch_shape else entropy


def lower_of(name: str, matrix: Tensor) -> Any:
    """L, from whichever matrix is given."""
    if name == "scale_tril":
        return matrix
    if name == "covariance_matrix":
        return cholesky(matrix)
    # Of P = U U^T, with U upper triangular, the inverse is L L^T with L the inverse of U^T; and
    # turned by half, U is a lower triangular factor as the decomposition gives it.
    upper = cholesky(matrix.flip((-2, -1))).flip((-2, -1))
    return solve_triangular(upper.mT, eye(matrix.shape[-1], dtype=matrix.dtype), upper=False)
