"""What `tensor` makes of Python data: one array of nested sequences, and the dtype they ask for.

Every number in the data has a dtype, and the array has the one they promote to: Python's own bools,
integers and floats stand for bool, int64 and the default dtype, and what has a dtype brings it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from . import dtypes
from .advice import advised
from .autograd.graph import TensorBase
from .layout import arranged, preserve_format
from .once import warn_once

_PLAIN = {bool, int, float}


def warn_of_arrays(data: Any, stacklevel: int) -> None:
    """Warn, once, of a list of arrays; `stacklevel` is that of the caller."""
    if isinstance(data, list | tuple) and data and isinstance(data[0], np.ndarray):
        warn_once(
            "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider "
            "converting the list to a single numpy.ndarray with numpy.array() before converting to "
            "a tensor.",
            stacklevel=stacklevel + 1,
        )


def as_array(data: Any) -> np.ndarray[Any, Any]:
    """A new array of `data`, wide enough for all numbers in it; it lies in memory as `data` does.

    Raises
    ------
    ValueError
        If the rows of nested sequences differ in length, an integer has more than 64 bits, or a
        tensor among others has several elements.
    TypeError
        If something in it is not a number, or numbers and rows stand side by side.
    RuntimeError
        If it is neither a number nor a sequence, such as None.
    NotImplementedError
        If one is a complex number.
    """
    if isinstance(data, TensorBase):
        return arranged(data.array, preserve_format)
    if isinstance(data, np.ndarray):
        check_memory(data)
        return arranged(data, preserve_format)
    plain = _plain(data)
    try:
        array = np.array(plain)
    except ValueError as error:
        if _mixes(data):
            raise TypeError(f"expected either numbers or rows, not both: {data!r:.80}") from None
        raise _ragged(data) or error from None
    if array.dtype == np.uint64 or any(isinstance(n, int) and abs(n) >= 2**63 for n in _odd(array)):
        raise ValueError(f"an integer has more than 64 bits: {data!r:.80}")
    if array.dtype.kind == "O":
        others = [x for x in array.ravel().tolist() if not isinstance(x, int | float)]
        raise RuntimeError(f"Could not infer dtype of {type([*others, data][0]).__name__}")
    first = data
    while _is_sequence(first) and len(first):
        first = first[0]
    if isinstance(first, str) and first is not data:  # to PyTorch, a further sequence
        raise ValueError(f"too many dimensions 'str': {data!r:.80}")
    check_real(array)
    if array.dtype.kind not in "biuf":
        if array.dtype.kind in "US":
            raise advised(
                TypeError(f"new(): invalid data type '{type(first).__name__}'"),
                f"A tensor has numbers, and not {data!r:.80}.",
            )
        raise TypeError(f"could not make a tensor from {type(data).__name__} {data!r:.80}")
    return array


def inferred_dtype(data: Any) -> np.dtype[Any]:
    """The dtype that `data` asks for: what the dtypes of all its numbers promote to."""
    if isinstance(data, TensorBase):
        data = data.array
    if isinstance(data, np.ndarray | np.generic):
        dtype: np.dtype[Any] = data.dtype
        return dtype
    if not _is_sequence(data):
        return dtypes.number_dtype(data)
    if isinstance(data, range) or _only_plain(data):  # then there are few kinds, and many numbers
        parts: list[np.dtype[Any]] = [dtypes.number_dtype(kind()) for kind in set(map(type, data))]
    else:
        parts = [inferred_dtype(item) for item in data]
    return reduce(dtypes.promote_numpy, parts) if parts else dtypes.get_default_dtype().numpy


def _ragged(data: Any) -> ValueError | None:
    """PyTorch's error for sequences of which not all at a depth are as long as the first."""
    level, dim = [data], 0
    while level and _is_sequence(level[0]):
        for sequence in level:
            if len(sequence) != len(level[0]):
                return ValueError(
                    f"expected sequence of length {len(level[0])} at dim {dim} "
                    f"(got {len(sequence)})"
                )
        level, dim = [item for sequence in level for item in sequence], dim + 1
    return None


def _odd(array: np.ndarray[Any, Any]) -> list[Any]:
    """What is in an array that NumPy found no dtype for; nothing if it did."""
    return list(array.flat) if array.dtype.kind == "O" else []


def _plain(data: Any) -> Any:
    """`data` with single numbers in place of its tensors, which NumPy could not take."""
    if isinstance(data, TensorBase):
        if data.array.size != 1:
            raise ValueError(
                "only one element tensors can be converted to Python scalars, but one has shape "
                f"{list(data.array.shape)}: use stack() to make a tensor of tensors"
            )
        return data.array.item()
    if _is_sequence(data) and not _only_plain(data):
        return [_plain(item) for item in data]
    return data


def _is_sequence(data: Any) -> bool:
    return isinstance(data, Sequence) and not isinstance(data, str | bytes)


def _mixes(data: Any) -> bool:
    """Whether numbers and rows stand side by side somewhere in nested sequences."""
    if not _is_sequence(data):
        return False
    rows = [_is_sequence(item) for item in data]
    return any(rows) and (not all(rows) or any(map(_mixes, data)))


def _only_plain(data: Any) -> bool:
    """Whether it is a flat sequence of Python's own numbers."""
    return set(map(type, data)) <= _PLAIN


def check_real(array: np.ndarray[Any, Any]) -> None:
    """Raise, by name, if the numbers are complex."""
    if array.dtype.kind == "c":
        raise NotImplementedError(f"{array!r:.80}: there are no complex numbers in tinygrad_edu")


def shared_memory(array: np.ndarray[Any, Any], stacklevel: int) -> np.ndarray[Any, Any]:
    """`array`, whose memory a tensor is to be on; errors as in `check_memory`."""
    check_memory(array)
    if not array.flags.writeable:
        warn_once(
            "The given NumPy array is not writable, and PyTorch does not support non-writable "
            "tensors. This means writing to this tensor will result in undefined behavior. You may "
            "want to copy the array to protect its data or make it writable before converting it "
            "to a tensor. This type of warning will be suppressed for the rest of this program.",
            stacklevel,
        )
    return array


def check_memory(array: np.ndarray[Any, Any]) -> None:
    """Raise if PyTorch could not take over the memory of `array`.

    Raises
    ------
    TypeError
        If there is no tensor of its dtype.
    NotImplementedError
        If its numbers are complex.
    ValueError
        If its bytes are in the other order, it goes through its memory backwards, or not in whole
        elements.
    """
    if not array.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order: convert it "
            "with array.astype(array.dtype.newbyteorder('='))"
        )
    check_real(array)
    dtypes.from_numpy_dtype(array.dtype)
    if any(stride < 0 for stride in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, as after array[::-1]; give "
            "a copy of it: array.copy()"
        )
    if any(stride % array.itemsize for stride in array.strides):
        raise ValueError(
            f"the array's strides {array.strides} are no multiples of its element size, "
            f"{array.itemsize} bytes; give a copy of it: array.copy()"
        )
