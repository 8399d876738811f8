"""Elements in other places: rolled, turned, mirrored, and dimensions in another order.

`movedim` and `swapaxes` are views of the same memory, and `ravel` where it can be; the others copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from ..layout import in_rows
from .arguments import torch_arguments
from .convert import contiguous
from .dims import Dims, normalize_dim, normalize_dims
from .shape import Alias, Permute, flip, reshape, transpose, view

if TYPE_CHECKING:
    from ..tensor import Tensor


class Roll(Op):
    """The elements moved on by ``shifts[i]`` along ``dims[i]``; what leaves comes back in front.

    Without `dims`, as if there were one dimension. The derivative rolls back.
    """

    @staticmethod
    def forward(x: Array, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Array:
        return in_rows(np.roll(x, shifts, dims or None))

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
    # That each is in range is seen to before that none is named twice.
    within = [[normalize_dim(d, ndim) for d in dims] for dims in (sources, destinations)]
    sources, destinations = (normalize_dims(dims, ndim) if dims else () for dims in within)
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
def roll(input: Tensor, shifts: int | Sequence[int], dims: Dims = ()) -> Tensor:
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
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """`reshape` to the shape of `other`."""
    return reshape(input, other.array.shape)
