"""What is made of norms: the distance of two tensors, and slices shortened to an allowed length."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, constant
from ..autograd.op import Op
from .arguments import torch_arguments
from .dims import normalize_dim
from .norm import LinalgVectorNorm, check_of_nothing, require_floats

if TYPE_CHECKING:
    from ..tensor import Tensor


class Dist(Op):
    """The norm of order p of ``a - b``."""

    promotes = "common"

    widens = True

    @staticmethod
    def forward(a: Array, b: Array, p: float) -> Array:
        difference = a - b
        if not difference.size:
            check_of_nothing(p, difference.shape)
        return LinalgVectorNorm.forward(difference, p, tuple(range(difference.ndim)), False)

    @staticmethod
    def d_a(grad: Array, a: Array, b: Array, p: float, out: Array) -> Array:
        dims = tuple(range(np.ndim(constant(a) - constant(b))))
        return LinalgVectorNorm.d_x(grad, a - b, out, p, dims, False)

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array, p: float, out: Array) -> Array:
        slope = Dist.d_a(grad, a, b, p, out)
        return None if slope is None else -slope


class Renorm(Op):
    """The slices of x along `dim`, each with a norm of at most `maxnorm`.

    Where the norm n is larger, the factor ``m / (n + 1e-7)``, of which the last is there lest it
    be 0, depends on x as well.
    """

    widens = True

    @staticmethod
    def forward(x: Array, p: float, dim: int, maxnorm: float) -> Array:
        return x * _shrinking(x, p, dim, maxnorm)

    @staticmethod
    def d_x(grad: Array, x: Array, p: float, dim: int, maxnorm: float) -> Array:
        dims = tuple(d for d in range(x.ndim) if d != dim)
        norm = LinalgVectorNorm.call(x, p, dims, True)
        outer = (grad * x).sum(axis=dims, keepdims=True)
        slope = LinalgVectorNorm.d_x(outer, x, norm, p, dims, True)
        slope = 0.0 if slope is None else slope
        factor = 1 / (norm + 1e-7)
        changed = maxnorm * factor * (grad - factor * slope)
        return np.where(constant(norm) > maxnorm, changed, grad)


def _shrinking(x: Array, p: float, dim: int, maxnorm: float) -> Array:
    dims = tuple(d for d in range(x.ndim) if d != dim)
    norm = LinalgVectorNorm.forward(x, p, dims, True)
    return np.where(norm > maxnorm, maxnorm / (norm + 1e-7), 1.0).astype(x.dtype)


@torch_arguments
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The norm of order `p` of ``input - other``, which broadcast.

    Raises
    ------
    RuntimeError
        If neither is floating point, or one is of bools; or if there are no elements and the order
        is infinite or negative.
    """
    if bool in (input.array.dtype, other.array.dtype):
        raise RuntimeError("dist: there is no difference of bools")
    if "f" not in (input.array.dtype.kind, other.array.dtype.kind):
        require_floats(input, None, "dist")
    return Dist.apply(input, other, p)


@torch_arguments
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """`input` with the slices along `dim` scaled down to a norm of `maxnorm`, if theirs is larger.

    Parameters
    ----------
    p : float
        The order of the norm; positive.
    dim : int
    maxnorm : float
        Not negative.

    Raises
    ------
    RuntimeError
        If `input` has fewer than 2 dimensions, a parameter is out of range, or slices without
        elements are to have an infinite `p`.
    """
    require_floats(input, None, "renorm")
    if not p > 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if not maxnorm >= 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    if input.array.ndim < 2:
        raise RuntimeError(
            f"renorm: input needs at least 2 dimensions, but got {input.array.ndim} dimensions"
        )
    dim = normalize_dim(dim, input.array.ndim)
    if p == math.inf and 0 in input.array.shape[:dim] + input.array.shape[dim + 1 :]:
        raise RuntimeError(
            f"renorm: there is no inf norm of slices without elements, in a tensor of shape "
            f"{list(input.array.shape)}"
        )
    return Renorm.apply(input, p, dim, maxnorm)
