"""The three products of a convolution: for its result, its input and its weight.

With x the image, w the weight and g what belongs to the output (the output itself, or its
gradient), a convolution multiplies over all windows p and kernel elements k::

    convolve          g[n,o,p] = sum over c, k of  w[o,c,k] x[n,c,p+k]
    deconvolve        x[n,c,q] = sum over o, k of  w[o,c,k] g[n,o,q-k]
    correlate         w[o,c,k] = sum over n, p of  g[n,o,p] x[n,c,p+k]

Each is a matrix product per image, on images that are spread as `windows` tells. The patches, which
are the image once for every element of the kernel, are made for a few images, or for a part of one,
at a time: as many as stay in the processor's cache. So the workspace does not grow with the batch.

Comments name the dimensions: n images, g groups, o outputs and c inputs of a group, k elements of
the kernel, p places in a wide output, s in a spread image.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..autograd.graph import Array, Shape
from ..threads import in_slices
from .windows import Geometry, Layout, layout

#: Bytes of patches at a time.
WORKSPACE = 2 << 20


def convolve(x: Array, weight: Array, geometry: Geometry) -> Array:
    """The result: each window of each image, times each filter.

    Parameters
    ----------
    x : array of shape (n, channels, *size)
    weight : array of shape (outputs, channels // groups, *kernel)
    geometry : Geometry

    Returns
    -------
    array of shape (n, outputs, *out)
    """
    lay, groups = layout(geometry), geometry.groups
    out = np.empty((len(x), len(weight), *geometry.out), x.dtype)
    matrices = weight.reshape(groups, len(weight) // groups, -1)  # g,o,ck
    channels, elements = weight.shape[1], len(lay.offsets)
    rows = groups * channels * elements

    def work(part: slice) -> None:
        images, places = _blocks(part, rows, lay.length, x.itemsize)
        spread = np.zeros((images, x.shape[1], *lay.shape), x.dtype)
        patches = np.empty(images * rows * places, x.dtype)
        wide = np.empty((images, groups, len(weight) // groups, math.prod(lay.wide)), x.dtype)
        for block in _cut(part, images):
            flat = _spread(x[block], spread, lay).reshape(
                -1, groups, channels, math.prod(lay.shape)
            )
            count = len(flat)
            for piece in _cut(slice(0, lay.length), places):
                width = piece.stop - piece.start
                seen = patches[: count * rows * width]
                seen = seen.reshape(count, groups, channels, elements, width)
                for k, offset in enumerate(lay.offsets):
                    seen[..., k, :] = flat[..., offset + piece.start : offset + piece.stop]
                # g,o,ck @ n,g,ck,p -> n,g,o,p
                seen = seen.reshape(count, groups, channels * elements, width)
                np.matmul(matrices, seen, out=wide[:count, ..., piece])
            out[block] = _narrow(wide[:count].reshape(count, len(weight), *lay.wide), geometry.out)

    in_slices(work, len(x), out.size * channels * elements)
    return out


def deconvolve(g: Array, weight: Array, geometry: Geometry) -> Array:
    """The gradient for the input: each output goes back to the window it was computed from.

    Parameters
    ----------
    g : array of shape (n, outputs, *out)
    weight : array of shape (outputs, channels // groups, *kernel)
    geometry : Geometry

    Returns
    -------
    array of shape (n, channels, *size)
    """
    lay, groups = layout(geometry), geometry.groups
    channels, elements = weight.shape[1], len(lay.offsets)
    outputs, rows = len(weight) // groups, groups * channels * elements
    x = np.empty((len(g), groups * channels, *geometry.size), g.dtype)
    matrices = weight.reshape(groups, outputs, channels, elements)
    matrices = matrices.transpose(0, 3, 2, 1).reshape(groups, -1, outputs)  # g,kc,o
    finite = np.isfinite(weight).all()

    def work(part: slice) -> None:
        images, places = _blocks(part, rows, lay.length, x.itemsize)
        spread = np.empty((images, *x.shape[1:2], *lay.shape), x.dtype)
        patches = np.empty(images * rows * places, x.dtype)
        wide = np.zeros((images, len(weight), *lay.wide), x.dtype)
        for block in _cut(part, images):
            given = _widen(g[block], wide, lay).reshape(-1, groups, outputs, lay.length)
            count = len(given)
            spread[...] = 0
            flat = spread[:count].reshape(count, groups, channels, -1)
            for piece in _cut(slice(0, lay.length), places):
                width = piece.stop - piece.start
                seen = patches[: count * rows * width].reshape(count, groups, -1, width)
                np.matmul(matrices, given[..., piece], out=seen)  # g,kc,o @ n,g,o,p -> n,g,kc,p
                if not finite:  # where zeros were put in, inf times 0 is nan
                    seen[..., ~lay.inside[piece]] = 0
                seen = seen.reshape(count, groups, elements, channels, width)
                for k, offset in enumerate(lay.offsets):
                    flat[..., offset + piece.start : offset + piece.stop] += seen[:, :, k]
            for phase in lay.phases:
                x[block][phase.image] = spread[:count][phase.spread]

    in_slices(work, len(g), g.size * channels * elements)
    return x


def correlate(g: Array, x: Array, geometry: Geometry) -> Array:
    """The gradient for the weight: each output times each element of its window.

    Parameters
    ----------
    g : array of shape (n, outputs, *out)
    x : array of shape (n, channels, *size)
    geometry : Geometry

    Returns
    -------
    array of shape (outputs, channels // groups, *kernel)
    """
    weight = _correlate(g, x, geometry, clear=False)
    if not np.isfinite(weight).all():  # perhaps only because 0 was multiplied by inf
        weight = _correlate(g, x, geometry, clear=True)
    return weight


def _correlate(g: Array, x: Array, geometry: Geometry, clear: bool) -> Array:
    """`correlate`; with `clear`, what windows that wrap around the edge see is taken to be 0."""
    lay, groups = layout(geometry), geometry.groups
    channels, outputs = x.shape[1] // groups, g.shape[1] // groups

    def work(part: slice) -> Array:
        rows = groups * max(channels, outputs)
        images, _ = _blocks(part, rows, lay.length, x.itemsize)
        spread = np.zeros((images, x.shape[1], *lay.shape), x.dtype)
        wide = np.zeros((images, g.shape[1], *lay.wide), x.dtype)
        total = np.zeros((len(lay.offsets), groups, outputs, channels), x.dtype)
        for block in _cut(part, images):
            flat = _spread(x[block], spread, lay).reshape(
                -1, groups, channels, math.prod(lay.shape)
            )
            given = _widen(g[block], wide, lay).reshape(-1, groups, outputs, lay.length)
            for k, offset in enumerate(lay.offsets):
                seen = flat[..., offset : offset + lay.length]
                if clear:
                    seen = np.where(lay.inside, seen, 0)
                # n,g,o,p @ n,g,p,c -> n,g,o,c, summed over n
                total[k] += np.matmul(given, seen.swapaxes(-1, -2)).sum(0)
        return total

    multiplications = g.size * channels * len(lay.offsets)
    total = sum(in_slices(work, len(g), multiplications))
    # k,g,o,c -> go,c,k
    weight = np.asarray(total).transpose(1, 2, 3, 0)
    return weight.reshape(groups * outputs, channels, *geometry.kernel)


def _blocks(part: slice, rows: int, length: int, itemsize: int) -> tuple[int, int]:
    """How many images, and how many places of each, are worked on at a time."""
    room = max(1, WORKSPACE // (max(rows, 1) * itemsize))  # places
    images = min(max(1, room // max(length, 1)), max(part.stop - part.start, 1))
    pieces = -(-length // room) if images == 1 else 1
    return images, -(-length // max(pieces, 1))


def _cut(part: slice, size: int) -> Iterator[slice]:
    """`part` in slices of `size`; the last may be smaller."""
    for start in range(part.start, part.stop, max(size, 1)):
        yield slice(start, min(start + size, part.stop))


def _spread(x: Array, buffer: Array, lay: Layout) -> Array:
    """Images spread, in `buffer`, where the padding is 0 already; themselves if they need none."""
    if lay.plain:
        return np.ascontiguousarray(x)
    for phase in lay.phases:
        buffer[: len(x)][phase.spread] = x[phase.image]
    return buffer[: len(x)]


def _widen(g: Array, buffer: Array, lay: Layout) -> Array:
    """Outputs made wide, with zeros from `buffer` in the columns that wrap; n,o,p."""
    if lay.wide == g.shape[2:]:
        return np.ascontiguousarray(g)
    _narrow(buffer[: len(g)], g.shape[2:])[...] = g
    return buffer[: len(g)].reshape(*g.shape[:2], -1)[..., : lay.length]


def _narrow(wide: Array, out: Shape) -> Array:
    """A wide output without the columns that wrap: a view."""
    return wide[(..., *map(slice, out))]
