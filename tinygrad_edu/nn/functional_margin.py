"""Losses of `functional` with a margin: once right by that much, a prediction costs nothing.

Where a term is exactly at its margin it still has a gradient. `size_average` and `reduce` are
everywhere PyTorch's old names for `reduction`; they warn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import wrap
from ..ops.activation_smooth import logsigmoid
from ..ops.choice import minimum, where
from ..ops.distance import pairwise_distance
from ..ops.loss import check_float, check_no_gradient, check_reduction
from ..tensor import Tensor
from .reduction import chosen_reduction, reduced


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """For distances: the distance itself where `target` is 1, and what it lacks to `margin` where
    `target` is -1."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    apart = where(target != 1, (margin - input).clamp(min=0), 0.0)
    return reduced(apart + where(target != -1, input, 0.0), reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """What `input1` lacks to be `margin` above `input2`, where `target` is 1; or below, for -1.

    Raises
    ------
    RuntimeError
        If the numbers of dimensions differ, or the shapes do not broadcast.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"{list(input1.shape)}, {list(input2.shape)} and {list(target.shape)}"
        )
    return reduced((-target * (input1 - input2) + margin).clamp(min=0), reduction)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``log(1 + exp(-target * input))`` for targets of 1 and -1.

    Raises
    ------
    RuntimeError
        If `target` requires a gradient, or the shapes do not broadcast.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    check_no_gradient("soft_margin_loss", "target", target)
    return reduced((-target * input).exp().log1p(), reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over the classes, which lie along the last dimension, of the binary cross-entropy.

    Parameters
    ----------
    input, target : Tensor of shape (N, C)
        Scores; and 1 for the classes that a sample has, 0 for others.
    weight : Tensor of shape (C), optional
        A factor for each class.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    return reduced(losses.sum(-1) / input.shape[-1], reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """For the cosine of the angle between vectors: 1 less it where `target` is 1, and what it has
    above `margin` where `target` is -1.

    Parameters
    ----------
    input1, input2 : Tensor of shape (N, D) or (D)
    target : Tensor of shape (N) or ()

    Raises
    ------
    RuntimeError
        If the numbers of dimensions do not fit together, or the shapes do not broadcast.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if target.ndim > 1 or {input1.ndim, input2.ndim} != {target.ndim + 1}:
        raise RuntimeError(
            "cosine_embedding_loss: a target of shape (N) goes with inputs (N, D), and one without "
            f"dimensions with inputs (D); but got {list(target.shape)} with {list(input1.shape)} "
            f"and {list(input2.shape)}"
        )
    squares = [(x * x).sum(-1) + 1e-12 for x in (input1, input2)]
    cosine = (input1 * input2).sum(-1) / (squares[0] * squares[1]).sqrt()
    alike = where(target == 1, 1 - cosine, 0.0)
    return reduced(alike + where(target == -1, (cosine - margin).clamp(min=0), 0.0), reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """What the anchor's distance to `negative` lacks to exceed that to `positive` by `margin`.

    Parameters
    ----------
    anchor, positive, negative : Tensor of shape (N, D) or (D)
    margin : float
        Above 0.
    p, eps : float
        As for `pairwise_distance`.
    swap : bool
        Whether to take the distance from `positive` to `negative`, where that is shorter.

    Raises
    ------
    ValueError
        If `margin` is not above 0.
    RuntimeError
        If the numbers of dimensions differ, or the shapes do not broadcast.
    """
    return triplet_margin_with_distance_loss(
        anchor,
        positive,
        negative,
        distance_function=lambda a, b: pairwise_distance(a, b, p, eps),
        margin=margin,
        swap=swap,
        reduction=chosen_reduction(size_average, reduce, reduction),
    )


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` for any distance; by default the Euclidean one."""
    check_reduction(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got {anchor.ndim}, {positive.ndim} and {negative.ndim}"
        )
    distance = distance_function or pairwise_distance
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduced((margin + near - far).clamp(min=0), reduction)


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
    if p not in (1, 2):
        raise ValueError(f"only p == 1 and p == 2 supported, not {p}")
    if weight is not None and weight.ndim != 1:
        raise ValueError(f"weight must be one-dimensional, but has shape {list(weight.shape)}")
    scores = _score_rows("multi_margin_loss", input)
    count, classes = scores.shape
    if target.ndim > 1 or target.numel() != count:
        raise RuntimeError(
            f"multi_margin_loss: expected a target of size [{count}], but got {list(target.shape)}"
        )
    labels = _labels("multi_margin_loss", target, 0, classes).reshape(-1)
    rows = np.arange(count)
    others = labels[:, None] != np.arange(classes)
    right = scores[wrap(rows), wrap(labels)].unsqueeze(1)
    lacking = _positive(margin - right + scores, others)
    losses = lacking * lacking if p == 2 else lacking
    if weight is not None:
        check_no_gradient("multi_margin_loss", "weight", weight)
        if weight.shape != (classes,) or weight.dtype is not input.dtype:
            raise RuntimeError(
                f"multi_margin_loss: inconsistent weight, expected {classes} of {input.dtype} but "
                f"got {list(weight.shape)} of {weight.dtype}"
            )
        losses = losses * wrap(weight.array[labels][:, None])
    losses = losses.sum(1) / classes
    return reduced(losses.reshape(target.shape) if target.ndim == 0 else losses, reduction)


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
    scores = _score_rows("multilabel_margin_loss", input)
    if target.array.shape != input.array.shape:
        raise RuntimeError(
            f"multilabel_margin_loss: inconsistent target size: {list(target.shape)} for input of "
            f"size: {list(input.shape)}"
        )
    classes = scores.shape[1]
    labels = _labels("multilabel_margin_loss", target, -1, classes).reshape(scores.shape)
    listed = np.cumprod(labels >= 0, axis=1, dtype=bool)
    labels = np.where(listed, labels, 0)
    rows = np.arange(len(labels))[:, None]
    present = np.zeros(labels.shape, bool)
    present[np.broadcast_to(rows, labels.shape)[listed], labels[listed]] = True
    own = scores[wrap(np.broadcast_to(rows, labels.shape).copy()), wrap(labels)]
    lacking = 1 - own.unsqueeze(2) + scores.unsqueeze(1)  # of each listed class to each other
    losses = _positive(lacking, listed[:, :, None] & ~present[:, None, :])
    losses = losses.sum((1, 2)) / classes
    return reduced(losses if input.ndim > 1 else losses.reshape(()), reduction)


def _positive(lacking: Tensor, counted: np.ndarray[Any, Any]) -> Tensor:
    """`lacking` where it is above 0 and `counted`, and 0 elsewhere."""
    return where(wrap(counted & (lacking.array > 0)), lacking, 0.0)


def _score_rows(name: str, input: Tensor) -> Tensor:
    check_float(name, input)
    if input.ndim > 2 or (input.ndim and input.shape[-1] == 0):
        raise RuntimeError(
            f"{name}: expected scores of shape (N, C) or (C) with at least one class, but got "
            f"{list(input.shape)}"
        )
    return input if input.ndim == 2 else input.reshape(1, -1)


def _labels(name: str, target: Tensor, low: int, classes: int) -> np.ndarray[Any, Any]:
    labels = target.array
    if labels.dtype != np.int64:
        raise RuntimeError(f"{name}: expected a target of int64, but got {target.dtype}")
    wrong = labels[(labels < low) | (labels >= classes)]
    if wrong.size:
        raise RuntimeError(f"{name}: target {wrong[0]} is out of range for {classes} classes")
    return labels
