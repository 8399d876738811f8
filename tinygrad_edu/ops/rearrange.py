"""Elements in other places: rolled, turned, cut out in windows, repeated one by one.

`narrow`, `select`, `unfold`, `movedim`, `expand_as` and `ravel` are views of the same memory
(`ravel` where it can be); the others copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..autograd.graph import Array, Shape, TensorBase, wrap
from ..autograd.op import Op
from .arguments import torch_arguments
from .convert import clone, contiguous
from .dims import Dims, normalize_dim, normalize_dims
from .index import Select, Slice, index_select, whole
from .repeat import expand, repeat
from .shape import Alias, Permute, flatten, flip, reshape, sizes, transpose, unsqueeze, view

if TYPE_CHECKING:
    from ..tensor import Tensor


class Roll(Op):
    """The elements moved on by ``shifts[i]`` along ``dims[i]``; what leaves comes back in front.

    Without `dims`, as if there were one dimension. The derivative rolls back.
    """

    @staticmethod
    def forward(x: Array, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Array:
        return np.roll(x, shifts, dims or None)

    @staticmethod
    def d_x(grad: Array, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Array:
        return Roll.call(grad, tuple(-n for n in shifts), dims)


class Rot90(Op):
    """`x` turned by `k` quarters of a circle, from the first to the second of `dims`."""

    @staticmethod
    def forward(x: Array, k: int, dims: tuple[int, int]) -> Array:
        return np.rot90(x, k, dims).copy("K")

    @staticmethod
    def d_x(grad: Array, k: int, dims: tuple[int, int]) -> Array:
        return Rot90.call(grad, -k, dims)


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


@torch_arguments
def narrow(input: Tensor, dim: int, start: int | Tensor, length: int) -> Tensor:
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
    return Slice.apply(input, (*whole(dim), slice(first, first + length)))


@torch_arguments
def select(input: Tensor, dim: int, index: int) -> Tensor:
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


@torch_arguments
def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """`input` with dimension ``source[i]`` moved to place ``destination[i]``; a view.

    The others stay in their order.

    Raises
    ------
    RuntimeError
        If there are not as many of one as of the other, or one is named twice.
    TypeError
        If one of the two is an integer, and the other a sequence.
    """
    ndim = input.array.ndim
    if isinstance(source, int) != isinstance(destination, int):
        raise TypeError(f"movedim() takes two integers or two sequences: {source}, {destination}")
    sources, destinations = (
        (d,) if isinstance(d, int) else tuple(d) for d in (source, destination)
    )
    if len(sources) != len(destinations):
        raise RuntimeError(
            f"movedim: source {sources} and destination {destinations} must have as many dimensions"
        )
    sources, destinations = (
        normalize_dims(dims, ndim) if dims else () for dims in (sources, destinations)
    )
    if not ndim:
        return Alias.apply(input)
    order = [d for d in range(ndim) if d not in sources]
    for place, dim in sorted(zip(destinations, sources, strict=True)):
        order.insert(place, dim)
    return Permute.apply(input, tuple(order))


@torch_arguments
def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """`transpose`, under NumPy's name."""
    return transpose(input, axis0, axis1)


@torch_arguments
def roll(input: Tensor, shifts: int | Sequence[int], dims: Dims = None) -> Tensor:
    """The elements moved on by `shifts` along `dims`; those at the end come back in front.

    Parameters
    ----------
    shifts : int or sequence of int
    dims : int or sequence of int, optional
        As many; without, `input` is rolled as if it had one dimension.

    Raises
    ------
    RuntimeError
        If there are no shifts, or not as many as dimensions.
    """
    moves = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    along = () if dims is None else (dims,) if isinstance(dims, int) else tuple(dims)
    if not moves:
        raise RuntimeError("roll(): `shifts` are required")
    if len(moves) != len(along) and (along or len(moves) > 1):
        raise RuntimeError(
            f"roll(): shifts and dimensions must align. shifts: {len(moves)}, dims: {len(along)}"
        )
    if along and not input.array.ndim:
        raise IndexError(f"Dimension specified as {along[0]} but tensor has no dimensions")
    return Roll.apply(input, moves, tuple(normalize_dim(d, input.array.ndim) for d in along))


@torch_arguments
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """`input` turned by `k` quarters of a circle in the plane of two dimensions.

    Positive `k` turn from the first of `dims` to the second.

    Raises
    ------
    RuntimeError
        If `dims` are not two different ones, or `input` has fewer.
    IndexError
        If there is no such dimension.
    """
    ndim = input.array.ndim
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {list(dims)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    first, second = (normalize_dim(d, ndim) for d in dims)
    if first == second:
        raise RuntimeError(f"expected rotation dims to be different, but got {list(dims)}")
    return Rot90.apply(input, k, (first, second))


@torch_arguments
def fliplr(input: Tensor) -> Tensor:
    """A copy with the columns (the second dimension) in reverse order."""
    if input.array.ndim < 2:
        raise RuntimeError(f"fliplr() needs 2 dimensions or more, but got {input.array.ndim}")
    return flip(input, 1)


@torch_arguments
def flipud(input: Tensor) -> Tensor:
    """A copy with the rows (the first dimension) in reverse order."""
    if input.array.ndim < 1:
        raise RuntimeError(f"flipud() needs 1 dimension or more, but got {input.array.ndim}")
    return flip(input, 0)


@torch_arguments
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension: a view, if they lie in memory in order, and else a copy."""
    return view(contiguous(input), -1)


@torch_arguments
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """`expand` to the shape of `other`."""
    return expand(input, *other.array.shape)


@torch_arguments
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """`reshape` to the shape of `other`."""
    return reshape(input, *other.array.shape)


@torch_arguments
def tile(input: Tensor, *dims: Any) -> Tensor:
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
    """
    if repeats is None:
        return wrap(np.repeat(np.arange(input.array.size), _times(input, input.array.size)))
    if dim is None:
        input, dim = flatten(input), 0
    dim = normalize_dim(dim, input.array.ndim)
    size = input.array.shape[dim] if input.array.ndim else 1
    if isinstance(repeats, TensorBase):
        places = np.repeat(np.arange(size), _times(repeats, size))
        _check_output(places.size, output_size)
        return index_select(input, dim, wrap(places))
    if repeats < 0:
        raise RuntimeError(f"repeats has to be non-negative, but got {repeats}")
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
