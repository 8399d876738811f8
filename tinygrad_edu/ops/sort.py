"""Sorting, and what is left when equal elements are counted once.

A sort only moves elements, so its derivative puts each gradient back to where its element came
from. Equal elements keep their order; nan counts as the largest number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..advice import advised
from ..autograd.graph import Array, Shape, own_constant, wrap
from ..autograd.op import Op
from .arguments import torch_arguments
from .dims import normalize_dim
from .index import PutZeros, along
from .kinds import Extent

if TYPE_CHECKING:
    from ..tensor import Tensor


class Sort(Op):
    """The elements of `x` in order along `dim`, and the places where they were."""

    outputs = ("values", "indices")

    @staticmethod
    def forward(x: Array, dim: int, descending: bool) -> tuple[Array, Array]:
        if not x.ndim:
            return x.copy(), np.zeros((), np.int64)
        indices = order(x, dim, descending)
        return np.take_along_axis(x, indices, dim), indices

    @staticmethod
    def d_x(grads: tuple[Array, Array], indices: Array, x_shape: Shape, dim: int) -> Array:
        places = along(dim, own_constant(indices)) if x_shape else ()
        return PutZeros.call(grads[0], x_shape, places)


class StableSort(Sort):
    """The same, where the user has said whether it is to be stable."""

    node_name = "SortBackward1"


class Topk(Op):
    """The k largest or smallest elements along `dim`, and the places where they were."""

    outputs = ("values", "indices")

    @staticmethod
    def forward(x: Array, k: int, dim: int, largest: bool) -> tuple[Array, Array]:
        if not x.ndim:
            return x.copy(), np.zeros((), np.int64)
        indices = np.moveaxis(np.moveaxis(order(x, dim, largest), dim, 0)[:k], 0, dim)
        indices = np.ascontiguousarray(indices)
        return np.take_along_axis(x, indices, dim), indices

    d_x = Sort.d_x


def order(x: Array, dim: int, descending: bool = False) -> np.ndarray[Any, Any]:
    """The indices that sort `x` along `dim`; those of equal elements in their order."""
    if not descending:
        return np.argsort(x, axis=dim, kind="stable")
    backwards = np.argsort(np.flip(x, dim), axis=dim, kind="stable")
    indices: np.ndarray[Any, Any] = x.shape[dim] - 1 - np.flip(backwards, dim)
    return indices


class Distinct(Op):
    """The elements at `places`; PyTorch has no derivative for these."""

    @staticmethod
    def forward(x: Array, places: Array, shape: Shape, dim: int) -> Array:
        return np.take(x.reshape(shape), places, axis=dim)

    @classmethod
    def d_x(cls, grad: Array) -> Array:
        raise NotImplementedError("the derivative for 'unique' is not implemented, nor in PyTorch")


class Unique2(Distinct):
    """The distinct elements."""


class UniqueDim(Distinct):
    """The distinct slices."""


class UniqueConsecutive(Distinct):
    """The elements, or slices, that differ from the one before."""


@torch_arguments
def sort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = None
) -> return_types.sort:
    """The elements in order along `dim`, as the pair ``(values, indices)``.

    Parameters
    ----------
    input : Tensor
    dim : int
    descending : bool
        Whether the largest, and before it nan, comes first.
    stable : bool, optional
        Whether equal elements must keep their order; they always do.
    """
    op = Sort if stable is None else StableSort
    dim = normalize_dim(dim, input.array.ndim)
    return return_types.sort(*op.apply_all(input, dim, bool(descending)))


@torch_arguments
def argsort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False
) -> Tensor:
    """The indices (int64) that sort `input` along `dim`; parameters as for `sort`."""
    return sort(input.detach(), dim, descending, stable=stable).indices


@torch_arguments
def msort(input: Tensor) -> Tensor:
    """`input` sorted along its first dimension."""
    return sort(input, 0).values


@torch_arguments
def topk(
    input: Tensor, k: Extent, dim: int = -1, largest: bool = True, sorted: bool = True
) -> return_types.topk:
    """The `k` largest elements along `dim`, as the pair ``(values, indices)``.

    Parameters
    ----------
    input : Tensor
    k : int
        No larger than the size of `dim`.
    dim : int
    largest : bool
        False: the `k` smallest.
    sorted : bool
        Whether they must be in order, the most extreme first; they always are.

    Raises
    ------
    RuntimeError
        If there are no `k` elements, or they are bools.

    Notes
    -----
    Of equal elements it takes those with the smaller indices, where PyTorch promises nothing.
    """
    dim = normalize_dim(dim, input.array.ndim)
    size = input.array.shape[dim] if input.array.ndim else 1
    if not 0 <= k <= size:
        raise advised(
            RuntimeError("selected index k out of range"),
            f"k is {k}, and dimension {dim} of size {size}.",
        )
    if input.array.dtype == bool:
        raise RuntimeError("topk does not support bool dtypes; convert with .int() first")
    return return_types.topk(*Topk.apply_all(input, k, dim, bool(largest)))


@torch_arguments
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct elements in ascending order; no two nan are equal.

    Parameters
    ----------
    input : Tensor
    sorted : bool
        Whether they must be in order; they always are.
    return_inverse : bool
        Also return for each element of `input` (along `dim`: for each slice) the index of its
        equal in the result.
    return_counts : bool
        Also return how often each occurs.
    dim : int, optional
        Compare the slices along this dimension, and not single elements.

    Returns
    -------
    Tensor, or tuple of Tensor
        Differentiating it raises NotImplementedError.
    """
    op = Unique2 if dim is None else UniqueDim
    rows, shape, dim = _rows(input, dim)
    by_first_column_last = np.lexsort(rows.T[::-1]) if rows.shape[1] else np.arange(len(rows))
    places, groups, counts = _groups(rows[by_first_column_last])
    inverse = np.empty_like(groups)
    inverse[by_first_column_last] = groups
    values = op.apply(input, by_first_column_last[places], shape, dim)
    if op is Unique2:
        inverse = inverse.reshape(input.array.shape)
    return _chosen(values, (return_inverse, inverse), (return_counts, counts))


