"""Images of other sizes: `interpolate`, and the shuffles that trade channels for pixels.

Interpolation goes one dimension at a time. An output's place, times the ratio of the sizes, is a
place in the input: the nearest element there is taken, or the two or four around it are mixed.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .adaptive_pool import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .antialias import FILTERS, antialiased_taps
from .arguments import torch_arguments
from .cubic import far, near
from .resample_ops import (
    ChannelShuffle,
    PixelShuffle,
    PixelUnshuffle,
    Resample,
    Taps,
    UpsampleBicubic2D,
    UpsampleBicubic2DAa,
    UpsampleBilinear2D,
    UpsampleBilinear2DAa,
    UpsampleLanczos2DAa,
    UpsampleLinear1D,
    UpsampleNearest1D,
    UpsampleNearest2D,
    UpsampleNearest3D,
    UpsampleNearestExact1D,
    UpsampleNearestExact2D,
    UpsampleNearestExact3D,
    UpsampleTrilinear3D,
)

if TYPE_CHECKING:
    from ..tensor import Tensor


NEAREST = ("nearest", "nearest-exact")
# The modes that mix neighbours, with the dimensions that the input has.
MIXED = {"linear": 3, "bilinear": 4, "trilinear": 5, "bicubic": 4, "lanczos": 4}
#: The means of areas, by the dimensions that the input has.
AREA = {3: adaptive_avg_pool1d, 4: adaptive_avg_pool2d, 5: adaptive_avg_pool3d}
#: By mode, the ops for one, two and three dimensions.
OPS: dict[str, tuple[type[Resample], ...]] = {
    "nearest": (UpsampleNearest1D, UpsampleNearest2D, UpsampleNearest3D),
    "nearest-exact": (UpsampleNearestExact1D, UpsampleNearestExact2D, UpsampleNearestExact3D),
    "linear": (UpsampleLinear1D,),
    "bilinear": (Resample, UpsampleBilinear2D),
    "trilinear": (Resample, Resample, UpsampleTrilinear3D),
    "bicubic": (Resample, UpsampleBicubic2D),
}
#: By mode, those of images that read all elements around a place.
ANTIALIASED: dict[str, type[Resample]] = {
    "bilinear": UpsampleBilinear2DAa, "bicubic": UpsampleBicubic2DAa,
    "lanczos": UpsampleLanczos2DAa,
}  # fmt: skip


def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize sequences (N, C, L), images (N, C, H, W) or volumes (N, C, D, H, W).

    Parameters
    ----------
    input : Tensor
    size : int or sequence of int, optional
        The size of each dimension from the third on.
    scale_factor : float or sequence of float, optional
        How many times as large these are to be; given instead of `size`.
    mode : {"nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic", "lanczos", \
"area"}
        Which elements to take: the one at the output's place, the one at its centre, or a mixture
        of the neighbours along all dimensions (linear for sequences, bilinear, bicubic or lanczos
        for images); or the mean of the area that each output covers.
    align_corners : bool, optional
        For the linear modes and bicubic: whether the centres of the corner elements stay where
        they are, and not the corners' edges.
    recompute_scale_factor : bool, optional
        Whether to place outputs by the ratio of the whole sizes, and not by `scale_factor`.
    antialias : bool
        For bilinear, bicubic and lanczos: whether to mix, where images are made smaller, all
        elements of the area around a place; see `ops.antialias`.

    Raises
    ------
    ValueError
        If not exactly one of `size` and `scale_factor` is given, one has another number of
        elements, or `align_corners` is given for a nearest mode.
    NotImplementedError
        If the mode is another, or does not go with the number of dimensions.
    RuntimeError
        If a size is not above 0.
    """
    if mode in (*NEAREST, "area") and align_corners is not None:
        raise ValueError(f"align_corners can only be set with linear modes, not with {mode!r}")
    count = input.ndim - 2
    sizes, scales = _sizes(input.array.shape[2:], size, scale_factor, count)
    if recompute_scale_factor:
        if size is not None:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size")
        scales = [None] * count
    if antialias and (mode not in FILTERS or input.ndim != 4):
        raise ValueError(
            f"antialias is for {', '.join(FILTERS)} and images, (N, C, H, W), not for {mode!r} and "
            f"an input of {input.ndim} dimensions"
        )
    if mode == "area" and input.ndim in AREA:
        return AREA[input.ndim](input, sizes)
    if input.ndim not in (3, 4, 5) or (mode not in NEAREST and MIXED.get(mode) != input.ndim):
        raise NotImplementedError(
            f"interpolate: mode {mode!r} with an input of {input.ndim} dimensions; there are "
            f"area, {', '.join(NEAREST)} for 3 to 5 dimensions, linear for 3, bilinear, bicubic "
            "and lanczos for 4, and trilinear for 5"
        )
    if mode == "lanczos" and (align_corners or not antialias):
        raise ValueError("interpolate: mode='lanczos' goes with antialias=True, without corners")
    if antialias and input.array.dtype.kind != "f":
        raise NotImplementedError(f"interpolate(antialias=True) of {input.dtype}")
    if input.array.dtype.kind != "f" and input.array.dtype != np.uint8:
        raise NotImplementedError(f"interpolate is not implemented for {input.dtype}")
    if 0 in input.array.shape[1:2]:
        raise RuntimeError(f"interpolate needs channels, but got {list(input.array.shape)}")
    maps: list[Taps] = []
    for dim, (n, scale) in enumerate(zip(sizes, scales, strict=True), 2):
        old = input.array.shape[dim]
        if n <= 0 or old == 0:
            raise RuntimeError(
                f"Input and output sizes should be greater than 0, but got {old} and "
                f"{n} for dimension {dim}"
            )
        if mode in NEAREST:
            centre = 0.0 if mode == "nearest" else 0.5
            if mode == "nearest" and count == 2 and n in (old, 2 * old):
                scale = None  # whatever it is, PyTorch copies each element of images, or doubles it
            precision = np.promote_types(input.array.dtype, np.float32)
            places = _nearest(old, n, scale, centre, precision)
            maps.append([(places, None)])
        elif antialias:
            maps.append(_antialiased(mode, input, dim, n, scale, bool(align_corners)))
        elif mode == "bicubic":
            maps.append(_cubic(input, dim, n, scale, bool(align_corners)))
        else:
            maps.append(_mixed(input, dim, n, scale, bool(align_corners)))
    op = ANTIALIASED[mode] if antialias else OPS[mode][count - 1]
    return op.apply(input, maps)


