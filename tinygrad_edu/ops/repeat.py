"""Ops that use elements more than once: each gets the sum of the gradients of its places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..advice import advised
from ..autograd.graph import Array, Shape, TensorBase, wrap
from ..autograd.op import Op
from ..dtypes import old_name
from ..layout import in_rows
from .arguments import torch_arguments
from .convert import clone
from .dims import normalize_dim
from .index import index_select
from .kinds import Sizes
from .reduce import sum
from .shape import flatten, sizes, unsqueeze, view

if TYPE_CHECKING:
    from ..tensor import Tensor


class Expand(Op):
    """Dimensions of size 1 repeated, without copying; the engine sums the gradient back."""

    @staticmethod
    def forward(x: Array, shape: Shape) -> Array:
        repeated = np.broadcast_to(x, shape)
        if 1 not in x.shape:
            return repeated
        # A dimension that stays of size 1 keeps its stride, as in PyTorch; NumPy makes it 0.
        added = len(shape) - x.ndim
        pairs = zip(x.shape, repeated.strides[added:], x.strides, shape[added:], strict=True)
        kept = [own if n == 1 == m else stride for n, stride, own, m in pairs]
        return as_strided(repeated, shape, (*repeated.strides[:added], *kept), writeable=False)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad


class Repeat(Op):
    """`x` laid side by side ``repeats[d]`` times along each dimension."""

    @staticmethod
    def forward(x: Array, repeats: tuple[int, ...]) -> Array:
        return in_rows(np.tile(x, repeats))

    @staticmethod
    def d_x(grad: Array, x_shape: Shape, repeats: tuple[int, ...]) -> Array:
        if 0 in repeats:
            return np.zeros_like(grad, shape=x_shape)
        padded = (1,) * (len(repeats) - len(x_shape)) + x_shape
        pairs = [n for pair in zip(repeats, padded, strict=True) for n in pair]
        return grad.reshape(tuple(pairs)).sum(tuple(range(0, len(pairs), 2))).reshape(x_shape)


@torch_arguments
def expand(input: Tensor, *size: Sizes, implicit: bool = False) -> Tensor:
    """Repeat dimensions of size 1 to the given sizes, without copying; -1 keeps a size.

    Raises
    ------
    RuntimeError
        If a dimension that is not of size 1 would have to change.
    """
    wanted, there = sizes(size), input.array.shape
    added = len(wanted) - len(there)
    if added < 0:
        raise RuntimeError(
            f"expand(torch.{old_name(input.array.dtype)}Tensor{{{list(there)}}}, "
            f"size={list(wanted)}): the number of sizes provided ({len(wanted)}) must be greater "
            f"or equal to the number of dimensions in the tensor ({len(there)})"
        )
    padded = (1,) * added + there
    full = tuple(
        p if w == -1 and i >= added else w
        for i, (w, p) in enumerate(zip(wanted, padded, strict=True))
    )
    for d in reversed(range(len(full))):
        w, p = full[d], padded[d]
        if (w != p and p != 1) or w < 0:
            raise RuntimeError(
                f"The expanded size of the tensor ({w}) must match the existing size ({p}) at "
                f"non-singleton dimension {d}.  Target sizes: {list(wanted)}.  "
                f"Tensor sizes: {list(there)}"
            )
    return Expand.apply(input, full)


@torch_arguments
def broadcast_to(input: Tensor, *size: Sizes) -> Tensor:
    """`expand`, under NumPy's name."""
    return expand(input, *size)


@torch_arguments
def repeat(input: Tensor, *repeats: Sizes) -> Tensor:
    """A copy of `input` laid side by side ``repeats[d]`` times along each dimension d.

    Raises
    ------
    RuntimeError
        If there are fewer numbers than dimensions, or one is negative.
    """
    times = sizes(repeats)
    if min(times, default=0) < 0:
        raise RuntimeError(f"a tensor cannot be repeated {min(times)} times: {list(times)}")
    if len(times) < input.array.ndim:
        raise advised(
            RuntimeError(
                "Number of dimensions of repeat dims can not be smaller than number of dimensions "
                "of tensor"
            ),
            f"They are {len(times)} and {input.array.ndim}.",
        )
    return Repeat.apply(input, times)


