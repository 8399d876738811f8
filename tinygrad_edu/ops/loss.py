"""Losses that compare numbers with numbers: how far predictions are from targets.

A loss measures each element on its own; then `reduced` leaves the losses as they are, sums them, or
takes their mean. A mean of n hands each element 1/n of its gradient; `each` does that in the
derivatives. (Losses that compare scores with classes are in `class_loss`, and what
compares scores with probabilities in `loss_logits`.)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..advice import advised
from ..autograd.grad_mode import grad_mode
from ..autograd.graph import Array, Shape, TensorBase
from ..autograd.half import is_half, widened
from ..autograd.op import Op
from ..dtypes import old_name
from .arguments import not_a_tensor
from .convert import to_dtype

if TYPE_CHECKING:
    from ..tensor import Tensor

REDUCTIONS = ("none", "mean", "sum")
EPSILON = float(np.float32(1e-12))  # PyTorch has it as a float32, also for float64 losses


def reduced(losses: Array, reduction: str) -> Array:
    """The losses themselves, their sum, or their mean, which is nan if there are none."""
    if reduction == "none":
        return losses
    if is_half(losses):
        return reduced(widened(losses), reduction).astype(np.float16)
    return losses.sum() / losses.size if reduction == "mean" else losses.sum()


def each(grad: Array, shape: Shape, reduction: str) -> Array:
    """The gradient of one of the losses of `shape`, given that of the reduced ones."""
    return grad / max(math.prod(shape), 1) if reduction == "mean" else grad


class MseLoss(Op):
    """``(input - target)^2``; derivative 2 (input - target), with opposite sign for the target."""

    promotes = "common"

    @staticmethod
    def forward(input: Array, target: Array, reduction: str) -> Array:
        error = input - target
        return reduced(error * error, reduction)

    @staticmethod
    def d_input(grad: Array, input: Array, target: Array, reduction: str) -> Array:
        error = input - target
        return each(2 * grad, error.shape, reduction) * error

    @staticmethod
    def d_target(grad: Array, input: Array, target: Array, reduction: str) -> Array:
        return MseLoss.d_input(grad, target, input, reduction)


class BinaryCrossEntropy(Op):
    """``-t ln x - (1 - t) ln(1 - x)`` for a probability x and a target t.

    Logarithms end at -100, as PyTorch documents for BCELoss, so that the loss stays finite.

    Derivative (x - t) / (x (1 - x)) for x, and ln(1 - x) - ln x for t.
    """

    @staticmethod
    def forward(input: Array, target: Array, weight: Array | None, reduction: str) -> Array:
        losses = (target - 1) * np.maximum(np.log1p(-input), -100)
        losses -= target * np.maximum(np.log(input), -100)
        return reduced(losses if weight is None else losses * weight, reduction)

    @staticmethod
    def d_input(
        grad: Array, input: Array, target: Array, weight: Array | None, reduction: str
    ) -> Array:
        slope = BinaryCrossEntropyBackward.call(grad, input, target)
        if weight is not None:
            slope = slope * weight
        return each(slope, input.shape, reduction)

    @staticmethod
    def d_target(grad: Array, input: Array, weight: Array | None, reduction: str) -> Array:
        slope = np.log1p(-input) - np.log(input)
        if weight is not None:
            slope = slope * weight
        return each(grad, input.shape, reduction) * slope


class BinaryCrossEntropyBackward(Op):
    """``grad (x - t) / (x (1 - x))``, the derivative of `BinaryCrossEntropy` for its input.

    It is an op of its own because of 0 and 1, where it divides by 1e-12 instead of by 0, and its
    own derivatives do likewise.
    """

    @staticmethod
    def forward(grad_output: Array, input: Array, target: Array) -> Array:
        return grad_output * (input - target) / np.maximum((1 - input) * input, EPSILON)

    @staticmethod
    def d_grad_output(grad: Array, input: Array, target: Array) -> Array:
        return grad * (input - target) / ((input + 1e-12) * (1 - input + 1e-12))

    @staticmethod
    def d_input(grad: Array, grad_output: Array, input: Array, target: Array) -> Array:
        # d/dx (x - t) / (x - x^2) = (x^2 - 2xt + t) / (x - x^2)^2
        square = ((input + 1e-12) * (1 - input + 1e-12)) ** 2
        return grad * grad_output * ((input * input - 2 * input * target + target) / square)

    @staticmethod
    def d_target(grad: Array, grad_output: Array, input: Array) -> Array:
        return -grad * grad_output / np.maximum((1 - input) * input, 1e-12)


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The squared difference between `input` and `target`, which broadcast.

    Parameters
    ----------
    input, target : Tensor
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    RuntimeError
        If the shapes do not broadcast.
    NotImplementedError
        If neither is floating point.
    ValueError
        If `reduction` is another word.
    """
    check_reduction(reduction)
    if input.array.dtype.kind != "f" and target.array.dtype.kind != "f":
        raise NotImplementedError(
            f"\"mse_cpu\" not implemented for '{old_name(input.array.dtype)}'"
        )
    return MseLoss.apply(input, target, reduction)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """How unlikely `target` is, if `input` is the probability of a 1.

    Parameters
    ----------
    input, target : Tensor of one shape and dtype
        Probabilities, and what they should be, both from 0 to 1.
    weight : Tensor, optional
        A factor for each element's loss; broadcasts to the shape of `input`.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ, or `reduction` is another word.
    RuntimeError
        If an element is not between 0 and 1, dtypes differ, or `weight` requires a gradient.
    """
    check_reduction(reduction)
    if input.array.shape != target.array.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}) is deprecated. Please ensure they have the same size."
        )
    if target.array.dtype != input.array.dtype:
        found, expected = old_name(target.array.dtype), old_name(input.array.dtype)
        raise RuntimeError(f"Found dtype {found} but expected {expected}")
    check_float("binary_cross_entropy", input)
    for name, x in (("input", input.array), ("target", target.array)):
        if x.size and not 0 <= x.item(x.argmin()) <= x.item(x.argmax()) <= 1:  # not for nan, too
            raise advised(
                RuntimeError(f"all elements of {name} should be between 0 and 1"),
                f"They lie between {x.min()} and {x.max()}.",
            )
    weights = as_factor("binary_cross_entropy", "weight", weight, input)
    return BinaryCrossEntropy.apply(input, target, weights, reduction)


