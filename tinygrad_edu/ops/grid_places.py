"""Where `grid_sample` looks: places between -1 and 1 as places in pixels.

What lies outside of the image may be brought back, to the nearest edge or as mirrors at the edges
would; where it is, the slope of the place changes: to 0, or its sign.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..autograd.graph import Array, Shape, constant
from ..autograd.op import Op


class Lookup(NamedTuple):
    """How to look up.

    Attributes
    ----------
    size : tuple of int
        Of the image.
    mode : {"bilinear", "nearest", "bicubic"}
    padding_mode : {"zeros", "border", "reflection"}
        What is outside of the image.
    align_corners : bool
        Whether -1 and 1 are the centres of the pixels at the edges, and not their outer edges.
    """

    size: Shape
    mode: str
    padding_mode: str
    align_corners: bool


class GridPlaces(Op):
    """The grid, (n, ..., dimensions), in pixels; with cubics, still as it is outside."""

    @staticmethod
    def forward(grid: Array, lookup: Lookup) -> Array:
        return _places(grid, lookup)[0]

    @staticmethod
    def d_grid(grad: Array, grid: Array, lookup: Lookup) -> Array:
        return grad * slopes(constant(grid), lookup)


def slopes(grid: Array, lookup: Lookup) -> Array:
    """The derivative of the places in pixels with respect to the grid; it is constant in parts."""
    return _places(grid, lookup)[1]


def _places(grid: Array, lookup: Lookup) -> tuple[Array, Array]:
    sizes = np.array(lookup.size[::-1], grid.dtype)
    if lookup.align_corners:
        places, slope = (grid + 1) / 2 * (sizes - 1), np.broadcast_to((sizes - 1) / 2, grid.shape)
    else:
        places, slope = ((grid + 1) * sizes - 1) / 2, np.broadcast_to(sizes / 2, grid.shape)
    if lookup.mode == "bicubic":
        return places, slope
    places, factor = _brought_back(places, sizes, lookup)
    return places, slope * factor


def bounded(pixel: Array, size: int, lookup: Lookup) -> Array:
    """The numbers of pixels, where these are outside of the image, as `padding_mode` says."""
    places = np.asarray(pixel, np.float64)
    return _brought_back(places, np.float64(size), lookup)[0].astype(np.int64)


def _brought_back(places: Array, size: Array, lookup: Lookup) -> tuple[Array, Array]:
    """Places outside brought back, and the slope of that."""
    slope = np.ones_like(places)
    if lookup.padding_mode == "zeros":
        return places, slope
    if lookup.padding_mode == "reflection":
        places, slope = _reflected(places, size, lookup.align_corners)
    # PyTorch's choice at the very edges is 0, too.
    slope = np.where((places > 0) & (places < size - 1), slope, 0)
    return np.clip(places, 0, size - 1).astype(places.dtype), slope.astype(places.dtype)


def _reflected(places: Array, size: Array, corners: bool) -> tuple[Array, Array]:
    """Mirrored at the first and the last pixel's centre, or else at their outer edges."""
    edge, span = (0.0, size - 1) if corners else (-0.5, size + 0)
    beyond = np.abs(places - edge)
    turned = np.where(places < edge, -1, 1)
    with np.errstate(all="ignore"):
        times = np.floor(beyond / span)
        rest = np.fmod(beyond, span)
    forward = np.fmod(times, 2) == 0
    back = np.where(forward, rest, span - rest) + edge
    alone = span == 0  # one pixel between its own mirrors
    slope = np.where(alone, 0, np.where(forward, turned, -turned))
    return np.where(alone, 0, back).astype(places.dtype), slope.astype(places.dtype)
