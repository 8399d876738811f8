"""Joining tensors into one, and cutting one into several: each the other's derivative."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, Shape, TensorBase
from ..autograd.op import Op
from ..layout import contiguous_format, format_of, in_rows
from .arguments import need_tensors, python_arguments, torch_arguments, wrong_kind
from .dims import normalize_dim
from .kinds import Extent, Pieces

if TYPE_CHECKING:
    from ..tensor import Tensor


def _joined(array: Array, images: Sequence[Array]) -> Array:
    """`array` row by row, unless the images it is made of all lie with their channels last."""
    if array.flags.c_contiguous:
        return array
    kept = images and all(format_of(image) is not contiguous_format for image in images)
    return array if kept else in_rows(array)


class Cat(Op):
    """Tensors one after another along `dim`; each gets its part of the gradient.

    In the result the first begins at ``starts[0]``, the next at ``starts[1]``, and so on. PyTorch
    ignores tensors of shape (0,) here, whatever the shape of the others.
    """

    promotes = "common"

    @staticmethod
    def forward(dim: int, starts: tuple[int, ...], *tensors: Array) -> Array:
        ndim = max(x.ndim for x in tensors)
        tensors = tuple([x for x in tensors if x.ndim == ndim or x.shape != (0,)])
        return _joined(np.concatenate(tensors, dim), tensors)

    @staticmethod
    def d_tensors(
        grad: Array,
        position: int,
        tensors_shape: tuple[Shape, ...],
        dim: int,
        starts: tuple[int, ...],
    ) -> Array:
        shape, start = tensors_shape[position], starts[position]
        if len(shape) < len(grad.shape):
            return np.zeros_like(grad, shape=(0,))
        return grad[(slice(None),) * dim + (slice(start, start + shape[dim]),)]

    @classmethod
    def explain(cls, values: list[Any], error: ValueError) -> Exception:
        dim, _, *tensors = values
        first, *others = (x.shape for x in tensors if x.shape != (0,))
        for number, shape in enumerate(others, 1):
            if len(shape) != len(first):
                return RuntimeError(
                    f"Tensors must have same number of dimensions: got {len(first)} and "
                    f"{len(shape)}"
                )
            for along, (a, b) in enumerate(zip(first, shape, strict=True)):
                if a != b and along != dim:
                    return RuntimeError(
                        f"Sizes of tensors must match except in dimension {dim}. Expected size "
                        f"{a} but got size {b} for tensor number {number} in the list."
                    )
        return error


class Stack(Op):
    """Tensors of one shape, side by side along a new dimension `dim`."""

    promotes = "common"

    @staticmethod
    def forward(dim: int, *tensors: Array) -> Array:
        return _joined(np.stack(tensors, dim), () if dim else tensors)

    @staticmethod
    def d_tensors(grad: Array, position: int, dim: int) -> Array:
        return grad[(slice(None),) * dim + (position,)]

    @classmethod
    def explain(cls, values: list[Any], error: ValueError) -> Exception:
        first, *others = (list(v.shape) for v in values[1:])
        number, shape = next((n, s) for n, s in enumerate(others, 1) if s != first)
        return RuntimeError(
            f"stack expects each tensor to be equal size, but got {first} at entry 0 and {shape} "
            f"at entry {number}"
        )


class Split(Op):
    """`x` cut along `dim` into pieces of the given sizes."""

    outputs = ("pieces",)

    @staticmethod
    def forward(x: Array, sizes: tuple[int, ...], dim: int) -> tuple[Array, ...]:
        return tuple(np.split(x, np.cumsum(sizes)[:-1], dim))

    @staticmethod
    def d_x(grads: tuple[Array, ...], dim: int) -> Array:
        return np.concatenate(grads, dim)


class SplitWithSizes(Split):
    """`x` cut along `dim` into pieces of sizes that the user named."""


class UnsafeSplit(Split):
    """`Split`, where the pieces count as tensors of their own."""


class UnsafeSplitWithSizes(Split):
    """The same, of sizes that the user named."""


class Unbind(Op):
    """The slices of `x` along `dim`, which goes away."""

    outputs = ("slices",)

    @staticmethod
    def forward(x: Array, dim: int) -> tuple[Array, ...]:
        return tuple(np.moveaxis(x, dim, 0)[i, ...] for i in range(x.shape[dim]))

    @staticmethod
    def d_x(grads: tuple[Array, ...], dim: int) -> Array:
        return np.stack(grads, dim)


@torch_arguments
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors along a dimension they have.

    Parameters
    ----------
    tensors : sequence of Tensor
        Of equal sizes in every dimension but `dim`; the result has their promoted dtype.
    dim : int

    Raises
    ------
    ValueError
        If there are none.
    RuntimeError
        If the shapes do not fit.
    """
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    need_tensors(tensors)
    for position, tensor in enumerate(tensors):
        if not tensor.array.ndim:
            raise RuntimeError(
                f"zero-dimensional tensor (at position {position}) cannot be concatenated"
            )
    shapes = [x.array.shape for x in tensors]
    ndim = next((len(shape) for shape in shapes if shape != (0,)), 1)
    dim = normalize_dim(dim, ndim)
    sizes = [shape[dim] if len(shape) == ndim else 0 for shape in shapes]
    return Cat.apply(dim, tuple(itertools.accumulate(sizes, initial=0)), *tensors)


