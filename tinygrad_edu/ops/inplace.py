"""Changing a tensor's values in place: ``x.add_(y)``, ``x.zero_()``, ``x[i] = v``.

Allowed where no graph is involved: under `no_grad`, or on tensors that require no gradient. A leaf
that requires a gradient raises PyTorch's error. Every change counts up the tensor's version, by
which the backward pass notices that a value it had saved is no longer the one it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.grad_mode import grad_mode
from ..autograd.graph import TensorBase
from ..dtypes import from_numpy_dtype, promote_numpy
from ..random import Generator, default_generator
from .arithmetic import add, mul, sub
from .brackets import resolve
from .choice import clamp
from .convert import numbers
from .division import div, floor_divide, fmod, remainder

if TYPE_CHECKING:
    from ..tensor import Number, Operand, Tensor


def check_writable(target: Tensor, value: Any = None) -> None:
    """Raise if autograd would have to record that `target` changes.

    Raises
    ------
    RuntimeError
        If `target` is a leaf that requires a gradient.
    NotImplementedError
        If `target` is the result of a recorded op, or `value` is.
    """
    if not grad_mode.enabled:
        return
    if target._requires_grad and target.grad_fn is None:
        raise RuntimeError(
            "a leaf Variable that requires grad is being used in an in-place operation. "
            "Do it inside torch.no_grad()."
        )
    if target._requires_grad or (isinstance(value, TensorBase) and value._requires_grad):
        raise NotImplementedError(
            "an in-place operation that autograd would have to record; write it out of place, "
            "as in x = x + y, or do it inside torch.no_grad()"
        )


def write(target: Tensor, value: Any) -> Tensor:
    """Give `target` the values of the array or number `value`, which broadcasts; return it.

    Raises
    ------
    RuntimeError
        If `value` has more dimensions or does not broadcast, or is of a higher kind of dtype.
    """
    new = np.asarray(value)
    common = promote_numpy(new.dtype, target.array.dtype)
    kinds = {common.kind, target.array.dtype.kind}
    if len(kinds) > 1 and kinds != {"i", "u"}:
        raise RuntimeError(
            f"result type {from_numpy_dtype(new.dtype)} can't be cast to the desired output type "
            f"{target.dtype}"
        )
    # NumPy would also drop leading dimensions of size 1.
    fits = new.ndim <= target.array.ndim and all(
        n in (1, size) for n, size in zip(new.shape[::-1], target.array.shape[::-1], strict=False)
    )
    if not fits:
        raise RuntimeError(
            f"output with shape {list(target.array.shape)} doesn't match the broadcast shape "
            f"{list(new.shape)}"
        )
    check_own_memory(target)
    with np.errstate(all="ignore"):
        target.array[...] = new
    target._version += 1
    return target


def check_own_memory(target: Tensor) -> None:
    """Raise if elements of `target` share memory, as after `expand`, or it may not be changed."""
    if not target.array.flags.writeable:
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location, or the memory is read-only. Please clone() the tensor first."
        )


def add_(input: Tensor, other: Operand, *, alpha: Number = 1) -> Tensor:
    """``input += alpha * other``."""
    check_writable(input, other)
    return write(input, add(input.detach(), other, alpha=alpha).array)


def sub_(input: Tensor, other: Operand, *, alpha: Number = 1) -> Tensor:
    """``input -= alpha * other``."""
    check_writable(input, other)
    return write(input, sub(input.detach(), other, alpha=alpha).array)


def mul_(input: Tensor, other: Operand) -> Tensor:
    """``input *= other``."""
    check_writable(input, other)
    return write(input, mul(input.detach(), other).array)


def div_(input: Tensor, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
    """``input /= other``."""
    check_writable(input, other)
    return write(input, div(input.detach(), other, rounding_mode=rounding_mode).array)


def floor_divide_(input: Tensor, other: Operand) -> Tensor:
    """``input //= other``."""
    check_writable(input, other)
    return write(input, floor_divide(input.detach(), other).array)


def remainder_(input: Tensor, other: Operand) -> Tensor:
    """``input %= other``."""
    check_writable(input, other)
    return write(input, remainder(input.detach(), other).array)


def fmod_(input: Tensor, other: Operand) -> Tensor:
    """`fmod`, in place."""
    check_writable(input, other)
    return write(input, fmod(input.detach(), other).array)


def clamp_(input: Tensor, min: Number | None = None, max: Number | None = None) -> Tensor:
    """`clamp`, in place."""
    check_writable(input)
    return write(input, clamp(input.detach(), min, max).array)


def zero_(input: Tensor) -> Tensor:
    """Set every element to 0."""
    return fill_(input, 0)


def fill_(input: Tensor, value: Number | Tensor) -> Tensor:
    """Set every element to `value`, converted to the dtype of `input`."""
    check_writable(input, value)
    dtype = input.array.dtype
    if isinstance(value, TensorBase):
        return write(input, value.array.astype(dtype))
    return write(input, numbers(value, dtype))


def copy_(input: Tensor, src: Tensor) -> Tensor:
    """Set the elements to those of `src`, which broadcasts, converted to the dtype of `input`."""
    check_writable(input, src)
    return write(input, src.array.astype(input.array.dtype, copy=False))


def setitem(input: Tensor, key: Any, value: Operand) -> None:
    """``input[key] = value``, converted to the dtype of `input`.

    Raises
    ------
    IndexError
        As for reading ``input[key]``.
    RuntimeError
        If `value` does not broadcast to what `key` picks, or `key` has tensors in it and `value` is
        a tensor of another dtype.
    TypeError
        If `value` is neither a tensor nor a number.
    """
    check_writable(input, value)
    if not isinstance(value, TensorBase | int | float | np.generic):
        raise TypeError(f"can't assign a {type(value).__name__} to a tensor of {input.dtype}")
    view, arrays = resolve(input.detach(), key)
    picked = view.array[arrays] if arrays else view.array
    dtype = input.array.dtype
    new = value.array if isinstance(value, TensorBase) else numbers(value, dtype)
    while new.ndim > picked.ndim and new.shape[0] == 1:
        new = new[0]
    converted = isinstance(value, TensorBase) and new.dtype != dtype
    if converted and _puts_elements(arrays, new):
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {input.dtype} "
            f"for the destination and {from_numpy_dtype(new.dtype)} for the source."
        )
    try:
        np.broadcast_to(new, picked.shape)
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(new.shape)} cannot be broadcast to "
            f"indexing result of shape {list(picked.shape)}"
        ) from None
    check_own_memory(input)
    with np.errstate(all="ignore"):
        view.array[arrays or ...] = new.astype(dtype, copy=False)
    input._version += 1


def _puts_elements(arrays: tuple[Any, ...], value: np.ndarray[Any, Any]) -> bool:
    """Whether PyTorch assigns element by element, and converts no dtypes; it does not where one
    number goes to all places that one mask names."""
    dtypes = [a.dtype for a in arrays if isinstance(a, np.ndarray)]
    return bool(dtypes) and not (value.size == 1 and dtypes == [bool])


def uniform_(
    input: Tensor, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Set the elements to numbers drawn uniformly from [`a`, `b`)."""
    check_writable(input)
    source = generator or default_generator
    return write(input, source.uniform(input.array.shape, a, b, input.array.dtype))


def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Set the elements to numbers drawn from a normal distribution."""
    check_writable(input)
    source = generator or default_generator
    return write(input, source.normal(input.array.shape, mean, std, input.array.dtype))
