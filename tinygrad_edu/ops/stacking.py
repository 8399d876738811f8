"""Tensors side by side, and cut apart again, along a dimension that the name tells.

The h is for horizontal: along the second dimension, or the only one. The v is for vertical, the
first dimension, and the d for depth, the third. What has too few dimensions gets some of size 1.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.broadcasting import broadcast_error
from ..autograd.graph import Array, Shape, TensorBase, wrap
from ..autograd.op import Op
from ..dtypes import get_default_dtype
from .arguments import need_tensors, torch_arguments
from .dims import normalize_dim
from .index import Slice, whole
from .join import cat
from .kinds import Refused, integer_or_integers, integers
from .repeat import expand
from .shape import reshape, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor


class BlockDiag(Op):
    """Matrices along the diagonal of one that is 0 elsewhere; each gets its block's gradient."""

    promotes = "common"

    @staticmethod
    def forward(*tensors: Array) -> Array:
        blocks = _blocks(tuple(x.shape for x in tensors))
        out = np.zeros([b.stop for b in blocks[-1]], np.result_type(*tensors))
        for block, x in zip(blocks, tensors, strict=True):
            out[block] = x
        return out

    @staticmethod
    def d_tensors(grad: Array, position: int, tensors_shape: tuple[Shape, ...]) -> Array:
        return grad[_blocks(tensors_shape)[position]].reshape(tensors_shape[position])


def _blocks(shapes: tuple[Shape, ...]) -> list[tuple[slice, slice]]:
    """Where along the diagonal each matrix stands; a vector is one row."""
    blocks: list[tuple[slice, slice]] = []
    row = column = 0
    for shape in shapes:
        height, width = (1,) * (2 - len(shape)) + shape
        blocks.append((slice(row, row + height), slice(column, column + width)))
        row, column = row + height, column + width
    return blocks


def _each(function: Callable[[Tensor], Tensor], tensors: tuple[Any, ...]) -> Any:
    """`function` of the one tensor given, or the tuple of it for several or a sequence of them."""
    if len(tensors) == 1 and isinstance(tensors[0], TensorBase):
        return function(tensors[0])  # type: ignore[arg-type]
    if len(tensors) == 1 and isinstance(tensors[0], Sequence):
        tensors = tuple(tensors[0])
    need_tensors(tensors)
    return tuple(map(function, tensors))


def atleast_1d(*tensors: Any) -> Any:
    """Each tensor with at least one dimension.

    Parameters
    ----------
    *tensors : Tensor, or one sequence of Tensor

    Returns
    -------
    Tensor
        Or, given several or a sequence, a tuple. What has enough dimensions stays as it is.
    """
    return _each(lambda x: x if x.array.ndim else reshape(x, 1), tensors)


def atleast_2d(*tensors: Any) -> Any:
    """Each tensor with at least two dimensions: (n) becomes (1, n). As `atleast_1d`."""

    def widened(x: Tensor) -> Tensor:
        if not x.array.ndim:
            return reshape(x, 1, 1)
        return unsqueeze(x, 0) if x.array.ndim == 1 else x

    return _each(widened, tensors)


def atleast_3d(*tensors: Any) -> Any:
    """Each tensor with at least three dimensions: (n) becomes (1, n, 1), and (m, n) (m, n, 1)."""

    def widened(x: Tensor) -> Tensor:
        if not x.array.ndim:
            return reshape(x, 1, 1, 1)
        x = unsqueeze(x, 0) if x.array.ndim == 1 else x
        return unsqueeze(x, -1) if x.array.ndim == 2 else x

    return _each(widened, tensors)


def _some(name: str, tensors: Sequence[Tensor]) -> None:
    """Raise PyTorch's error if there is nothing to join, or no sequence."""
    if isinstance(tensors, TensorBase):
        raise TypeError(f"{name}(): expected a sequence of tensors, but got one: {tensors!r:.80}")
    if not len(tensors):
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    need_tensors(tensors)


@torch_arguments
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along the second dimension, or the first of vectors.

    Raises
    ------
    RuntimeError
        If there are none, or the shapes do not fit.
    """
    _some("hstack", tensors)
    widened = atleast_1d(tensors)
    return cat(widened, 0 if widened[0].array.ndim == 1 else 1)


@torch_arguments
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along the first dimension; vectors are rows. Errors as in `hstack`."""
    _some("vstack", tensors)
    return cat(atleast_2d(tensors), 0)


@torch_arguments
def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along the third dimension, see `atleast_3d`. Errors as in `hstack`."""
    _some("dstack", tensors)
    return cat(atleast_3d(tensors), 2)


@torch_arguments
def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along the second dimension; vectors are columns. Errors as in `hstack`."""
    _some("column_stack", tensors)
    return hstack([x if x.array.ndim > 1 else reshape(x, x.array.size, 1) for x in tensors])