def _sizes(
    old: tuple[int, ...],
    size: int | Sequence[int] | None,
    scale_factor: float | Sequence[float] | None,
    count: int,
) -> tuple[list[int], list[float | None]]:
    """The output's sizes, and the factors where they are given."""
    if (size is None) == (scale_factor is None):
        raise ValueError("exactly one of size and scale_factor should be defined")
    given: Any = size if scale_factor is None else scale_factor
    several = list(given) if isinstance(given, list | tuple) else [given] * count
    if len(several) != count:
        raise ValueError(
            f"Input and output must have the same number of spatial dimensions, but got {count} "
            f"and {len(several)}"
        )
    if scale_factor is not None:
        return [math.floor(n * s) for n, s in zip(old, several, strict=True)], several
    try:
        return list(map(operator.index, several)), [None] * count  # tensors of one element, too
    except TypeError:
        raise TypeError(f"expected size to be one or more integers, but got {size}") from None


def _nearest(
    old: int, new: int, scale: float | None, centre: float, dtype: np.dtype[Any]
) -> np.ndarray[Any, Any]:
    """The places that `new` outputs take their values from."""
    # PyTorch has the ratio in the dtype of the input, and rounds each place to float32.
    ratio = float(dtype.type(1.0 / scale if scale else old / new))
    places = np.floor(((np.arange(new) + centre) * ratio).astype(np.float32))
    return np.asarray(np.minimum(places.astype(np.int64), old - 1))


def _places(
    input: Tensor, dim: int, new: int, scale: float | None, corners: bool
) -> np.ndarray[Any, Any]:
    """The places of `new` outputs in the input along `dim`, between its elements."""
    old = input.array.shape[dim]
    dtype = np.promote_types(input.array.dtype, np.float32).type
    out = np.arange(new).astype(dtype)
    if corners:
        return np.asarray(out * dtype((old - 1) / (new - 1) if new > 1 else 0.0))
    ratio = dtype(1.0 / scale if scale else old / new)
    return np.asarray((out + dtype(0.5)) * ratio - dtype(0.5))


