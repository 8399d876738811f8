"""Parts of a tensor, as views of its memory: a stretch, one slice, or windows that may overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..autograd.graph import Array, Shape, TensorBase
from ..autograd.op import Op
from .arguments import torch_arguments
from .dims import normalize_dim
from .index import Select, Slice, whole
from .kinds import Extent

if TYPE_CHECKING:
    from ..tensor import Tensor


class Unfold(Op):
    """Windows of `size` elements along `dim`, one every `step`; they lie in a new last dimension.

    ``out[i, j] = x[i * step + j]``, for one dimension. An element gets the gradients of all the
    windows that it is in.
    """

    @staticmethod
    def forward(x: Array, dim: int, size: int, step: int) -> Array:
        if not x.ndim:
            return x.reshape(1)[:size]
        # Where windows overlap, one element of memory is in several places of the view.
        windows = sliding_window_view(x, size, dim, writeable=x.flags.writeable and step >= size)
        return windows[(*whole(dim), slice(None, None, step))]

    @staticmethod
    def d_x(grad: Array, x_shape: Shape, dim: int, size: int, step: int) -> Array:
        return AddWindows.call(grad, x_shape, dim, size, step)


class AddWindows(Op):
    """The windows that `Unfold` cut out of a tensor of `shape`, added up at their places."""

    @staticmethod
    def forward(x: Array, shape: Shape, dim: int, size: int, step: int) -> Array:
        if not shape:
            return np.asarray(x.sum())
        out = np.zeros(shape, x.dtype)
        stop = x.shape[dim] * step
        for j in range(size):  # element j of all windows at once
            out[(*whole(dim), slice(j, j + stop, step))] += x[..., j]
        return out

    @staticmethod
    def d_x(grad: Array, dim: int, size: int, step: int) -> Array:
        return Unfold.call(grad, dim, size, step)


class NarrowCopy(Slice):
    """A stretch of `x`, with memory of its own."""

    @staticmethod
    def forward(x: Array, places: Any) -> Array:
        return x[places].copy()


@torch_arguments
def narrow(input: Tensor, dim: int, start: int | Tensor, length: Extent) -> Tensor:
    """`length` elements of `input` along `dim`, from `start` on; a view.

    Parameters
    ----------
    start : int or Tensor of one integer
        Negative: counted from the end.

    Raises
    ------
    RuntimeError
        If `length` is negative, or there are fewer elements; or `input` has no dimensions.
    IndexError
        If there is no place `start`.
    """
    return Slice.apply(input, _stretch(input, dim, start, length))


def _stretch(input: Tensor, dim: int, start: int | Tensor, length: int) -> tuple[slice, ...]:
    """The NumPy index of `narrow`."""
    if not input.array.ndim:
        raise RuntimeError("narrow() cannot be applied to a tensor without dimensions")
    dim = normalize_dim(dim, input.array.ndim)
    size = input.array.shape[dim]
    if isinstance(start, TensorBase):
        if start.array.ndim or start.array.dtype.kind not in "iu":
            raise RuntimeError(f"narrow(): start must be one integer, but got {start!r:.80}")
        start = int(start.array)
    if length < 0:
        raise RuntimeError(f"narrow(): length must be non-negative, but got {length}")
    if not -size <= start <= size:
        raise IndexError(
            f"narrow(): start must be in the range of [{-size}, {size}], but got {start}"
        )
    first = start + size if start < 0 else start
    if first + length > size:
        raise RuntimeError(
            f"narrow(): start ({first}) + length ({length}) exceeds dimension size ({size})"
        )
    return (*whole(dim), slice(first, first + length))


@torch_arguments
def narrow_copy(input: Tensor, dim: int, start: Extent, length: Extent) -> Tensor:
    """`narrow`, with memory of its own; errors as there."""
    return NarrowCopy.apply(input, _stretch(input, dim, start, length))


@torch_arguments
def select(input: Tensor, dim: int, index: Extent) -> Tensor:
    """``input[index]`` along `dim`, which goes away; a view.

    Raises
    ------
    IndexError
        If there is no such dimension or place.
    """
    if not input.array.ndim:
        raise IndexError("select() cannot be applied to a tensor without dimensions")
    dim = normalize_dim(dim, input.array.ndim)
    size = input.array.shape[dim]
    if not -size <= index < size:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size "
            f"{list(input.array.shape)} at dimension {dim}"
        )
    return Select.apply(input, (*whole(dim), int(index), ...))


@torch_arguments
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Windows of `size` elements along `dimension`, one every `step`; a view.

    Returns
    -------
    Tensor
        Of the shape of `input`, but with ``(n - size) // step + 1`` in place of the size n of
        `dimension`, and a new last dimension of `size`.

    Raises
    ------
    RuntimeError
        If `size` is negative or too large, or `step` is not positive.
    """
    dim = normalize_dim(dimension, input.array.ndim)
    there = input.array.shape[dim] if input.array.ndim else 1
    if size < 0:
        raise RuntimeError(f"unfold: size is {size} but must be >= 0")
    if size > there:
        raise RuntimeError(
            f"maximum size for tensor at dimension {dim} is {there} but size is {size}"
        )
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    result = Unfold.apply(input, dim, size, step)
    result._versions = input._versions  # NumPy forgets whose memory the windows are
    return result
