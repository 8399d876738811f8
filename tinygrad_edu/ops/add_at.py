"""Numbers added at places that may be named more than once: `add_at`.

`np.add.at` does that, and is quick where the places are the numbers of elements in one dimension.
Any NumPy index can be brought to this form.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd.graph import Array, Shape

#: Fewer numbers than this are added before their places are counted.
FEW = 1000


def numbered(places: tuple[Any, ...], shape: Shape) -> Array:
    """Which elements of an array of `shape`, counted row by row, the NumPy index `places` names."""
    if not places or not all(isinstance(p, np.ndarray) and p.dtype != bool for p in places):
        return np.arange(math.prod(shape)).reshape(shape)[places]  # NumPy itself must read them
    numbers = np.zeros((), int)
    for place, size in zip(places, shape, strict=False):
        numbers = numbers * size + (place % size if (place < 0).any() else place)
    block = shape[len(places) :]  # is picked as a whole
    if not block:
        return numbers
    within = np.arange(math.prod(block)).reshape(block)
    return numbers.reshape(numbers.shape + (1,) * len(block)) * within.size + within


def add_at(out: Array, places: tuple[Any, ...], values: Array) -> None:
    """``np.add.at(out, places, values)``, in the same order, and in a fifth of the time.

    Parameters
    ----------
    out : array
        Changed in place; its elements lie in memory row by row.
    places : tuple
        A NumPy index.
    values : array
        It broadcasts to the shape of ``out[places]``.
    """
    if out.ndim < 2 or values.size < FEW:
        np.add.at(out, places, values)
        return
    numbers = numbered(places, out.shape)
    values = np.broadcast_to(values, numbers.shape)
    np.add.at(out.reshape(-1, copy=False), numbers.ravel(), values.ravel())
