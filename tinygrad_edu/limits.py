"""`finfo` and `iinfo`: how large and how fine the numbers of a dtype are."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .named import Named


class finfo(metaclass=Named):
    """The limits of a floating point dtype.

    Parameters
    ----------
    type : dtype, optional
        The default dtype if not given.

    Attributes
    ----------
    bits : int
        Of one number.
    eps : float
        The distance from 1 to the next larger number.
    min, max : float
        The smallest (most negative) and the largest number.
    smallest_normal, tiny : float
        The smallest positive number with all its digits.
    resolution : float
        The decimal precision, a power of 10.
    dtype : str
        The dtype's name.

    Raises
    ------
    TypeError
        If `type` is no floating point dtype.
    """

    _printed_as = "torch.finfo"

    def __init__(self, type: dtypes.dtype | None = None) -> None:
        type = dtypes.get_default_dtype() if type is None else _a_dtype("finfo", type)
        if not type.is_floating_point:
            raise TypeError(f"finfo() is for floating point dtypes, iinfo() for {type}")
        limits = np.finfo(type.numpy)
        self.dtype = type.name
        self.bits = 8 * type.itemsize
        self.eps, self.resolution = float(limits.eps), float(f"{limits.resolution:.0e}")
        self.min, self.max = float(limits.min), float(limits.max)
        self.smallest_normal = self.tiny = float(limits.smallest_normal)

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        listed = ", ".join(f"{name}={getattr(self, name):g}" for name in names)
        return f"finfo({listed}, dtype={self.dtype})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash(self.dtype)


class iinfo(metaclass=Named):
    """The limits of an integer dtype.

    Parameters
    ----------
    type : dtype

    Attributes
    ----------
    bits : int
        Of one number.
    min, max : int
        The smallest and the largest number.
    dtype : str
        The dtype's name.

    Raises
    ------
    TypeError
        If `type` is no integer dtype.
    """

    _printed_as = "torch.iinfo"

    def __init__(self, type: dtypes.dtype) -> None:
        type = _a_dtype("iinfo", type)
        if type.numpy.kind not in "iu":
            raise TypeError(f"iinfo() is for integer dtypes, but got {type}; finfo() is for floats")
        limits = np.iinfo(type.numpy)
        self.dtype = type.name
        self.bits, self.min, self.max = limits.bits, int(limits.min), int(limits.max)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash(self.dtype)


def _a_dtype(name: str, value: Any) -> dtypes.dtype:
    if not isinstance(value, dtypes.dtype):
        raise TypeError(f"{name}(): expected a dtype, but got {value!r:.80}")
    return value
