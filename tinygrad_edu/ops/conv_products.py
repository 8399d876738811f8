"""The three products of a convolution: for its result, its input and its weight.

With x the image, w the weight and g what belongs to the output (the output itself, or its
gradient), a convolution multiplies over all windows p and kernel elements k::

    convolve          g[n,o,p] = sum over c, k of  w[o,c,k] x[n,c,p+k]
    deconvolve        x[n,c,q] = sum over o, k of  w[o,c,k] g[n,o,q-k]
    correlate         w[o,c,k] = sum over n, p of  g[n,o,p] x[n,c,p+k]

Each becomes a matrix product with *patches*: the spread image (see `windows`) once for every
element of the kernel. These are made for a few images, or for a few rows of one, at a time: as many
as stay in the processor's cache. So the workspace does not grow with the batch.

Comments name the dimensions: n images, g groups, o outputs and c inputs of a group, k elements of
the kernel, p places in wide rows of the output.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..autograd.graph import Array
from ..threads import in_slices
from .windows import Geometry, Layout, layout

#: Bytes of patches at a time.
WORKSPACE = 2 << 20


class _Memory(threading.local):
    """Memory for patches that is used again and again, each thread's own."""

    def __init__(self) -> None:
        self.bytes: Array = np.empty(WORKSPACE, np.uint8)


_memory = _Memory()


