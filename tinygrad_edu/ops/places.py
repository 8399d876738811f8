"""Elements by one number each: taken from a flat tensor, along a dimension, or not 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.broadcasting import broadcast_error
from ..autograd.graph import Array, Shape, wrap
from ..autograd.op import Op
from ..autograd.op_node import watched
from .arguments import torch_arguments
from .dims import normalize_dim
from .index import PutZeros, gather
from .kinds import Extent
from .repeat import expand
from .shape import view

if TYPE_CHECKING:
    from ..tensor import Tensor


class Take(Op):
    """``x.ravel()[index]``; an element that was taken twice gets both gradients."""

    @staticmethod
    def forward(x: Array, index: Array) -> Array:
        return x.reshape(-1)[index]

    @staticmethod
    def d_x(grad: Array, x_shape: Shape, index: Array) -> Array:
        size = int(np.prod(x_shape))
        return PutZeros.call(grad, (size,), (index,)).reshape(x_shape)


@torch_arguments
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements of `input`, as if it had one dimension, that `index` names, in its shape.

    Parameters
    ----------
    input : Tensor
    index : Tensor of int64
        Negative ones count from the end.

    Raises
    ------
    RuntimeError
        If `index` is not of int64.
    IndexError
        If an index is out of range.
    """
    if index.array.dtype != np.int64:
        raise RuntimeError(f"take(): Expected int64 for index, but got {index.dtype}")
    size, places = input.array.size, index.array.copy()  # kept, and so a copy
    wrong = places[(places < -size) | (places >= size)]
    if wrong.size:
        raise IndexError(f"take(): index {wrong[0]} on a tensor of {size} elements")
    return watched(Take.apply(input, places), input, index)


@torch_arguments
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """`gather`, with `input` and `indices` broadcast in the other dimensions.

    What `argmax` and `argsort` return along `dim` can be given as `indices`.

    Parameters
    ----------
    input : Tensor
    indices : Tensor of int64
        With a `dim`, counted modulo its size; without, int32 will do.
    dim : int, optional
        By default both are first viewed in one dimension.

    Raises
    ------
    RuntimeError
        If `indices` is not of int64, the shapes do not fit, or, without `dim`, an index is out of
        range or one of the two cannot be viewed in one dimension.
    """
    if dim is None:
        return gather(view(input, -1), 0, view(indices, -1))
    if indices.array.dtype != np.int64:
        raise RuntimeError(f"take_along_dim(): expected indices of int64, but got {indices.dtype}")
    if input.array.ndim != indices.array.ndim:
        raise RuntimeError(
            "take_along_dim(): input and indices should have the same number of dimensions, but "
            f"got {input.array.ndim} and {indices.array.ndim}"
        )
    dim = normalize_dim(dim, input.array.ndim)
    there, wanted = input.array.shape, indices.array.shape
    # Broadcast all dimensions but `dim`, in which each keeps its size.
    outer = [shape[:dim] + (1,) + shape[dim + 1 :] for shape in (there, wanted)]
    error = broadcast_error(outer)
    if error is not None:
        raise error
    common = np.broadcast_shapes(*outer)
    full = [common[:dim] + (shape[dim],) + common[dim + 1 :] for shape in (there, wanted)]
    counted = np.broadcast_to(indices.array, full[1]) % max(there[dim], 1)
    return gather(expand(input, *full[0]), dim, wrap(counted))


@torch_arguments
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The places of the elements that are not 0.

    Returns
    -------
    Tensor of int64
        A row for each of them, with a number for each dimension. With `as_tuple` these columns
        instead, as a tuple, by which a tensor can be indexed.
    """
    if as_tuple:
        return tuple(wrap(places) for places in np.nonzero(np.atleast_1d(input.array)))
    return wrap(np.argwhere(input.array))


@torch_arguments
def nonzero_static(input: Tensor, *, size: Extent, fill_value: int = -1) -> Tensor:
    """`nonzero` with so many rows, whatever `input` holds.

    Parameters
    ----------
    size : int
        If there are more, the last are left out.
    fill_value : int
        What stands in the rows that are left over.

    Raises
    ------
    RuntimeError
        If `size` is negative.
    """
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    found = np.argwhere(input.array)[:size]
    rows = np.full((size, input.array.ndim), fill_value, np.int64)
    rows[: len(found)] = found
    return wrap(rows)


@torch_arguments
def argwhere(input: Tensor) -> Tensor:
    """`nonzero`, as one tensor."""
    return wrap(np.argwhere(input.array))
