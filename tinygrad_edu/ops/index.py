"""Picking elements: ``x[...]``, `gather` and their inverse, putting elements into zeros.

Picking and putting are each other's derivative: what an element was picked from gets its gradient,
and an element picked twice gets both.

As in PyTorch, ``x[1, 2:4, None]`` is a chain of one `Select`, `Slice` or `Unsqueeze` for each
part, all views of the same memory; one `Index` for the tensors among the parts ends it.
"""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..autograd.broadcasting import broadcast_error
from ..autograd.graph import Array, Shape, TensorBase
from ..autograd.op import Op
from .dims import normalize_dim
from .shape import Alias, Unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor

Places: TypeAlias = tuple[Any, ...]


class PutZeros(Op):
    """Zeros of `shape` with `x` added at `places`, a NumPy index."""

    @staticmethod
    def forward(x: Array, shape: Shape, places: Places) -> Array:
        out = np.zeros(shape, x.dtype)
        if any(isinstance(place, np.ndarray) for place in places):
            np.add.at(out, places, x)  # the same place may be named twice
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


class Gather(PickArrays):
    """``out[i, j] = x[index[i, j], j]``, for `dim` 0; likewise for others."""


class IndexSelect(PickArrays):
    """The slices of x along `dim` that `index` names."""


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
    def forward(x: Array, source: Array, places: Places) -> Array:
        out = x.copy()
        np.add.at(out, places, source)
        return out

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad

    @staticmethod
    def d_source(grad: Array, places: Places) -> Array:
        return Pick.call(grad, places)


def along(dim: int, index: np.ndarray[Any, Any]) -> Places:
    """The NumPy index of ``x[..., index[..., i, ...], ...]``: `index` along `dim`, and every other
    dimension in step with it."""
    places: list[Any] = list(np.ogrid[tuple(slice(size) for size in index.shape)])
    places[dim] = index
    return tuple(places)


def getitem(input: Tensor, key: Any) -> Tensor:
    """``input[key]``, for integers, slices, None, Ellipsis, and tensors of integers or bools.

    Raises
    ------
    IndexError
        If an index is out of range, there are too many, or one is of another type.
    """
    parts = _expand_ellipsis(input, index_parts(key))
    result, dim = input, 0
    tensors: list[Any] = []
    origins = itertools.accumulate(map(_dims_taken, parts), initial=0)  # dimensions of `input`
    for part, origin in zip(parts, origins, strict=False):
        if part is None:
            result = Unsqueeze.apply(result, dim)
        elif _is_integer(part):
            place = _in_range(_scalar(part), input, origin)
            result = Select.apply(result, (*_all(dim), place, ...))
            continue
        elif isinstance(part, slice):
            if part.step is not None and _scalar(part.step) <= 0:
                raise ValueError("step must be greater than zero")
            start, stop, step = (
                None if i is None else _scalar(i) for i in (part.start, part.stop, part.step)
            )
            if len(parts) == 1 or (start, stop, step) != (None, None, None):
                result = Slice.apply(result, (*_all(dim), slice(start, stop, step)))
        else:
            array = _index_array(part)
            tensors += _all(dim)[len(tensors) :] + (array,)  # what was passed over stays whole
            dim += array.ndim - 1 if array.dtype == bool else 0
        dim += 1
    if tensors:
        _check_indices(result, tensors)
        return Index.apply(result, tuple(tensors))
    return Alias.apply(input) if result is input else result


def index_parts(key: Any) -> tuple[Any, ...]:
    """The parts of an index, which need not be a tuple: as in PyTorch, a list is a tuple in another
    dress if there is anything but integers and bools in it."""
    if isinstance(key, tuple):
        return key
    if isinstance(key, list) and any(not isinstance(part, int | np.generic) for part in key):
        warnings.warn(
            "a list as an index stands for a tuple if it holds more than numbers: write "
            "x[tuple(index)], or x[torch.tensor(index)] for one tensor of indices",
            UserWarning,
            stacklevel=3,
        )
        return tuple(key)
    return (key,)


def _all(count: int) -> tuple[slice, ...]:
    return (slice(None),) * count


def _scalar(value: Any) -> int:
    return int(value.array if isinstance(value, TensorBase) else value)


def _is_integer(part: Any) -> bool:
    """Whether `part` is one integer; a tensor without dimensions is, too."""
    if isinstance(part, TensorBase):
        return part.array.ndim == 0 and part.array.dtype.kind == "i"
    return isinstance(part, int | np.integer) and not isinstance(part, bool)


def _dims_taken(part: Any) -> int:
    """How many dimensions of the tensor one part of an index speaks of."""
    if part is None or isinstance(part, bool):
        return 0
    array = getattr(part, "array", part)
    return array.ndim if isinstance(array, np.ndarray) and array.dtype == bool else 1


