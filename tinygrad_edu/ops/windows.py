"""How the windows of a convolution or a pooling slide over images, and what they see.

There are two ways to look at it, and neither copies anything. `windows` is an array that has for
each element of the kernel and each place of a window the number that is seen there: the image in
other strides, in which most numbers stand several times. `slices` has for each element of the
kernel what it sees as the window slides along: a slice of the image, so that it can be added to.

Where windows move by a stride s, places i, i + s, i + 2s, ... of the padded image, for one i < s,
are called a *phase* of it. There are as many phases as the stride has elements, and within each,
windows move by 1: what an element of the kernel sees is all in one phase.
"""

from __future__ import annotations

import functools
import itertools
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


@functools.lru_cache(maxsize=256)
def padded_size(geometry: Geometry) -> Shape:
    """The size of the image with its padding, and as far to the right as windows reach."""
    size, out, kernel, stride, padding, dilation, _ = geometry
    return tuple(
        max(n + 2 * p, (o - 1) * s + d * (k - 1) + 1)
        for n, o, k, s, p, d in zip(size, out, kernel, stride, padding, dilation, strict=True)
    )


@functools.lru_cache(maxsize=256)
def inner(geometry: Geometry) -> tuple[Any, ...]:
    """Where in the padded image the image is."""
    pairs = zip(geometry.padding, geometry.size, strict=True)
    return tuple(slice(p, p + n) for p, n in pairs)


def windows(padded: Array, geometry: Geometry) -> Array:
    """What all windows see.

    Parameters
    ----------
    padded : array of shape (m, channels, *padded_size, n)
        It must be contiguous.
    geometry : Geometry

    Returns
    -------
    array of shape (m, channels, *kernel, *out, n)
        A view.
    """
    m, channels, *_, n = padded.shape
    image, channel, *along, last = padded.strides
    shape = m, channels, *geometry.kernel, *geometry.out, n
    strides = (
        *(image, channel),
        *(d * step for d, step in zip(geometry.dilation, along, strict=True)),
        *(s * step for s, step in zip(geometry.stride, along, strict=True)),
        last,
    )
    return np.ndarray(shape, padded.dtype, padded, 0, strides)


@functools.lru_cache(maxsize=256)
def slices(geometry: Geometry) -> tuple[tuple[Any, ...], ...]:
    """For each element of the kernel, what all windows see there of the padded image."""
    _, out, kernel, stride, _, dilation, _ = geometry
    starts = [range(0, d * k, d) for k, d in zip(kernel, dilation, strict=True)]
    return tuple(
        tuple(slice(a, a + (o - 1) * s + 1, s) for a, o, s in zip(start, out, stride, strict=True))
        for start in itertools.product(*starts)
    )


def phase_size(geometry: Geometry) -> Shape:
    """The size of a phase, if need be with one place more than the padded image has."""
    return tuple(-(-n // s) for n, s in zip(padded_size(geometry), geometry.stride, strict=True))


@functools.lru_cache(maxsize=256)
def places_in_phases(geometry: Geometry) -> tuple[tuple[int, int], ...]:
    """For each element of the kernel, which phase it sees, and where there the first window is.

    Both are numbers, as in the flattened array of phases and in a flattened phase.
    """
    size, stride = phase_size(geometry), geometry.stride
    places = []
    for window in slices(geometry):
        steps = [divmod(w.start, s) for w, s in zip(window, stride, strict=True)]
        place, phase = zip(*steps, strict=True)
        places.append((flat_index(phase, stride), flat_index(place, size)))
    return tuple(places)


def flat_index(index: Shape, size: Shape) -> int:
    """Where in the flattened array an element is."""
    flat = 0
    for i, n in zip(index, size, strict=True):
        flat = flat * n + i
    return flat


@functools.lru_cache(maxsize=256)
def phases_of_image(geometry: Geometry) -> tuple[tuple[tuple[Any, ...], tuple[Any, ...]], ...]:
    """For each phase, its places in the image, without the padding; and where in it they are."""
    pairs = []
    for phase in itertools.product(*map(range, geometry.stride)):
        image, inside = [], []
        for i, n, s, p in zip(phase, geometry.size, geometry.stride, geometry.padding, strict=True):
            first = (i - p) % s  # place i of the padded image is place i - p of the image
            start = (first + p) // s
            image.append(slice(first, None, s))
            inside.append(slice(start, start + len(range(first, n, s))))
        pairs.append((tuple(image), tuple(inside)))
    return tuple(pairs)
