"""Where the windows of a convolution or a pooling lie in memory.

A window that slides over an image takes, for each element of the kernel, elements that are `stride`
apart. To make these neighbours, an image is *spread*: padded, and cut in phases. Phase (a, b) has
the elements of the rows a, a + stride, a + 2 stride, ... and of such columns. Written flat, one
phase after the other, element k of the kernel sees, as the window slides along, one slice::

    spread[offset_k : offset_k + length]

So the windows of a whole image are a few slices. Where the window has come to the right edge, its
next places wrap around it into the next row; what is computed there is dropped. With *wide* is
meant an output that still has these columns.

This is the lowering of K. Chellapilla, S. Puri, P. Simard, "High Performance Convolutional Neural
Networks for Document Processing", 2006, with one shift for all places of a window.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any, NamedTuple

import numpy as np

from ..autograd.graph import Array, Shape


class Geometry(NamedTuple):
    """How windows slide over an image; one number for each of its dimensions.

    Attributes
    ----------
    size : tuple of int
        Of the image.
    out : tuple of int
        How many windows there are.
    kernel, stride, padding, dilation : tuple of int
        The size of a window, how far it moves, how many elements are put around the image on each
        side, and how far apart the elements are that a window sees.
    groups : int
        In how many parts the channels are cut, each with its own part of the outputs.
    """

    size: Shape
    out: Shape
    kernel: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    groups: int = 1


class Phase(NamedTuple):
    """One phase of the spread image, and the same elements in the image itself."""

    spread: tuple[Any, ...]
    image: tuple[Any, ...]


class Layout(NamedTuple):
    """Where everything lies in a spread image.

    Attributes
    ----------
    shape : tuple of int
        Of a spread image: the strides, and then the sizes of a phase.
    phases : tuple of Phase
    offsets : tuple of int
        For each element of the kernel, where what it sees begins.
    wide : tuple of int
        The shape of a wide output.
    length : int
        How many elements of it are computed: up to the last window.
    inside : numpy.ndarray of bool, of shape (length)
        Which of these are windows that do not wrap around the edge.
    plain : bool
        Whether spreading changes nothing.
    """

    shape: Shape
    phases: tuple[Phase, ...]
    offsets: tuple[int, ...]
    wide: Shape
    length: int
    inside: Array
    plain: bool


@functools.lru_cache(maxsize=256)
def layout(geometry: Geometry) -> Layout:
    """The layout for a geometry; worked out once."""
    size, out, kernel, stride, padding, dilation, _ = geometry
    rows = tuple(-(-(n + 2 * p) // s) for n, p, s in zip(size, padding, stride, strict=True))
    shape = (*stride, *rows)
    phases = []
    for phase in itertools.product(*map(range, stride)):
        pairs = [
            _phase_slices(*numbers) for numbers in zip(phase, size, stride, padding, strict=True)
        ]
        spread, image = zip(*pairs, strict=True)
        phases.append(Phase((..., *phase, *spread), (..., *image)))
    offsets = []
    for element in itertools.product(*map(range, kernel)):
        places = [k * d for k, d in zip(element, dilation, strict=True)]
        along = [divmod(place, s) for place, s in zip(places, stride, strict=True)]
        starts, offset_phase = zip(*along, strict=True)
        offsets.append(_flat((*offset_phase, *starts), shape))
    wide = (out[0], *rows[1:])
    inside = np.zeros(wide, bool)
    inside[tuple(slice(n) for n in out)] = True
    length = _flat([n - 1 for n in out], wide) + 1 if math.prod(out) else 0
    return Layout(
        shape, tuple(phases), tuple(offsets), wide, length, inside.reshape(-1)[:length],
        plain=shape == (1,) * len(size) + size,
    )  # fmt: skip


def _phase_slices(phase: int, size: int, stride: int, padding: int) -> tuple[slice, slice]:
    """Along one dimension, a phase's elements in the spread image, and in the image."""
    first = max(0, -((phase - padding) // stride))  # the first that is no padding
    start = first * stride + phase - padding
    count = len(range(start, size, stride))
    return slice(first, first + count), slice(start, size, stride)


def _flat(place: Any, shape: Shape) -> int:
    """The place in a flattened array of this shape."""
    flat = 0
    for i, n in zip(place, shape, strict=True):
        flat = flat * n + i
    return flat