@torch_arguments
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Put tensors of one shape side by side along a new dimension.

    Raises
    ------
    RuntimeError
        If there are none, or the shapes differ.
    """
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    need_tensors(tensors)
    return Stack.apply(normalize_dim(dim, tensors[0].array.ndim + 1), *tensors)


@python_arguments
def split(tensor: Tensor, split_size_or_sections: Pieces, dim: int = 0) -> tuple[Tensor, ...]:
    """`split_method`, whose arguments have other names in PyTorch than those of the function."""
    return split_method(tensor, split_size_or_sections, dim)


@python_arguments
def split_method(input: Tensor, split_size: Pieces, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut `input` along `dim` into pieces of one size (the last may be smaller), or of the sizes
    given; the pieces are views.

    Raises
    ------
    RuntimeError
        If the sizes do not sum to that of `dim`.
    """
    if isinstance(split_size, TensorBase):
        if split_size.array.size != 1:
            raise wrong_kind("split_with_sizes", "split_sizes", 1, "tuple of ints", split_size)
        split_size = int(split_size)
    if not input.array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = normalize_dim(dim, input.array.ndim)
    size = input.array.shape[dim]
    if isinstance(split_size, int):
        if split_size <= 0 and size:
            raise RuntimeError(
                f"split expects split_size be non-negative, but got split_size={split_size}"
                if split_size
                else "split_size can only be 0 if dimension size is 0, but got dimension size of "
                f"{size}"
            )
        full, rest = divmod(size, split_size or 1)
        pieces = [split_size] * full + [rest] * (rest > 0) or [0]
        return Split.apply_all(input, tuple(pieces), dim)
    pieces = list(split_size)
    if sum(pieces) != size or min(pieces, default=0) < 0:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's "
            f"size at dimension {dim}), but got split_sizes={pieces}"
        )
    return SplitWithSizes.apply_all(input, tuple(pieces), dim)


@torch_arguments
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """`split` into pieces of the sizes given."""
    return split(input, split_sizes, dim)


@torch_arguments
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut `input` along `dim` into at most `chunks` pieces of equal size."""
    if not input.array.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    size = input.array.shape[normalize_dim(dim, input.array.ndim)]
    return split(input, -(-size // chunks) if size else [0] * chunks, dim)


@torch_arguments
def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """`chunk`; see `unsafe_split`."""
    pieces = chunk(input, chunks, dim)
    size = input.array.shape[normalize_dim(dim, input.array.ndim)]
    return _apart(pieces, UnsafeSplit if size else UnsafeSplitWithSizes, input, dim)


@torch_arguments
def unsafe_split(input: Tensor, split_size: Extent, dim: int = 0) -> tuple[Tensor, ...]:
    """`split`, but the pieces do not count as views, though they look at the memory of `input`.

    So they may be changed in place, if `input` is not used any more.
    """
    return _apart(split_method(input, split_size, dim), UnsafeSplit, input, dim)


@torch_arguments
def unsafe_split_with_sizes(
    input: Tensor, split_sizes: Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """`split_with_sizes`; see `unsafe_split`."""
    return _apart(split_with_sizes(input, split_sizes, dim), UnsafeSplitWithSizes, input, dim)


def _apart(
    pieces: tuple[Tensor, ...], op: type[Split], input: Tensor, dim: int
) -> tuple[Tensor, ...]:
    """The pieces once more, recorded by another op, and as no views."""
    dim = normalize_dim(dim, input.array.ndim)
    results = op.apply_all(input, tuple(piece.array.shape[dim] for piece in pieces), dim)
    for result in results:
        if result._base is not None and result._base._views is not None:
            views = result._base._views
            result._base._views = weakref.WeakSet(v for v in views if v is not result)
        result._base, result._made_by, result._versions = None, "", [0]
    return results


@torch_arguments
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices of `input` along `dim`, as views without that dimension.

    Raises
    ------
    IndexError
        If `input` has no dimension `dim`.
    """
    if not input.array.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return Unbind.apply_all(input, normalize_dim(dim, input.array.ndim))