def _mixed(input: Tensor, dim: int, new: int, scale: float | None, corners: bool) -> Taps:
    """Each output between the two inputs around its place, the closer one with more weight."""
    old = input.array.shape[dim]
    if old == new:
        return []
    places = np.maximum(_places(input, dim, new, scale, corners), 0)
    low = np.minimum(places.astype(np.int64), old - 1)
    share = np.clip(places - low, 0, 1)
    return _weighted(input, dim, [(low, 1 - share), (low + 1, share)])


def _cubic(input: Tensor, dim: int, new: int, scale: float | None, corners: bool) -> Taps:
    """Each output on a cubic through the four inputs around its place."""
    if input.array.shape[dim] == new and (scale is None or corners):
        return []
    places = _places(input, dim, new, scale, corners)
    low = np.floor(places).astype(np.int64)
    t = places - low.astype(places.dtype)
    taps = [(low - 1, far(t + 1)), (low, near(t)), (low + 1, near(1 - t)), (low + 2, far(2 - t))]
    return _weighted(input, dim, taps)


def _antialiased(
    mode: str, input: Tensor, dim: int, new: int, scale: float | None, corners: bool
) -> Taps:
    """Each output a mixture of all inputs around it."""
    old = input.array.shape[dim]
    dtype = np.promote_types(input.array.dtype, np.float32).type
    return _weighted(input, dim, antialiased_taps(mode, old, new, scale, corners, dtype))


def _weighted(
    input: Tensor, dim: int, taps: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]
) -> Taps:
    """Places and weights along `dim`; beyond the edge the elements are those at the edge."""
    last = input.array.shape[dim] - 1
    column = (-1, *(1,) * (input.ndim - 1 - dim))
    return [
        (np.clip(places, 0, last), weights.astype(input.array.dtype).reshape(column))
        for places, weights in taps
    ]


@torch_arguments
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Turn (..., C r^2, H, W) into (..., C, H r, W r): r x r channels into a square of pixels [1]_.

    Raises
    ------
    RuntimeError
        If there are fewer than three dimensions, r^2 does not divide the channels, or r,
        `upscale_factor`, is not above 0.

    References
    ----------
    .. [1] W. Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient
       Sub-Pixel Convolutional Neural Network", CVPR 2016.
    """
    r = _check_factor("pixel_shuffle", input, upscale_factor)
    channels = input.array.shape[-3]
    if channels % (r * r):
        raise RuntimeError(
            f"pixel_shuffle: {channels} channels are not divisible by the square of {r}"
        )
    if r == 1:
        return input.clone()
    return PixelShuffle.apply(input, r)


@torch_arguments
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Turn (..., C, H r, W r) into (..., C r^2, H, W): the inverse of `pixel_shuffle`.

    Raises
    ------
    RuntimeError
        If there are fewer than three dimensions, r does not divide height and width, or r,
        `downscale_factor`, is not above 0.
    """
    r = _check_factor("pixel_unshuffle", input, downscale_factor)
    height, width = input.array.shape[-2:]
    if height % r or width % r:
        raise RuntimeError(f"pixel_unshuffle: {height} x {width} pixels are not divisible by {r}")
    if r == 1:
        return input.clone()
    return PixelUnshuffle.apply(input, r)


@torch_arguments
def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Deal the channels of (N, C, ...) out anew: the first of each group, then the second, ...

    Raises
    ------
    RuntimeError
        If there are fewer than three dimensions, or `groups` does not divide the channels.
    """
    shape = input.array.shape
    if len(shape) < 3:
        raise RuntimeError(f"channel_shuffle expects at least 3 dimensions, but got {list(shape)}")
    if groups <= 0 or shape[1] % groups:
        raise RuntimeError(f"channel_shuffle: {groups} groups do not divide {shape[1]} channels")
    return ChannelShuffle.apply(input, groups)


def _check_factor(name: str, input: Tensor, factor: int) -> int:
    if input.ndim < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got {list(input.shape)}"
        )
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive factor, but got {factor}")
    return factor
