"""Histograms with their edges, of numbers and of points in several dimensions.

Bins hold their left edges, and the last one also its right. They have no derivative.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..autograd.graph import Array, TensorBase, wrap
from ..dtypes import dtype as DType
from ..even_steps import even_steps
from .arguments import torch_arguments

if TYPE_CHECKING:
    from ..tensor import Tensor


@torch_arguments
def histogram(
    input: Tensor,
    bins: Any = 100,
    *,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> return_types.histogram:
    """How many elements fall into each bin.

    Parameters
    ----------
    input : Tensor
        Floating point; what is outside of the bins, and nan, is not counted.
    bins : int or Tensor of shape (n + 1)
        How many bins of one width there are, or the edges of n bins, ascending.
    range : (float, float), optional
        For an int: the first and the last edge; by default the smallest and the largest element.
        If they are equal, half of 1 less and more.
    weight : Tensor of the shape of `input`, optional
        What each element counts for.
    density : bool
        Whether to divide by the sum and by the widths, so that the integral is 1.

    Returns
    -------
    histogram : named tuple of Tensor
        hist, of shape (n), and bin_edges, of shape (n + 1), of the dtype of `input`.

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, there is no bin, or the range is none.
    TypeError
        If `bins` is neither.
    """
    points = input.array.reshape(-1, 1)
    weights = None if weight is None else weight.array
    if weight is not None:
        _check_weights(input, weight, input.array.shape)
    _check_kind(input)
    edges = _edges(input.dtype, points, (bins,), range)
    hist = _counted(points, edges, weights, density)
    return return_types.histogram(wrap(hist), wrap(edges[0]))


@torch_arguments
def histogramdd(
    input: Tensor,
    bins: Any,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> return_types.histogramdd:
    """`histogram` of points in several dimensions: how many fall into each box.

    Parameters
    ----------
    input : Tensor of shape (..., d)
        A point in each row.
    bins : int, or sequence of d ints or Tensors
        As for `histogram`, for each dimension.
    range : sequence of 2 d floats, optional
        For ints: the first and the last edge of each dimension.
    weight : Tensor of shape (...), optional
    density : bool

    Returns
    -------
    histogramdd : named tuple of Tensor, and of a tuple of Tensor
        hist, of d dimensions, and bin_edges.

    Raises
    ------
    RuntimeError, TypeError
        As for `histogram`.
    """
    shape = input.array.shape
    if len(shape) < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    each = tuple(bins) if isinstance(bins, list | tuple) else (bins,) * shape[-1]
    if len(each) != shape[-1]:
        raise RuntimeError(
            "histogramdd: The size of bins must be equal to the innermost dimension of the input."
        )
    if weight is not None:
        _check_weights(input, weight, shape[:-1])
    _check_kind(input)
    points = input.array.reshape(-1, shape[-1])
    edges = _edges(input.dtype, points, each, range)
    hist = _counted(points, edges, None if weight is None else weight.array, density)
    given = isinstance(each[0], TensorBase)
    return return_types.histogramdd(wrap(hist), each if given else tuple(map(wrap, edges)))


def _check_kind(input: Tensor) -> None:
    if input.array.dtype not in (np.float32, np.float64):
        raise NotImplementedError(f'"histogramdd" not implemented for {input.dtype}')


def _check_weights(input: Tensor, weight: Tensor, shape: tuple[int, ...]) -> None:
    if weight.array.shape != shape:
        raise RuntimeError(
            f"histogram: the weights should have the shape {list(shape)}, but have "
            f"{list(weight.array.shape)}"
        )
    if weight.array.dtype != input.array.dtype:
        raise RuntimeError(
            f"histogram: the input has dtype {input.dtype}, but the weights have {weight.dtype}"
        )


def _edges(
    dtype: DType, points: Array, bins: tuple[Any, ...], range: Sequence[float] | None
) -> list[Array]:
    """The edges of the bins, for each dimension."""
    if all(isinstance(b, TensorBase) for b in bins):
        return [_given_edges(dtype, b) for b in bins]
    if range is not None and len(range) != 2 * len(bins):
        raise RuntimeError(
            f"histogram: for {len(bins)} dimensions range should have {2 * len(bins)} elements, "
            f"but got {len(range)}"
        )
    edges = []
    for dim, count in enumerate(bins):
        if isinstance(count, bool) or not hasattr(count, "__index__"):
            raise TypeError(f"histogram: bins must be an int or a Tensor, not {count!r}")
        if count <= 0:
            raise RuntimeError(f"histogram: bins must be > 0, but got {count} for dimension {dim}")
        low, high = _range(points[:, dim], None if range is None else range[2 * dim : 2 * dim + 2])
        edges.append(even_steps(low, high, int(count) + 1, points.dtype))
    return edges


def _given_edges(dtype: DType, bins: Tensor) -> Array:
    if bins.array.ndim != 1:
        raise RuntimeError(f"histogram: bins should have one dimension, not {bins.array.ndim}")
    if bins.dtype is not dtype:
        raise RuntimeError(f"histogram: the input has dtype {dtype}, but the bins {bins.dtype}")
    if bins.array.size < 2:
        raise RuntimeError(f"histogram: bins must be > 0, but there are {bins.array.size} edges")
    return bins.array.copy()


def _range(x: Array, given: Sequence[float] | None) -> tuple[float, float]:
    """The first and the last edge."""
    if given is not None:
        low, high = map(float, given)
    else:
        low, high = (float(x.min()), float(x.max())) if x.size else (0.0, 1.0)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"histogram: the range [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"histogram: min should not exceed max, but got {low} and {high}")
    return (low - 0.5, high + 0.5) if low == high else (low, high)


def _counted(points: Array, edges: list[Array], weights: Array | None, density: bool) -> Array:
    """The sums of the weights in each box."""
    inside = np.ones(len(points), bool)
    places: Array = np.zeros(len(points), np.int64)
    for x, edge in zip(points.T, edges, strict=True):
        inside &= (x >= edge[0]) & (x <= edge[-1])
        place = np.searchsorted(edge, x, "right") - 1
        places = places * (len(edge) - 1) + np.minimum(place, len(edge) - 2)
    shape = [len(edge) - 1 for edge in edges]
    heavy = None if weights is None else weights.reshape(-1)[inside].astype(np.float64)
    sums = np.bincount(places[inside], heavy, math.prod(shape)).reshape(shape)
    hist: Array = sums.astype(points.dtype)
    if density:
        with np.errstate(all="ignore"):
            widths = functools.reduce(np.multiply.outer, (np.diff(edge) for edge in edges))
            hist = hist / hist.sum() / widths
    return hist
