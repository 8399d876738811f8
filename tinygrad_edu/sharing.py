"""Tensors on memory that is there already: of an array, of a buffer of bytes, of another tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .creation import as_tensor, from_numpy
from .dtypes import dtype as DType
from .once import warn_once
from .ops.arguments import torch_arguments
from .size import device as Device
from .tensor import Tensor


@torch_arguments
def asarray(
    obj: Any,
    *,
    dtype: DType | None = None,
    device: str | Device | None = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """A tensor of a tensor, an array or numbers, on the same memory where it can be.

    Parameters
    ----------
    obj : Tensor, array, buffer of bytes, number or nested sequence
        A buffer's elements are of `dtype`.
    dtype : dtype, optional
    device : str or device, optional
    copy : bool, optional
        Whether to have memory of its own; False for none, and by default only where there must be.
    requires_grad : bool, optional
        Whether the tensor requires a gradient, and if not, has no history; by default it is as
        `obj`.

    Raises
    ------
    ValueError
        If memory is to be shared and cannot be.
    """
    if isinstance(obj, bytes | bytearray | memoryview):
        shared = frombuffer(obj, dtype=dtype or dtypes.get_default_dtype())
    else:
        shared = as_tensor(obj, dtype=dtype, device=device)
    own = not _shares(shared, obj)
    if copy is False and own:
        raise ValueError("can't alias arbitrary sequence, or other dtype, without a copy")
    result = shared.clone() if copy and not own else shared
    if requires_grad is None and result.requires_grad:
        warn_once(
            "torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead of "
            "False. Pass requires_grad=False explicitly to get the old behavior and silence this "
            "warning.",
            stacklevel=3,
        )
    if requires_grad is False:
        return result.detach()
    return result.requires_grad_() if requires_grad and not result.requires_grad else result


def _shares(made: Tensor, obj: Any) -> bool:
    """Whether a tensor is on the memory of what it was made of."""
    if isinstance(obj, bytes | bytearray | memoryview):
        return True
    source = obj.array if isinstance(obj, Tensor) else obj
    return isinstance(source, np.ndarray) and (made.array is source or made.array.base is source)


@torch_arguments
def frombuffer(
    buffer: Any, *, dtype: DType, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """A tensor of one dimension on the memory of a buffer, such as a bytearray.

    Parameters
    ----------
    buffer : object with Python's buffer protocol
    dtype : dtype
        Of the elements in it.
    count : int
        How many; -1 for as many as there are.
    offset : int
        The bytes before the first.
    requires_grad : bool

    Raises
    ------
    ValueError
        If there is no memory in it, or not as much.
    """
    try:
        size = memoryview(buffer).nbytes
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    if size == 0 or count == 0:
        raise ValueError(f"both buffer length ({size}) and count ({count}) must not be 0")
    if not 0 <= offset < size:
        raise ValueError(f"offset ({offset} bytes) must be non-negative and below {size}")
    if count < 0 and (size - offset) % dtype.numpy.itemsize:
        raise ValueError(
            f"buffer length ({size - offset} bytes) after offset ({offset} bytes) must be a "
            f"multiple of element size ({dtype.numpy.itemsize})"
        )
    result = from_numpy(np.frombuffer(buffer, dtype.numpy, count, offset))
    return result.requires_grad_() if requires_grad else result
