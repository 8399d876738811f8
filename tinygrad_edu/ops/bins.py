"""Counting and finding among bins: steps, which have no derivative."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, TensorBase, wrap
from ..autograd.op import Op
from ..autograd.quiet import quietly
from .arguments import torch_arguments
from .kinds import Extent

if TYPE_CHECKING:
    from ..tensor import Number, Tensor


class Bincount(Op):
    """The sums of the `weights` of 0, 1, 2...; PyTorch has no derivative for these."""

    @staticmethod
    def forward(weights: Array, places: np.ndarray[Any, Any], minlength: int) -> Array:
        sums = np.bincount(places, weights.astype(np.float64), minlength)
        return sums.astype(np.float32 if weights.dtype == np.float32 else np.float64)

    @classmethod
    def d_weights(cls, grad: Array) -> Array:
        raise NotImplementedError("the derivative for 'bincount' has none: detach weights")


@torch_arguments
def bincount(input: Tensor, weights: Tensor | None = None, minlength: Extent = 0) -> Tensor:
    """How often each of the numbers 0, 1, 2... occurs.

    Parameters
    ----------
    input : Tensor of shape (n)
        Integers, none negative.
    weights : Tensor of shape (n), optional
        What each counts for.
    minlength : int
        The result has at least this many elements.

    Returns
    -------
    Tensor
        int64; with weights float64, or of their own dtype if that is float32; of nothing int64.

    Raises
    ------
    RuntimeError
        If `input` is no such vector, or `weights` has another shape.
    """
    x = input.array
    if x.dtype.kind not in "iu":
        raise NotImplementedError(f'"bincount" not implemented for {input.dtype}')
    if minlength < 0:
        raise RuntimeError(f"bincount: minlength should be >= 0, but is {minlength}")
    if x.ndim != 1 or (x.size and x.min() < 0):
        raise RuntimeError(
            "bincount only supports 1-d non-negative integral inputs, but got shape "
            f"{list(x.shape)} and {x.reshape(-1)[:10]}"
        )
    if weights is not None and weights.array.shape != x.shape:
        raise RuntimeError(
            f"bincount: weights should be 1-d and have the same length as input, but their shapes "
            f"are {list(weights.array.shape)} and {list(x.shape)}"
        )
    places = x.astype(np.int64)
    if weights is None or not places.size:
        return wrap(np.bincount(places, minlength=minlength).astype(np.int64))
    return Bincount.apply(weights, places, minlength)


@torch_arguments
def histc(input: Tensor, bins: int = 100, min: Number = 0, max: Number = 0) -> Tensor:
    """How many elements fall into each of `bins` bins of equal width from `min` to `max`.

    Parameters
    ----------
    input : Tensor
        Floating point; what is outside of the bins, and nan, is not counted.
    bins : int
    min, max : number
        If they are equal, the smallest and the largest element take their place, or, if these are
        equal too, 1 less and 1 more.

    Returns
    -------
    Tensor of shape (bins), of the dtype of `input`

    Raises
    ------
    RuntimeError
        If `bins` is not positive, or `min` is above `max`, or one is not finite.
    """
    x = input.array.reshape(-1)
    if x.dtype.kind != "f":
        raise NotImplementedError(f'"histc" not implemented for {input.dtype}')
    if bins <= 0:
        raise RuntimeError(f"histc(): bins must be > 0, but got {bins}")
    low, high = float(min), float(max)
    if low == high and x.size:
        low, high = float(x.min()), float(x.max())
    if low == high:
        low, high = low - 1, high + 1
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"histc(): range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"histc(): max must be larger than min, but got [{low}, {high}]")
    return wrap(quietly(_histogram, x, bins, low, high))


def _histogram(x: Array, bins: int, low: float, high: float) -> Array:
    inside = x[(x >= low) & (x <= high)]
    if low == high:  # equal numbers, so large that even 1 more is the same: the middle
        places = np.full(inside.shape, bins // 2)
    else:
        places = (inside - x.dtype.type(low)) * bins / x.dtype.type(high - low)
    places = np.minimum(places.astype(np.int64), bins - 1)  # the last bin has its upper edge too
    return np.bincount(places, minlength=bins).astype(x.dtype)


@torch_arguments
def searchsorted(
    sorted_sequence: Tensor,
    input: Tensor | Number,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where each element of `input` belongs in a sorted sequence.

    Parameters
    ----------
    sorted_sequence : Tensor of shape (..., n)
        Ascending along the last dimension: one sequence for all of `input`, or one for each of
        its rows.
    input : Tensor of shape (..., m), or number
    out_int32 : bool
        Give int32, and not int64.
    right : bool
        Among equal elements, the place after the last, and not that before the first.
    side : {"left", "right"}, optional
        The same in words.
    sorter : Tensor of int64, optional
        The indices that sort `sorted_sequence`, if it is not sorted.

    Returns
    -------
    Tensor of the shape of `input`
        Indices from 0 to n.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, or `side` contradicts `right`.
    TypeError
        If `sorted_sequence` is no tensor.
    """
    if not isinstance(sorted_sequence, TensorBase):
        raise TypeError(
            "searchsorted(): argument 'sorted_sequence' must be Tensor, not "
            f"{type(sorted_sequence).__name__}"
        )
    if side not in (None, "left", "right") or (side == "left" and right):
        raise RuntimeError(f"searchsorted(): side={side!r} does not go with right={right}")
    edges = sorted_sequence.array
    values = np.asarray(input) if isinstance(input, int | float) else input.array
    if edges.dtype == bool == values.dtype:
        raise NotImplementedError('"searchsorted" not implemented for torch.bool')
    if edges.ndim == 0 or (edges.ndim > 1 and edges.shape[:-1] != values.shape[:-1]):
        raise RuntimeError(
            "searchsorted(): the sequence must have one dimension, or the shape of the input but "
            f"for the last, but they are {list(edges.shape)} and {list(values.shape)}"
        )
    if sorter is not None:
        edges = _sorted_by(edges, sorter)
    chosen = "right" if right or side == "right" else "left"
    return wrap(_places(edges, values, chosen).astype(np.int32 if out_int32 else np.int64))


