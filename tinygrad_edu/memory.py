"""The memory behind arrays: kept for others when it is freed; and copied as a whole, for views
share it, so that their copies share it too."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Bytes of the largest array whose memory is kept for others: glibc's bound of 32 MiB, less a bit.
LARGEST_KEPT = (32 << 20) - (64 << 10)


def keep_freed_memory() -> None:
    """Let what large arrays leave be used again, and not go back to the system.

    A step of training frees megabytes of arrays and soon needs them again. Unless told otherwise,
    glibc hands them back, and on the way out again the system clears each page anew: that took a
    third of the time of a small CNN's step. But glibc learns: of arrays as large as the largest
    that it has seen come and go, up to 32 MiB, it keeps twice as much (`mallopt(3)`, under
    M_MMAP_THRESHOLD). So here one comes and goes. Nothing is written to it, so it takes no memory,
    and a few dozen microseconds; where there is another C library, it does nothing.
    """
    np.empty(LARGEST_KEPT, np.uint8)


def copied_memory(array: np.ndarray[Any, Any], memo: dict[int, Any]) -> np.ndarray[Any, Any]:
    """`array` in a copy of its memory, for `copy.deepcopy`.

    As in PyTorch the whole memory is copied, once for each `memo`: what shared memory before shares
    it afterwards, and every copy has the strides of its original.

    Parameters
    ----------
    array : numpy.ndarray
    memo : dict
        What was copied already, by the id of the original.
    """
    owner = owner_of(array)
    if not (owner.flags.c_contiguous or owner.flags.f_contiguous):
        return array.copy()  # a view of memory that no array owns
    if id(owner) not in memo:
        memo[id(owner)] = owner.copy(order="K")
    copied = memo[id(owner)]
    offset = address(array) - address(owner)
    memory = copied.reshape(-1, order="A").view(np.uint8)
    return np.ndarray(array.shape, array.dtype, memory, offset, array.strides)


def owner_of(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array whose memory `array` views; itself, if that is its own."""
    base: Any = array.base
    while base is not None:
        if isinstance(base, np.ndarray):
            array = base
        base = getattr(base, "base", None)  # NumPy puts a wrapper between some views and their base
    return array


def address(array: np.ndarray[Any, Any]) -> int:
    """Where in memory its first element lies."""
    first: int = array.__array_interface__["data"][0]
    return first
