"""Dimensions named by their number: negative ones, several, all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

Dims: TypeAlias = int | Iterable[int] | None

#: The default of `dim` where PyTorch has one function for all elements, which knows no `keepdim`,
#: and another for a dimension, which must be named: there None is none.
WHOLE: Final[Any] = object()


def is_whole(name: str, dim: Any, keepdim: bool) -> bool:
    """Whether no `dim` was given.

    Raises
    ------
    TypeError
        If `keepdim` was, without a dimension to keep.
    """
    if dim is not WHOLE:
        return False
    if keepdim:
        raise TypeError(f"{name}(): keepdim needs a dim")
    return True


def normalize_dim(dim: int, ndim: int) -> int:
    """`dim` counted from the front.

    Raises
    ------
    IndexError
        If a tensor of `ndim` dimensions has no such one. (A tensor without dimensions is treated
        as if it had one, as in PyTorch.)
    """
    size = max(ndim, 1)
    if not -size <= dim < size:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-size}, {size - 1}], "
            f"but got {dim})"
        )
    return dim % size


def normalize_dims(dims: Dims, ndim: int) -> tuple[int, ...]:
    """Several dimensions, counted from the front; all of them for None and for none.

    Raises
    ------
    IndexError
        If one is out of range.
    RuntimeError
        If one is named twice.
    """
    if isinstance(dims, int):
        dims = (dims,)
    chosen = tuple(normalize_dim(d, ndim) for d in dims or ())
    for dim in chosen:
        if chosen.count(dim) > 1:
            raise RuntimeError(f"dim {dim} appears multiple times in the list of dims")
    return tuple(d for d in chosen or range(ndim) if d < ndim)
