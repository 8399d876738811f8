"""PyTorch's oldest names for dtypes: ``FloatTensor([1, 2])``, ``x.type() == "torch.FloatTensor"``.

They look like classes and are called like them, and ``isinstance(x, FloatTensor)`` asks for a
dtype; but what they make is a `Tensor` like any other. Old programs are full of them.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes
from .autograd.graph import TensorBase, wrap
from .literals import as_array, shared_memory, warn_of_arrays
from .once import warn_once
from .ops.convert import elements
from .size import Size

if TYPE_CHECKING:
    from .tensor import Tensor


class TensorType:
    """One of these names.

    Parameters
    ----------
    name : str
        Such as ``FloatTensor``.
    dtype : dtype
        Of the tensors it makes and knows.
    """

    def __init__(self, name: str, dtype: dtypes.dtype) -> None:
        self.__name__ = name
        self.dtype = dtype

    def __call__(self, *data: Any) -> Tensor:
        """A tensor of a shape given as integers, here zeros, or with the numbers given.

        Raises
        ------
        TypeError
            If it is given a tensor of another dtype.
        """
        return wrap(legacy_array(self.dtype.numpy, data))

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, TensorBase) and instance.array.dtype == self.dtype.numpy

    def __repr__(self) -> str:
        return f"<class 'torch.{self.__name__}'>"


def legacy_array(dtype: np.dtype[Any], data: tuple[Any, ...]) -> np.ndarray[Any, Any]:
    """What the old constructors make of their arguments: zeros of a shape, or given numbers.

    Raises
    ------
    TypeError
        If it is given a tensor of another dtype, one number that is no integer, or what is neither
        a number nor a sequence.
    RuntimeError
        If a number is out of range, or a size negative.
    """
    if len(data) == 1 and isinstance(data[0], TensorBase):
        if data[0].array.dtype != dtype:
            raise TypeError(f"expected a tensor of {dtype}, but got one of {data[0].array.dtype}")
        return data[0].array
    if len(data) == 1 and not is_size(data[0]):
        return _numbers(dtype, data[0])
    sizes = data[0] if len(data) == 1 and isinstance(data[0], Size) else data
    for position, size in enumerate(sizes):
        if not is_size(size):
            raise TypeError(
                f"new(): argument 'size' failed to unpack the object at pos {position + 1} with "
                f'error "type must be tuple of ints,but got {type(size).__name__}"'
            )
    shape = [operator.index(size) for size in sizes]
    if any(size < 0 for size in shape):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {shape}")
    return np.zeros(shape if data else 0, dtype)


def is_size(value: Any) -> bool:
    """Whether an old constructor reads it as a size, or as all of them."""
    array = value.array if isinstance(value, TensorBase) else value
    if isinstance(array, np.ndarray):
        return array.ndim == 0 and array.dtype.kind in "iu"
    return isinstance(value, Size) or (not isinstance(value, bool) and is_index(value))


def is_index(value: Any) -> bool:
    """Whether Python takes it for an integer."""
    try:
        operator.index(value)
    except TypeError:
        return False
    return True


def _numbers(dtype: np.dtype[Any], given: Any) -> np.ndarray[Any, Any]:
    """A sequence, or an array, as an array of `dtype`; one that is it already is not copied."""
    kind = type(given)
    if isinstance(given, str | bytes):
        raise TypeError(f"new(): invalid data type {kind.__name__!r}")
    if not isinstance(given, Sequence | np.ndarray):
        name = kind.__name__ if kind.__module__ == "builtins" else f"numpy.{kind.__name__}"
        raise TypeError(f"new(): data must be a sequence (got {name})")
    warn_of_arrays(given, stacklevel=4)
    if isinstance(given, np.ndarray) and given.dtype == dtype:
        return shared_memory(given, stacklevel=5)
    try:
        array = as_array(given)
    except (NotImplementedError, RuntimeError) as error:  # what is in it is no real number
        raise TypeError(str(error)) from None
    exact = isinstance(given, np.ndarray) or dtype.kind == "f"
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite
        return array.astype(dtype) if exact else elements(array, dtype)


HalfTensor = TensorType("HalfTensor", dtypes.float16)
FloatTensor = TensorType("FloatTensor", dtypes.float32)
DoubleTensor = TensorType("DoubleTensor", dtypes.float64)
ByteTensor = TensorType("ByteTensor", dtypes.uint8)
CharTensor = TensorType("CharTensor", dtypes.int8)
ShortTensor = TensorType("ShortTensor", dtypes.int16)
IntTensor = TensorType("IntTensor", dtypes.int32)
LongTensor = TensorType("LongTensor", dtypes.int64)
BoolTensor = TensorType("BoolTensor", dtypes.bool_)

TYPES = {
    f"torch.{t.__name__}": t
    for t in (
        HalfTensor, FloatTensor, DoubleTensor, ByteTensor, CharTensor, ShortTensor, IntTensor,
        LongTensor, BoolTensor,
    )
}  # fmt: skip


def set_default_tensor_type(t: TensorType | str) -> None:
    """Say by its old name of which dtype new tensors are; `set_default_dtype` is what to use.

    Raises
    ------
    TypeError
        If it is no type, or one of integers or bools.
    """
    kind = TYPES.get(t, t) if isinstance(t, str) else t
    if not isinstance(kind, TensorType):
        raise TypeError(
            f"invalid type object: only floating-point types are supported as the default type: {t}"
        )
    warn_once(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use "
        "torch.set_default_dtype() and torch.set_default_device() as alternatives.",
        stacklevel=3,
    )
    dtypes.set_default_dtype(kind.dtype)


def type_name(dtype: np.dtype[Any]) -> str:
    """The old name of a dtype, such as ``torch.FloatTensor``."""
    return f"torch.{dtypes.old_name(dtype)}Tensor"
