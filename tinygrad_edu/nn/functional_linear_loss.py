"""`linear_cross_entropy`: the last layer of a classifier and its loss in one call."""

from __future__ import annotations

import math
from typing import Any

from ..ops import class_loss
from ..ops.class_loss import IGNORE_INDEX
from ..ops.linear import linear
from ..tensor import Tensor


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:
    """``cross_entropy(linear(input, linear_weight, linear_bias), target)``.

    Parameters
    ----------
    input : Tensor of shape (n, in_features) or (in_features)
    linear_weight : Tensor of shape (classes, in_features) or (classes, d1, ..., in_features)
        With d1, ..., there are as many decisions for each sample.
    target, weight, reduction, label_smoothing
        As for `cross_entropy`.
    linear_bias : Tensor of the shape of `linear_weight` without its last dimension, optional
    ignore_index : int, optional
        As for `cross_entropy`, -100 by default, but not to be given with probabilities as `target`.
    options : optional
        In PyTorch, how to save memory by computing in parts.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, or `ignore_index` is given with probabilities.
    NotImplementedError
        With `options`.
    """
    if options is not None:
        raise NotImplementedError("linear_cross_entropy(options=...): leave it out")
    shape, weights = input.array.shape, linear_weight.array.shape
    if len(shape) not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {len(shape)}")
    if len(weights) < 2:
        raise RuntimeError(
            f"expected linear_weight with dimensionality at least 2, got {len(weights)}"
        )
    *batch, features = shape
    if features != weights[-1]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{features} and {weights[-1]}, respectively"
        )
    classes, several = weights[0], weights[1:-1]
    if linear_bias is not None and linear_bias.array.shape != weights[:-1]:
        raise RuntimeError(
            f"expected linear_bias shape {weights[:-1]}, got {linear_bias.array.shape}"
        )
    if several and not batch:
        raise RuntimeError(f"a linear_weight of shape {weights} needs a batch, not shape {shape}")
    logits_shape = (*batch, classes, *several)
    if target.array.shape == logits_shape and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    if several:
        linear_weight = linear_weight.reshape((math.prod(weights[:-1]), features))
        if linear_bias is not None:
            linear_bias = linear_bias.reshape((math.prod(weights[:-1]),))
    logits = linear(input, linear_weight, linear_bias).reshape(logits_shape)
    ignored = IGNORE_INDEX if ignore_index is None else ignore_index
    return class_loss.cross_entropy(logits, target, weight, ignored, reduction, label_smoothing)
