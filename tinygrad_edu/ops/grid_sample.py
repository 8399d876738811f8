"""Images looked up at any places: `grid_sample`.

A grid says for each output where in the input to look, from -1 at one edge to 1 at the other. That
place is between pixels, and so the pixels around it are mixed, with weights that depend on it. Both
are differentiated: the pixels, and the places; so a network can learn where to look (M. Jaderberg
et al., "Spatial Transformer Networks", 2015).

Along each dimension, a place has its *taps*: the numbers of some pixels, a weight for each, and
the weight's derivative. The weight of a pixel is the product over the dimensions. This holds for
images and for volumes. How places outside of the image are brought back is told in `grid_places`.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..autograd.graph import Array, Shape, constant, wrap
from ..autograd.op import Op
from ..autograd.op_node import watched
from .arguments import python_arguments
from .cubic import far, far_slope, near, near_slope
from .grid_places import GridPlaces, Lookup, bounded, slopes
from .kinds import Word

if TYPE_CHECKING:
    from ..tensor import Tensor


class Tap(NamedTuple):
    """Along one dimension, one pixel for each place, its weight, and the derivative of that."""

    pixel: Array
    weight: Array
    slope: Array


class GridSampler2D(Op):
    """The values of the image x at the places of `grid`, (n, ..., dimensions)."""

    kinds = "f"

    @staticmethod
    def forward(x: Array, grid: Array, lookup: Lookup) -> Array:
        out = np.zeros((*x.shape[:2], *grid.shape[1:-1]), x.dtype)
        for chosen in _combinations(grid, lookup):
            out += PickPixels.forward(x, _pixels(chosen)) * _weight(chosen)
        return out

    @staticmethod
    def d_x(grad: Array, grid: Array, x_shape: Shape, lookup: Lookup) -> Array:
        shares = (
            PutPixels.call(grad * _weight(chosen), x_shape, _pixels(chosen))
            for chosen in _combinations(grid, lookup)
        )
        return sum(shares)

    @staticmethod
    def d_grid(grad: Array, x: Array, grid: Array, lookup: Lookup) -> Array:
        if lookup.mode == "nearest":  # 0, whatever the pixels are
            return np.where(np.zeros(constant(grid).shape, bool), grid, 0)
        by_dim: list[Array] = [0] * len(lookup.size)
        for chosen in _combinations(grid, lookup):
            seen = (grad * PickPixels.call(x, _pixels(chosen))).sum(1)
            for d, tap in enumerate(chosen):
                others = math.prod(t.weight for t in (*chosen[:d], *chosen[d + 1 :]))
                by_dim[d] = by_dim[d] + seen * others * tap.slope
        return np.stack(by_dim[::-1], -1) * slopes(constant(grid), lookup)


class GridSampler3D(GridSampler2D):
    """The same for volumes."""


class PickPixels(Op):
    """Of each channel the pixels whose numbers along each dimension are given; 0 outside."""

    @staticmethod
    def forward(x: Array, pixels: Sequence[Array]) -> Array:
        flat, inside = _flat(pixels, x.shape)
        channels = x.reshape(*x.shape[:2], math.prod(x.shape[2:]))
        seen = np.take_along_axis(channels, flat[:, None], 2)
        seen = seen.reshape(*x.shape[:2], *inside.shape[1:])
        return np.where(inside[:, None], seen, 0).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array, x_shape: Shape, pixels: Sequence[Array]) -> Array:
        return PutPixels.call(grad, x_shape, pixels)


class PutPixels(Op):
    """Zeros of `shape`, with each number added at its pixel: the transpose of `PickPixels`."""

    @staticmethod
    def forward(g: Array, shape: Shape, pixels: Sequence[Array]) -> Array:
        flat, inside = _flat(pixels, shape)
        out = np.zeros((*shape[:2], math.prod(shape[2:])), g.dtype)
        places = (*np.ogrid[: shape[0], : shape[1], :1][:2], flat[:, None])
        values = np.where(inside[:, None], g, 0).astype(g.dtype)
        np.add.at(out, places, values.reshape(*shape[:2], flat.shape[1]))
        return out.reshape(shape)

    @staticmethod
    def d_g(grad: Array, pixels: Sequence[Array]) -> Array:
        return PickPixels.call(grad, pixels)


def _flat(pixels: Sequence[Array], shape: Shape) -> tuple[Array, Array]:
    """Places in the flattened image, (n, places), and whether these are inside of it."""
    inside = np.ones(pixels[0].shape, bool)
    flat = np.zeros(pixels[0].shape, np.int64)
    for pixel, size in zip(pixels, shape[2:], strict=True):
        inside &= (pixel >= 0) & (pixel < size)
        flat = flat * size + np.clip(pixel, 0, size - 1)
    return flat.reshape(len(flat), math.prod(flat.shape[1:])), inside


def _combinations(grid: Array, lookup: Lookup) -> itertools.product[tuple[Tap, ...]]:
    """One tap of each dimension, in every way; the grid has the last dimension first."""
    places = GridPlaces.call(grid, lookup)
    sizes = enumerate(reversed(lookup.size))
    by_dim = [_taps(places[..., d], size, lookup) for d, size in sizes]
    return itertools.product(*reversed(by_dim))


def _pixels(taps: Sequence[Tap]) -> list[Array]:
    return [tap.pixel for tap in taps]


def _weight(taps: Sequence[Tap]) -> Array:
    """The product of the weights, the same for all channels."""
    return np.expand_dims(math.prod(tap.weight for tap in taps), 1)


def _taps(place: Array, size: int, lookup: Lookup) -> list[Tap]:
    """The pixels around each place."""
    values = constant(place)
    if lookup.mode == "nearest":
        return [Tap(np.rint(values).astype(np.int64), np.ones_like(values), 0)]
    low = np.floor(values)
    t = place - wrap(low) if place is not values else values - low
    low = low.astype(np.int64)
    if lookup.mode == "bilinear":
        return [Tap(low, 1 - t, -1), Tap(low + 1, t, 1)]
    return [
        Tap(bounded(low - 1, size, lookup), far(t + 1), far_slope(t + 1)),
        Tap(bounded(low, size, lookup), near(t), near_slope(t)),
        Tap(bounded(low + 1, size, lookup), near(1 - t), -near_slope(1 - t)),
        Tap(bounded(low + 2, size, lookup), far(2 - t), -far_slope(2 - t)),
    ]


@python_arguments
def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: Word = "bilinear",
    padding_mode: Word = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The values of images at the places that a grid names.

    Parameters
    ----------
    input : Tensor of shape (n, channels, height, width)
        Or (n, channels, depth, height, width).
    grid : Tensor of shape (n, out height, out width, 2)
        For each output x and y, or x, y and z: from -1, the left or upper edge, to 1.
    mode : {"bilinear", "nearest", "bicubic"}
        Whether to mix the pixels around a place, to take the nearest, or to lay cubics through
        those farther around, too; these only in images.
    padding_mode : {"zeros", "border", "reflection"}
        What is outside: zeros, the pixels of the edge, or the image mirrored at its edges.
    align_corners : bool, optional
        Whether -1 and 1 are the centres of the pixels at the edges, and not their outer edges. It
        warns if it is left out, which means False.

    Returns
    -------
    Tensor of shape (n, channels, out height, out width)

    Raises
    ------
    ValueError
        If a word is not known.
    RuntimeError
        If shapes or dtypes do not fit, or with "bicubic" in volumes.
    """
    for what, word, known in (
        ("mode", mode, ("bilinear", "nearest", "bicubic")),
        ("padding_mode", padding_mode, ("zeros", "border", "reflection")),
    ):
        if word not in known:
            raise ValueError(f"grid_sample: expected {what} to be one of {known}, not {word!r}")
    if align_corners is None:
        warn_corners()
    shape, places = input.array.shape, grid.array.shape
    dims = len(shape) - 2
    if shape[:1] != places[:1]:
        raise RuntimeError(
            f"grid_sample: input and grid must have one batch size, but have the shapes "
            f"{list(shape)} and {list(places)}"
        )
    if dims not in (2, 3) or len(places) != len(shape) or places[-1] != dims:
        raise RuntimeError(
            f"grid_sample: for an input of shape {list(shape)}, which must have 4 or 5 "
            f"dimensions, the grid must have as many, the last of size 2 or 3, not {list(places)}"
        )
    if 0 in shape[2:]:
        raise RuntimeError(f"grid_sample: there is nothing to see in an input of {list(shape)}")
    if mode == "bicubic" and dims == 3:
        raise RuntimeError("grid_sample: bicubic interpolation only supports 4D input")
    if input.array.dtype.kind != "f":
        raise NotImplementedError(f'"grid_sample" not implemented for {input.dtype}')
    if input.array.dtype != grid.array.dtype:
        raise RuntimeError(
            f"grid_sample: input and grid must have one dtype, not {input.dtype} and {grid.dtype}"
        )
    lookup = Lookup(shape[2:], mode, padding_mode, bool(align_corners))
    op = GridSampler2D if dims == 2 else GridSampler3D
    return watched(op.apply(input, grid, lookup), input, grid)


def warn_corners() -> None:
    """Warn that `align_corners` was left out."""
    warnings.warn(
        "Default grid_sample and affine_grid behavior has changed to align_corners=False since "
        "1.3.0. Please specify align_corners=True if the old behavior is desired. See the "
        "documentation of grid_sample for details.",
        stacklevel=4,
    )
