"""Losses of `functional` in which the scores of right classes are to exceed others by a margin.

Where a score exceeds by just the margin it has no gradient, unlike in `functional_margin`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.op_node import watched
from ..ops.arguments import need_named_tensors
from ..ops.loss import check_float, check_no_gradient, check_reduction
from ..ops.loss_classes import MultilabelMarginLoss, MultiMarginLoss, Pairs
from ..tensor import Tensor
from .reduction import chosen_reduction


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """What the right class's score lacks to exceed each other score by `margin`, to the power `p`;
    summed, and divided by the number of classes.

    Parameters
    ----------
    input : Tensor of shape (N, C) or (C)
    target : Tensor of int64, of shape (N), or (1) or () for one sample
    p : {1, 2}
    weight : Tensor of shape (C), optional
        A factor for the losses of each class.

    Raises
    ------
    ValueError
        If `p` is another number, or `weight` has not one dimension.
    RuntimeError
        If the shapes do not fit together, a class is out of range, `target` is not of int64, or
        `weight` has another dtype or requires a gradient.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    need_named_tensors("multi_margin_loss", input=input, target=target)
    if p not in (1, 2):
        raise ValueError(f"only p == 1 and p == 2 supported, not {p}")
    if weight is not None and weight.ndim != 1:
        raise ValueError(f"weight must be one-dimensional, but has shape {list(weight.shape)}")
    count, classes = _rows_and_classes("multi_margin_loss", input)
    if target.ndim > 1 or target.numel() != count:
        raise RuntimeError(
            f"multi_margin_loss: expected a target of size [{count}], but got {list(target.shape)}"
        )
    labels = _labels("multi_margin_loss", target, 0, classes).reshape(count, 1)
    factor: Any = 1.0
    if weight is not None:
        check_no_gradient("multi_margin_loss", "weight", weight)
        if weight.shape != (classes,) or weight.dtype is not input.dtype:
            raise RuntimeError(
                f"multi_margin_loss: inconsistent weight, expected {classes} of {input.dtype} but "
                f"got {list(weight.shape)} of {weight.dtype}"
            )
        factor = weight.array[labels][:, :, None]
    listed, others = np.ones_like(labels, bool), labels != np.arange(classes)
    pairs = Pairs(labels, listed, others, factor, margin, p, target.array.shape)
    return watched(MultiMarginLoss.apply(input, pairs, reduction), target, weight)


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """What the score of each class that a sample has lacks to exceed that of each other class by 1;
    summed, and divided by the number of classes.

    Parameters
    ----------
    input : Tensor of shape (N, C), (C) or ()
    target : Tensor of int64, of the same shape
        Each row lists classes; the first -1 ends the list.

    Raises
    ------
    RuntimeError
        If the shapes differ, a class is out of range, or `target` is not of int64.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    need_named_tensors("multilabel_margin_loss", input=input, target=target)
    count, classes = _rows_and_classes("multilabel_margin_loss", input)
    if target.array.shape != input.array.shape:
        raise RuntimeError(
            f"multilabel_margin_loss: inconsistent target size: {list(target.shape)} for input of "
            f"size: {list(input.shape)}"
        )
    labels = _labels("multilabel_margin_loss", target, -1, classes).reshape(count, classes)
    listed = np.cumprod(labels >= 0, axis=1, dtype=bool)
    others = np.ones_like(listed)
    rows, places = listed.nonzero()
    others[rows, labels[rows, places]] = False
    pairs = Pairs(labels, listed, others, 1.0, 1.0, 1, input.array.shape[:-1])
    return watched(MultilabelMarginLoss.apply(input, pairs, reduction), target)


def _rows_and_classes(name: str, input: Tensor) -> tuple[int, int]:
    check_float(name, input)
    if input.ndim > 2 or (input.ndim and input.shape[-1] == 0):
        raise RuntimeError(
            f"{name}: expected scores of shape (N, C) or (C) with at least one class, but got "
            f"{list(input.shape)}"
        )
    return (1, input.numel()) if input.ndim < 2 else (input.shape[0], input.shape[1])


def _labels(name: str, target: Tensor, low: int, classes: int) -> np.ndarray[Any, Any]:
    labels = target.array
    if labels.dtype != np.int64:
        raise RuntimeError(f"{name}: expected a target of int64, but got {target.dtype}")
    wrong = labels[(labels < low) | (labels >= classes)]
    if wrong.size:
        raise RuntimeError(f"{name}: target {wrong[0]} is out of range for {classes} classes")
    return labels
