"""How a tensor's elements lie in memory: `layout`, and `memory_format` for those of images.

Of layouts there is one here, `strided`: each dimension has a step. A format says in which order the
dimensions follow each other: row by row, or, for images, with all channels of a pixel together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .named import Named


class layout(metaclass=Named):
    """A way to store elements; `strided` is the only one here."""

    _printed_as = "torch.layout"

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"


class memory_format(metaclass=Named):
    """An order in which dimensions follow each other in memory.

    Attributes
    ----------
    order : tuple of int, optional
        The dimensions from the outermost to the innermost, where the format is for a certain number
        of them.
    """

    _printed_as = "torch.memory_format"

    def __init__(self, name: str, order: tuple[int, ...] | None = None) -> None:
        self.name = name
        self.order = order

    def __repr__(self) -> str:
        return f"torch.{self.name}"


strided = layout("strided")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last", (0, 2, 3, 1))
channels_last_3d = memory_format("channels_last_3d", (0, 2, 3, 4, 1))


def arranged(array: np.ndarray[Any, Any], format: memory_format) -> np.ndarray[Any, Any]:
    """A copy of `array` that lies in memory as `format` says.

    Raises
    ------
    RuntimeError
        If the format is for another number of dimensions.
    """
    if format.order is None:
        # What is repeated, with a step of 0, has no order of its own that a copy could have.
        keeps = format is preserve_format and 0 not in array.strides
        return array.copy("K" if keeps else "C")
    check_rank(array.shape, format)
    return array.transpose(format.order).copy().transpose(np.argsort(format.order))


def is_arranged(array: np.ndarray[Any, Any], format: memory_format) -> bool:
    """Whether `array` lies in memory as `format` says; of other dimensions than its, none does."""
    if format.order is not None:
        if array.ndim != len(format.order):
            return False
        array = array.transpose(format.order)
    return bool(array.flags.c_contiguous)


def format_of(array: np.ndarray[Any, Any]) -> memory_format:
    """The format for images as which `array` lies in memory, if it does, or `contiguous_format`."""
    if not array.flags.c_contiguous:
        for format in (channels_last, channels_last_3d):
            if is_arranged(array, format):
                return format
    return contiguous_format


def memory_order(array: np.ndarray[Any, Any]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The dimensions of `array` from the one with the longest steps in memory to that with the
    shortest, and the order that undoes this one."""
    order = sorted(range(array.ndim), key=lambda d: -abs(array.strides[d]))
    return tuple(order), tuple(sorted(range(array.ndim), key=order.__getitem__))


def in_rows(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`array` itself if it lies in memory row by row, and else a copy that does.

    NumPy's results lie as its arguments do. PyTorch's do so for functions of single elements, and
    most others are row by row, whatever the argument: a `view` of them is always there.
    """
    return np.asarray(array, order="C")


def check_rank(shape: tuple[int, ...], format: memory_format) -> None:
    """Raise PyTorch's error for a format of another number of dimensions."""
    if format.order is not None and len(shape) != len(format.order):
        raise RuntimeError(
            f"required rank {len(format.order)} tensor to use {format.name} format, but got "
            f"{len(shape)} dimensions"
        )
