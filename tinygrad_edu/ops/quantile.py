"""Quantiles: sort, and take what stands at a fraction of the way, or between two neighbours.

They are composed of other ops, which see to the derivatives: of two neighbours each gets the part
of the gradient with which it was weighted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, TensorBase, wrap
from .arguments import torch_arguments
from .choice import masked_fill, where
from .dims import normalize_dim
from .index import Gather, along
from .rearrange import movedim
from .rounding import ceil, floor, round
from .shape import flatten
from .sort import sort

if TYPE_CHECKING:
    from ..tensor import Tensor


@torch_arguments
def quantile(
    input: Tensor,
    q: float | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """The numbers below which the fractions `q` of the elements along `dim`, or of all, lie.

    With n elements in order it is the one with the index ``q (n - 1)``. Where that is no integer,
    the `interpolation` says what is taken between the two neighbours. With a nan among the
    elements, it is nan.

    Parameters
    ----------
    input : Tensor
        float32 or float64.
    q : float or Tensor
        From 0 to 1. A tensor is a number or a vector, of the dtype of `input`.
    dim : int, optional
    keepdim : bool
        Whether the reduced dimension (without `dim`, all) stays, with size 1.
    interpolation : {"linear", "lower", "higher", "midpoint", "nearest"}

    Returns
    -------
    Tensor
        For a vector `q`, with a first dimension for its elements.

    Raises
    ------
    RuntimeError
        If the dtypes are others, `input` is empty, `q` has more dimensions or is not from 0 to 1,
        or there is no such interpolation.
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation)


@torch_arguments
def nanquantile(
    input: Tensor,
    q: float | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """`quantile` of the elements that are not nan."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation)


def _quantile(
    name: str,
    input: Tensor,
    q: Any,
    dim: int | None,
    keepdim: bool,
    interpolation: str,
) -> Tensor:
    x = input.array
    fractions: Any = q if isinstance(q, TensorBase) else wrap(np.asarray(q, x.dtype))
    _check_quantile(name, input, fractions, interpolation)
    if dim is not None:
        dim = normalize_dim(dim, x.ndim)
    if dim is not None and x.ndim:
        kept_shape = [1 if d == dim else n for d, n in enumerate(x.shape)]
        ranked = sort(movedim(input, dim, -1), -1).values
    else:
        kept_shape = [1] * x.ndim
        ranked = sort(flatten(input), -1).values
    ranks = _ranks(ranked.array, fractions.reshape(-1), name == "nanquantile")
    result = movedim(_interpolated(ranked, ranks, interpolation), -1, 0)  # ...q -> q...
    shape = kept_shape if keepdim else result.array.shape[1:]
    return result.reshape((*fractions.array.shape, *shape))


def _check_quantile(name: str, input: Tensor, q: Tensor, interpolation: str) -> None:
    x, fractions = input.array, q.array
    if not x.size:
        raise RuntimeError(f"{name}() input tensor must be non-empty, but has {list(x.shape)}")
    if fractions.ndim > 1:
        raise RuntimeError(f"{name}() q must be a number or a vector, not {list(fractions.shape)}")
    if x.dtype not in (np.float32, np.float64) or fractions.dtype != x.dtype:
        raise RuntimeError(
            f"{name}() needs float32 or float64 for both input and q, but got {input.dtype} and "
            f"{q.dtype}"
        )
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise RuntimeError(f"{name}() interpolation {interpolation!r} is none there is")
    if not ((fractions >= 0) & (fractions <= 1)).all():
        raise RuntimeError(f"{name}() q values must be in the range [0, 1], but got {fractions}")


def _ranks(ranked: Array, fractions: Tensor, skips_nan: bool) -> Tensor:
    """Which place in the order each fraction is, of shape (..., q); with nan, that of the last."""
    nan = np.isnan(ranked)
    last = ranked.shape[-1] - 1
    if skips_nan:
        present = np.maximum(last - nan.sum(-1, keepdims=True), 0).astype(ranked.dtype)
        return fractions * wrap(present)
    shape = (*ranked.shape[:-1], fractions.array.size)
    has_nan = np.broadcast_to(nan.any(-1, keepdims=True), shape)
    return masked_fill((fractions * last).expand(shape), wrap(has_nan), last)


def _interpolated(ranked: Tensor, ranks: Tensor, interpolation: str) -> Tensor:
    """What stands at `ranks`, or between."""

    def at(places: Tensor) -> Tensor:
        return Gather.apply(ranked, along(-1, places.array.astype(np.int64)))

    if interpolation == "lower":
        return at(floor(ranks))
    if interpolation == "higher":
        return at(ceil(ranks))
    if interpolation == "nearest":
        return at(round(ranks))
    below, above = at(floor(ranks)), at(ceil(ranks))
    if interpolation == "midpoint":
        return below + 0.5 * (above - below)
    weight = ranks - floor(ranks)
    step = above - below
    near: Tensor = where(
        wrap(weight.array < 0.5), below + weight * step, above - step * (1 - weight)
    )
    return near
