"""Layer normalization: each sample's features brought to mean 0 and variance 1.

Ba, Kiros and Hinton, "Layer normalization", 2016, equations (3) and (4): with the mean m and the
variance v of one sample's n features, ``y = (x - m) / sqrt(v + eps) * weight + bias``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .arguments import python_arguments
from .loss import check_float
from .standardize import NativeLayerNorm

if TYPE_CHECKING:
    from ..tensor import Tensor


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
            f"Given normalized_shape={list(shape)}, expected input with shape "
            f"[*, {', '.join(map(str, shape))}], but got input of size{list(input.shape)}"
        )
    n = math.prod(shape)
    samples = input.array.size // max(n, 1)
    y, _, _ = NativeLayerNorm.apply_all(input, weight, bias, (samples, n, 1), (samples, n), eps)
    return y
