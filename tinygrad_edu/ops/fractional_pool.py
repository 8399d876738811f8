"""Fractional max-pooling: windows at random places, so that sizes shrink by any factor.

Along a dimension the windows begin at ``trunc((i + u) a) - trunc(u a)``, and the last at the end,
where a is the mean step and u a random number from 0 to 1: steps of two lengths, mixed at random
(B. Graham, "Fractional max-pooling", 2014, section 2.2, the pseudorandom sequences).
"""

from __future__ import annotations

import math

import numpy as np

from ..autograd.graph import Array, Shape, own_constant
from ..autograd.op import Op
from .adaptive_pool import PutAtIndices


class FractionalMaxPool2D(Op):
    """The largest element of each window, and its place in the flattened image.

    `samples` has a random number for each plane and dimension. Of equal elements the first counts,
    and of nans the last, as in PyTorch.
    """

    kinds = "f"
    outputs = ("values", "indices")

    @staticmethod
    def forward(x: Array, samples: Array, kernel: Shape, size: Shape) -> tuple[Array, Array]:
        dims = len(size)
        batch, image = x.shape[:-dims], x.shape[-dims:]
        planes = math.prod(batch)
        flat, samples = x.reshape(planes, math.prod(image)), samples.reshape(-1, dims)[:planes]
        first: Array = np.zeros((planes, *(1,) * dims), np.int64)  # each window's first element
        for dim, n in enumerate(image):
            starts = window_starts(samples[:, dim], n, size[dim], kernel[dim])
            places = starts.reshape(planes, *(1,) * dim, size[dim], *(1,) * (dims - 1 - dim))
            first = first * n + places
        first = first.reshape(planes, math.prod(size))
        values, indices = np.full(first.shape, -np.inf, x.dtype), first.copy()
        for element in np.ndindex(kernel):
            places = first + int(np.ravel_multi_index(element, image))
            seen = np.take_along_axis(flat, places, 1)
            larger = (seen > values) | np.isnan(seen)
            np.copyto(values, seen, where=larger)
            np.copyto(indices, places, where=larger)
        return values.reshape(*batch, *size), indices.reshape(*batch, *size)

    @staticmethod
    def d_x(grads: tuple[Array, Array], x: Array, indices: Array, size: Shape) -> Array:
        return PutAtIndices.call(grads[0], x, own_constant(indices), len(size))


class FractionalMaxPool3D(FractionalMaxPool2D):
    """The same of volumes, under the name that PyTorch gives its node."""


def window_starts(samples: Array, size: int, count: int, kernel: int) -> Array:
    """Where `count` windows begin, for each sample: int64 of shape (len(samples), count).

    They are computed in the samples' precision, as in PyTorch.
    """
    starts = np.full((len(samples), count), size - kernel, np.int64)
    if count > 1:
        kind = samples.dtype.type
        step = kind(size - kernel) / kind(count - 1)
        ahead = samples[:, None] + np.arange(count - 1).astype(kind)
        starts[:, :-1] = np.trunc(ahead * step) - np.trunc(samples[:, None] * step)
    return starts
