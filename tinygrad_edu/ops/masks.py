"""Numbers where a mask is true, and others or 0 elsewhere, without asking anew for each of them.

A number's bits, taken as an integer, times 1 or 0. `np.where` says the same, but decides for each
number which way to go; where the mask has no pattern, the processor guesses half of the ways wrong,
and that takes thirty times as long.
"""

from __future__ import annotations

import numpy as np

from ..autograd.graph import Array, TensorBase

#: From how many elements on the processor has not learnt the mask by heart.
LARGE = 10_000

#: For each floating point dtype the integers that have as many bits.
BITS = {np.dtype(f"f{size}"): np.dtype(f"i{size}") for size in (2, 4, 8)}


def as_bits(values: Array) -> Array:
    """The memory of floats, read as integers of their size; a view."""
    return values.view(BITS[values.dtype])


def masked(values: Array, mask: Array) -> Array:
    """`values` where `mask` is true and 0 elsewhere, where there is inf or nan, too.

    Parameters
    ----------
    values : array of floats
    mask : array of bool, of the same shape
    """
    bits = as_bits(values)
    product: Array = mask.astype(bits.dtype)  # all at once; in the product it would be piecemeal
    product *= bits
    return product.view(values.dtype)


def chosen(mask: Array, a: Array | float, b: Array | float) -> Array:
    """``np.where(mask, a, b)``, of tensors, too.

    Parameters
    ----------
    mask : array or Tensor of bool
    a, b : array, Tensor or float
        They broadcast with `mask`.
    """
    if not isinstance(mask, np.ndarray) or mask.size < LARGE:
        return np.where(mask, a, b)
    if isinstance(a, TensorBase) or isinstance(b, TensorBase):
        return np.where(mask, a, b)
    dtype = np.result_type(a, b)
    ones, others = np.asarray(a, dtype), np.asarray(b, dtype)
    in_rows = all(x.flags.c_contiguous for x in (mask, ones, others))  # and so will the result be
    if dtype not in BITS or not in_rows:
        return np.where(mask, a, b)
    ones, others = as_bits(ones), as_bits(others)
    return ((ones ^ others) * mask ^ others).view(dtype)  # 1: a ^ b ^ b = a; 0: b
