"""The ops behind `resample`: images of other sizes, and channels traded for pixels.

Each is linear, and so its derivative is the same map transposed: what an element was taken from
gets the gradient, times the weight that it had.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from ..autograd.graph import Array, Shape
from ..autograd.op import Op
from ..layout import in_rows
from .index import whole

#: Along one dimension, what an output is the sum of: places and their weights, None for 1. Nothing
#: at all, where outputs are the inputs.
Taps: TypeAlias = list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]]


class Resample(Op):
    """Along each dimension from the third on, the sums that `maps` has for it."""

    @staticmethod
    def forward(x: Array, maps: list[Taps]) -> Array:
        out = x
        for dim, taps in enumerate(maps, 2):
            terms = [_times(out.take(places, dim), weights) for places, weights in taps]
            out = sum(terms[1:], terms[0]) if terms else out
        return x.copy() if out is x else in_rows(out)

    @staticmethod
    def d_x(grad: Array, x_shape: Shape, maps: list[Taps]) -> Array:
        return ResampleBack.call(grad, x_shape, maps)


class ResampleBack(Op):
    """`Resample`, transposed: from its output's shape back to that of its input, `shape`."""

    @staticmethod
    def forward(g: Array, shape: Shape, maps: list[Taps]) -> Array:
        for dim, taps in reversed(list(enumerate(maps, 2))):
            if not taps:
                continue
            out = np.zeros((*g.shape[:dim], shape[dim], *g.shape[dim + 1 :]), g.dtype)
            for places, weights in taps:
                along: Any = (*whole(dim), places)
                np.add.at(out, along, _times(g, weights))
            g = out
        return g

    @staticmethod
    def d_g(grad: Array, maps: list[Taps]) -> Array:
        return Resample.call(grad, maps)


def _times(x: Array, weights: Array) -> Array:
    return x if weights is None else x * weights


class UpsampleNearest1D(Resample):
    """The element at each output's place, of sequences."""


class UpsampleNearest2D(Resample):
    """The element at each output's place, of images."""


class UpsampleNearest3D(Resample):
    """The element at each output's place, of volumes."""


class UpsampleNearestExact1D(Resample):
    """The element at each output's centre, of sequences."""


class UpsampleNearestExact2D(Resample):
    """The element at each output's centre, of images."""


class UpsampleNearestExact3D(Resample):
    """The element at each output's centre, of volumes."""


class UpsampleLinear1D(Resample):
    """A mixture of the two elements around each output, of sequences."""


class UpsampleBilinear2D(Resample):
    """A mixture of the four elements around each output, of images."""


class UpsampleTrilinear3D(Resample):
    """A mixture of the eight elements around each output, of volumes."""


class UpsampleBicubic2D(Resample):
    """A cubic through four elements along both dimensions, of images."""


class UpsampleBilinear2DAa(Resample):
    """A mixture of all elements around each output, the closer with more weight, of images."""


class UpsampleBicubic2DAa(Resample):
    """The same with the weights of a cubic."""


class UpsampleLanczos2DAa(Resample):
    """The same with the weights of Lanczos's filter."""


class PixelShuffle(Op):
    """(..., C r^2, H, W) as (..., C, H r, W r); the derivative goes the way back."""

    @staticmethod
    def forward(x: Array, r: int) -> Array:
        *batch, channels, height, width = x.shape
        split = x.reshape((*batch, channels // (r * r), r, r, height, width))
        turned = split.transpose(_swapped(len(batch), (0, 3, 1, 4, 2)))  # c r r h w -> c h r w r
        return turned.copy().reshape((*batch, channels // (r * r), height * r, width * r))

    @staticmethod
    def d_x(grad: Array, r: int) -> Array:
        return PixelUnshuffle.call(grad, r)


class PixelUnshuffle(Op):
    """(..., C, H r, W r) as (..., C r^2, H, W); the derivative goes the way back."""

    @staticmethod
    def forward(x: Array, r: int) -> Array:
        *batch, channels, height, width = x.shape
        split = x.reshape((*batch, channels, height // r, r, width // r, r))
        turned = split.transpose(_swapped(len(batch), (0, 2, 4, 1, 3)))  # c h r w r -> c r r h w
        return turned.copy().reshape((*batch, channels * r * r, height // r, width // r))

    @staticmethod
    def d_x(grad: Array, r: int) -> Array:
        return PixelShuffle.call(grad, r)


class ChannelShuffle(Op):
    """The channels, seen as (groups, C / groups), transposed; the derivative transposes back."""

    @staticmethod
    def forward(x: Array, groups: int) -> Array:
        n, channels, *rest = x.shape
        split = x.reshape((n, groups, channels // groups, *rest))
        return split.swapaxes(1, 2).copy().reshape(x.shape)

    @staticmethod
    def d_x(grad: Array, groups: int) -> Array:
        return ChannelShuffle.call(grad, grad.shape[1] // groups)


def _swapped(first: int, order: tuple[int, ...]) -> tuple[int, ...]:
    """`order` for the dimensions after the `first` ones, which stay."""
    return (*range(first), *(first + place for place in order))
