"""Questions about tensors and dtypes that are answered without computing anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .autograd.broadcasting import broadcast_error
from .dtypes import dtype, from_numpy_dtype, kind_rank, result_dtype
from .ops.arguments import torch_arguments
from .size import Size
from .tensor import Operand, Tensor


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a Tensor."""
    return isinstance(obj, Tensor)


@torch_arguments
def is_floating_point(input: Tensor) -> bool:
    """Whether the elements of `input` can be fractions."""
    return input.is_floating_point()


@torch_arguments
def is_signed(input: Tensor) -> bool:
    """Whether the elements of `input` can be negative."""
    return input.is_signed()


@torch_arguments
def is_complex(input: Tensor) -> bool:
    """False: there are no complex numbers."""
    return input.is_complex()


@torch_arguments
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether the two have the same shape."""
    return input.is_same_size(other)


@torch_arguments
def get_device(input: Tensor) -> int:
    """-1, which stands for the CPU."""
    return input.get_device()


@torch_arguments
def detach(input: Tensor) -> Tensor:
    """The same values, in the same memory, without history."""
    return input.detach()


@torch_arguments
def detach_(input: Tensor) -> Tensor:
    """Let `input` forget how it was computed."""
    return input.detach_()


def typename(obj: Any) -> str:
    """The name of the type of `obj` with its module; of a tensor, the old name of its dtype."""
    if isinstance(obj, Tensor):
        return str(obj.type())
    kind = obj if hasattr(obj, "__qualname__") else type(obj)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"{module}{kind.__qualname__}"


def broadcast_shapes(*shapes: int | Sequence[int]) -> Size:
    """The shape to which tensors of these shapes broadcast; an integer is one of one dimension.

    Raises
    ------
    RuntimeError
        If they do not.
    ValueError
        If a size is negative.
    """
    given = [(shape,) if isinstance(shape, int) else tuple(shape) for shape in shapes]
    if any(n < 0 for shape in given for n in shape):
        raise ValueError(f"a dimension cannot be negative, but got {given}")
    error = broadcast_error(given)
    if error is not None:
        raise error
    return Size(np.broadcast_shapes(*given))


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
