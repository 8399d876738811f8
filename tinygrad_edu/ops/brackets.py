"""What stands between brackets: ``x[1, 2:4, None]``, ``x[mask]``, ``x[[0, 2]]``.

As in PyTorch, an index is a chain of one `Select`, `Slice` or `Unsqueeze` for each part, all views
of the same memory; one `Index` for the tensors among the parts ends it. Reading ends with that op,
and writing (`inplace.setitem`) with NumPy's assignment to the same place.
"""

from __future__ import annotations

import itertools
import operator
import warnings
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..advice import advised
from ..autograd.graph import TensorBase
from ..autograd.op_node import watched
from ..literals import as_array
from .arguments import type_said
from .index import Index, Places, Select, Slice, whole
from .shape import Alias, Unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor

INDEX_TYPES = "long, int, byte or bool tensors"
PARTS = (TensorBase, np.ndarray, list, tuple, range, slice)
MANY = 32  # from so many items on, a list is one index, whatever is in it


def getitem(input: Tensor, key: Any) -> Tensor:
    """``input[key]``, for integers, slices, None, Ellipsis, and tensors of integers or bools.

    Raises
    ------
    IndexError
        If an index is out of range, there are too many, or one is of another type.
    TypeError
        If a slice starts, stops or steps by what is no integer.
    """
    view, arrays = resolve(input, key)
    if arrays:
        return watched(Index.apply(view, arrays), *index_tensors(key))
    return Alias.apply(input) if view is input else view


def index_tensors(key: Any) -> list[TensorBase]:
    """The tensors in an index that are arrays of places there, and not one number."""
    parts = key if isinstance(key, tuple) else (key,)
    return [p for p in parts if isinstance(p, TensorBase) and not _is_integer(p)]


def delitem(input: Tensor, key: Any) -> NoReturn:
    """``del input[key]``, which there is not.

    Raises
    ------
    TypeError
        Always.
    """
    raise TypeError("Tensor does not support deleting items")


def need_to_fit(values: tuple[int, ...], places: tuple[int, ...]) -> None:
    """Raise PyTorch's error unless `values` of one shape broadcast to `places` of another."""
    try:
        fits = np.broadcast_shapes(values, places) == places
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(values)} cannot be broadcast to indexing "
            f"result of shape {list(places)}"
        )


def resolve(input: Tensor, key: Any) -> tuple[Tensor, Places]:
    """The view that integers, slices and None in `key` pick, and the arrays among its parts, with
    whole slices between them, by which to index that view.

    Raises
    ------
    IndexError
        As `getitem`.
    """
    if input.array.ndim == 0:
        _check_number(key)
    parts = _expand_ellipsis(input, _parts(key))
    result, dim = input, 0
    arrays: list[Any] = []
    origins = itertools.accumulate(map(_dims_taken, parts), initial=0)  # dimensions of `input`
    for part, origin in zip(parts, origins, strict=False):
        if part is None:
            result = Unsqueeze.apply(result, dim)
        elif _is_integer(part):
            place = _in_range(_scalar(part), input, origin)
            result = Select.apply(result, (*whole(dim), place, ...))
            continue
        elif isinstance(part, slice):
            start, stop, step = map(_bound, (part.start, part.stop, part.step))
            if step is not None and step <= 0:
                raise ValueError("step must be greater than zero")
            size = result.array.shape[dim]
            everything = start in (None, 0) and stop in (None, size) and step in (None, 1)
            if part is key or not everything:
                result = Slice.apply(result, (*whole(dim), slice(start, stop, step)))
        else:
            array = _index_array(part)
            if array.dtype == bool and array.ndim == 0:  # a mask for a dimension of size 1
                result, array = Unsqueeze.apply(result, dim), array[None]
            arrays += whole(dim)[len(arrays) :] + (array,)  # what was passed over stays whole
            dim += array.ndim - 1 if array.dtype == bool else 0
        dim += 1
    if arrays:
        _check_indices(result, arrays)
    return result, tuple(arrays)


def _parts(key: Any) -> tuple[Any, ...]:
    """The parts of an index. A list with more than numbers in it counts as a tuple of them."""
    if isinstance(key, tuple):
        return key
    if isinstance(key, list | range) and len(key) < MANY and any(map(_is_part, key)):
        warnings.warn(
            "Using a non-tuple sequence for multidimensional indexing is deprecated and will be "
            "changed in pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this "
            "will be interpreted as tensor index, x[torch.tensor(seq)], which will result either "
            "in an error or a different result",
            UserWarning,
            stacklevel=4,
        )
        return tuple(key)
    return (key,)


