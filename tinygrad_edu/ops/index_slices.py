"""Slices added, copied or filled by an index, and ``x[indices] = values`` as a function.

The ops stand in `scatter`; here is what PyTorch accepts, and what it raises for the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.grad_mode import grad_mode
from ..autograd.graph import TensorBase, wrap
from ..autograd.op_node import watched
from .arguments import need_tensors, torch_arguments
from .brackets import need_to_fit, resolve
from .convert import numbers
from .dims import normalize_dim
from .index import are_mixed, as_vectors, whole
from .scatter import (
    IndexAdd,
    IndexCopy,
    IndexFill,
    IndexFillTensor,
    IndexPut,
    IndexPutAccumulate,
    check_dtypes,
)

if TYPE_CHECKING:
    from ..tensor import Number, Tensor


def slice_places(input: Tensor, dim: int, index: Tensor, out_of_range: type[Exception]) -> Any:
    """The NumPy index of the slices along `dim` that `index`, already of integers, names."""
    places = np.atleast_1d(index.array).copy()  # kept, and so a copy
    size = input.array.shape[dim] if input.array.ndim else 1
    wrong = places[(places < 0) | (places >= size)]
    if wrong.size:
        raise out_of_range(
            f"index {wrong[0]} is out of bounds for dimension {dim} with size {size}"
        )
    return (*whole(dim), places) if input.array.ndim else ()


@torch_arguments
def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Number = 1
) -> Tensor:
    """`input` with ``alpha`` times the slices of `source` added to those that `index` names.

    ``out[index[i]] += alpha * source[i]``, for ``dim=0``; what is named twice gets both.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int64 or int32
        In one dimension.
    source : Tensor
        Of the dtype and shape of `input`, but in `dim` as long as `index`.
    alpha : number

    Raises
    ------
    RuntimeError
        If the shapes or dtypes do not fit, or an index is out of range.
    IndexError
        If `index` has several dimensions.
    """
    dim = normalize_dim(dim, input.array.ndim)
    if index.array.ndim > 1:
        raise IndexError(f"index_add(): index must be a vector, got {list(index.array.shape)}")
    if index.array.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"index_add(): Expected dtype int32/int64 for index, got {index.dtype}")
    check_dtypes("index_add", input, source)
    check_count("index_add", dim, index, source, RuntimeError)
    check_slices("index_add", input, dim, source)
    places = slice_places(input, dim, index, RuntimeError)
    result = IndexAdd.apply(input, source, places, numbers(alpha, input.array.dtype).item())
    return watched(result, index, source, reads="places")


def check_count(name: str, dim: int, index: Tensor, source: Tensor, error: type[Exception]) -> None:
    """Raise unless `source` has as many slices as `index` names."""
    there = source.array.shape
    length = there[dim] if dim < len(there) else 1
    if length != index.array.size:
        raise error(
            f"{name}(): Number of indices ({index.array.size}) should be equal to the size of "
            f"source ({length}) in dimension {dim}"
        )


def check_slices(name: str, input: Tensor, dim: int, source: Tensor) -> None:
    """Raise unless the slices of `source` have the shape of those of `input`."""
    there, given = list(source.array.shape), list(input.array.shape)
    if there[:dim] + there[dim + 1 :] != given[:dim] + given[dim + 1 :] or len(there) != len(given):
        raise RuntimeError(
            f"{name}(): source must have the shape of input but in dimension {dim}; got {there} "
            f"and {given}"
        )


@torch_arguments
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """`input` with the slices of `source` in place of those that `index` names.

    ``out[index[i]] = source[i]``, for ``dim=0``. Parameters as in `index_add`; `index` is of int64.

    Raises
    ------
    RuntimeError
        If the dtypes or the shapes of slices do not fit.
    IndexError
        If an index is out of range, or there are not as many as slices.
    """
    dim = normalize_dim(dim, input.array.ndim)
    if index.array.ndim > 1:
        raise IndexError(f"index_copy(): index must be a vector, got {list(index.array.shape)}")
    if not source.array.ndim:
        check_count("index_copy", dim, index, source, IndexError)
    elif input.array.ndim and source.array.ndim != input.array.ndim:
        raise IndexError(
            "index_copy(): source and input must have as many dimensions, but got "
            f"{list(source.array.shape)} and {list(input.array.shape)}"
        )
    if index.array.dtype != np.int64:
        raise RuntimeError(f"index_copy(): Expected int64 for index, but got {index.dtype}")
    check_dtypes("index_copy", input, source)
    if are_mixed(input, source):
        return as_vectors(index_copy, input, dim, index, source)
    check_slices("index_copy", input, dim, source)
    check_count("index_copy", dim, index, source, IndexError)
    result = IndexCopy.apply(input, source, slice_places(input, dim, index, IndexError))
    return watched(result, index, source if source._requires_grad else None)


@torch_arguments
def index_fill(input: Tensor, dim: int, index: Tensor, value: Number | Tensor) -> Tensor:
    """`input` with `value` in the slices along `dim` that `index` names.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int64
        In one dimension; negative ones count from the end.
    value : number, or Tensor without dimensions

    Raises
    ------
    IndexError
        If an index is out of range, or `index` is not of int64.
    RuntimeError
        If `index` has several dimensions, `value` has some, or it is out of the range of the dtype.
    """
    dim = normalize_dim(dim, input.array.ndim)
    if index.array.dtype != np.int64:
        raise IndexError(f"index_fill(): Expected dtype int64 for index, but got {index.dtype}")
    if index.array.ndim > 1:
        raise RuntimeError(f"index_fill(): index must be a vector, got {list(index.array.shape)}")
    size = input.array.shape[dim] if input.array.ndim else 1
    # A slice named twice is filled once.
    counted = np.unique(np.where(index.array < 0, index.array + size, index.array))
    places = slice_places(input, dim, wrap(counted), IndexError)
    if not isinstance(value, TensorBase):
        result = IndexFill.apply(input, numbers(value, input.array.dtype), places)
        return watched(result, index)
    if value.array.ndim:
        raise RuntimeError(
            "index_fill() only supports a 0-dimensional value tensor, but got one of shape "
            f"{list(value.array.shape)}"
        )
    numbers(value.array, input.array.dtype)  # an error if it is out of range
    check_gradient(input, value)
    return watched(IndexFillTensor.apply(input, value, places), index)


def check_gradient(input: Tensor, value: Tensor) -> None:
    """Raise if a result of integers would have to require a gradient."""
    if grad_mode.enabled and value._requires_grad and input.array.dtype.kind != "f":
        raise RuntimeError(f"a gradient cannot go through a tensor of {input.dtype}")


@torch_arguments
def index_put(
    input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False
) -> Tensor:
    """`input` after ``input[indices] = values``, or, with `accumulate`, plus the values there.

    Parameters
    ----------
    input : Tensor
    indices : sequence of Tensor
        Of integers or bools, as they would stand between brackets.
    values : Tensor
        Of the dtype of `input`; broadcasts to what the indices pick.
    accumulate : bool
        Add; what is named twice gets both.

    Raises
    ------
    IndexError
        As for reading ``input[indices]``.
    RuntimeError
        If the dtypes differ, `values` does not broadcast, or there are no indices.
    TypeError
        If something among the indices is no tensor.
    """
    if isinstance(indices, TensorBase):
        raise TypeError("index_put(): argument 'indices' must be a sequence of tensors, not one")
    need_tensors(indices)
    if not indices:
        raise RuntimeError("index_put(): expected at least one index")
    vectors = [wrap(np.atleast_1d(x.array)) if x.array.dtype.kind == "i" else x for x in indices]
    _, places = resolve(input.detach(), tuple(vectors))
    one_mask = len(places) == 1 and places[0].dtype == bool and values.array.size == 1
    # PyTorch converts dtypes only where one number goes to all places that one mask names.
    if input.array.dtype != values.array.dtype and (accumulate or not one_mask):
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {input.dtype} "
            f"for the destination and {values.dtype} for the source."
        )
    need_to_fit(values.array.shape, input.array[places].shape)
    check_gradient(input, values)
    if input.array.dtype != values.array.dtype:
        numbers(values.array, input.array.dtype)  # an error if it is out of range
    if accumulate:
        result = IndexPutAccumulate.apply(input, values, places, 1)
        return watched(result, *indices, reads="places")
    return watched(IndexPut.apply(input, values, places), *indices)