def _expand_ellipsis(input: Tensor, parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """Replace ``...`` by the slices it stands for, and tell whether there are too many parts."""
    places = [i for i, part in enumerate(parts) if part is Ellipsis]
    taken = sum(_dims_taken(part) for part in parts if part is not Ellipsis)
    if taken > input.array.ndim:
        raise IndexError(
            f"too many indices for tensor of dimension {input.array.ndim}: {taken} were given"
        )
    if not places:
        return parts
    if len(places) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    first = places[0]
    return parts[:first] + _all(input.array.ndim - taken) + parts[first + 1 :]


def _in_range(index: int, input: Tensor, dim: int) -> int:
    size = input.array.shape[dim]
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {size}")
    return index


def _index_array(part: Any) -> np.ndarray[Any, Any]:
    if isinstance(part, str):
        raise TypeError(f"a tensor cannot be indexed with the str {part!r}")
    # A copy, for the backward pass needs it as it is now.
    array = np.array(part.array if isinstance(part, TensorBase) else part)
    if array.size == 0 and not isinstance(part, TensorBase | np.ndarray):
        array = array.astype(np.int64)
    if array.dtype == np.uint8:
        warnings.warn(
            "indexing with dtype torch.uint8 is deprecated, and means a mask: use torch.bool",
            UserWarning,
            stacklevel=3,
        )
        array = array.astype(bool)
    if array.dtype.kind not in "iub":
        raise IndexError(
            "tensors used as indices must be long, int, byte or bool tensors, "
            f"got {array.dtype if array.dtype.kind == 'f' else type(part).__name__}"
        )
    return array


def _check_indices(input: Tensor, places: list[Any]) -> None:
    dim = 0
    for place in places:
        shape = input.array.shape[dim : dim + np.ndim(place)]
        if isinstance(place, slice):
            dim += 1
        elif place.dtype == bool:
            if place.shape != shape:
                raise IndexError(
                    f"The shape of the mask {list(place.shape)} at index {dim} does not match the "
                    f"shape of the indexed tensor {list(input.array.shape)}"
                )
            dim += place.ndim
        else:
            size = input.array.shape[dim]
            wrong = place[(place < -size) | (place >= size)]
            if wrong.size:
                raise IndexError(
                    f"index {wrong.flat[0]} is out of bounds for dimension {dim} with size {size}"
                )
            dim += 1


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Pick one element of `input` along `dim` for each element of `index`.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int64
        As many dimensions as `input`, and in each but `dim` not larger.

    Returns
    -------
    Tensor of the shape of `index`
        ``out[i][j] = input[index[i][j]][j]`` for two dimensions and ``dim=0``.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, an index is out of range, or `index` is not int64.
    """
    dim = normalize_dim(dim, input.array.ndim)
    return Gather.apply(input, _gather_places("gather", input, dim, index, input.array.shape))


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """`input` with each element of `src` added where `index` says, along `dim`.

    The inverse of `gather`: ``out[index[i][j]][j] += src[i][j]`` for two dimensions and ``dim=0``.
    Parameters and errors as there; `src` is at least as large as `index`.
    """
    dim = normalize_dim(dim, input.array.ndim)
    if src.array.dtype != input.array.dtype:
        raise RuntimeError(
            f"scatter_add(): expected src to have the dtype of input, but got {src.dtype} and "
            f"{input.dtype}"
        )
    places = _gather_places("scatter", input, dim, index, src.array.shape)
    if src.array.shape != index.array.shape:
        src = Slice.apply(src, tuple(slice(n) for n in index.array.shape))
    return ScatterAdd.apply(input, src, places)


def _gather_places(name: str, input: Tensor, dim: int, index: Tensor, limits: Shape) -> Places:
    places, shape = index.array.copy(), input.array.shape  # kept, and so a copy
    if places.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{name}(): Expected dtype int32 or int64 for index, got {index.dtype}")
    if places.ndim != len(shape):
        raise RuntimeError(
            f"Index tensor must have the same number of dimensions as input tensor: {name} got "
            f"index {list(places.shape)} and input {list(shape)}"
        )
    for d, (wanted, there) in enumerate(zip(places.shape, shape, strict=True)):
        if (d != dim and wanted > there) or (name == "scatter" and wanted > limits[d]):
            raise RuntimeError(
                f"Size does not match at dimension {d}: expected index {list(places.shape)} to be "
                f"no larger than {list(shape)} apart from dimension {dim}"
            )
    if not shape:
        return ()
    wrong = places[(places < 0) | (places >= shape[dim])]
    if wrong.size:
        raise RuntimeError(
            f"index {wrong.flat[0]} is out of bounds for dimension {dim} with size {shape[dim]}"
        )
    return along(dim, places)


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
    if index.array.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"index_select(): Expected int32 or int64 index, got {index.dtype}")
    if index.array.ndim > 1:
        raise IndexError(f"index_select(): expected a vector, got shape {list(index.array.shape)}")
    places = np.atleast_1d(index.array).copy()  # kept, and so a copy
    size = input.array.shape[dim]
    if ((places < 0) | (places >= size)).any():
        raise IndexError(f"index out of range in self: dimension {dim} has size {size}")
    return IndexSelect.apply(input, (*_all(dim), places))


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements of `input` where `mask` is True, in one dimension; the two broadcast.

    Raises
    ------
    RuntimeError
        If `mask` is not of dtype bool, or the shapes do not broadcast.
    """
    if mask.array.dtype != bool:
        raise RuntimeError(f"masked_select: expected BoolTensor for mask, got {mask.dtype}")
    error = broadcast_error([input.array.shape, mask.array.shape])
    if error is not None:
        raise error
    shape = np.broadcast_shapes(input.array.shape, mask.array.shape)
    return MaskedSelect.apply(input, np.broadcast_to(mask.array, shape))


def index_key(key: tuple[Any, ...]) -> Any:
    """The parts of an index as NumPy takes them: arrays in place of tensors."""
    return tuple(p.array if isinstance(p, TensorBase) else p for p in key)
