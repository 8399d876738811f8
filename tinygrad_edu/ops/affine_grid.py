"""Grids for `grid_sample` that turn, stretch and move an image: `affine_grid`."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, Shape, wrap
from ..autograd.op import Op
from ..even_steps import even_steps
from .arguments import python_arguments
from .grid_sample import warn_corners

if TYPE_CHECKING:
    from ..tensor import Tensor


class AffineGridGenerator(Op):
    """``base @ theta.T`` for each sample: `base` has all places, (places, dimensions + 1)."""

    @staticmethod
    def forward(theta: Array, base: Array, size: Shape) -> Array:
        grid = base @ theta.swapaxes(1, 2)
        return grid.reshape(theta.shape[0], *size, len(size))

    @staticmethod
    def d_theta(grad: Array, base: Array, size: Shape) -> Array:
        flat = grad.reshape((grad.shape[0], math.prod(size), len(size)))
        return flat.swapaxes(1, 2) @ base


@python_arguments
def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """A grid for `grid_sample` that turns, stretches and moves: each place times a matrix.

    Parameters
    ----------
    theta : Tensor of shape (n, 2, 3) or (n, 3, 4)
        For each sample a matrix, and the vector that is added.
    size : sequence of int
        The shape of the output, (n, channels, height, width) or with a depth before the height.
    align_corners : bool, optional
        As for `grid_sample`.

    Returns
    -------
    Tensor of shape (n, height, width, 2) or (n, depth, height, width, 3)

    Raises
    ------
    ValueError
        If `theta` is not of floats, of another shape, or a size is not above 0.
    NotImplementedError
        If `size` has not 4 or 5 elements.
    RuntimeError
        If n is another in the two.
    """
    if align_corners is None:
        warn_corners()
    shape, dtype = theta.array.shape, theta.array.dtype
    if dtype.kind != "f":
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    if len(size) not in (4, 5):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, "
            f"respectively. Got size {size}."
        )
    dims = len(size) - 2
    if len(shape) != 3 or shape[1:] != (dims, dims + 1):
        raise ValueError(
            f"Expected theta of shape Nx{dims}x{dims + 1} for size {size}, but got {list(shape)}"
        )
    spatial = tuple(size)[2:]
    if align_corners and min(spatial) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when "
            "align_corners=True. This is not an intended use case of affine_grid. See the "
            "documentation of affine_grid for details.",
            stacklevel=3,
        )
    elif min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    if size[0] != shape[0]:
        raise RuntimeError(f"affine_grid: {shape[0]} matrices for a size of {size}")
    axes = [_axis(n, dtype, bool(align_corners)) for n in spatial]
    columns = [*reversed(np.meshgrid(*axes, indexing="ij")), np.ones(spatial, dtype)]
    base = np.stack(columns, -1).reshape(math.prod(spatial), dims + 1)
    return AffineGridGenerator.apply(theta, wrap(base), spatial)


def _axis(size: int, dtype: np.dtype[np.generic], corners: bool) -> Array:
    """The places of `size` pixels between -1 and 1."""
    if size == 1:
        return np.zeros(1, dtype)
    places = even_steps(-1, 1, size, dtype).astype(dtype)
    return places if corners else places * dtype.type(size - 1) / dtype.type(size)
