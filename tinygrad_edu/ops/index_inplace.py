"""Changing elements in place, by an index: ``x.index_add_(0, index, source)`` and the like.

What is allowed in place, and what is raised, stands in `inplace`; what is computed, in `scatter`
and `index_slices`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..autograd.graph import TensorBase
from . import index_slices, scatter
from .choice import masked_fill
from .convert import numbers
from .index import scatter_add
from .inplace import check_writable, write

if TYPE_CHECKING:
    from ..tensor import Number, Tensor


def scatter_(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | Number | None = None,
    *,
    value: Number | None = None,
    reduce: str | None = None,
) -> Tensor:
    """`scatter`, in place."""
    check_writable(input, src)
    new = scatter.scatter(input.detach(), dim, index, src, value=value, reduce=reduce)
    return write(input, new.array)


def scatter_add_(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """`scatter_add`, in place."""
    check_writable(input, src)
    return write(input, scatter_add(input.detach(), dim, index, src).array)


def index_add_(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Number = 1
) -> Tensor:
    """`index_add`, in place."""
    check_writable(input, source)
    return write(
        input, index_slices.index_add(input.detach(), dim, index, source, alpha=alpha).array
    )


def index_copy_(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """`index_copy`, in place."""
    check_writable(input, source)
    return write(input, index_slices.index_copy(input.detach(), dim, index, source).array)


def index_fill_(input: Tensor, dim: int, index: Tensor, value: Number | Tensor) -> Tensor:
    """`index_fill`, in place."""
    check_writable(input, value)
    return write(input, index_slices.index_fill(input.detach(), dim, index, value).array)


def index_put_(
    input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False
) -> Tensor:
    """`index_put`, in place."""
    check_writable(input, values)
    return write(input, index_slices.index_put(input.detach(), indices, values, accumulate).array)


def masked_fill_(input: Tensor, mask: Tensor, value: Number | Tensor) -> Tensor:
    """`masked_fill`, in place."""
    check_writable(input, value)
    if isinstance(value, TensorBase):
        numbers(value.array, input.array.dtype)  # an error if it is out of range
    return write(input, masked_fill(input.detach(), mask, value).array)


def masked_scatter_(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """`masked_scatter`, in place."""
    check_writable(input, source)
    return write(input, scatter.masked_scatter(input.detach(), mask, source).array)
