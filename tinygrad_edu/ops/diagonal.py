"""Diagonals and triangles of matrices.

Taking a diagonal and putting one into zeros are each other's derivative; and what a triangle leaves
out gets no gradient. `offset` and `diagonal` count the diagonals: 0 is the main one, 1 is above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, Shape
from ..autograd.op import Op
from .arguments import torch_arguments
from .convert import contiguous, numbers
from .dims import normalize_dim
from .kinds import Extent
from .mutation import CopySlices, change
from .shape import view

if TYPE_CHECKING:
    from ..tensor import Tensor


class Tril(Op):
    """`x` on and below a diagonal, and 0 above it."""

    @staticmethod
    def forward(x: Array, k: int) -> Array:
        return np.tril(x, k)

    @staticmethod
    def d_x(grad: Array, k: int) -> Array:
        return Tril.call(grad, k)


class Triu(Op):
    """`x` on and above a diagonal, and 0 below it."""

    @staticmethod
    def forward(x: Array, k: int) -> Array:
        return np.triu(x, k)

    @staticmethod
    def d_x(grad: Array, k: int) -> Array:
        return Triu.call(grad, k)


class Diagonal(Op):
    """The elements of which the indices in `dim1` and `dim2` are i and i + offset; a view."""

    @staticmethod
    def forward(x: Array, offset: int, dim1: int, dim2: int) -> Array:
        view = x.diagonal(offset, dim1, dim2)
        view.flags.writeable = x.flags.writeable  # unlike NumPy's, as a view of `x` is
        return view

    @staticmethod
    def d_x(grad: Array, x_shape: Shape, offset: int, dim1: int, dim2: int) -> Array:
        return PutDiagonal.call(grad, x_shape, offset, dim1, dim2)


class DiagonalCopy(Diagonal):
    """The same, with memory of its own."""

    node_name = "DiagonalBackward0_copy"

    @staticmethod
    def forward(x: Array, offset: int, dim1: int, dim2: int) -> Array:
        return x.diagonal(offset, dim1, dim2).copy()


class PutDiagonal(Op):
    """Zeros of `shape` with `x` on a diagonal."""

    @staticmethod
    def forward(x: Array, shape: Shape, offset: int, dim1: int, dim2: int) -> Array:
        out = np.zeros(shape, x.dtype)
        Diagonal.forward(out, offset, dim1, dim2)[...] = x
        return out

    @staticmethod
    def d_x(grad: Array, offset: int, dim1: int, dim2: int) -> Array:
        return Diagonal.call(grad, offset, dim1, dim2)


class DiagEmbed(PutDiagonal):
    """The same, as users call it."""


class Trace(Op):
    """The sum of the main diagonal."""

    kinds = "iuf"
    kernel = "trace"

    @staticmethod
    def forward(x: Array) -> Array:
        diagonal = x.diagonal()
        return np.asarray(diagonal.sum(dtype=x.dtype if x.dtype.kind == "f" else np.int64))

    @staticmethod
    def d_x(grad: Array, x_shape: Shape) -> Array:
        diagonal = np.broadcast_to(grad, (min(x_shape),))
        return PutDiagonal.call(diagonal, x_shape, 0, 0, 1)


def _need_matrix(name: str, input: Tensor) -> None:
    if input.array.ndim < 2:
        raise RuntimeError(
            f"{name}: expected at least two dimensions, but got shape {list(input.array.shape)}"
        )


@torch_arguments
def tril(input: Tensor, diagonal: Extent = 0) -> Tensor:
    """The lower triangle of each matrix (in the last two dimensions), and 0 elsewhere.

    Raises
    ------
    RuntimeError
        If `input` has less than two dimensions.
    """
    _need_matrix("tril", input)
    return Tril.apply(input, diagonal)


@torch_arguments
def triu(input: Tensor, diagonal: Extent = 0) -> Tensor:
    """The upper triangle of each matrix, and 0 elsewhere; errors as for `tril`."""
    _need_matrix("triu", input)
    return Triu.apply(input, diagonal)


@torch_arguments
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonals of the matrices in two dimensions, as a new last dimension; a view.

    Raises
    ------
    RuntimeError
        If the two dimensions are the same.
    """
    ndim = input.array.ndim
    first, second = normalize_dim(dim1, ndim), normalize_dim(dim2, ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return Diagonal.apply(input, offset, first, second)


@torch_arguments
def linalg_diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """`diagonal`, of the matrices in the last two dimensions."""
    return diagonal(A, offset, dim1, dim2)


@torch_arguments
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices in dimensions `dim1` and `dim2` of the result, with the last dimension of `input` on
    a diagonal and 0 elsewhere; errors as for `diagonal`.
    """
    ndim = input.array.ndim + 1
    first, second = normalize_dim(dim1, ndim), normalize_dim(dim2, ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    *shape, length = input.array.shape
    for dim in sorted((first, second)):
        shape.insert(dim, length + abs(offset))
    return DiagEmbed.apply(input, tuple(shape), offset, first, second)


@torch_arguments
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Of a vector the matrix that has it on a diagonal; of a matrix, a copy of its diagonal.

    Raises
    ------
    RuntimeError
        If `input` is neither.
    """
    if input.array.ndim not in (1, 2):
        raise RuntimeError(
            f"diag(): Supports 1D or 2D tensors. Got {input.array.ndim}D: {list(input.array.shape)}"
        )
    if input.array.ndim == 1:
        return diag_embed(input, diagonal)
    return DiagonalCopy.apply(input, diagonal, 0, 1)


@torch_arguments
def trace(input: Tensor) -> Tensor:
    """The sum of the main diagonal of a matrix; of integers, as int64.

    Raises
    ------
    RuntimeError
        If `input` is no matrix.
    NotImplementedError
        If it is of bools.
    """
    if input.array.ndim != 2 and input.array.dtype != bool:
        raise RuntimeError(f"trace: expected a matrix, but got shape {list(input.array.shape)}")
    return Trace.apply(input)


@torch_arguments
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """A matrix of zeros with all elements of `input`, row by row, on a diagonal."""
    return diag_embed(view(contiguous(input), -1), offset)


@torch_arguments
def fill_diagonal_(input: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Set the elements ``input[i, i, ...]`` to a number.

    Parameters
    ----------
    input : Tensor of 2 dimensions or more
        Of more than 2, all of one size.
    wrap : bool
        In a matrix with more rows than columns, begin again after the diagonal, one row below.

    Raises
    ------
    RuntimeError
        If it has fewer dimensions, or more of different sizes.
    """
    shape = input.array.shape
    if len(shape) < 2:
        raise RuntimeError("fill_diagonal_: dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("fill_diagonal_: all dimensions of input must be of equal length")
    counted = np.arange(input.array.size).reshape(shape)
    number = numbers(fill_value, input.array.dtype)
    np.fill_diagonal(counted, -1, wrap)
    places = np.flatnonzero(counted.ravel() == -1)
    return change(input, lambda before: CopySlices.apply(before, number, places))
