"""Layer normalization: each sample's features brought to mean 0 and variance 1.

Ba, Kiros and Hinton, "Layer normalization", 2016, equations (3) and (4): with the mean m and the
variance v of one sample's n features, ``y = (x - m) / sqrt(v + eps) * weight + bias``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, constant
from ..autograd.op import Op
from .arguments import python_arguments
from .loss import check_float
from .shape import reshape

if TYPE_CHECKING:
    from ..tensor import Tensor


class Normalize(Op):
    """``y = (x - m) s`` with s = 1 / sqrt(v + eps), for each row; y, m and s are returned.

    m and v depend on every x of a row, and so the derivative is s (grad - mean(grad) -
    y mean(grad y)). Those of m and s, which only second derivatives ask for, are 1 / n and
    -s^2 y / n. y is computed again, not kept: who called may change it in place.
    """

    kinds = "f"
    outputs = ("y", "m", "s")
    node_name = "NativeLayerNormBackward0"

    @staticmethod
    def forward(x: Array, eps: float) -> tuple[Array, Array, Array]:
        m = row_means(x)
        y = x - m
        s = 1 / np.sqrt(row_means(y * y) + x.dtype.type(eps))
        y *= s
        return y, m, s

    @staticmethod
    def d_x(grads: tuple[Array, Array, Array], x: Array, m: Array, s: Array) -> Array:
        grad, grad_m, grad_s = grads
        n = x.shape[1]
        centred = x - m
        along = (row_means(grad * centred) + grad_s / n) * s * s
        return (grad - (row_means(grad) - grad_m / (n * s)) - centred * along) * s


class Affine(Op):
    """``y * weight + bias`` of each row."""

    @staticmethod
    def forward(y: Array, weight: Array, bias: Array) -> Array:
        out = y * weight
        out += bias
        return out

    @staticmethod
    def d_y(grad: Array, weight: Array) -> Array:
        return grad * weight

    @staticmethod
    def d_weight(grad: Array, y: Array) -> Array:
        return column_sums(grad * y)

    @staticmethod
    def d_bias(grad: Array) -> Array:
        return column_sums(grad)


def row_means(x: Array) -> Array:
    """(rows, n) to (rows, 1). A product with ones is several times as quick as a sum."""
    ones = np.ones(x.shape[1], constant(x).dtype)
    return np.expand_dims((x @ ones) / x.shape[1], 1)


def column_sums(x: Array) -> Array:
    """(rows, n) to (n)."""
    return np.ones(x.shape[0], constant(x).dtype) @ x


@python_arguments
def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Each sample's features brought to mean 0 and variance 1, then times `weight` plus `bias`.

    Parameters
    ----------
    input : Tensor of shape (..., *normalized_shape)
    normalized_shape : sequence of int
        The shape of one sample's features.
    weight, bias : Tensor of shape `normalized_shape`, optional
    eps : float
        Added to the variance, which may be 0.

    Raises
    ------
    RuntimeError
        If the shapes or dtypes do not fit.
    """
    shape, dims = tuple(normalized_shape), len(normalized_shape)
    check_float("layer_norm", input)
    if not shape:
        raise RuntimeError("layer_norm: normalized_shape needs at least one dimension, but got ()")
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and parameter.array.shape != shape:
            raise RuntimeError(
                f"layer_norm: expected {name} to be of normalized_shape {list(shape)}, but got "
                f"{list(parameter.shape)}"
            )
        if parameter is not None and parameter.array.dtype != input.array.dtype:
            raise RuntimeError(
                f"layer_norm: expected {name} to have the dtype of input, {input.dtype}, but got "
                f"{parameter.dtype}"
            )
    if input.array.shape[-dims:] != shape:
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected an input of shape "
            f"[*, {', '.join(map(str, shape))}], but got {list(input.shape)}"
        )
    n = math.prod(shape)
    result, *_ = Normalize.apply_all(reshape(input, input.array.size // max(n, 1), n), eps)
    if weight is not None and bias is not None:
        result = Affine.apply(result, reshape(weight, n), reshape(bias, n))
    elif weight is not None:
        result = result * reshape(weight, n)
    elif bias is not None:
        result = result + reshape(bias, n)
    return reshape(result, *input.array.shape)
