"""The three products of a convolution: for its result, its weight and its input.

With x the image, w the weight and g what belongs to the output (the output itself, or its
gradient), a convolution multiplies over all windows p and kernel elements k::

    convolve          g[n,o,p] = sum over c, k of  w[o,c,k] x[n,c,p+k]
    correlate         w[o,c,k] = sum over n, p of  g[n,o,p] x[n,c,p+k]
    deconvolve        x[n,c,q] = sum over o, k of  w[o,c,k] g[n,o,q-k]   (in `conv_back`)

Here and below p+k stands for stride p + dilation k - padding, and q-k for the p whose p+k is q.

Each becomes a matrix product with *patches*, a copy of what every window sees: the lowering of
K. Chellapilla, S. Puri, P. Simard, "High Performance Convolutional Neural Networks for Document
Processing", 2006. Patches are made for a few images, or for a few rows of one, at a time: as many
as stay in the processor's cache. So the workspace does not grow with the batch.

In memory the places of one image are neighbours, and what NumPy copies or adds at a stretch is a
row of windows. Where rows are short, the images of a block are *interleaved*, element by element,
so that a row of all of them is a stretch. Arrays of images are (m, ..., n): (1, ..., n)
interleaved, (n, ..., 1) otherwise. Comments name the dimensions: m and n as here, g groups, o
outputs and c inputs of a group, k elements of the kernel, p places of a window.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..autograd.graph import Array, Shape
from ..threads import in_slices
from .windows import Geometry, inner, padded_size, windows

#: Bytes of patches, of outputs or of products at a time.
WORKSPACE = 2 << 20
#: Rows with fewer windows than this are short; and it takes as many images to make them long.
SHORT, MANY = 16, 8


class _Memory(threading.local):
    """Memory that is used again and again, each thread's own."""

    def __init__(self) -> None:
        self.rooms: dict[str, Array] = {}

    def take(self, name: str, shape: Shape, dtype: Any) -> Array:
        """An array with anything in it, until its name is taken again."""
        size = math.prod(shape) * dtype.itemsize
        if name not in self.rooms or self.rooms[name].size < size:
            self.rooms[name] = np.empty(size, np.uint8)
        return np.ndarray(shape, dtype, self.rooms[name])


_memory = _Memory()


class Task:
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
        self.geometry, self.dtype, self.part = geometry, dtype, part
        self.groups, self.channels, self.outputs = geometry.groups, channels, outputs
        self.elements = channels * math.prod(geometry.kernel)  # ck
        self.size, self.inner = padded_size(geometry), inner(geometry)
        batch, height = part.stop - part.start, geometry.out[0]
        row = math.prod(geometry.out[1:])  # places
        place = self.groups * max(self.elements, outputs, 1) * dtype.itemsize
        # Interleaving does not pay for one channel (few patches, more outputs), nor for strides
        # above 1 (windows read only parts of an interleaved row).
        by_one = set(geometry.stride) == {1}
        short = geometry.out[-1] < SHORT and channels > 1
        self.interleaved = by_one and short and min(batch, _fitting(place * height * row)) >= MANY
        # One after the other, images have each a product of its own for the weight, ck,o.
        product = 0 if self.interleaved else min(self.elements, outputs)
        self.images = max(1, min(batch, _fitting(place * max(height * row, product))))
        self.rows = height if self.images > 1 else max(1, min(height, _fitting(place * row)))

    def blocks(self) -> Iterator[slice]:
        """The images, a few at a time."""
        return _cut(self.part.start, self.part.stop, self.images)

    def pieces(self) -> Iterator[slice]:
        """The rows of an output, a few at a time."""
        return _cut(0, self.geometry.out[0], self.rows)

    def arranged(self, images: Array) -> Array:
        """Images n,gc,... as m,gc,...,n: a view."""
        if self.interleaved:
            return images.transpose(*range(1, images.ndim), 0)[None]
        return images[..., None]

    def take(self, name: str, shape: Shape) -> Array:
        """Memory of that name, with anything in it."""
        return _memory.take(name, shape, self.dtype)

    def empty(self, name: str, count: int, *shape: int) -> Array:
        """Room for `count` images of this shape."""
        return self.take(name, (1, *shape, count) if self.interleaved else (count, *shape, 1))

    def zeros(self, count: int) -> Array:
        """Zeros for padded images m,gc,*size,n."""
        padded = self.empty("padded", count, self.groups * self.channels, *self.size)
        padded.fill(0)
        return padded

    def seen(self, x: Array) -> Array:
        """What all windows of these images see, m,gc,*kernel,*out,n: a view."""
        if self.size == x.shape[2:] and x.flags.c_contiguous and not self.interleaved:
            return windows(x[..., None], self.geometry)
        padded = self.zeros(len(x))
        padded[:, :, *self.inner] = self.arranged(x)
        return windows(padded, self.geometry)

    def empty_patches(self, count: int, rows: slice) -> Array:
        """Room for patches m,gc,*kernel,*out,n of these rows."""
        kernel, out, height = self.geometry.kernel, self.geometry.out, rows.stop - rows.start
        shape = self.groups * self.channels, *kernel, height, *out[1:]
        return self.empty("patches", count, *shape)

    def patches(self, seen: Array, rows: slice) -> Array:
        """The patches for these rows, m,g,ck,pn."""
        patches = self.empty_patches(len(seen) * seen.shape[-1], rows)
        patches[...] = seen[(slice(None),) * (2 + len(self.geometry.kernel)) + (rows,)]
        return self.matrices(patches, self.elements)

    def room(self, result: Array) -> Array:
        """Where to write these rows of outputs, m,go,*out,n: there, unless interleaved."""
        if self.interleaved:
            return self.empty("outputs", len(result), *result.shape[1:])
        return result[..., None]

    def given(self, g: Array, rows: slice) -> Array:
        """Rows of outputs as m,g,o,pn; a view, unless interleaved."""
        arranged = self.arranged(g[:, :, rows])
        if self.interleaved:
            room = self.room(g)
            room[...] = arranged
            arranged = room
        return self.matrices(arranged, self.outputs)

    def matrices(self, array: Array, height: int) -> Array:
        """m,gh,...,n -> m,g,h,...n."""
        places = math.prod(array.shape[-1 - len(self.geometry.out) :])
        return array.reshape(len(array), self.groups, height, places)


