"""Losses of `functional` for numbers and for distributions: robust ones, and negative
log-likelihoods.

`size_average` and `reduce` are everywhere PyTorch's old names for `reduction`; they warn.
"""

from __future__ import annotations

import math
import warnings

from ..creation import ones_like
from ..ops import loss_smooth
from ..ops.arguments import need_named_tensors
from ..ops.choice import masked_fill
from ..ops.distance import Raised
from ..ops.logarithms import xlogy
from ..tensor import Tensor
from .reduction import chosen_reduction, reduced, warn_sizes


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """The absolute difference, but a parabola where it is below `beta`; with 0, `l1_loss`.

    Shapes that differ broadcast, with a warning; errors are told at
    `tinygrad_edu.ops.loss_smooth.smooth_l1_loss`.
    """
    warn_sizes(input, target)
    reduction = chosen_reduction(size_average, reduce, reduction)
    if beta == 0:
        return reduced((input - target).abs(), reduction)
    return loss_smooth.smooth_l1_loss(input, target, beta, reduction)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Half the squared difference, but a straight line where it is above `delta`.

    Shapes that differ broadcast, with a warning; errors are told at
    `tinygrad_edu.ops.loss_smooth.huber_loss`.

    Parameters
    ----------
    weight : Tensor of the shape of `input`, optional
        A factor for each element; a mean does not divide by their sum, unlike that of `mse_loss`.
    """
    warn_sizes(input, target)
    if weight is None:
        return loss_smooth.huber_loss(input, target, delta, reduction)
    if weight.array.shape != input.array.shape:
        raise ValueError(
            f"Weights and input must have the same size, but they have {list(weight.shape)} and "
            f"{list(input.shape)}."
        )
    return reduced(loss_smooth.huber_loss(input, target, delta, "none") * weight, reduction)


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """The Kullback-Leibler divergence of distributions, term by term: ``t (log t - input)``.

    Parameters
    ----------
    input : Tensor
        Logarithms of the probabilities that are judged.
    target : Tensor
        The true probabilities, or with `log_target` their logarithms.
    reduction : {"mean", "batchmean", "sum", "none"}
        Only "batchmean", the sum divided by the first size, is the divergence as it is defined;
        "mean" divides by the number of terms, and warns.

    Raises
    ------
    RuntimeError
        If the elements are integers, or the shapes do not broadcast.
    ValueError
        If `reduction` is another word.
    """
    if size_average is not None or reduce is not None:
        reduction = chosen_reduction(size_average, reduce, reduction)
    elif reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support "
            "size.'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next "
            "major release.",
            stacklevel=2,
        )
    need_named_tensors("kl_div", input=input, target=target)
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError(
            f"kl_div: integers are not supported, but got {input.dtype} and {target.dtype}"
        )
    if log_target:
        losses = target.exp() * (target - input)
    else:
        losses = xlogy(target, target) - target * input
    if reduction == "batchmean":
        total = losses.sum()
        return total / input.shape[0] if input.ndim else total
    return reduced(losses, reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """How unlikely counts are under Poisson distributions.

    Parameters
    ----------
    input : Tensor
        The expected counts, or with `log_input` their logarithms.
    target : Tensor
        The counts.
    full : bool
        Whether to add Stirling's approximation of ``log(target!)`` where `target` is above 1.
    eps : float
        Added to an expected count before its logarithm is taken.

    Raises
    ------
    ValueError
        If `reduction` is none of "mean", "sum" and "none".
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    need_named_tensors("poisson_nll_loss", input=input, target=target)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        losses = losses + masked_fill(stirling, target <= 1, 0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """How unlikely numbers are under normal distributions.

    Parameters
    ----------
    input, target : Tensor
        The means, and the numbers.
    var : Tensor or float
        The variances: of the shape of `input`, or without its last dimension, or with size 1 in
        place of one of its sizes.
    full : bool
        Whether to add the constant ``log(2 pi) / 2``.
    eps : float
        The least variance; smaller ones are raised to it, and get the gradient all the same.

    Raises
    ------
    ValueError
        If a variance is negative, their shape does not fit, or `reduction` is none of "mean",
        "sum" and "none".
    """
    if isinstance(var, float):
        var = var * ones_like(input)
    if (var < 0).any():
        raise ValueError("var has negative entry/entries")
    shape, given = input.array.shape, var.array.shape
    if given != shape and given == shape[:-1]:
        var = var.unsqueeze(-1)
    elif given != shape:
        differing = [b for a, b in zip(shape, given, strict=False) if a != b]
        if len(shape) != len(given) or differing != [1]:
            raise ValueError(f"var is of incorrect size: {list(given)} for input {list(shape)}")
    raised = Raised.apply(var, eps)
    losses = 0.5 * (raised.log() + (input - target) ** 2 / raised)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction)
