"""Losses of `functional` with a margin: once right by that much, a prediction costs nothing.

Where a term is exactly at its margin it still has a gradient. `size_average` and `reduce` are
everywhere PyTorch's old names for `reduction`; they warn.
"""

from __future__ import annotations

from collections.abc import Callable

from ..ops import loss_smooth
from ..ops.activation_smooth import logsigmoid
from ..ops.arguments import need_named_tensors
from ..ops.choice import minimum, where
from ..ops.distance import pairwise_distance
from ..ops.loss import EPSILON, check_no_gradient, check_reduction
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
    apart = where(target != 1, (margin - input).clamp_min(0), 0.0)
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
    return reduced((-target * (input1 - input2) + margin).clamp_min(0), reduction)


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
    need_named_tensors("soft_margin_loss", input=input, target=target)
    check_no_gradient("soft_margin_loss", "target", target)
    return loss_smooth.soft_margin_loss(input, target, reduction)


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
    need_named_tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    if target.ndim > 1 or {input1.ndim, input2.ndim} != {target.ndim + 1}:
        raise RuntimeError(
            "cosine_embedding_loss: a target of shape (N) goes with inputs (N, D), and one without "
            f"dimensions with inputs (D); but got {list(target.shape)} with {list(input1.shape)} "
            f"and {list(input2.shape)}"
        )
    squares = [(x * x).sum(-1) + EPSILON for x in (input1, input2)]
    cosine = (input1 * input2).sum(-1) / (squares[0] * squares[1]).sqrt()
    alike = where(target == 1, 1 - cosine, 0.0)
    return reduced(alike + where(target == -1, (cosine - margin).clamp_min(0), 0.0), reduction)


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
    need_named_tensors("triplet_margin_loss", anchor=anchor, positive=positive, negative=negative)
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
    return reduced((margin + near - far).clamp_min(0), reduction)