def _fitting(size: int) -> int:
    """How many things of so many bytes there is room for."""
    return WORKSPACE // max(size, 1)


def _cut(start: int, stop: int, size: int) -> Iterator[slice]:
    """A range in slices of `size`; the last may be smaller."""
    for first in range(start, stop, size):
        yield slice(first, min(first + size, stop))


def convolve(x: Array, weight: Array, geometry: Geometry, bias: Array | None = None) -> Array:
    """The result: each window of each image, times each filter.

    Parameters
    ----------
    x : array of shape (n, channels, *size)
    weight : array of shape (outputs, channels // groups, *kernel)
    geometry : Geometry
    bias : array of shape (outputs), optional
        Is added.

    Returns
    -------
    array of shape (n, outputs, *out)
    """
    groups, channels, elements = geometry.groups, weight.shape[1], math.prod(geometry.kernel)
    outputs = len(weight) // groups
    out = np.empty((len(x), len(weight), *geometry.out), x.dtype)
    matrices = weight.reshape(groups, outputs, channels * elements)  # g,o,ck
    shift = None if bias is None else bias.reshape(-1, *(1,) * len(geometry.out))

    def work(part: slice) -> None:
        task = Task(geometry, channels, outputs, x.dtype, part)
        for block in task.blocks():
            seen = task.seen(x[block])
            for rows in task.pieces():
                result = out[block, :, rows]
                room = task.room(result)
                # g,o,ck @ m,g,ck,pn -> m,g,o,pn
                np.matmul(matrices, task.patches(seen, rows), out=task.matrices(room, outputs))
                if task.interleaved:
                    task.arranged(result)[...] = room
                if shift is not None:
                    result += shift

    in_slices(work, len(x), out.size * channels * elements)
    return out


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
    groups, elements = geometry.groups, math.prod(geometry.kernel)
    channels, outputs = x.shape[1] // groups, g.shape[1] // groups

    def work(part: slice) -> Array:
        task = Task(geometry, channels, outputs, x.dtype, part)
        total = np.zeros((groups, channels * elements, outputs), x.dtype)
        for block in task.blocks():
            seen = task.seen(x[block])
            for rows in task.pieces():
                patches, given = task.patches(seen, rows), task.given(g[block], rows)
                # m,g,ck,pn @ m,g,pn,o -> m,g,ck,o, summed over m
                total += np.matmul(patches, given.swapaxes(2, 3)).sum(0)
        return total

    total: Array = sum(in_slices(work, len(g), g.size * channels * elements))
    return total.swapaxes(1, 2).reshape(groups * outputs, channels, *geometry.kernel)
