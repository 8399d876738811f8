"""The binary cross entropy of scores, which are the logits of probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from ..autograd.op_node import watched
from .activation import Sigmoid
from .loss import as_factor, check_float, check_reduction, each, reduced

if TYPE_CHECKING:
    from ..tensor import Tensor


def log_sigmoid(x: Array) -> Array:
    """``ln(sigmoid(x))`` without overflow: min(x, 0) - ln(1 + e^-|x|)."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


class BinaryCrossEntropyWithLogits(Op):
    """``-p t ln s - (1 - t) ln(1 - s)`` for s = sigmoid(x), a target t and the weight p of ones.

    Computed as (1 - t) x - (1 + (p - 1) t) ln s, which needs one logarithm and no quotient.
    Derivative s - t for x, if p is 1, and -x for t.
    """

    promotes = "common"

    @staticmethod
    def forward(
        input: Array,
        target: Array,
        weight: Array | None,
        pos_weight: Array | None,
        reduction: str,
    ) -> Array:
        log_s = log_sigmoid(input)
        if pos_weight is not None:
            log_s = log_s * ((pos_weight - 1) * target + 1)
        losses = (1 - target) * input - log_s
        return reduced(losses if weight is None else losses * weight, reduction)

    @staticmethod
    def d_input(
        grad: Array,
        input: Array,
        target: Array,
        weight: Array | None,
        pos_weight: Array | None,
        reduction: str,
    ) -> Array:
        s = Sigmoid.call(input)
        if pos_weight is None:
            slope = s - target
        else:
            slope = (pos_weight * target + 1 - target) * s - pos_weight * target
        if weight is not None:
            slope = slope * weight
        return each(grad, input.shape, reduction) * slope

    @staticmethod
    def d_target(
        grad: Array,
        input: Array,
        weight: Array | None,
        pos_weight: Array | None,
        reduction: str,
    ) -> Array:
        if pos_weight is None:
            slope = -input
        else:
            slope = log_sigmoid(-input) - pos_weight * log_sigmoid(input)
        if weight is not None:
            slope = slope * weight
        return each(grad, input.shape, reduction) * slope


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """`binary_cross_entropy` of ``sigmoid(input)``, without the rounding in between.

    Parameters
    ----------
    input : Tensor
        Scores of any size.
    target : Tensor of the same shape
        Probabilities from 0 to 1; not checked.
    weight, pos_weight : Tensor, optional
        A factor for each element's loss, and one for that part of it which is due to ones; both
        broadcast to the shape of `input`.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes of `input` and `target` differ, or `reduction` is another word.
    RuntimeError
        If `target` is not floating point, or a weight requires a gradient.
    """
    name = "binary_cross_entropy_with_logits"
    check_reduction(reduction)
    if input.array.shape != target.array.shape:
        raise ValueError(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})"
        )
    check_float(name, input)
    if target.array.dtype.kind != "f":
        raise RuntimeError(
            f"{name}: result type {input.dtype} can't be cast to that of the target, "
            f"{target.dtype}: convert it with .to(input.dtype) first"
        )
    weights = as_factor(name, "weight", weight, input)
    pos_weights = as_factor(name, "pos_weight", pos_weight, input)
    result = BinaryCrossEntropyWithLogits.apply(input, target, weights, pos_weights, reduction)
    return watched(result, input, target)  # PyTorch saves both, also for one derivative alone