@torch_arguments
def unique_consecutive(
    input: Tensor,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The elements that differ from the one before; parameters as for `unique`."""
    whole = dim is None
    rows, shape, dim = _rows(input, dim)
    places, groups, counts = _groups(rows)
    values = UniqueConsecutive.apply(input, places, shape, dim)
    inverse = groups.reshape(input.array.shape) if whole else groups
    return _chosen(values, (return_inverse, inverse), (return_counts, counts))


def _rows(input: Tensor, dim: int | None) -> tuple[np.ndarray[Any, Any], Shape, int]:
    """What is compared, one in each row; and the shape and the dimension it lies along."""
    if dim is not None and not input.array.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    x = input.array
    if dim is None:
        return x.reshape(-1, 1), (x.size,), 0
    dim = normalize_dim(dim, x.ndim)
    x = x if x.ndim else x.reshape(1)
    row_size = x.size // x.shape[dim] if x.shape[dim] else 0
    return np.moveaxis(x, dim, 0).reshape(x.shape[dim], row_size), x.shape, dim


def _groups(rows: np.ndarray[Any, Any]) -> tuple[Any, Any, Any]:
    """For rows of which equal ones lie together: where each group begins, the number of each row's
    group, and how many rows each has."""
    begins = np.ones(len(rows), bool)
    begins[1:] = (rows[1:] != rows[:-1]).any(1)
    places = np.flatnonzero(begins)
    return places, np.cumsum(begins) - 1, np.diff(places, append=len(rows))


def _chosen(values: Tensor, *extras: tuple[bool, np.ndarray[Any, Any]]) -> Any:
    chosen = [wrap(array) for wanted, array in extras if wanted]
    return (values, *chosen) if chosen else values
