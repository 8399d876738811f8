"""Picking elements: `Pick`, `gather` and their inverse, putting elements into zeros.

Picking and putting are each other's derivative: what an element was picked from gets its gradient,
and an element picked twice gets both. What may stand between the brackets of ``x[...]`` is the
subject of `brackets`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..advice import advised
from ..autograd.broadcasting import broadcast_error
from ..autograd.graph import Array, Shape
from ..autograd.op import Op
from ..autograd.op_node import watched
from ..layout import in_rows
from .add_at import FEW, add_at, numbered
from .arguments import torch_arguments
from .dims import normalize_dim

if TYPE_CHECKING:
    from ..tensor import Tensor

Places: TypeAlias = tuple[Any, ...]


class PutZeros(Op):
    """Zeros of `shape` with `x` added at `places`, a NumPy index."""

    @staticmethod
    def forward(x: Array, shape: Shape, places: Places) -> Array:
        out = np.zeros(shape, x.dtype)
        if any(isinstance(place, np.ndarray) for place in places):
            add_at(out, places, x)  # the same place may be named twice
        else:
            out[places] = x
        return out

    @staticmethod
    def d_x(grad: Array, places: Places) -> Array:
        return Pick.call(grad, places)


class Pick(Op):
    """``x[places]``, for a NumPy index."""

    @staticmethod
    def forward(x: Array, places: Places) -> Array:
        return x[places]

    @staticmethod
    def d_x(grad: Array, x_shape: Shape, places: Places) -> Array:
        return PutZeros.call(grad, x_shape, places)


class Select(Pick):
    """``x[index]`` along one dimension, which goes away."""


class Slice(Pick):
    """``x[start:stop:step]`` along one dimension."""


class PickArrays(Pick):
    """The same with arrays among `places`; what a backward pass frees, it frees them with."""

    @staticmethod
    def forward(x: Array, places: Array) -> Array:
        return x[places]


class Index(PickArrays):
    """``x[tensor]``: the elements at the given places, or where a bool tensor is True."""

    @staticmethod
    def forward(x: Array, places: Array) -> Array:
        ordered = all(a >= b for a, b in itertools.pairwise(x.strides))  # also with gaps
        return in_rows(x[places]) if ordered else x[places]


class Gather(PickArrays):
    """``out[i, j] = x[index[i, j], j]``, for `dim` 0; likewise for others."""

    @staticmethod
    def forward(x: Array, places: Array) -> Array:
        if max((place.size for place in places), default=0) < FEW or not x.flags.c_contiguous:
            return x[places]
        return x.reshape(-1)[numbered(places, x.shape)]


class IndexSelect(PickArrays):
    """The slices of x along `dim` that `index` names; x itself, if it has no dimensions."""

    @staticmethod
    def forward(x: Array, places: Array) -> Array:
        return in_rows(x[places]) if x.ndim else x.copy()


class MaskedSelect(Op):
    """The elements of x, broadcast, where the bools in `mask` are True, in one dimension."""

    @staticmethod
    def forward(x: Array, mask: Array) -> Array:
        return np.broadcast_to(x, mask.shape)[mask]

    @staticmethod
    def d_x(grad: Array, mask: Array) -> Array:
        return PutZeros.call(grad, mask.shape, (mask,))


class ScatterAdd(Op):
    """`x` with the elements of `source` added at `places`."""

    @staticmethod
    def forward(x: Array, source: Array, places: Array) -> Array:
        out = x.copy()
        add_at(out, places, source)
        return out

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad

    @staticmethod
    def d_source(grad: Array, places: Array) -> Array:
        return Gather.call(grad, places)


def along(dim: int, index: np.ndarray[Any, Any]) -> Places:
    """The NumPy index of ``x[..., index[..., i, ...], ...]``: `index` along `dim`, and every other
    dimension in step with it."""
    places: list[Any] = list(np.ogrid[tuple(slice(size) for size in index.shape)])
    places[dim] = index
    return tuple(places)


def whole(count: int) -> tuple[slice, ...]:
    """The index ``:`` for each of `count` dimensions."""
    return (slice(None),) * count


@torch_arguments
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """Pick one element of `input` along `dim` for each element of `index`.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int64
        As many dimensions as `input`, and in each but `dim` not larger.
    sparse_grad : bool
        There are no sparse gradients, so only False.

    Returns
    -------
    Tensor of the shape of `index`
        ``out[i][j] = input[index[i][j]][j]`` for two dimensions and ``dim=0``.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, an index is out of range, or `index` is not int64.
    """
    if sparse_grad:
        raise NotImplementedError("gather(sparse_grad=True): there are no sparse gradients here")
    dim = normalize_dim(dim, input.array.ndim)
    if index.array.ndim == 1 > input.array.ndim:
        input = input.unsqueeze(0)
    elif input.array.ndim == 1 > index.array.ndim:
        return gather(input, 0, index.unsqueeze(0)).squeeze(0)
    places = _gather_places("gather", input, dim, index, input.array.shape)
    return watched(Gather.apply(input, places), input, index)


@torch_arguments
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """`input` with each element of `src` added where `index` says, along `dim`.

    The inverse of `gather`: ``out[index[i][j]][j] += src[i][j]`` for two dimensions and ``dim=0``.
    Parameters and errors as there; `src` is at least as large as `index`.
    """
    dim = normalize_dim(dim, input.array.ndim)
    if are_mixed(input, index, src):
        return as_vectors(scatter_add, input, dim, index, src)
    if src.array.dtype != input.array.dtype:
        raise RuntimeError(
            f"scatter_add(): expected src to have the dtype of input, but got {src.dtype} and "
            f"{input.dtype}"
        )
    need_as_many_dimensions(index, src)
    places = _gather_places("scatter", input, dim, index, src.array.shape)
    return watched(ScatterAdd.apply(input, part_named(src, index), places), index, reads="places")


def need_as_many_dimensions(index: Tensor, src: Tensor) -> None:
    """Raise PyTorch's error if what is put in has other dimensions than what says where.

    They may differ if the index has no elements.
    """
    if index.array.size and index.array.ndim != src.array.ndim:
        raise RuntimeError(
            "Index tensor must have the same number of dimensions as src tensor, but got "
            f"{list(index.array.shape)} and {list(src.array.shape)}"
        )


def part_named(src: Tensor, index: Tensor) -> Tensor:
    """The elements of `src` for which the index has a place."""
    shape = index.array.shape
    if src.array.shape == shape:
        return src
    if not index.array.size:
        return src.reshape(-1)[:0].reshape(shape)
    return Slice.apply(src, tuple(slice(n) for n in shape))


def are_mixed(*tensors: Tensor) -> bool:
    """Whether some are vectors and the others have no dimensions; which to PyTorch is the same."""
    return {t.array.ndim for t in tensors} == {0, 1}


def as_vectors(
    function: Callable[..., Tensor], input: Tensor, dim: int, *tensors: Tensor, **options: Any
) -> Tensor:
    """``function(input, dim, *tensors)`` of vectors, whose result has the shape of `input`."""
    vectors = [t if t.array.ndim else t.unsqueeze(0) for t in (input, *tensors)]
    result = function(vectors[0], dim, *vectors[1:], **options)
    return result if input.array.ndim else result.squeeze(0)


def _gather_places(name: str, input: Tensor, dim: int, index: Tensor, limits: Shape) -> Places:
    places, shape = index.array.copy(), input.array.shape  # kept, and so a copy
    if shape and not places.size:  # of any shape and dtype
        return (places.astype(np.int64),) * len(shape)
    if places.size and places.dtype not in (np.int64, np.int32):
        raise advised(
            RuntimeError(f"{name}(): Expected dtype int32/int64 for index"), f"It is {index.dtype}."
        )
    if places.ndim != len(shape):
        raise advised(
            RuntimeError("Index tensor must have the same number of dimensions as input tensor"),
            f"{name} got an index of shape {list(places.shape)} and an input of {list(shape)}.",
        )
    for d, (wanted, there) in enumerate(zip(places.shape, shape, strict=True)):
        if (d != dim and wanted > there) or (name == "scatter" and wanted > limits[d]):
            raise RuntimeError(
                f"Size does not match at dimension {d}: expected index {list(places.shape)} to be "
                f"no larger than {list(shape)} apart from dimension {dim}"
            )
    size = shape[dim] if shape else 1
    wrong = places[(places < 0) | (places >= size)]
    if wrong.size:
        raise RuntimeError(
            f"index {wrong.flat[0]} is out of bounds for dimension {dim} with size {size}"
        )
    return along(dim, places) if shape else ()


@torch_arguments
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of `input` along `dim` that the one-dimensional `index` names, in its order.

    Raises
    ------
    IndexError
        If an index is out of range, or `index` has several dimensions.
    RuntimeError
        If `index` is not of integers.
    """
    dim = normalize_dim(dim, input.array.ndim)
    if index.array.ndim > 1:
        raise advised(
            IndexError("index_select(): Index is supposed to be a vector"),
            f"Its shape is {list(index.array.shape)}.",
        )
    if index.array.dtype not in (np.int64, np.int32):
        raise advised(
            RuntimeError("index_select(): Expected dtype int32 or int64 for index"),
            f"It is {index.dtype}.",
        )
    places = np.atleast_1d(index.array).copy()  # kept, and so a copy
    size = input.array.shape[dim] if input.array.ndim else 1
    if not input.array.ndim and places.size != 1:
        raise RuntimeError(
            f"index_select(): Index to scalar can have only 1 value, got {places.size} value(s)"
        )
    if ((places < 0) | (places >= size)).any():
        raise advised(
            IndexError("index out of range in self"), f"Dimension {dim} has the size {size}."
        )
    result = IndexSelect.apply(input, (*whole(dim), places) if input.array.ndim else ())
    return watched(result, index)


@torch_arguments
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements of `input` where `mask` is True, in one dimension; the two broadcast.

    Raises
    ------
    RuntimeError
        If `mask` is not of dtype bool, or the shapes do not broadcast.
    """
    if mask.array.dtype != bool:
        raise advised(
            RuntimeError("masked_select: expected BoolTensor for mask"), f"It is {mask.dtype}."
        )
    error = broadcast_error([input.array.shape, mask.array.shape])
    if error is not None:
        raise error
    shape = np.broadcast_shapes(input.array.shape, mask.array.shape)
    # A copy, for the backward pass needs it as it is now.
    result = MaskedSelect.apply(input, np.broadcast_to(mask.array, shape).copy())
    return watched(result, input, mask)
