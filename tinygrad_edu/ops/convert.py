"""Copies: to another dtype, or to memory of one's own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from ..layout import arranged, contiguous_format, is_arranged, preserve_format
from ..layout import memory_format as MemoryFormat
from ..random_numbers import cast
from .arguments import torch_arguments

if TYPE_CHECKING:
    from ..tensor import Tensor


class ToCopy(Op):
    """`x` in another dtype. The engine gives the gradient back in the dtype of `x`."""

    @staticmethod
    def forward(x: Array, dtype: np.dtype[Any]) -> Array:
        return cast(x, dtype)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad


class Clone(Op):
    """A copy of `x`."""

    @staticmethod
    def forward(x: Array, format: MemoryFormat) -> Array:
        return arranged(x, format)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad


def to_dtype(input: Tensor, dtype: np.dtype[Any]) -> Tensor:
    """`input` itself if it has this NumPy dtype, and else a recorded copy that has."""
    return input if input.array.dtype == dtype else ToCopy.apply(input, dtype)


#: The largest number of the dtypes that have not all of Python's.
LARGEST = {np.dtype(np.float16): 65504.0, np.dtype(np.float32): (2 - 2**-23) * 2.0**127}


def numbers(values: Any, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Python numbers in `dtype`; fractions are cut off, and -1 is the largest unsigned integer.

    Raises
    ------
    RuntimeError
        If one is out of range: a finite one, that is, beyond the largest of `dtype`.
    OverflowError
        If it is an integer of more than 64 bits.
    TypeError
        If one is no number.
    """
    largest = LARGEST.get(dtype, math.inf)
    if type(values) in (float, int):
        beyond = largest < abs(values) < math.inf
    else:
        sizes = np.absolute(elements(values, np.dtype(np.float64)))
        beyond = bool(((largest < sizes) & (sizes < math.inf)).any())
    if beyond:
        raise RuntimeError(f"value {values} cannot be converted to {dtype} without overflow")
    return elements(values, dtype)


def scalar(value: Any, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """A number as PyTorch writes a single one: as `numbers`, but float16 may become infinite."""
    return elements(value, dtype) if dtype == np.float16 else numbers(value, dtype)


def elements(values: Any, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """As `numbers`, but floats that are too large become infinite, as in ``tensor([1e39])``."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        if isinstance(values, int):
            raise OverflowError("int too big to convert")
        raise TypeError(f"expected a number, but got {type(values).__name__} {values!r:.80}")
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        low = -limits.max if dtype.kind == "u" and array.dtype.kind != "f" else limits.min
        wrong = array[~((low <= array) & (array <= limits.max))]
        if wrong.size:
            raise RuntimeError(f"value {wrong[0]} cannot be converted to {dtype} without overflow")
    return cast(array, dtype)


def operand(number: Any, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """A number beside a tensor of `dtype`: out of range it wraps around or becomes infinite."""
    with np.errstate(all="ignore"):
        return np.asarray(number).astype(dtype)


@torch_arguments
def clone(input: Tensor, *, memory_format: MemoryFormat | None = None) -> Tensor:
    """A copy with memory of its own, through which gradients flow to `input`.

    Parameters
    ----------
    input : Tensor
    memory_format : memory_format, optional
        How the copy lies in memory; by default as `input` does.

    Raises
    ------
    RuntimeError
        If the format is for another number of dimensions.
    """
    return Clone.apply(input, memory_format or preserve_format)


@torch_arguments
def contiguous(input: Tensor, *, memory_format: MemoryFormat | None = contiguous_format) -> Tensor:
    """`input` itself if its elements lie in memory in order (row by row), and else a copy.

    Raises
    ------
    RuntimeError
        If `memory_format`, another order, is for another number of dimensions, or is no order.
    """
    wanted = memory_format or contiguous_format
    if is_arranged(input.array, wanted):
        return input
    if wanted is preserve_format:
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    return Clone.apply(input, wanted)
