"""A part of a tensor replaced, as a new tensor: what an assignment to a view does, out of place.

``x.select_scatter(src, 0, 1)`` is ``y = x.clone(); y[1] = src``; likewise for slices and diagonals.
`put` does so for places counted through the whole tensor. The ops are those of `scatter`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.op_node import watched
from .arguments import torch_arguments
from .dims import normalize_dim
from .index import whole
from .index_slices import check_gradient
from .kinds import Extent
from .scatter import Add, Put, check_dtypes
from .strided import checked_view, places_in

if TYPE_CHECKING:
    from ..tensor import Tensor


class SelectScatter(Put):
    """`Put`, for one slice along a dimension."""


class SliceScatter(Put):
    """`Put`, for a stretch of slices along a dimension."""


class DiagonalScatter(Put):
    """`Put`, for a diagonal."""


class AsStridedScatter(Put):
    """`Put`, for elements named by their distances in memory."""


class PutFlat(Put):
    """`Put`, for places counted row by row."""

    node_name = "PutBackward0"


class PutAccumulate(Add):
    """`Add`, for places counted row by row."""

    node_name = "PutBackward0"


def _check_shape(name: str, src: Tensor, place: tuple[int, ...]) -> None:
    if src.array.shape != place:
        raise RuntimeError(
            f"{name}: expected src to have the shape of the place it goes to, {list(place)}, but "
            f"got {list(src.array.shape)}"
        )


@torch_arguments
def select_scatter(input: Tensor, src: Tensor, dim: int, index: Extent) -> Tensor:
    """`input` with `src` in place of ``input.select(dim, index)``.

    Raises
    ------
    IndexError
        If there is no such dimension or place.
    RuntimeError
        If `src` has another shape, or a gradient would go through integers.
    """
    dim = normalize_dim(dim, input.array.ndim)
    size = input.array.shape[dim] if input.array.ndim else 0
    if not -size <= index < size:
        raise IndexError(f"select(): index {index} out of range for dimension {dim} of size {size}")
    places: tuple[Any, ...] = (*whole(dim), int(index))
    _check_shape("select_scatter", src, input.array[places].shape)
    check_gradient(input, src)
    return SelectScatter.apply(input, src, places)


@torch_arguments
def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: Extent | None = None,
    end: Extent | None = None,
    step: Extent = 1,
) -> Tensor:
    """`input` with `src` in place of ``input[start:end:step]`` along `dim`.

    Raises
    ------
    IndexError
        If there is no such dimension.
    RuntimeError
        If `src` has another shape, `step` is not positive, or a gradient would go through
        integers.
    """
    dim = normalize_dim(dim, input.array.ndim)
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    places = (*whole(dim), slice(start, end, step))
    _check_shape("slice_scatter", src, input.array[places].shape)
    check_gradient(input, src)
    return SliceScatter.apply(input, src, places)


@torch_arguments
def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """`input` with `src` in place of ``input.diagonal(offset, dim1, dim2)``.

    Raises
    ------
    IndexError
        If there is no such dimension.
    RuntimeError
        If `src` has another shape, the two dimensions are one, or a gradient would go through
        integers.
    """
    ndim, shape = input.array.ndim, input.array.shape
    first, second = normalize_dim(dim1, ndim), normalize_dim(dim2, ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    counted = np.arange(input.array.size).reshape(shape).diagonal(offset, first, second)
    _check_shape("diagonal_scatter", src, counted.shape)
    check_gradient(input, src)
    return DiagonalScatter.apply(input, src, np.unravel_index(counted, shape))


@torch_arguments
def as_strided_scatter(
    input: Tensor,
    src: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: Extent | None = None,
) -> Tensor:
    """`input` with `src` in place of ``input.as_strided(size, stride, storage_offset)``.

    Raises
    ------
    RuntimeError
        As for `as_strided`; if `src` has another shape, or a stride of 0 would put several of its
        elements in one place.
    NotImplementedError
        If there are elements which `input` does not show.
    """
    view = checked_view(input.array, size, stride, storage_offset)
    _check_shape("as_strided_scatter", src, view.shape)
    if view.size and any(step == 0 and n > 1 for step, n in zip(stride, size, strict=True)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location. Please clone() the tensor before performing the operation."
        )
    places = places_in(view, input.array)
    if (places < 0).any():
        raise NotImplementedError("as_strided_scatter: elements that are not of the input")
    check_gradient(input, src)
    return AsStridedScatter.apply(input, src, np.unravel_index(places, input.array.shape))


@torch_arguments
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """`input` with the elements of `source` at the places `index`, counted row by row.

    Parameters
    ----------
    index : Tensor of int64
        Negative ones count from the end.
    source : Tensor
        Of the dtype of `input`; as many elements as `index`.
    accumulate : bool
        Add; a place named twice gets both.

    Raises
    ------
    RuntimeError
        If the dtypes differ, or `index` is of another.
    IndexError
        If an index is out of range, or there are not as many of one as of the other.
    """
    if index.array.dtype != np.int64:
        raise RuntimeError(f"put_(): Expected a long tensor for index, but got {index.dtype}")
    check_dtypes("put_", input, source)
    if index.array.size != source.array.size:
        raise IndexError(
            f"put_(): Expected source and index to have as many elements, but got "
            f"{source.array.size} and {index.array.size}"
        )
    size = input.array.size
    flat: Any = index.array.reshape(source.array.shape)
    if ((flat < -size) | (flat >= size)).any():
        raise IndexError(f"put_(): out of range: index for a tensor of {size} elements")
    if not input.array.ndim:  # NumPy has no index of no dimensions for several places
        return put(input.reshape(1), index, source, accumulate).reshape(())
    places = np.unravel_index(np.where(flat < 0, flat + size, flat), input.array.shape)
    if accumulate:
        result = PutAccumulate.apply(input, source, places, 1)
    else:
        result = PutFlat.apply(input, source, places)
    return watched(result, index, source if source._requires_grad else None)
