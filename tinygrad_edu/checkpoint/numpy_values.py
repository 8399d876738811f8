"""NumPy's numbers and arrays in a file, as NumPy itself pickles them.

A number is the function ``scalar`` called with a dtype and bytes. A dtype is ``dtype("f8", ...)``,
and is then told the order of its bytes. An array is an empty one, which is then told its shape,
dtype and bytes. PyTorch saves them, too, and loads them with ``weights_only=False``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .error import CheckpointError, NotPlainError

#: The dtypes that may be in a file, by their codes.
CODES = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")

#: The classes of their numbers; and those of the dtypes themselves.
SCALARS = frozenset(np.dtype(code).type for code in CODES)
DTYPES = frozenset(type(np.dtype(code)) for code in CODES)


@dataclass(frozen=True)
class NumpyType:
    """A dtype, while the program in a file runs; without the order of bytes at first."""

    dtype: np.dtype[Any]

    def built(self, state: Any) -> NumpyType:
        """The dtype with the order of bytes that a file tells it."""
        if type(state) is not tuple or len(state) != 8 or state[1] not in ("<", ">", "|"):
            raise CheckpointError("it holds a dtype of NumPy's that is none of plain numbers")
        if state[1] == "|":
            return self
        return NumpyType(self.dtype.newbyteorder(state[1]))


class ArrayClass:
    """Stands for the class of arrays, while the program runs."""


class EmptyArray:
    """An array that is not told yet what is in it.

    Attributes
    ----------
    number : int or None
        Under which the program remembers it.
    """

    number: int | None = None

    def built(self, state: Any) -> np.ndarray[Any, Any]:
        """The array of which a file tells the version, shape, dtype, order and bytes."""
        kinds = (int, tuple, NumpyType, bool, bytes)
        if type(state) is not tuple or tuple(map(type, state)) != kinds:
            raise CheckpointError("it holds an array of NumPy's that is none of plain numbers")
        _, shape, kind, by_columns, data = state
        if not all(type(size) is int and size >= 0 for size in shape) or len(shape) > 32:
            raise CheckpointError(f"it holds an array of shape {shape}")
        if math.prod(shape) * kind.dtype.itemsize != len(data):
            raise CheckpointError("it holds an array that has not as many bytes as its shape asks")
        numbers = np.frombuffer(data, kind.dtype).astype(kind.dtype.newbyteorder("="))
        return numbers.reshape(shape, order="F" if by_columns else "C")


def numpy_type(code: str, align: bool, copy: bool) -> NumpyType:
    """What ``numpy.dtype(...)`` stands for."""
    if code not in CODES:
        raise NotPlainError(f"it holds numbers of NumPy's dtype {code!r}")
    return NumpyType(np.dtype(code))


def number(kind: NumpyType, data: bytes) -> Any:
    """One number of NumPy's, of its bytes."""
    if len(data) != kind.dtype.itemsize:
        raise CheckpointError("it holds a number of NumPy's of too few, or too many, bytes")
    return np.frombuffer(data, kind.dtype)[0]


def empty_array(kind: ArrayClass, shape: tuple[Any, ...], code: bytes) -> EmptyArray:
    """What NumPy's function makes before the array is told what is in it."""
    return EmptyArray()