class _Task:
    """What the three products share: the sizes, and what is worked on at a time.

    Parameters
    ----------
    geometry : Geometry
    channels, outputs : int
        Of one group.
    dtype : numpy.dtype
    part : slice
        The images that are this task's.
    """

    def __init__(
        self, geometry: Geometry, channels: int, outputs: int, dtype: Any, part: slice
    ) -> None:
        self.layout: Layout = layout(geometry)
        self.out, self.groups = geometry.out, geometry.groups
        self.channels, self.outputs, self.dtype, self.part = channels, outputs, dtype, part
        self.elements = len(self.layout.offsets)
        self.row = math.prod(self.layout.wide[1:])  # places of one row
        room = WORKSPACE // max(self.groups * channels * self.elements * dtype.itemsize, 1)
        rows = room // max(self.row, 1)
        self.images = min(max(rows // max(self.out[0], 1), 1), max(part.stop - part.start, 1))
        self.rows = min(max(rows, 1), max(self.out[0], 1)) if self.images == 1 else self.out[0]

    def blocks(self) -> Iterator[slice]:
        """The images, a few at a time."""
        return _cut(self.part.start, self.part.stop, self.images)

    def pieces(self) -> Iterator[slice]:
        """The rows of an output, a few at a time."""
        return _cut(0, self.out[0], self.rows)

    def places(self, rows: slice) -> slice:
        """The places of `rows` in a wide output; after the last window there are none."""
        return slice(rows.start * self.row, min(rows.stop * self.row, self.layout.length))

    def empty_spread(self) -> Array:
        """Zeros to spread images in."""
        return np.zeros((self.images, self.groups * self.channels, *self.layout.shape), self.dtype)

    def empty_wide(self) -> Array:
        """Zeros for rows of wide outputs."""
        shape = (self.images, self.groups * self.outputs, self.rows, *self.layout.wide[1:])
        return np.zeros(shape, self.dtype)

    def spread(self, x: Array, buffer: Array) -> Array:
        """Images spread, and flat, n,g,c,s; in `buffer`, where the padding is 0 already."""
        if not self.layout.plain:
            for phase in self.layout.phases:
                buffer[: len(x)][phase.spread] = x[phase.image]
            x = buffer[: len(x)]
        size = math.prod(self.layout.shape)
        return x.reshape(len(x), self.groups, self.channels, size)

    def widen(self, g: Array, rows: slice, buffer: Array) -> Array:
        """Rows of outputs made wide, n,g,o,p; in `buffer`, which has 0 where windows wrap."""
        wide = buffer[: len(g), :, : rows.stop - rows.start]
        self.narrow(wide)[...] = g[:, :, rows]
        return self.flat(wide, rows)

    def narrow(self, wide: Array) -> Array:
        """Wide rows without the places of windows that wrap: a view."""
        return wide[(..., *map(slice, self.out[1:]))]

    def flat(self, wide: Array, rows: slice) -> Array:
        """Wide rows as n,g,o,p: a view, for the rows are all that is in their buffer."""
        count, places = len(wide), self.places(rows)
        flat = wide.reshape(count, self.groups, self.outputs, wide.shape[2] * self.row)
        return flat[..., : places.stop - places.start]

    def memory(self, count: int, rows: slice) -> Array:
        """Room for patches n,g,c,k,p."""
        places = self.places(rows)
        width = places.stop - places.start
        shape = (count, self.groups, self.channels, self.elements, width)
        size = math.prod(shape) * self.dtype.itemsize
        if size > _memory.bytes.size:  # a single row of a large image
            _memory.bytes = np.empty(size, np.uint8)
        return _memory.bytes[:size].view(self.dtype).reshape(shape)

    def patches(self, flat: Array, rows: slice) -> Array:
        """What each element of the kernel sees, n,g,c,k,p."""
        places = self.places(rows)
        patches = self.memory(len(flat), rows)
        for k, offset in enumerate(self.layout.offsets):
            patches[..., k, :] = flat[..., offset + places.start : offset + places.stop]
        return patches


def _cut(start: int, stop: int, size: int) -> Iterator[slice]:
    """A range in slices of `size`; the last may be smaller."""
    for first in range(start, stop, max(size, 1)):
        yield slice(first, min(first + size, stop))


def _merged(patches: Array) -> Array:
    """n,g,c,k,p -> n,g,ck,p."""
    n, g, c, k, p = patches.shape
    return patches.reshape(n, g, c * k, p)


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
    groups, channels, elements = geometry.groups, weight.shape[1], math.prod(geometry.kernel)
    outputs = len(weight) // groups
    out = np.empty((len(x), len(weight), *geometry.out), x.dtype)
    matrices = weight.reshape(groups, outputs, channels * elements)  # g,o,ck

    def work(part: slice) -> None:
        task = _Task(geometry, channels, outputs, x.dtype, part)
        spread, buffer = task.empty_spread(), task.empty_wide()
        for block in task.blocks():
            flat = task.spread(x[block], spread)
            for rows in task.pieces():
                wide = buffer[: len(flat), :, : rows.stop - rows.start]
                # g,o,ck @ n,g,ck,p -> n,g,o,p
                np.matmul(matrices, _merged(task.patches(flat, rows)), out=task.flat(wide, rows))
                out[block, :, rows] = task.narrow(wide)

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
    groups, channels, elements = geometry.groups, weight.shape[1], math.prod(geometry.kernel)
    outputs = len(weight) // groups
    x = np.empty((len(g), groups * channels, *geometry.size), g.dtype)
    matrices = weight.reshape(groups, outputs, channels * elements).swapaxes(1, 2)  # g,ck,o
    matrices = np.ascontiguousarray(matrices)
    finite = np.isfinite(weight).all()

    def work(part: slice) -> None:
        task = _Task(geometry, channels, outputs, g.dtype, part)
        spread, wide = task.empty_spread(), task.empty_wide()
        for block in task.blocks():
            count = block.stop - block.start
            spread[...] = 0
            flat = spread[:count].reshape(count, groups, channels, math.prod(task.layout.shape))
            for rows in task.pieces():
                places, patches = task.places(rows), task.memory(count, rows)
                # g,ck,o @ n,g,o,p -> n,g,ck,p
                np.matmul(matrices, task.widen(g[block], rows, wide), out=_merged(patches))
                if not finite:  # what wraps is 0; but 0 times inf is nan
                    patches[..., ~task.layout.inside[places]] = 0
                for k, offset in enumerate(task.layout.offsets):
                    flat[..., offset + places.start : offset + places.stop] += patches[..., k, :]
            for phase in task.layout.phases:
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
    if not np.isfinite(weight).all():  # perhaps only because what wraps, 0, met an inf
        weight = _correlate(g, x, geometry, clear=True)
    return weight


def _correlate(g: Array, x: Array, geometry: Geometry, clear: bool) -> Array:
    """`correlate`; with `clear`, what windows that wrap see is taken to be 0."""
    groups, elements = geometry.groups, math.prod(geometry.kernel)
    channels, outputs = x.shape[1] // groups, g.shape[1] // groups

    def work(part: slice) -> Array:
        task = _Task(geometry, channels, outputs, x.dtype, part)
        spread, wide = task.empty_spread(), task.empty_wide()
        total = np.zeros((groups, channels * elements, outputs), x.dtype)
        for block in task.blocks():
            flat = task.spread(x[block], spread)
            for rows in task.pieces():
                patches = task.patches(flat, rows)
                if clear:
                    patches[..., ~task.layout.inside[task.places(rows)]] = 0
                given = task.widen(g[block], rows, wide)
                # n,g,ck,p @ n,g,p,o -> n,g,ck,o, summed over n
                total += np.matmul(_merged(patches), given.swapaxes(-1, -2)).sum(0)
        return total

    multiplications = g.size * channels * elements
    total: Array = sum(in_slices(work, len(g), multiplications))
    return total.swapaxes(1, 2).reshape(groups * outputs, channels, *geometry.kernel)
