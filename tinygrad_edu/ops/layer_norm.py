"""Layer normalization: each sample's features brought to mean 0 and variance 1.

Ba, Kiros and Hinton, "Layer normalization", 2016, equations (3) and (4): with the mean m and the
variance v of one sample's n features, ``y = (x - m) / sqrt(v + eps) * weight + bias``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, Shape
from ..autograd.op import Op
from .loss import check_float

if TYPE_CHECKING:
    from ..tensor import Tensor


class Normalize(Op):
    """``y = (x - m) s`` with s = 1 / sqrt(v + eps), over `dims`; y and s are returned.

    m and v depend on every x, and so the derivative is s (grad - mean(grad) - y mean(grad y)).
    That of s, which only second derivatives ask for, is -s^2 y / n.
    """

    kinds = "f"
    outputs = ("y", "s")
    node_name = "NativeLayerNormBackward0"

    @staticmethod
    def forward(x: Array, dims: Shape, eps: float) -> tuple[Array, Array]:
        centered = x - x.mean(dims, keepdims=True)
        variance = (centered * centered).mean(dims, keepdims=True)
        s = 1 / np.sqrt(variance + x.dtype.type(eps))
        return centered * s, s

    @staticmethod
    def d_x(
        grads: tuple[Array, Array],
        y: Array,
        s: Array,
        x_shape: tuple[int, ...],
        dims: Shape,
    ) -> Array:
        grad, grad_s = grads
        n = np.prod([x_shape[d] for d in dims])
        along_y = np.expand_dims((grad * y).sum(dims), dims) + grad_s * s
        return s * (grad - (np.expand_dims(grad.sum(dims), dims) + y * along_y) / n)


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
    last = tuple(range(input.array.ndim - dims, input.array.ndim))
    result, _ = Normalize.apply_all(input, last, eps)
    if weight is not None:
        result = result * weight
    return result if bias is None else result + bias
