"""New tensors of the dtype of another: ``x.new_zeros(2, 3)``."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import TensorBase, wrap
from ..dtypes import dtype as DType
from ..layout import layout as Layout
from ..literals import as_array, warn_of_arrays
from ..size import device as Device
from ..size import require_cpu
from .arguments import torch_arguments
from .convert import elements, numbers
from .kinds import PinMemory
from .shape import sizes

if TYPE_CHECKING:
    from ..tensor import Number, Tensor


@torch_arguments
def new_full(
    input: Tensor,
    size: Sequence[int],
    fill_value: Number,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """A tensor of shape `size` filled with `fill_value`, by default of the dtype of `input`."""
    shape = sizes((size,))
    for n in shape:
        if n < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {n}: {list(shape)}"
            )
    if device is not None:
        require_cpu(device)
    value = numbers(fill_value, input.array.dtype if dtype is None else dtype.numpy)
    return wrap(np.full(shape, value)).requires_grad_(bool(requires_grad))


@torch_arguments
def new_zeros(
    input: Tensor,
    *size: Any,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """A tensor filled with 0; the shape is `size`, and the options are those of `new_full`."""
    shape = _shape("new_zeros", size)
    return new_full(input, shape, 0, dtype=dtype, device=device, requires_grad=requires_grad)


@torch_arguments
def new_ones(
    input: Tensor,
    *size: Any,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """A tensor filled with 1; the shape is `size`, and the options are those of `new_full`."""
    shape = _shape("new_ones", size)
    return new_full(input, shape, 1, dtype=dtype, device=device, requires_grad=requires_grad)


@torch_arguments
def new_empty(
    input: Tensor,
    *size: Any,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """A tensor of any values, here 0; the shape is `size`, the options are those of `new_full`."""
    shape = _shape("new_empty", size)
    return new_full(input, shape, 0, dtype=dtype, device=device, requires_grad=requires_grad)


def _shape(name: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape, given as separate integers or as one sequence."""
    if not size:
        raise TypeError(f"{name}() missing 1 required positional argument: 'size'")
    return sizes(size)


@torch_arguments
def new_tensor(
    input: Tensor,
    data: Any,
    *,
    dtype: DType | None = None,
    device: str | Device | None = None,
    requires_grad: bool | None = False,
) -> Tensor:
    """A tensor with a copy of `data`, by default of the dtype of `input`; errors as in `tensor`."""
    if device is not None:
        require_cpu(device)
    target = input.array.dtype if dtype is None else dtype.numpy
    if isinstance(data, TensorBase):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use "
            "sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than "
            "tensor.new_tensor(sourceTensor).",
            UserWarning,
            stacklevel=3,
        )
    warn_of_arrays(data, stacklevel=3)
    array = as_array(data)
    with np.errstate(all="ignore"):
        typed = isinstance(data, TensorBase | np.ndarray)
        array = array.astype(target) if typed else elements(array, target)
    return wrap(array).requires_grad_(bool(requires_grad))