def block_diag(*tensors: Tensor) -> Tensor:
    """The matrix with the given ones along its diagonal, and 0 elsewhere.

    Parameters
    ----------
    *tensors : Tensor
        Of at most two dimensions; vectors are rows.

    Raises
    ------
    RuntimeError
        If one has more dimensions.
    """
    need_tensors(tensors)
    if not tensors:
        return wrap(np.zeros((1, 0), get_default_dtype().numpy))
    for position, x in enumerate(tensors):
        if x.array.ndim > 2:
            raise RuntimeError(
                "block_diag(): Input tensors must have 2 or fewer dimensions. "
                f"Input {position} has {x.array.ndim} dimensions"
            )
    return BlockDiag.apply(*tensors)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """The tensors expanded to their common shape, as views; those that have it stay themselves.

    Raises
    ------
    RuntimeError
        If the shapes do not broadcast.
    """
    if len(tensors) == 1 and isinstance(tensors[0], list | tuple):
        tensors = tuple(tensors[0])
    need_tensors(tensors)
    shapes = [x.array.shape for x in tensors]
    error = broadcast_error(shapes)
    if error is not None:
        raise error
    common = np.broadcast_shapes(*shapes)
    return tuple(x if x.array.shape == common else expand(x, common) for x in tensors)


@torch_arguments
def tensor_split(
    input: Tensor,
    sections: int | Sequence[int] | Tensor | None = None,
    dim: int = 0,
    *,
    indices: Sequence[int] | None = None,
    tensor_indices_or_sections: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Cut `input` along `dim` into views.

    Parameters
    ----------
    sections : int, sequence of int, or Tensor of int64
        How many pieces, of which the first may be longer by one; or the places at which to cut.
    indices, tensor_indices_or_sections
        The same, by PyTorch's names for what is no integer.

    Raises
    ------
    TypeError
        If nothing, or more than one, says where to cut.
    RuntimeError
        If the number of pieces is not positive, `input` has no dimensions, or a tensor is not of
        int64 or has more than one dimension.
    """
    given = [x for x in (sections, indices, tensor_indices_or_sections) if x is not None]
    if len(given) != 1:
        raise TypeError("tensor_split() takes the number of sections or the indices to cut at")
    return _cut(input, given[0], dim)


def _cut(
    input: Tensor, indices_or_sections: int | Sequence[int] | Tensor, dim: int
) -> tuple[Tensor, ...]:
    """`tensor_split`, whatever says where to cut."""
    if not input.array.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got 0 dims")
    dim = normalize_dim(dim, input.array.ndim)
    if isinstance(indices_or_sections, TensorBase):
        given = indices_or_sections.array
        if given.ndim > 1 or given.dtype != np.int64:
            raise RuntimeError(
                "tensor_split expected indices of int64 in zero or one dimensions, but got "
                f"{indices_or_sections.dtype} of shape {list(given.shape)}"
            )
        indices_or_sections = given.tolist()
    if isinstance(indices_or_sections, int):
        indices_or_sections = _even_cuts(indices_or_sections, input.array.shape[dim])
    bounds = [0, *indices_or_sections, None]
    return tuple(
        Slice.apply(input, (*whole(dim), slice(start, stop)))
        for start, stop in itertools.pairwise(bounds)
    )


def _even_cuts(sections: int, size: int) -> list[int]:
    if sections <= 0:
        raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
    least, longer = divmod(size, sections)
    return [i * least + min(i, longer) for i in range(1, sections)]


def _split(
    name: str, input: Tensor, indices_or_sections: int | Sequence[int], dim: int, least: int
) -> tuple[Tensor, ...]:
    shape = input.array.shape
    if len(shape) < least:
        raise RuntimeError(
            f"{name} requires a tensor with at least {least} dimension, but got a tensor with "
            f"{len(shape)} dimensions!"
        )
    if isinstance(indices_or_sections, int) and (
        indices_or_sections <= 0 or shape[dim] % indices_or_sections
    ):
        raise RuntimeError(
            f"{name} attempted to split along dimension {dim}, but the size of the dimension "
            f"{shape[dim]} is not divisible by the split_size {indices_or_sections}!"
        )
    return _cut(input, indices_or_sections, dim)


def _where(name: str, indices: tuple[Any, ...], sections: int | None) -> int | Sequence[int]:
    """The number of pieces, or the places to cut at, which may be given one by one."""
    if (sections is None) == (not indices):
        raise TypeError(f"{name}() takes the number of sections or the indices to cut at")
    if sections is not None:
        return sections
    try:
        if len(indices) == 1:
            # What is refused may still be one place: a tensor with dimensions, or a bool.
            with suppress(Refused):
                one: int | Sequence[int] = integer_or_integers(indices[0])
                return one
        return integers(indices)
    except Refused:
        raise TypeError(f"{name}(): expected integers, but got {indices!r:.80}") from None


@torch_arguments
def hsplit(input: Tensor, *indices: Any, sections: int | None = None) -> tuple[Tensor, ...]:
    """`tensor_split` along the second dimension, or the only one, into equal pieces.

    Parameters
    ----------
    input : Tensor
    *indices : int, or one sequence of int
        The places to cut at; one integer is the number of pieces.
    sections : int
        That number, by name.

    Raises
    ------
    RuntimeError
        If the pieces would not be equal, or `input` has too few dimensions.
    """
    return _split(
        "hsplit", input, _where("hsplit", indices, sections), 0 if input.array.ndim == 1 else 1, 1
    )


@torch_arguments
def vsplit(input: Tensor, *indices: Any, sections: int | None = None) -> tuple[Tensor, ...]:
    """`tensor_split` along the first of two dimensions or more; errors as in `hsplit`."""
    return _split("vsplit", input, _where("vsplit", indices, sections), 0, 2)


@torch_arguments
def dsplit(input: Tensor, *indices: Any, sections: int | None = None) -> tuple[Tensor, ...]:
    """`tensor_split` along the third of three dimensions or more; errors as in `hsplit`."""
    return _split("dsplit", input, _where("dsplit", indices, sections), 2, 3)
