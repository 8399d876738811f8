"""Functions that take a shape, or dimensions, as one sequence.

The methods of their names, which do the work, take them one by one, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .arguments import torch_arguments
from .dims import WHOLE
from .kinds import DimOrDims

if TYPE_CHECKING:
    from ..tensor import Tensor


@torch_arguments
def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """`Tensor.expand`, under NumPy's name."""
    return input.broadcast_to(size)


@torch_arguments
def count_nonzero(input: Tensor, dim: DimOrDims | None = None) -> Tensor:
    """How many elements, along `dim` or of all, are not 0, as int64."""
    return input.count_nonzero(dim)


@torch_arguments
def flip(input: Tensor, dims: Sequence[int]) -> Tensor:
    """A copy with the order of the elements reversed along `dims`."""
    return input.flip(dims)


@torch_arguments
def permute(input: Tensor, dims: Sequence[int]) -> Tensor:
    """The dimensions of `input` in the order given; a view."""
    return input.permute(dims)


@torch_arguments
def reshape(input: Tensor, shape: Sequence[int]) -> Tensor:
    """The same elements in another shape: a view where that is possible, and else a copy."""
    return input.reshape(shape)


@torch_arguments
def squeeze(input: Tensor, dim: DimOrDims = WHOLE) -> Tensor:
    """`input` without its dimensions of size 1, or without each `dim` that is of size 1; a view."""
    return input.squeeze() if dim is WHOLE else input.squeeze(dim)


@torch_arguments
def tile(input: Tensor, dims: Sequence[int]) -> Tensor:
    """`Tensor.repeat`, but with fewer numbers than dimensions the first are not repeated."""
    return input.tile(dims)
