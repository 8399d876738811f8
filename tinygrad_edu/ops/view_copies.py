"""The ops that return views, once more, with copies in their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..dtypes import dtype as DType
from . import brackets, diagonal, join, repeat, shape, strided, subviews
from .arguments import torch_arguments
from .convert import clone
from .dims import WHOLE, normalize_dim
from .kinds import DimOrDims, Extent
from .shape import Alias

if TYPE_CHECKING:
    from ..tensor import Tensor


def _copied(views: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(map(_copy, views))


def _copy(view: Tensor) -> Tensor:
    """In memory row by row."""
    return clone(view).contiguous()


@torch_arguments
def alias_copy(input: Tensor) -> Tensor:
    """A copy of `input`."""
    return _copy(Alias.apply(input))


@torch_arguments
def detach_copy(input: Tensor) -> Tensor:
    """A copy of `input` without its history."""
    return _copy(input.detach())


@torch_arguments
def view_copy(input: Tensor, size: Any = None, *, dtype: DType | None = None) -> Tensor:
    """A copy of `view`, by a shape or a dtype; here any layout has one."""
    if isinstance(size, Sequence):
        return _copy(shape.reshape(input, size))
    wanted: Any = dtype if size is None else size
    return _as_dtype(input, wanted)


@torch_arguments
def _as_dtype(input: Tensor, dtype: DType) -> Tensor:
    return _copy(shape.view(input, dtype=dtype))


@torch_arguments
def as_strided_copy(
    input: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: Extent | None = None,
) -> Tensor:
    """A copy of `as_strided`."""
    return _copy(strided.as_strided(input, size, stride, storage_offset))


@torch_arguments
def diagonal_copy(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy of `diagonal`."""
    return _copy(diagonal.diagonal(input, offset, dim1, dim2))


@torch_arguments
def expand_copy(input: Tensor, size: Sequence[int], *, implicit: bool = False) -> Tensor:
    """A copy of `expand`."""
    return _copy(repeat.expand(input, size))


@torch_arguments
def permute_copy(input: Tensor, dims: Sequence[int]) -> Tensor:
    """A copy of `permute`."""
    return _copy(shape.permute(input, dims))


@torch_arguments
def select_copy(input: Tensor, dim: int, index: Extent) -> Tensor:
    """A copy of `select`."""
    return _copy(subviews.select(input, dim, index))


@torch_arguments
def slice_copy(
    input: Tensor,
    dim: int = 0,
    start: Extent | None = None,
    end: Extent | None = None,
    step: Extent = 1,
) -> Tensor:
    """A copy of ``input[start:end:step]`` along `dim`.

    Raises
    ------
    RuntimeError
        If `step` is not positive.
    IndexError
        If `input` has no dimensions.
    """
    if not input.array.ndim:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    along = normalize_dim(dim, input.array.ndim)
    return _copy(brackets.getitem(input, (slice(None),) * along + (slice(start, end, step),)))


@torch_arguments
def split_copy(input: Tensor, split_size: Extent, dim: int = 0) -> tuple[Tensor, ...]:
    """Copies of what `split` returns."""
    return _copied(join.split_method(input, split_size, dim))


@torch_arguments
def split_with_sizes_copy(
    input: Tensor, split_sizes: Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Copies of what `split_with_sizes` returns."""
    return _copied(join.split_with_sizes(input, split_sizes, dim))


@torch_arguments
def squeeze_copy(input: Tensor, dim: DimOrDims = WHOLE) -> Tensor:
    """A copy of `squeeze`."""
    return _copy(shape.squeeze(input) if dim is WHOLE else shape.squeeze(input, dim))


@torch_arguments
def t_copy(input: Tensor) -> Tensor:
    """A copy of `t`."""
    return _copy(shape.t(input))


@torch_arguments
def transpose_copy(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """A copy of `transpose`."""
    return _copy(shape.transpose(input, dim0, dim1))


@torch_arguments
def unbind_copy(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Copies of what `unbind` returns."""
    return _copied(join.unbind(input, dim))


@torch_arguments
def unfold_copy(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """A copy of `unfold`."""
    return _copy(subviews.unfold(input, dimension, size, step))


@torch_arguments
def unsqueeze_copy(input: Tensor, dim: int) -> Tensor:
    """A copy of `unsqueeze`."""
    return _copy(shape.unsqueeze(input, dim))
