"""Questions about tensors and dtypes that are answered without computing anything."""

from __future__ import annotations

from typing import Any

from .dtypes import dtype, from_numpy_dtype, kind_rank, result_dtype
from .ops.arguments import torch_arguments
from .tensor import Operand, Tensor


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a Tensor."""
    return isinstance(obj, Tensor)


@torch_arguments
def is_floating_point(input: Tensor) -> bool:
    """Whether the elements of `input` can be fractions."""
    return input.is_floating_point()


@torch_arguments
def is_nonzero(input: Tensor) -> bool:
    """Whether the only element of `input` is not 0.

    Raises
    ------
    RuntimeError
        If there is not exactly one.
    """
    return bool(input)


@torch_arguments
def numel(input: Tensor) -> int:
    """The number of elements."""
    return input.numel()


def result_type(tensor: Operand, other: Operand) -> dtype:
    """The dtype of an operation such as ``tensor + other``; either may be a number."""
    values = [x.array if isinstance(x, Tensor) else x for x in (tensor, other)]
    return from_numpy_dtype(result_dtype(values))


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether an in-place operation may write results of the dtype `from_` into a tensor of `to`.

    It may if the kind does not become lower: bool, integer, floating point. Within a kind numbers
    may lose digits, or their sign.

    Raises
    ------
    TypeError
        If one is no dtype.
    """
    for value in (from_, to):
        if not isinstance(value, dtype):
            raise TypeError(f"can_cast(): expected two dtypes, but got {value!r:.80}")
    return kind_rank(to.numpy) >= kind_rank(from_.numpy)
