"""The product of a convolution for its input: each output goes back to its window.

That can be done in three ways, and which is quickest depends on the sizes. Where windows move by 1,
it is a convolution, with the filters turned around: x[q] = sum over k of w[k] g[q-k]. In general,
filters times outputs are added up where the windows were: window by window, or, if an image is laid
out for it, in long stretches.
"""

from __future__ import annotations

import math

import numpy as np

from ..autograd.graph import Array
from ..threads import in_slices
from .conv_products import Task, convolve
from .windows import Geometry, phase_size, phases_of_image, places_in_phases, slices


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
    finite = np.isfinite(weight).all()  # else the zeros around g, or in its rows, would become nan
    # Patches of outputs may be twice those of inputs: adding these takes longer than copying.
    if finite and outputs <= 2 * channels and _turns(geometry):
        return convolve(g, _turned(weight, groups), _turned_geometry(geometry))
    x = np.empty((len(g), groups * channels, *geometry.size), g.dtype)
    matrices = weight.reshape(groups, outputs, channels * elements).swapaxes(1, 2)  # g,ck,o
    matrices = np.ascontiguousarray(matrices)
    wide = finite and not _steps_over(geometry)

    def work(part: slice) -> None:
        task = Task(geometry, channels, outputs, g.dtype, part)
        for block in task.blocks():
            back = _back_wide if wide and not task.interleaved else _back
            back(task, g[block], matrices, x[block])

    in_slices(work, len(g), g.size * channels * elements)
    return x


def _turns(geometry: Geometry) -> bool:
    """Whether going back is a convolution, too: windows move by 1, and no padding is cut off."""
    along = zip(geometry.kernel, geometry.stride, geometry.padding, geometry.dilation, strict=True)
    return all(s == 1 and p <= d * (k - 1) for k, s, p, d in along)


def _turned(weight: Array, groups: int) -> Array:
    """Filters go,c,k that give inputs from outputs: gc,o,k, with each k from its end."""
    outputs, (channels, *kernel) = len(weight) // groups, weight.shape[1:]
    turned = weight.reshape(groups, outputs, channels, *kernel).swapaxes(1, 2)
    turned = np.flip(turned, tuple(range(3, turned.ndim)))
    return turned.reshape(groups * channels, outputs, *kernel)


def _turned_geometry(geometry: Geometry) -> Geometry:
    """Of the convolution that takes outputs for images."""
    along = zip(geometry.kernel, geometry.padding, geometry.dilation, strict=True)
    padding = tuple(d * (k - 1) - p for k, p, d in along)
    return geometry._replace(size=geometry.out, out=geometry.size, padding=padding)


def _steps_over(geometry: Geometry) -> bool:
    """Whether windows are smaller than their steps: of phases, most would stay empty."""
    return any(k < s for k, s in zip(geometry.kernel, geometry.stride, strict=True))


def _back(task: Task, g: Array, matrices: Array, images: Array) -> None:
    """Set images to outputs times filters, added where the windows were."""
    padded = task.zeros(len(g))
    step = task.geometry.stride[0]
    for rows in task.pieces():
        patches = task.empty_patches(len(g), rows)
        # g,ck,o @ m,g,o,pn -> m,g,ck,pn
        np.matmul(matrices, task.given(g, rows), out=task.matrices(patches, task.elements))
        patches = patches.reshape(*padded.shape[:2], -1, *patches.shape[2 + len(task.size) :])
        for k, (first, *others) in enumerate(slices(task.geometry)):
            start = first.start + rows.start * step
            along = slice(start, start + (rows.stop - rows.start - 1) * step + 1, step)
            padded[:, :, along, *others] += patches[:, :, k]
    task.arranged(images)[...] = padded[:, :, *task.inner]


def _back_wide(task: Task, g: Array, matrices: Array, images: Array) -> None:
    """The same, phase by phase of the images, with rows as wide as those of a phase.

    Then the rows are one stretch for each element of the kernel, and adding few long stretches
    takes less time than adding many short ones. Each row of outputs ends in zeros.
    """
    geometry, count, out = task.geometry, len(g), task.geometry.out
    size, phases = phase_size(geometry), math.prod(geometry.stride)
    channels, places, row = task.groups * task.channels, math.prod(size), math.prod(size[1:])
    starts = places_in_phases(geometry)
    reach = max(start for _, start in starts) + out[0] * row  # maybe over the end of a phase
    flat = task.take("padded", (count, channels, phases, max(places, reach)))
    flat.fill(0)
    for rows in task.pieces():
        first, last = rows.start * row, rows.stop * row
        wide = (count, g.shape[1], rows.stop - rows.start, *size[1:])
        given = task.take("outputs", wide)
        given.fill(0)
        given[(..., *map(slice, out[1:]))] = g[:, :, rows]
        given = given.reshape(count, task.groups, task.outputs, last - first)
        shape = (count, channels, len(starts), last - first)
        patches = task.take("patches", shape)
        product = patches.reshape(count, task.groups, task.elements, last - first)
        np.matmul(matrices, given, out=product)
        for k, (phase, start) in enumerate(starts):
            flat[:, :, phase, start + first : start + last] += patches[:, :, k]
    found = flat[..., :places].reshape(count, channels, phases, *size)
    for phase, (image, inside) in enumerate(phases_of_image(geometry)):
        images[:, :, *image] = found[:, :, phase, *inside]
