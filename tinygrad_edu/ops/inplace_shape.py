"""Another shape in place: ``x.t_()``, ``x.squeeze_()``, ``x.resize_(2, 3)``.

The memory stays what it is, and other tensors that look at it see no change; it is `x` that looks
at it in another way from now on. That is recorded as the view would be that the op without the
underscore returns, and counts as a change: who saved `x` for a derivative, saved another shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.grad_mode import grad_mode
from ..autograd.graph import wrap
from ..autograd.op import Op
from ..layout import (
    check_rank,
    contiguous_format,
    format_of,
    preserve_format,
)
from ..layout import memory_format as MemoryFormat
from .arguments import torch_arguments
from .dims import normalize_dim, normalize_dims
from .kinds import Extent, Sizes
from .mutation import check_may_change
from .shape import (
    Squeeze,
    SqueezeDim,
    SqueezeDims,
    T,
    Transpose,
    TransposeNothing,
    Unsqueeze,
    sizes,
)
from .strided import StridedView, checked_view, memory_of, places_in, row_by_row

if TYPE_CHECKING:
    from ..tensor import Tensor


class TInPlace(T):
    """`T`, in place."""

    node_name = "TBackward1"


class TransposeInPlace(Transpose):
    """`Transpose`, in place."""

    node_name = "TransposeBackward1"


class TransposeNothingInPlace(TransposeNothing):
    """`TransposeNothing`, in place."""

    node_name = "TransposeBackward1"


class UnsqueezeInPlace(Unsqueeze):
    """`Unsqueeze`, in place."""

    node_name = "UnsqueezeBackward1"


class SqueezeInPlace(Squeeze):
    """`Squeeze`, in place."""

    node_name = "SqueezeBackward3"


class SqueezeDimInPlace(SqueezeDim):
    """`SqueezeDim`, in place."""

    node_name = "SqueezeBackward4"


class SqueezeDimsInPlace(SqueezeDims):
    """`SqueezeDims`, in place."""

    node_name = "SqueezeBackward5"


class StridedInPlace(StridedView):
    """`StridedView`, in place."""

    node_name = "AsStridedBackward1"


def _seen_as(input: Tensor, op: type[Op], *options: Any) -> Tensor:
    """Let `input` be the view of itself that `op` makes.

    Raises
    ------
    RuntimeError
        If that is to be recorded, and it is a leaf that requires a gradient.
    """
    if grad_mode.enabled and input._requires_grad:
        check_may_change(input)
        before = wrap(input.array)
        before.grad_fn, before.output_nr = input.grad_fn, input.output_nr
        before._requires_grad = True
        result = op.apply(before, *options)
        input.array = result.array
        # Not `adopt`: the gradient that it keeps stays that of the old shape, as in PyTorch.
        input.grad_fn, input.output_nr = result.grad_fn, result.output_nr
    else:
        input.array = op.forward(input.array, *options)
        if input._edge is not None:  # a leaf: from now on gradients have to look like this
            input._edge[0].metadata = ((input.array.shape, input.array.dtype),)
    input._version += 1
    return input


@torch_arguments
def t_(input: Tensor) -> Tensor:
    """A matrix transposed, in place.

    Raises
    ------
    RuntimeError
        If `input` has more than two dimensions.
    """
    if input.array.ndim > 2:
        raise RuntimeError(
            f"t_() expects a tensor with <= 2 dimensions, but self is {input.array.ndim}D"
        )
    return _seen_as(input, TInPlace)


@torch_arguments
def transpose_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions of `input` swapped, in place.

    Raises
    ------
    IndexError
        If one of them is out of range.
    """
    a, b = normalize_dim(dim0, input.array.ndim), normalize_dim(dim1, input.array.ndim)
    if not input.array.ndim:
        return _seen_as(input, TransposeNothingInPlace)
    return _seen_as(input, TransposeInPlace, a, b)


@torch_arguments
def swapaxes_(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """`transpose_`, under NumPy's name."""
    return transpose_(input, axis0, axis1)


@torch_arguments
def squeeze_(input: Tensor, *dim: Any) -> Tensor:
    """Without dimensions of size 1, or without each `dim` that is of size 1; in place."""
    shape = input.array.shape
    chosen = sizes(dim)
    op: type[Op] = SqueezeDimsInPlace
    if dim == chosen and len(dim) < 2:
        op = SqueezeDimInPlace if dim else SqueezeInPlace
    candidates = normalize_dims(chosen, len(shape)) if chosen or not dim else ()
    return _seen_as(input, op, tuple(d for d in candidates if shape[d] == 1))


@torch_arguments
def unsqueeze_(input: Tensor, dim: int) -> Tensor:
    """With a dimension of size 1 put in at `dim`, in place.

    Raises
    ------
    IndexError
        If `dim` is not between ``-input.dim() - 1`` and ``input.dim()``.
    """
    return _seen_as(input, UnsqueezeInPlace, normalize_dim(dim, input.array.ndim + 1))


@torch_arguments
def as_strided_(
    input: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: Extent | None = None,
) -> Tensor:
    """`as_strided`, in place; errors as there."""
    view = checked_view(input.array, size, stride, storage_offset)
    recorded = grad_mode.enabled and input._requires_grad
    places = places_in(view, input.array) if recorded else None
    return _seen_as(input, StridedInPlace, view, places)


@torch_arguments
def resize_(input: Tensor, *size: Sizes, memory_format: MemoryFormat | None = None) -> Tensor:
    """Another shape in place, also of more or fewer elements: those that there are in memory, row
    by row or as `memory_format` says, and then any (here 0).

    If there is not enough memory, the elements move to a new one, which other tensors that looked
    at the old one do not share. (In PyTorch they do.)

    Raises
    ------
    RuntimeError
        If `input` requires a gradient, a size is negative, or the format is for another number of
        dimensions or ``preserve_format``.
    """
    if input._requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    shape = sizes(size)
    if any(n < 0 for n in shape):
        raise RuntimeError(f"resize_: a size cannot be negative, but got {list(shape)}")
    memory, offset = memory_of(input.array)
    needed = offset + int(np.prod(shape, dtype=int))
    if memory_format is preserve_format:
        raise RuntimeError("resize_: unsupported memory format: preserve_format")
    if input.array.shape != shape or memory_format is not None:
        strides = steps(shape, memory_format or contiguous_format)
        if needed > memory.size:
            memory = np.concatenate([memory, np.zeros(needed - memory.size, memory.dtype)])
            input._versions = [input._version]
            input._base = input._views = None
        input.array = checked_view(memory, shape, strides, offset)
    input._version += 1
    return input


def steps(shape: tuple[int, ...], format: MemoryFormat) -> tuple[int, ...]:
    """By how many elements each dimension moves on in memory, where that has no gaps."""
    check_rank(shape, format)
    if format.order is None:
        return row_by_row(shape)
    outside_in = row_by_row(tuple(shape[dim] for dim in format.order))
    return tuple(outside_in[place] for place in np.argsort(format.order))


@torch_arguments
def resize_as_(
    input: Tensor, the_template: Tensor, *, memory_format: MemoryFormat | None = None
) -> Tensor:
    """`resize_` to the shape of another tensor; with ``preserve_format``, also to its format."""
    template = the_template.array
    if memory_format is preserve_format:
        memory_format = format_of(template)
    return resize_(input, template.shape, memory_format=memory_format)
