"""Covariances and correlations of variables, of which each row holds the observations.

With the mean of each row taken off, the covariances are ``x @ x.T / (n - correction)``; divided by
the two standard deviations, they are the correlations.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import wrap
from .arguments import torch_arguments
from .choice import clamp
from .convert import to_dtype
from .diagonal import diagonal
from .linalg import matmul
from .reduce import sum
from .shape import squeeze, t, view
from .unary import sqrt

if TYPE_CHECKING:
    from ..tensor import Tensor


@torch_arguments
def cov(
    input: Tensor,
    *,
    correction: int = 1,
    fweights: Tensor | None = None,
    aweights: Tensor | None = None,
) -> Tensor:
    """The covariances of the rows of `input`.

    Parameters
    ----------
    input : Tensor of shape (variables, observations), or (observations)
    correction : int
        What is taken off the number of observations: 1 corrects for the estimated mean.
    fweights : Tensor of integers, of shape (observations), optional
        How often each was observed.
    aweights : Tensor of floats, of shape (observations), optional
        How much each matters.

    Returns
    -------
    Tensor of shape (variables, variables); of one variable, its variance

    Raises
    ------
    RuntimeError
        If `input` has more dimensions or is of bools, or weights do not fit, or are negative.
    """
    if input.array.ndim > 2 or input.array.dtype == bool:
        raise RuntimeError(
            "cov(): expected input to have two or fewer dimensions and not to be of bools, but got "
            f"{input.array.ndim} dimensions of {input.dtype}"
        )
    rows = input if input.array.ndim == 2 else view(input.reshape(-1), 1, -1)
    weights = _weights(rows, fweights, aweights)
    if weights is None:
        count = wrap(np.asarray(rows.array.shape[1]))
        mean, norm = sum(rows, 1, True) / count, count - correction
    else:
        total = sum(weights)
        if total.array == 0:
            raise RuntimeError("cov(): weights sum to zero, can't be normalized")
        mean = sum(rows * weights, 1, True) / total
        taken = correction if aweights is None else correction * sum(weights * aweights) / total
        norm = total - taken
    if norm.array <= 0:
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the "
            "number of observations.",
            UserWarning,
            stacklevel=3,
        )
    centered = rows - mean
    weighted = centered if weights is None else centered * weights
    return squeeze(matmul(weighted, t(centered)) / clamp(norm, 0))


def _weights(rows: Tensor, fweights: Tensor | None, aweights: Tensor | None) -> Tensor | None:
    """The weight of each observation."""
    for name, weights, kinds in (("fweights", fweights, "iu"), ("aweights", aweights, "f")):
        if weights is None:
            continue
        if weights.array.ndim > 1 or weights.array.dtype.kind not in kinds:
            raise RuntimeError(
                f"cov(): {name} must have one dimension or none and be of "
                f"{'integers' if kinds == 'iu' else 'floats'}, but got "
                f"{list(weights.array.shape)} of {weights.dtype}"
            )
        if weights.array.size != rows.array.shape[1]:
            raise RuntimeError(
                f"cov(): expected {name} to have one weight for each of the "
                f"{rows.array.shape[1]} observations, but got {weights.array.size}"
            )
        if (weights.array < 0).any():
            raise RuntimeError(f"cov(): {name} cannot be negative")
    if fweights is not None and aweights is not None:
        return fweights * aweights
    return aweights if fweights is None else to_dtype(fweights, fweights.array.dtype)


@torch_arguments
def corrcoef(input: Tensor) -> Tensor:
    """Pearson's correlation coefficients of the rows of `input`, from -1 to 1.

    Raises
    ------
    RuntimeError
        If `input` has more than two dimensions.
    """
    if input.array.ndim > 2:
        raise RuntimeError(
            f"corrcoef(): expected input to have two or fewer dimensions, not {input.array.ndim}"
        )
    covariances = cov(input)
    if not covariances.array.ndim:
        return covariances / covariances
    deviations = sqrt(diagonal(covariances))
    scaled = covariances / view(deviations, -1, 1) / view(deviations, 1, -1)
    return clamp(scaled, -1, 1)
