"""Interpolation that reads all of the image: the weights of the elements around each place.

Where an image is made smaller, its outputs lie further apart than its elements, and to mix only the
two or four around each would leave out the rest: fine patterns would become coarse ones. So the
filter is stretched by the ratio of the sizes, and its weights are divided by their sum.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..autograd.graph import Array
from .cubic import far, near

CATMULL_ROM = -0.5  # the cubic's slope at distance 1, which here is another than elsewhere


class Filter(NamedTuple):
    """A filter: how far it reaches, and its weight at a distance from 0 to there."""

    reach: int
    weight: Callable[[Array], Array]


def _triangle(d: Array) -> Array:
    return 1 - d


def _cubic(d: Array) -> Array:
    return np.where(d < 1, near(d, CATMULL_ROM), far(d, CATMULL_ROM))


def _lanczos(d: Array) -> Array:
    """``sinc(d) sinc(d / 3)`` (C. Duchon, "Lanczos filtering in one and two dimensions", 1979)."""
    return np.sinc(d) * np.sinc(d / 3)


FILTERS = {
    "bilinear": Filter(1, _triangle), "bicubic": Filter(2, _cubic), "lanczos": Filter(3, _lanczos),
}  # fmt: skip


def antialiased_taps(
    mode: str, old: int, new: int, scale: float | None, corners: bool, dtype: Any
) -> list[tuple[Array, Array]]:
    """Places and weights for `new` outputs from `old` elements.

    Parameters
    ----------
    mode : {"bilinear", "bicubic", "lanczos"}
    old, new : int
    scale : float or None
        How many times as large the image becomes, if that was given.
    corners : bool
        Whether the ratio is that of the distances between the corners' centres.
    dtype : type of NumPy scalar
        In which to compute.

    Returns
    -------
    list of (array of int64, array of `dtype`), each of shape (new)
    """
    reach, weight = FILTERS[mode]
    if corners:
        ratio = dtype((old - 1) / (new - 1) if new > 1 else 0.0)
    else:
        ratio = dtype(1.0 / scale if scale else old / new)
    stretch = max(ratio, dtype(1))
    support = dtype(reach) * stretch
    centre = ratio * (np.arange(new).astype(dtype) + dtype(0.5))
    half = dtype(0.5)
    first = np.maximum((centre - support + half).astype(np.int64), 0)
    stop = np.minimum((centre + support + half).astype(np.int64), old)
    taps = np.arange(2 * math.ceil(support) + 1)[:, None]
    places = first + taps
    distance = np.abs((places - centre + half) * (dtype(1) / stretch)).astype(dtype)
    weights = np.where((places < stop) & (distance < reach), weight(distance), dtype(0))
    weights /= weights.sum(0)
    places = np.minimum(places, stop - 1)
    return list(zip(places, weights, strict=True))