def check_reduction(reduction: str) -> None:
    """Raise PyTorch's ValueError for a word that is no way to reduce."""
    if reduction not in REDUCTIONS:
        raise advised(
            ValueError(f"{reduction} is not a valid value for reduction"),
            f"Use one of {REDUCTIONS}.",
        )


def check_float(name: str, input: Tensor) -> None:
    if input.array.dtype.kind != "f":
        raise NotImplementedError(
            f"{name} is not implemented for {input.dtype}: convert with .float() first"
        )


def check_no_gradient(name: str, argument: str, tensor: Tensor) -> None:
    if tensor._requires_grad and grad_mode.enabled:
        raise RuntimeError(
            f"The function '{name}' is not differentiable with respect to argument '{argument}'. "
            "This input cannot have requires_grad True."
        )


def as_factor(name: str, argument: str, weight: Tensor | None, input: Tensor) -> Tensor | None:
    """A weight, in the dtype of `input` and no larger when they broadcast."""
    if weight is None:
        return None
    if not isinstance(weight, TensorBase):
        raise not_a_tensor(name, argument, 2 if argument == "weight" else 4, weight)
    check_no_gradient(name, argument, weight)
    shapes = (input.array.shape, weight.array.shape)
    try:
        fits = np.broadcast_shapes(*shapes) == shapes[0]
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"{name}: {argument} of shape {list(shapes[1])} does not broadcast to the shape of "
            f"the input, {list(shapes[0])}"
        )
    return to_dtype(weight, input.array.dtype)