@torch_arguments
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """`expand` to the shape of `other`."""
    return expand(input, other.array.shape)


@torch_arguments
def sum_to_size(input: Tensor, *size: Sizes) -> Tensor:
    """`input` added up so that it has the shape `size`, which broadcasts to its own: what the
    gradient of `expand` is.

    Raises
    ------
    RuntimeError
        If `size` does not expand to the shape of `input`.
    """
    wanted, shape = sizes(size), input.array.shape
    front = len(shape) - len(wanted)
    if front < 0 or any(n not in (1, m) for n, m in zip(wanted, shape[front:], strict=True)):
        raise RuntimeError(f"size {{{list(wanted)}}} is not expandable to size {{{list(shape)}}}.")
    if not wanted:
        return sum(input)
    dims = [d for d in range(len(shape)) if d < front or wanted[d - front] != shape[d]]
    summed = sum(input, tuple(dims), keepdim=True) if dims else input
    return view(summed, wanted) if front else summed


@torch_arguments
def tile(input: Tensor, *dims: Sizes) -> Tensor:
    """`repeat`, but with fewer numbers than dimensions the first dimensions are not repeated."""
    times = sizes(dims)
    return repeat(input, (1,) * (input.array.ndim - len(times)) + times)


@torch_arguments
def repeat_interleave(
    input: Tensor,
    repeats: int | Tensor | None = None,
    dim: int | None = None,
    *,
    output_size: int | None = None,
) -> Tensor:
    """Each element of `input` along `dim` repeated, one after another.

    Parameters
    ----------
    input : Tensor
        Or, given alone, what `repeats` is: the result are then the indices, each so often.
    repeats : int or Tensor of integers
        How often each; a tensor has a number for each element along `dim`, or one for all.
    dim : int, optional
        By default `input` is first made one-dimensional.
    output_size : int, optional
        The size of the result along `dim`, if known.

    Raises
    ------
    RuntimeError
        If a number is negative, or there are not as many as elements.
    NotImplementedError
        If the numbers are no integers.
    IndexError
        If `input` has no dimension `dim`.
    """
    if repeats is None:
        return wrap(np.repeat(np.arange(input.array.size), _times(input, input.array.size)))
    if dim is None:
        input, dim = flatten(input), 0
    dim = normalize_dim(dim, input.array.ndim)
    if isinstance(repeats, TensorBase):
        if not input.array.ndim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        size = input.array.shape[dim]
        places = np.repeat(np.arange(size), _times(repeats, size))
        _check_output(places.size, output_size)
        return index_select(input, dim, wrap(places))
    if repeats < 0:
        raise RuntimeError(f"repeats has to be non-negative, but got {repeats}")
    size = input.array.shape[dim] if input.array.ndim else 1
    _check_output(size * repeats, output_size)
    wide = unsqueeze(input, dim + 1)
    shape = wide.array.shape
    copied = clone(expand(wide, *shape[: dim + 1], repeats, *shape[dim + 2 :]))
    return flatten(copied, dim, dim + 1)


def _times(repeats: Tensor, size: int) -> np.ndarray[Any, Any]:
    """The numbers in `repeats`, one for each of `size` elements."""
    times = repeats.array
    if times.dtype not in (np.int64, np.int32):
        raise NotImplementedError(f"repeats has to be of int32 or int64, but got {repeats.dtype}")
    if times.ndim > 1 or times.size not in (1, size):
        raise RuntimeError(
            f"repeats must have one number, or one for each of the {size} elements along dim, but "
            f"has shape {list(times.shape)}"
        )
    if (times < 0).any():
        raise RuntimeError(f"repeats can not be negative, but got {times.min()}")
    return times


def _check_output(size: int, expected: int | None) -> None:
    if expected is not None and size != expected:
        raise RuntimeError(f"repeat_interleave: output_size is {expected}, but there are {size}")
