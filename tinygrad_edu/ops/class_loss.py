"""Losses that compare scores with classes: `nll_loss`, and `cross_entropy`, which is made of it.

The classes lie along the second dimension of the input, or along its only one. A sample's loss is
minus the logarithm of the probability of its class; `nll_loss` is given the logarithms, and
`cross_entropy` scores, of which `log_softmax` makes them.
"""

from __future__ import annotations

import math
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from ..advice import advised
from ..autograd.graph import Array, Shape, TensorBase, wrap
from ..autograd.op import Op
from ..autograd.op_node import watched
from ..dtypes import old_name
from .activation import log_softmax
from .arguments import need_named_tensors, not_a_tensor
from .arithmetic import MulNumber
from .division import DivNumber
from .index import Places
from .loss import check_float, check_no_gradient, check_reduction, reduced

if TYPE_CHECKING:
    from ..tensor import Tensor

IGNORE_INDEX = -100


class NllLoss(Op):
    """``-w x`` at the place of each sample's class: with x = ln p, the negative log-likelihood.

    `places` is the NumPy index of these places, `weights` the weight of each sample's class, 0
    where `kept` says that the sample is ignored. A mean divides by the sum of the weights.
    """

    @staticmethod
    def forward(input: Array, places: Places, weights: Array, kept: Array, reduction: str) -> Array:
        losses = np.where(kept, -input[places] * weights, 0)
        return losses.sum() / weights.sum() if reduction == "mean" else reduced(losses, reduction)

    @staticmethod
    def d_input(
        grad: Array, input: Array, places: Places, weights: Array, kept: Array, reduction: str
    ) -> Array:
        return NllLossBackward.call(grad, input, places, weights, kept, reduction)


class NllLossBackward(Op):
    """``-w grad`` at the place of each sample's class and 0 elsewhere, whatever the input is."""

    @staticmethod
    def forward(
        grad_output: Array,
        input: Array,
        places: Places,
        weights: Array,
        kept: Array,
        reduction: str,
    ) -> Array:
        scale = weights / weights.sum() if reduction == "mean" else weights
        out = np.zeros_like(input)
        out[places] = np.where(kept, -grad_output * scale, 0)  # each sample has a place of its own
        return out

    @staticmethod
    def d_grad_output(
        grad: Array, places: Places, weights: Array, kept: Array, reduction: str
    ) -> Array:
        return NllLoss.call(grad, places, weights, kept, reduction)

    @staticmethod
    def d_input(grad: Array) -> Array:
        return np.zeros_like(grad)


