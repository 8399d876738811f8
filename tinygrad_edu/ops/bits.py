"""The same memory, read as numbers of another type: ``x.view(dtype)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import wrap
from ..dtypes import dtype as DType

if TYPE_CHECKING:
    from ..tensor import Tensor


def read_as(input: Tensor, dtype: DType) -> Tensor:
    """The memory of `input` read as numbers of `dtype`; no gradient goes through.

    Where the new numbers take more or fewer bytes, the last dimension becomes shorter or longer.

    Raises
    ------
    RuntimeError
        If the elements do not lie in memory so that this can be.
    """
    array, old, new = input.array, input.array.itemsize, dtype.itemsize
    if old != new:
        _check_layout(array, new, f"to view {input.dtype} as {dtype} (different element sizes)")
    if array.size:
        result = wrap(array.view(dtype.numpy))
    else:  # NumPy refuses some layouts of nothing
        last = (array.shape[-1] * old // new,) if old != new else array.shape[-1:]
        result = wrap(np.empty((*array.shape[:-1], *last), dtype.numpy))
    result._versions = input._versions
    return result


def _check_layout(
    array: np.ndarray[tuple[int, ...], np.dtype[np.generic]], new: int, to: str
) -> None:
    """Raise if elements of `new` bytes each cannot be laid over those of `array`."""
    old = array.itemsize
    if array.ndim == 0:
        raise RuntimeError(f"self.dim() cannot be 0 {to}")
    ratio = max(new // old, 1)
    if array.shape[-1] % ratio:
        raise RuntimeError(
            f"self.size(-1) must be divisible by {ratio} {to}, but got {array.shape[-1]}"
        )
    if array.size == 0:
        return
    strides = [stride // old for stride in array.strides]
    if strides[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 {to}, but got {strides[-1]}")
    if array.__array_interface__["data"][0] % new:
        raise RuntimeError(f"self.storage_offset() must be divisible by {ratio} {to}")
    for dim, stride in enumerate(strides[:-1]):
        if stride % ratio:
            raise RuntimeError(
                f"self.stride({dim}) must be divisible by {ratio} {to}, but got {stride}"
            )
