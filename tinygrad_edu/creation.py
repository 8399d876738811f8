"""Making tensors: from data, and of one value.

Those of counted numbers are in `ranges`, and the random ones in `sampling`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import dtypes
from .advice import advised
from .autograd.graph import wrap
from .dtypes import dtype as DType
from .layout import arranged
from .layout import layout as Layout
from .layout import memory_format as MemoryFormat
from .literals import as_array, inferred_dtype, shared_memory, warn_of_arrays
from .ops.arguments import torch_arguments
from .ops.convert import elements, numbers, scalar
from .ops.dims import WHOLE
from .ops.kinds import Extent, PinMemory, Sizes
from .ops.shape import sizes
from .random_numbers import cast
from .size import device as Device
from .size import require_cpu
from .tensor import Number, Tensor


def _finish(array: Any, device: str | Device | None, requires_grad: bool | None) -> Tensor:
    """The tensor around a new array, with the options that all functions here have."""
    if device is not None:
        require_cpu(device)
    if requires_grad and array.dtype.kind != "f":
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    return wrap(array).requires_grad_(bool(requires_grad))


def _numpy(dtype: DType | None) -> np.dtype[Any]:
    """The NumPy dtype for `dtype`, the default floating point one for None."""
    if dtype is None:
        return dtypes.get_default_dtype().numpy
    if not isinstance(dtype, DType):
        raise TypeError(f"dtype must be a dtype such as tinygrad_edu.float32, not {dtype!r}")
    return dtype.numpy


@torch_arguments
def tensor(
    data: Any,
    *,
    dtype: DType | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """A tensor with a copy of `data`.

    Parameters
    ----------
    data : number, nested sequence of numbers, array or Tensor
    dtype : dtype, optional
        By default what the numbers promote to, see `literals`: int64 for Python's integers, bool
        for bools, the default dtype for floats, and its own for all that has one.
    device : str or device, optional
        Only the CPU.
    requires_grad : bool
        Whether ops on it are recorded.

    Raises
    ------
    ValueError
        If the rows of nested sequences differ in length, or an array goes through its memory
        backwards.
    TypeError
        If something in it is not a number.
    RuntimeError
        If integers are to require a gradient, a number is out of the range of `dtype`, or `data` is
        None.
    """
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use "
            "sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than "
            "torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=3,
        )
    warn_of_arrays(data, stacklevel=3)
    array = as_array(data)
    target = inferred_dtype(data) if dtype is None else _numpy(dtype)
    if dtype is None and target.kind == "i" and array.dtype.kind == "f":  # for want of 65 bits
        raise ValueError(f"an integer has more than 64 bits: {data!r:.80}")
    with np.errstate(all="ignore"):
        # PyTorch converts arrays as C does, and checks all other numbers.
        typed = isinstance(data, Tensor | np.ndarray)
        if not typed:
            array = elements(array, target)
        elif array.dtype != target:
            array = cast(array, target)
    dtypes.from_numpy_dtype(array.dtype)  # an error for types that there are not
    return _finish(array, device, requires_grad)


@torch_arguments
def scalar_tensor(
    s: Number,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """A tensor without dimensions, by default of the default floating point dtype."""
    return _finish(scalar(s, _numpy(dtype)), device, requires_grad)


@torch_arguments
def as_tensor(
    data: Any, *, dtype: DType | None = None, device: str | Device | None = None
) -> Tensor:
    """`tensor`, but without a copy where `data` is a tensor or array of that dtype already."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray) and (dtype is None or data.dtype == dtype.numpy):
        return from_numpy(data)
    warn_of_arrays(data, stacklevel=3)
    return tensor(data, dtype=dtype, device=device)


def from_numpy(ndarray: np.ndarray[Any, Any]) -> Tensor:
    """A tensor that shares the memory of `ndarray`.

    Raises
    ------
    TypeError
        If it is no array, or of a dtype that there is not here.
    ValueError
        If it goes through its memory backwards, or its bytes are in the other order.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    return wrap(shared_memory(ndarray, stacklevel=3))


@torch_arguments
def zeros(
    *size: Sizes,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """A tensor filled with 0.

    Parameters
    ----------
    *size : int, or one sequence of int
        The shape.
    dtype : dtype, optional
        By default the default dtype.
    device, requires_grad
        As in `tensor`.
    """
    return _finish(np.zeros(_shape(size, "zeros"), _numpy(dtype)), device, requires_grad)


@torch_arguments
def ones(
    *size: Sizes,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """A tensor filled with 1.

    Parameters
    ----------
    *size : int, or one sequence of int
        The shape.
    dtype : dtype, optional
        By default the default dtype.
    device, requires_grad
        As in `tensor`.
    """
    return _finish(np.ones(_shape(size, "ones"), _numpy(dtype)), device, requires_grad)


@torch_arguments
def empty(
    *size: Sizes,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """A tensor of any values; here they are 0.

    Parameters
    ----------
    *size : int, or one sequence of int
        The shape.
    dtype : dtype, optional
        By default the default dtype.
    device, requires_grad
        As in `tensor`.
    """
    array = np.zeros(_shape(size), _numpy(dtype))
    if memory_format is not None:
        array = arranged(array, memory_format)
    return _finish(array, device, requires_grad)


def _shape(size: tuple[Any, ...], name: str = "empty") -> tuple[int, ...]:
    shape = sizes(size, name)
    for n in shape:
        if n < 0 and name == "zeros":
            raise advised(
                RuntimeError("zeros: Dimension size must be non-negative."),
                f"The sizes are {list(shape)}.",
            )
        if n < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {n}: {list(shape)}"
            )
    return shape


@torch_arguments
def full(
    size: Sequence[int],
    fill_value: Number,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """A tensor of shape `size` filled with `fill_value`, which decides the default dtype."""
    target = inferred_dtype(fill_value) if dtype is None else dtype.numpy
    value = numbers(fill_value, target)
    return _finish(np.full(_shape((size,)), value), device, requires_grad)


@torch_arguments
def eye(
    n: Extent,
    m: Extent = WHOLE,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """The matrix of `n` rows and `m` columns (by default `n`) with ones on its diagonal."""
    rows, columns = _shape((n, n if m is WHOLE else m))
    return _finish(np.eye(rows, columns, dtype=_numpy(dtype)), device, requires_grad)


@torch_arguments
def full_like(
    input: Tensor,
    fill_value: Number,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """`fill_value` in the shape of `input`, and in its dtype if none is given."""
    value = numbers(fill_value, (dtype or input.dtype).numpy)
    array = np.full_like(input.array, value, value.dtype)
    if memory_format is not None:
        array = arranged(array, memory_format)
    return _finish(array, device, requires_grad)


@torch_arguments
def zeros_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """Zeros in the shape of `input`, and in its dtype if none is given."""
    return full_like(
        input,
        0,
        dtype=dtype,
        device=device,
        requires_grad=requires_grad,
        memory_format=memory_format,
    )


@torch_arguments
def ones_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """Ones in the shape of `input`, and in its dtype if none is given."""
    return full_like(
        input,
        1,
        dtype=dtype,
        device=device,
        requires_grad=requires_grad,
        memory_format=memory_format,
    )


@torch_arguments
def empty_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """Any values in the shape of `input`, and in its dtype if none is given; here zeros."""
    return full_like(
        input,
        0,
        dtype=dtype,
        device=device,
        requires_grad=requires_grad,
        memory_format=memory_format,
    )