@torch_arguments
def bucketize(
    input: Tensor | Number, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """`searchsorted` with its arguments the other way round, for one sequence of boundaries.

    Raises
    ------
    RuntimeError
        If `boundaries` has not one dimension.
    """
    if isinstance(boundaries, TensorBase) and boundaries.array.ndim != 1:
        raise RuntimeError(
            "bucketize(): boundaries must have one dimension, but have "
            f"{list(boundaries.array.shape)}"
        )
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def _sorted_by(edges: np.ndarray[Any, Any], sorter: Tensor) -> np.ndarray[Any, Any]:
    order = sorter.array
    if order.dtype != np.int64 or order.shape != edges.shape:
        raise RuntimeError(
            f"searchsorted(): sorter must be int64 of shape {list(edges.shape)}, but is "
            f"{sorter.dtype} of shape {list(order.shape)}"
        )
    if order.size and not 0 <= order.min() <= order.max() < edges.shape[-1]:
        raise RuntimeError(f"searchsorted(): sorter has indices outside of 0..{edges.shape[-1]}")
    return np.take_along_axis(edges, order, -1)


def _places(edges: np.ndarray[Any, Any], values: np.ndarray[Any, Any], side: Any) -> Any:
    if edges.ndim == 1:
        found = np.searchsorted(edges, values, side)
    else:
        found = np.empty(values.shape, np.int64)
        for row in np.ndindex(values.shape[:-1]):
            found[row] = np.searchsorted(edges[row], values[row], side)
    return np.where(np.isnan(values), edges.shape[-1], found)  # which is behind everything
