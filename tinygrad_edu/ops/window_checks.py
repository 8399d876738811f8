"""What convolutions and poolings are given, checked: numbers for each dimension, and tensors."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..advice import advised
from ..autograd.graph import Shape, TensorBase
from ..dtypes import name_in_c, old_name
from .windows import Geometry

if TYPE_CHECKING:
    from ..tensor import Tensor

#: One number for all dimensions, or one for each.
Numbers: TypeAlias = int | Sequence[int]


def per_dimension(name: str, what: str, value: Any, dims: int, least: float) -> tuple[int, ...]:
    """An option as one number for each dimension.

    Parameters
    ----------
    name, what : str
        The function and its parameter, for messages.
    value : int or sequence of int
    dims : int
    least : float
        The smallest number that is allowed.

    Raises
    ------
    TypeError
        If it is no integer, nor a sequence of them.
    RuntimeError
        If it is a sequence of the wrong length, or a number is too small.
    """
    if type(value) is int and value >= least:  # as it mostly is, or else as a layer has it
        return (value,) * dims
    ints = type(value) is tuple and len(value) == dims and set(map(type, value)) == {int}
    if ints and min(value) >= least:
        return value  # type: ignore[no-any-return]
    values = (
        tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    )
    for v in values:
        if isinstance(v, bool) or not hasattr(v, "__index__"):
            raise TypeError(f"{name}: {what} must be an int, or {dims} of them, not {value!r}")
    counted = tuple(map(operator.index, values))
    if len(counted) == 1:
        counted *= dims
    if len(counted) != dims:
        raise RuntimeError(f"{name}: {what} must be one number or {dims}, but it is {value!r}")
    if any(n < least for n in counted):
        raise RuntimeError(f"{name}: {what} must be at least {least}, but it is {value!r}")
    return counted


def check_tensor(name: str, what: str, value: Any) -> None:
    """Raise a TypeError unless `value` is a tensor."""
    if not isinstance(value, TensorBase):
        raise TypeError(f"{name}(): argument '{what}' must be Tensor, not {type(value).__name__}")


def check_flag(name: str, what: str, value: Any) -> None:
    """Raise a TypeError unless `value` is a bool."""
    if not isinstance(value, bool):
        raise TypeError(f"{name}(): argument '{what}' must be bool, not {type(value).__name__}")


def read_divisor(name: str, divisor_override: Any) -> int | None:
    """What to divide by in place of the number of elements; None if nothing is said.

    Raises
    ------
    TypeError
        If it is no integer.
    RuntimeError
        If it is 0.
    """
    if divisor_override is None:
        return None
    if isinstance(divisor_override, bool) or not hasattr(divisor_override, "__index__"):
        raise TypeError(
            f"{name}(): argument 'divisor_override' must be int, not "
            f"{type(divisor_override).__name__}"
        )
    divisor = operator.index(divisor_override)
    if divisor == 0:
        raise RuntimeError(f"{name}: divisor_override must not be zero")
    return divisor


def check_convolved(name: str, dims: int, input: Any, weight: Any, bias: Any) -> None:
    """Raise unless these are tensors of one dtype, and of as many dimensions as `name` takes."""
    check_tensor(name, "input", input)
    check_tensor(name, "weight", weight)
    if bias is not None:
        check_tensor(name, "bias", bias)
    shape, kernel = list(input.array.shape), list(weight.array.shape)
    if len(shape) not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to {name}, but got "
            f"input of size: {shape}"
        )
    if len(kernel) != dims + 2:
        raise RuntimeError(
            f"{name}: the weight must have {dims + 2} dimensions, not shape {kernel}"
        )
    if 0 in kernel[2:]:
        raise RuntimeError(f"{name}: a kernel must not be empty, but the weight has shape {kernel}")
    for other, what in ((weight, "weight"), (bias, "bias")):
        if other is not None and other.array.dtype != input.array.dtype:
            first, second = input.array.dtype, other.array.dtype
            words = f"expected scalar type {old_name(first)} but found {old_name(second)}"
            if what == "bias":
                words = f"Input type ({name_in_c(first)}) and bias type ({name_in_c(second)}) "
                words += "should be the same"
            raise advised(
                RuntimeError(words),
                f"In {name} the input has {input.dtype}, and the {what} {other.dtype}.",
            )
    if input.array.dtype.kind == "b":
        raise NotImplementedError(f'"{name}" not implemented for {input.dtype}')


def check_implemented(name: str, input: Tensor) -> None:
    """Raise unless the dtype is one for which PyTorch has every kind of convolution."""
    if input.array.dtype.kind != "f" and input.array.dtype != np.int64:
        raise NotImplementedError(f'"{name}" not implemented for {input.dtype}')


def check_channels(
    name: str, input: Tensor, weight: Tensor, bias: Tensor | None, groups: int, channels: int,
    outputs: int,
) -> None:  # fmt: skip
    """Raise unless a batch has the `channels` that the weight is for, and the bias `outputs`."""
    if isinstance(groups, bool) or not isinstance(groups, Integral):
        raise TypeError(f"{name}: groups must be an int, not {groups!r}")
    if groups < 1:
        raise RuntimeError(f"{name}: groups must be positive, but it is {groups}")
    kernel, shape = list(weight.array.shape), list(input.array.shape)
    if kernel[0] % groups or kernel[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but "
            f"got weight of size {kernel} instead"
            if kernel[0] < groups
            else f"Given groups={groups}, expected weight to be divisible by {groups} at dimension "
            f"0, but got weight of size {kernel} instead"
        )
    if shape[1] != channels:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {kernel}, expected input{shape} to have "
            f"{channels} channels, but got {shape[1]} channels instead"
        )
    if 0 in shape[2:]:
        raise RuntimeError(f"{name}: only the batch may be empty, but the input has shape {shape}")
    if bias is not None and bias.array.shape != (outputs,):
        raise RuntimeError(
            f"Given weight of size {kernel}, expected bias to be 1-dimensional with {outputs} "
            f"elements, but got bias of size {list(bias.array.shape)} instead"
        )


def pool_geometry(
    name: str,
    dims: int,
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None,
    padding: Numbers,
    dilation: Numbers,
    ceil_mode: bool,
) -> Geometry:
    """The windows that the arguments ask for; those on a signal, on an image of height 1."""
    check_tensor(name, "input", input)
    check_flag(name, "ceil_mode", ceil_mode)
    shape = input.array.shape
    if len(shape) not in (dims + 1, dims + 2) or 0 in shape[1 - dims - 2 :]:
        raise RuntimeError(
            f"{name}: expected an input of {dims + 1} or {dims + 2} dimensions, of which only the "
            f"batch may be empty, but got shape {list(shape)}"
        )
    kernel = per_dimension(name, "kernel_size", kernel_size, dims, least=1)
    if stride is None or (isinstance(stride, Sequence) and not stride):
        stride = kernel  # also where an empty one was given, as in PyTorch
    strides = per_dimension(name, "stride", stride, dims, least=1)
    paddings = per_dimension(name, "padding", padding, dims, least=0)
    dilations = per_dimension(name, "dilation", dilation, dims, least=1)
    return _pool_geometry(name, shape[-dims:], kernel, strides, paddings, dilations, ceil_mode)


@functools.lru_cache(maxsize=256)
def _pool_geometry(
    name: str,
    size: Shape,
    kernel: Shape,
    strides: Shape,
    paddings: Shape,
    dilations: Shape,
    ceil_mode: bool,
) -> Geometry:
    for p, k, d in zip(paddings, kernel, dilations, strict=True):
        if 2 * p > d * (k - 1) + 1:
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but got "
                f"pad={p}, kernel_size={k} and dilation={d}"
            )
    out = tuple(
        _count(*along, ceil_mode)
        for along in zip(size, kernel, strides, paddings, dilations, strict=True)
    )
    if min(out) < 1:
        raise RuntimeError(
            f"{name}: kernel_size {kernel} is larger than the padded input of size "
            f"{[n + 2 * p for n, p in zip(size, paddings, strict=True)]}"
        )
    if len(size) >= 2:
        return Geometry(size, out, kernel, strides, paddings, dilations)
    one, zero = (1,), (0,)
    return Geometry(
        one + size, one + out, one + kernel, one + strides, zero + paddings, one + dilations
    )


def _count(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> int:
    """How many windows there are along a dimension."""
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    count = (room + (stride - 1 if ceil else 0)) // stride + 1
    if ceil and (count - 1) * stride >= size + padding:  # it would begin in the right padding
        count -= 1
    return count
