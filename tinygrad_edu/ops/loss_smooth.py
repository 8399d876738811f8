"""Losses that are quadratic for small errors and linear for large ones, which weigh outliers less.

The first two are written in the error, input - target: the derivatives for the two differ in their
sign. The third is in the product of the two, as the target says which sign is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, constant
from ..autograd.op import Op
from ..dtypes import result_dtype
from .loss import check_reduction, each, reduced
from .masks import chosen

if TYPE_CHECKING:
    from ..tensor import Tensor


class SmoothL1Loss(Op):
    """``e^2 / (2 beta)`` for an error e up to beta, ``|e| - beta / 2`` beyond.

    Derivative e / beta, and sign(e) beyond.
    """

    promotes = "common"

    @staticmethod
    def forward(input: Array, target: Array, beta: float, reduction: str) -> Array:
        size = np.abs(input - target)
        losses = chosen(size < beta, 0.5 * size * size / beta, size - 0.5 * beta)
        return reduced(losses, reduction)

    @staticmethod
    def d_input(grad: Array, input: Array, target: Array, beta: float, reduction: str) -> Array:
        error = input - target
        ends = np.sign(constant(error))
        slope = chosen(np.abs(constant(error)) < beta, error / beta, ends)
        return each(grad, error.shape, reduction) * slope

    @staticmethod
    def d_target(grad: Array, input: Array, target: Array, beta: float, reduction: str) -> Array:
        return SmoothL1Loss.d_input(-grad, input, target, beta, reduction)


class HuberLoss(Op):
    """``e^2 / 2`` for an error e up to delta, ``delta (|e| - delta / 2)`` beyond.

    Derivative e, and delta sign(e) beyond.
    """

    promotes = "common"

    @staticmethod
    def forward(input: Array, target: Array, delta: float, reduction: str) -> Array:
        size = np.abs(input - target)
        losses = chosen(size <= delta, 0.5 * size * size, delta * (size - 0.5 * delta))
        return reduced(losses, reduction)

    @staticmethod
    def d_input(grad: Array, input: Array, target: Array, delta: float, reduction: str) -> Array:
        error = input - target
        ends = delta * np.sign(constant(error))
        slope = chosen(np.abs(constant(error)) < delta, error, ends)
        return each(grad, error.shape, reduction) * slope

    @staticmethod
    def d_target(grad: Array, input: Array, target: Array, delta: float, reduction: str) -> Array:
        return HuberLoss.d_input(-grad, input, target, delta, reduction)


class SoftMarginLoss(Op):
    """``log(1 + z)``, where z is exp(-t x); the derivative is `SoftMarginSlope`."""

    promotes = "common"

    @staticmethod
    def forward(input: Array, target: Array, reduction: str) -> Array:
        return reduced(np.log1p(np.exp(-target * input)), reduction)

    @staticmethod
    def d_input(grad: Array, input: Array, target: Array, reduction: str) -> Array:
        slope = SoftMarginSlope.call(input, target)
        return each(grad, slope.shape, reduction) * slope


class SoftMarginSlope(Op):
    """``-t z / (1 + z)``, with derivative t^2 z / (1 + z)^2.

    An op, for a derivative of the quotient would be a difference in which large numbers cancel.
    """

    promotes = "common"

    @staticmethod
    def forward(input: Array, target: Array) -> Array:
        z = np.exp(-target * input)
        return -target * z / (z + 1)

    @staticmethod
    def d_input(grad: Array, input: Array, target: Array) -> Array:
        z = np.exp(-target * input)
        return grad * target * target * z / ((z + 1) * (z + 1))


def smooth_l1_loss(input: Tensor, target: Tensor, beta: float, reduction: str) -> Tensor:
    """The absolute difference of `input` and `target`, rounded off where it is below `beta`.

    Parameters
    ----------
    input, target : Tensor
        They broadcast.
    beta : float
        Above 0.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    RuntimeError
        If `beta` is negative, or the shapes do not broadcast.
    NotImplementedError
        If neither is floating point.
    ValueError
        If `reduction` is another word.
    """
    check_reduction(reduction)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta: {beta}")
    _check_float("smooth_l1_loss", input, target)
    return SmoothL1Loss.apply(input, target, beta, reduction)


def huber_loss(input: Tensor, target: Tensor, delta: float, reduction: str) -> Tensor:
    """Half the squared difference, but a straight line where it is above `delta` [1]_.

    Parameters and errors are those of `smooth_l1_loss`, but `delta` cannot be 0.

    References
    ----------
    .. [1] P. Huber, "Robust estimation of a location parameter", Annals of Statistics 53 (1964).
    """
    check_reduction(reduction)
    if delta <= 0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta: {delta}")
    _check_float("huber_loss", input, target)
    return HuberLoss.apply(input, target, delta, reduction)


def soft_margin_loss(input: Tensor, target: Tensor, reduction: str) -> Tensor:
    """``log(1 + exp(-target * input))`` for targets of 1 and -1.

    Parameters
    ----------
    input, target : Tensor
        They broadcast.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    RuntimeError
        If the shapes do not broadcast.
    ValueError
        If `reduction` is another word.
    """
    check_reduction(reduction)
    return SoftMarginLoss.apply(input, target, reduction)


def _check_float(name: str, input: Tensor, target: Tensor) -> None:
    if result_dtype([input.array, target.array]).kind != "f":
        raise NotImplementedError(
            f"{name} is not implemented for {input.dtype}: convert with .float() first"
        )