class NllLoss2D(NllLoss):
    """The same where each sample has a class at many places, as the pixels of an image."""


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = IGNORE_INDEX,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log-probability that `input` gives to each sample's class.

    Parameters
    ----------
    input : Tensor of shape (C), (N, C) or (N, C, d1, ...)
        Logarithms of the probabilities of C classes.
    target : Tensor of int64, of shape (), (N) or (N, d1, ...)
        Classes, from 0 to C - 1.
    weight : Tensor of shape (C), optional
        A factor for the losses of each class; a mean divides by the sum of the factors.
    ignore_index : int
        Samples of this class, which need not be one of the C, do not count.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    IndexError
        If a class is out of range.
    ValueError
        If the sizes of the batches differ, or `reduction` is another word.
    RuntimeError
        If the other sizes do not fit, `target` does not hold integers of 8 or 64 bits, or
        `weight` has another shape or dtype, or requires a gradient.
    """
    check_reduction(reduction)
    need_named_tensors("nll_loss", input=input, target=target)
    _need_weight("nll_loss", weight)
    check_float("nll_loss", input)
    _check_target(input.array.shape, target)
    _check_class_weight(weight, input)
    shape = input.array.shape
    labels = target.array.reshape(shape[:1] + shape[2:] if shape[1:] else ())
    if not isinstance(ignore_index, Integral):
        raise TypeError(f"nll_loss: ignore_index must be an int, not {ignore_index!r}")
    kept = labels != ignore_index
    labels = np.multiply(labels, kept, dtype=np.int64)
    wrong = labels.view(np.uint64) >= shape[class_dim(shape)]  # -1 is a large one without its sign
    if wrong.any():
        raise IndexError(f"Target {labels[wrong][0]} is out of bounds.")
    classes = kept.astype(input.array.dtype)
    weights = classes if weight is None else np.where(kept, weight.array[labels], classes)
    grid = np.indices(labels.shape, sparse=True)  # every sample's own place ...
    places = (*grid[:1], labels, *grid[1:])  # ... and, along the second dimension, its class
    op = NllLoss if len(shape) <= 2 else NllLoss2D
    result = op.apply(input, places, weights, kept, reduction)
    return watched(result, input, target, weight)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = IGNORE_INDEX,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """How unlikely `target` is, if ``softmax(input)`` are the probabilities of the classes.

    Parameters
    ----------
    input : Tensor of shape (C), (N, C) or (N, C, d1, ...)
        Scores of any size for C classes.
    target : Tensor
        Classes, as for `nll_loss`; or, in the shape of `input`, the probability of every class.
    weight : Tensor of shape (C), optional
        A factor for each class.
    ignore_index : int
        As for `nll_loss`.
    reduction : {"mean", "sum", "none"}
    label_smoothing : float
        From 0 to 1: how much of each sample's probability is spread evenly over all classes [1]_.

    Raises
    ------
    IndexError, ValueError, RuntimeError
        As for `nll_loss`; RuntimeError also if `label_smoothing` is above 1, or if probabilities
        are not floating point or come with an `ignore_index`.

    References
    ----------
    .. [1] C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2015,
       section 7.
    """
    check_reduction(reduction)
    need_named_tensors("cross_entropy", input=input, target=target)
    _need_weight("cross_entropy", weight)
    check_float("cross_entropy", input)
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    if input.array.shape == target.array.shape:
        return _soft_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
    dim = class_dim(input.array.shape)
    log_p = log_softmax(input, dim)
    hard = nll_loss(log_p, target, weight, ignore_index, reduction)
    if label_smoothing <= 0:
        return hard
    even = _even_loss(log_p, target, weight, ignore_index, reduction)
    share: float = label_smoothing / log_p.array.shape[dim]
    return MulNumber.apply(hard, 1 - label_smoothing) + MulNumber.apply(even, share)


def _even_loss(
    log_p: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str
) -> Tensor:
    """The sum of the losses for all classes, which label smoothing mixes in."""
    dim = class_dim(log_p.array.shape)
    weighted = log_p if weight is None else log_p * _along_classes(weight, log_p)
    losses = -weighted.sum(dim)
    kept = (target.array != ignore_index).reshape(losses.array.shape)
    losses = losses.masked_fill(wrap(~kept), 0.0)
    if reduction != "mean":
        return losses if reduction == "none" else losses.sum()
    labels = target.array.reshape(kept.shape)[kept]
    return losses.sum() / float(labels.size if weight is None else weight.array[labels].sum())


def _soft_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    label_smoothing: float,
) -> Tensor:
    """`cross_entropy` for targets that are probabilities: ``-sum(w t log p)`` over the classes."""
    if not target.is_floating_point():
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got "
            f"{target.dtype}: class indices have one dimension less than the input"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    shape = input.array.shape
    dim = class_dim(shape)
    if weight is not None and weight.array.shape != (shape[dim],):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {shape[dim]} classes "
            f"or no classes but got weight tensor of shape: {list(weight.array.shape)}"
        )
    products = log_softmax(input, dim) * _smoothed(target, label_smoothing, shape[dim])
    if weight is not None:
        products = products * _along_classes(weight, input)
    if reduction == "none":
        return -products.sum(dim)
    total = -products.sum()
    if reduction == "sum":
        return total
    samples = input.array.size // shape[dim] if input.array.size else 0
    return DivNumber.apply(total, samples) if samples else total * math.nan


def _smoothed(target: Tensor, label_smoothing: float, classes: int) -> Tensor:
    if label_smoothing <= 0:
        return target
    return target * (1 - label_smoothing) + label_smoothing / classes


def _along_classes(weight: Tensor, input: Tensor) -> Tensor:
    """Weights of C classes in a shape that broadcasts to (N, C, d1, ...)."""
    return weight.reshape(-1, *(1,) * (input.array.ndim - 2))


def class_dim(shape: Shape) -> int:
    """The dimension of an input along which its classes lie."""
    return 1 if len(shape) > 1 else 0


def _check_target(shape: Shape, target: Tensor) -> None:
    """Raise PyTorch's errors for a target that does not fit an input of `shape`."""
    size, ndim = target.array.shape, len(shape)
    if ndim == 0:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if ndim == 1 and target.array.size != 1:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {size}")
    if ndim > 1 and (not size or size[0] != shape[0]):
        raise ValueError(
            f"Expected input batch_size ({shape[0]}) to match target batch_size "
            f"({size[0] if size else 1})."
        )
    if ndim == 2 and len(size) > 1:
        raise advised(
            RuntimeError("0D or 1D target tensor expected, multi-target not supported"),
            f"The target's shape is {list(size)}.",
        )
    if target.array.dtype not in (np.int64, np.uint8):
        got = old_name(target.array.dtype)
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {got}")
    if ndim > 2 and size[1:] != shape[2:]:
        raise RuntimeError(f"Expected target size {[shape[0], *shape[2:]]}, got {list(size)}")


def _need_weight(name: str, weight: Tensor | None) -> None:
    if weight is not None and not isinstance(weight, TensorBase):
        raise not_a_tensor(name, "weight", 2, weight)


def _check_class_weight(weight: Tensor | None, input: Tensor) -> None:
    if weight is None:
        return
    shape = input.array.shape
    classes = shape[class_dim(shape)]
    if weight.array.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but "
            f"got weight tensor of shape: {list(weight.array.shape)}"
        )
    if weight.array.dtype != input.array.dtype:
        raise RuntimeError(
            f"expected a weight of {input.dtype}, the input's dtype, but found {weight.dtype}"
        )
    check_no_gradient("nll_loss", "weight", weight)
