"""The distances between all pairs of vectors: `cdist` of two sets, `pdist` within one.

The distance of order p is ``d = (sum |u_i - v_i|^p)^(1/p)``, and its derivative for u is
``sign(u_i - v_i) (|u_i - v_i| / d)^(p-1)``. It is taken to be 0 where the distance, or the
difference, is 0; and for infinite p it is 1 for every difference that is the largest, not shared
among them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, Shape, constant
from ..autograd.op import Op
from .arguments import torch_arguments
from .index import Pick, PutZeros
from .kinds import Word

if TYPE_CHECKING:
    from ..tensor import Tensor


def length(difference: Array, p: float) -> Array:
    """The norm of order p along the last dimension; 0 of nothing."""
    sizes = np.absolute(difference)
    if p == 0:
        return (sizes != 0).sum(-1).astype(sizes.dtype)
    if p == math.inf:
        return sizes.max(-1, initial=0)
    if p == 1:
        return sizes.sum(-1)
    if p == 2:
        return np.sqrt((sizes * sizes).sum(-1))
    return (sizes**p).sum(-1) ** (1 / p)


def slope(difference: Array, norm: Array, grad: Array, p: float) -> Array:
    """`grad` times the derivative of `length` with respect to the difference."""
    norm, grad = np.expand_dims(norm, -1), np.expand_dims(grad, -1)
    sign = np.sign(constant(difference))
    if p == 0:
        return grad * 0.0 * sign
    if p == 1:
        return grad * sign
    if p == math.inf:
        return grad * (sign * (np.absolute(constant(difference)) == constant(norm)))
    # Nothing is divided by 0, which would have no second derivative.
    flat = (constant(norm) == 0) | (sign == 0)
    norm = np.where(flat, 1.0, norm)
    if p == 2:
        return np.where(flat, 0.0, grad * difference / norm)
    sizes = np.where(flat, 1.0, np.absolute(difference))
    return np.where(flat, 0.0, grad * sign * sizes ** (p - 1) / norm ** (p - 1))


def apart(x1: Array, x2: Array) -> Array:
    """The differences of all pairs: ...pm, ...rm -> ...prm."""
    return np.expand_dims(x1, -2) - np.expand_dims(x2, -3)


class Cdist(Op):
    """The distances of order p between rows of x1 and rows of x2."""

    @staticmethod
    def forward(x1: Array, x2: Array, p: float) -> Array:
        return length(apart(x1, x2), p)

    @staticmethod
    def d_x1(grad: Array, x1: Array, x2: Array, out: Array, p: float) -> Array:
        return slope(apart(x1, x2), out, grad, p).sum(-2)

    @staticmethod
    def d_x2(grad: Array, x1: Array, x2: Array, out: Array, p: float) -> Array:
        return -slope(apart(x1, x2), out, grad, p).sum(-3)


class PdistForward(Op):
    """The distances of order p between rows i and j of x, for all i < j."""

    node_name = "PdistBackward0"

    @staticmethod
    def forward(x: Array, p: float) -> Array:
        first, second = np.triu_indices(len(x), 1)
        return length(x[first] - x[second], p)

    @staticmethod
    def d_x(grad: Array, x: Array, x_shape: Shape, out: Array, p: float) -> Array:
        first, second = np.triu_indices(x_shape[0], 1)
        difference = Pick.call(x, (first,)) - Pick.call(x, (second,))
        part = slope(difference, out, grad, p)
        return PutZeros.call(part, x_shape, (first,)) - PutZeros.call(part, x_shape, (second,))


MODES = (
    "use_mm_for_euclid_dist_if_necessary",
    "use_mm_for_euclid_dist",
    "donot_use_mm_for_euclid_dist",
)


@torch_arguments
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: Word = MODES[0]) -> Tensor:
    """The distances between the vectors in two sets, pair by pair.

    Parameters
    ----------
    x1 : Tensor of shape (..., P, M)
        Floating point.
    x2 : Tensor of shape (..., R, M)
        The dimensions before the last two broadcast.
    p : float
        The order, at least 0, see the module's text; 0 counts the differences that are not 0, and
        inf takes the largest.
    compute_mode : str
        Whether PyTorch may compute distances of order 2 from products, which is quicker and less
        exact. Here they never are.

    Returns
    -------
    Tensor of shape (..., P, R)

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, or `p` is negative.
    ValueError
        For another `compute_mode`.
    """
    if compute_mode not in MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    a, b = x1.array, x2.array
    if a.dtype.kind != "f" or b.dtype.kind != "f":
        raise RuntimeError(
            f"cdist only supports floating-point dtypes, but got {x1.dtype} and {x2.dtype}"
        )
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        raise RuntimeError(
            f"cdist: expected two stacks of vectors of one length, but got shapes {list(a.shape)} "
            f"and {list(b.shape)}"
        )
    if a.dtype != b.dtype:
        raise RuntimeError(f"cdist: expected one dtype, but got {x1.dtype} and {x2.dtype}")
    if a.dtype == np.float16:
        raise NotImplementedError(f'"cdist" not implemented for {x1.dtype}')
    if not p >= 0:
        raise RuntimeError(f"cdist only supports non-negative p values, but got {p}")
    return Cdist.apply(x1, x2, float(p))


@torch_arguments
def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The distances between all pairs of rows, (0, 1), (0, 2), ..., in one dimension.

    Parameters
    ----------
    input : Tensor of shape (N, M)
        Floating point.
    p : float
        As for `cdist`.

    Returns
    -------
    Tensor of shape (N (N - 1) / 2)

    Raises
    ------
    RuntimeError
        If `input` is no matrix or not floating point, or `p` is negative.
    """
    if input.array.ndim != 2 or input.array.dtype.kind != "f":
        raise RuntimeError(
            f"pdist: expected a matrix of floating point numbers, but got shape "
            f"{list(input.array.shape)} of {input.dtype}"
        )
    if not p >= 0:
        raise RuntimeError(f"pdist only supports non-negative p values, but got {p}")
    return PdistForward.apply(input, float(p))
