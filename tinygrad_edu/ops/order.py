"""Order statistics: the median, the most frequent element, the k-th smallest.

Each is found by sorting, in which nan counts as the largest number. It is an element of the input,
and hands its gradient to that element: of several equal ones, where PyTorch promises nothing, to
the first, and of the most frequent ones to the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..autograd.graph import Array, constant
from ..autograd.op import Op
from ..layout import in_rows
from .arguments import torch_arguments
from .dims import WHOLE, is_whole, normalize_dim
from .extreme import MaxDim
from .kinds import Extent
from .sort import order

if TYPE_CHECKING:
    from ..tensor import Tensor


class Median(Op):
    """The lower median of all elements; those that are equal to it share the gradient evenly."""

    skips_nan = False

    @classmethod
    def forward(cls, x: Array) -> Array:
        if not x.size:
            return np.asarray(np.nan).astype(x.dtype)  # an integer as C makes it of nan
        flat = x.reshape(-1)
        return np.asarray(flat[middle(flat, 0, cls.skips_nan)[0]])

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array) -> Array:
        values, found = constant(x), constant(out)
        chosen = np.isnan(values) if np.isnan(found) else values == found
        return grad / chosen.sum() * chosen


class Nanmedian(Median):
    """The lower median of what is not nan."""

    skips_nan = True


class MedianDim(MaxDim):
    """The lower median along `dim`, and its index."""

    node_name = "MedianBackward1"

    @staticmethod
    def find(x: Array, axis: int, keepdims: bool) -> Array:
        return in_rows(middle(x, axis, skips_nan=False))


class NanmedianDim(MaxDim):
    """The lower median along `dim` of what is not nan, and its index."""

    node_name = "NanmedianBackward1"

    @staticmethod
    def find(x: Array, axis: int, keepdims: bool) -> Array:
        return in_rows(middle(x, axis, skips_nan=True))


class Mode(MaxDim):
    """The most frequent element along `dim`, the smallest of these, and its last index."""

    node_name = "ModeBackward0"

    @staticmethod
    def find(x: Array, axis: int, keepdims: bool) -> Array:
        by_size = np.moveaxis(order(x, axis), axis, -1)
        ranked = np.take_along_axis(np.moveaxis(x, axis, -1), by_size, -1)
        places = np.broadcast_to(np.arange(ranked.shape[-1]), ranked.shape)
        begins = np.ones(ranked.shape, bool)
        begins[..., 1:] = ranked[..., 1:] != ranked[..., :-1]
        # How many equal ones have come so far: most of all at the last of the most frequent.
        so_far = places - np.maximum.accumulate(np.where(begins, places, 0), axis=-1)
        last = np.argmax(so_far, axis=-1, keepdims=True)
        return np.moveaxis(np.take_along_axis(by_size, last, -1), -1, axis)


class Kthvalue(Op):
    """The k-th smallest element along `dim`, and its index."""

    outputs = ("values", "indices")

    @staticmethod
    def forward(x: Array, k: int, dim: int, keepdim: bool) -> tuple[Array, Array]:
        if not x.ndim:
            return x.copy(), np.zeros((), np.int64)
        indices = np.take(order(x, dim), [k - 1], axis=dim)
        values = np.take_along_axis(x, indices, dim)
        return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))

    d_x = MaxDim.d_x


def middle(x: Array, dim: int, skips_nan: bool) -> np.ndarray[Any, Any]:
    """The index along `dim`, which stays with size 1, of the lower median; or of the first nan."""
    missing = np.isnan(x).sum(dim, keepdims=True)
    last = x.shape[dim] - 1
    if skips_nan:
        rank = np.maximum(last - missing, 0) // 2
    else:
        rank = np.where(missing, last + 1 - missing, last // 2)
    return np.take_along_axis(order(x, dim), rank, dim)


def _along(name: str, input: Tensor, dim: int) -> int:
    """`dim` counted from the front; an error if there is nothing along it."""
    dim = normalize_dim(dim, input.array.ndim)
    if input.array.ndim and not input.array.shape[dim]:
        raise IndexError(
            f"{name}(): expected reduction dim {dim} to have non-zero size, but the input has "
            f"shape {list(input.array.shape)}"
        )
    return dim


def _no_bools(name: str, input: Tensor) -> None:
    if input.array.dtype == bool:
        raise NotImplementedError(f'"{name}" not implemented for torch.bool')


@torch_arguments
def median(input: Tensor, dim: int = WHOLE, keepdim: bool = False) -> Any:
    """The median: of an even number of elements, the lower of the two in the middle.

    Parameters
    ----------
    input : Tensor
    dim : int, optional
        Without it, the median of all elements; a nan, if there is one.
    keepdim : bool
        Whether `dim` stays, with size 1.

    Returns
    -------
    Tensor, or with `dim` the pair ``(values, indices)``

    Raises
    ------
    IndexError
        If there are no elements along `dim`.
    """
    _no_bools("median", input)
    if is_whole("median", dim, keepdim):
        return Median.apply(input)
    found = MedianDim.apply_all(input, _along("median", input, dim), keepdim)
    return return_types.median(*found)


@torch_arguments
def nanmedian(input: Tensor, dim: int = WHOLE, keepdim: bool = False) -> Any:
    """The median of the elements that are not nan; parameters and errors as for `median`."""
    _no_bools("nanmedian", input)
    if is_whole("nanmedian", dim, keepdim):
        return Nanmedian.apply(input)
    found = NanmedianDim.apply_all(input, _along("nanmedian", input, dim), keepdim)
    return return_types.nanmedian(*found)


@torch_arguments
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> return_types.mode:
    """The most frequent element along `dim`, and its index, as the pair ``(values, indices)``.

    Of several that are as frequent it is the smallest. Errors as for `median`.
    """
    return return_types.mode(*Mode.apply_all(input, _along("mode", input, dim), keepdim))


@torch_arguments
def kthvalue(
    input: Tensor, k: Extent, dim: int = -1, keepdim: bool = False
) -> return_types.kthvalue:
    """The `k`-th smallest element along `dim`, counted from 1, as the pair ``(values, indices)``.

    Raises
    ------
    RuntimeError
        If there are no `k` elements; IndexError, if there are none.
    """
    dim = _along("kthvalue", input, dim)
    if input.array.ndim:
        _no_bools("kthvalue", input)
    size = input.array.shape[dim] if input.array.ndim else 1
    if not 1 <= k <= size:
        raise RuntimeError(f"kthvalue(): k={k} is out of range for dimension {dim} of size {size}")
    return return_types.kthvalue(*Kthvalue.apply_all(input, k, dim, keepdim))