def _is_part(item: Any) -> bool:
    """Whether an item of a list is an index by itself, and no number."""
    return item is None or item is Ellipsis or isinstance(item, PARTS)


def _scalar(value: Any) -> int:
    return int(value.array if isinstance(value, TensorBase) else value)


def _bound(value: Any) -> int | None:
    """Where a slice starts or stops, or its step: what Python takes for an index, or nothing."""
    if value is None or value.__class__ is int:
        return value
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(
            "slice indices must be integers or None or have an __index__ method, but got "
            f"{value!r:.80}"
        ) from None


def _is_integer(part: Any) -> bool:
    """Whether `part` is one integer; a tensor without dimensions is, too."""
    if isinstance(part, TensorBase):
        return part.array.ndim == 0 and part.array.dtype.kind == "i"
    return isinstance(part, int | np.integer) and not isinstance(part, bool)


def _check_number(key: Any) -> None:
    """Refuse what is alone between the brackets of a tensor without dimensions."""
    if isinstance(key, slice):
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if isinstance(key, int | np.integer) and not isinstance(key, bool):
        if key != 0:
            raise IndexError(f"index {key} is out of bounds for dimension 0 with size 0")
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` "
            "in C++ to convert a 0-dim tensor to a number"
        )


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
        raise advised(
            IndexError(f"too many indices for tensor of dimension {input.array.ndim}"),
            f"{taken} were given.",
        )
    if not places:
        return parts
    first = places[0]
    free = input.array.ndim - taken
    # To PyTorch each further one stands for as many dimensions again: nothing may be left behind.
    behind = parts[places[1] :] if len(places) > 1 else ()
    if free and not all(part is Ellipsis or _is_whole(part) for part in behind):
        raise IndexError("behind a second ellipsis ('...') no dimension is left to index")
    rest = tuple(part for part in parts[first + 1 :] if part is not Ellipsis)
    return parts[:first] + whole(free) + rest


def _is_whole(part: Any) -> bool:
    return isinstance(part, slice) and (part.start, part.stop, part.step) == (None, None, None)


def _in_range(index: int, input: Tensor, dim: int) -> int:
    size = input.array.shape[dim]
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {size}")
    return index


def _index_array(part: Any) -> np.ndarray[Any, Any]:
    if isinstance(part, str | bytes):
        raise TypeError(f"new(): invalid data type '{type(part).__name__}'")
    if isinstance(part, TensorBase):
        array = part.array.copy()  # for the backward pass needs it as it is now
        if array.dtype in (np.int8, np.int16):
            raise no_index_type(array)
    elif isinstance(part, list | tuple | range):
        array = as_array(list(part))
        if array.dtype.kind == "f":  # as PyTorch does, also of an empty list
            array = array.astype(np.int64)
    else:
        array = np.array(part)
        if array.dtype.kind not in "iub" or isinstance(part, np.bool_):
            raise IndexError(
                "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables "
                f"are valid indices (got {type_said(part)})"
            )
    if array.dtype == np.uint8:
        warnings.warn(
            "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool "
            "instead.",
            UserWarning,
            stacklevel=4,
        )
        array = array.astype(bool)
    if array.dtype.kind not in "iub":
        raise no_index_type(array)
    return array


def no_index_type(array: np.ndarray[Any, Any]) -> IndexError:
    """The error for a tensor of a dtype that names no places."""
    return advised(
        IndexError(f"tensors used as indices must be {INDEX_TYPES}"), f"It is {array.dtype}."
    )


def _check_indices(input: Tensor, places: list[Any]) -> None:
    dim = 0
    for place in places:
        shape = input.array.shape[dim : dim + np.ndim(place)]
        if isinstance(place, slice):
            dim += 1
        elif place.dtype == bool:
            if place.shape != shape:
                at = next(i for i, size in enumerate(place.shape) if size != shape[i])
                raise IndexError(
                    f"The shape of the mask {list(place.shape)} at index {at} does not match the "
                    f"shape of the indexed tensor {list(input.array.shape)} at index {dim + at}"
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
