"""Activations made of straight pieces: the leaky ReLUs, the hard functions, and the shrinks.

At a kink, where two pieces meet, the derivative is the one PyTorch chose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, constant
from ..autograd.op import Op
from ..random import Generator, default_generator
from .arguments import torch_arguments, wrong_kind
from .convert import numbers
from .masks import chosen

if TYPE_CHECKING:
    from ..tensor import Tensor


ONE_SIXTH = float(np.float32(1 / 6))  # PyTorch has it as a float32, also for float64


class Kept(Op):
    """`grad` where `taken`, and 0 elsewhere: constant in the `x` by which that was chosen."""

    @staticmethod
    def forward(grad: Array, x: Array, taken: Array) -> Array:
        return chosen(taken, grad, 0.0)

    @staticmethod
    def d_grad(grad: Array, x: Array, taken: Array) -> Array:
        return Kept.call(grad, x, taken)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)


class Bent(Op):
    """`grad` where x is above 0, and ``slope grad`` elsewhere: constant in x, apart from there."""

    @staticmethod
    def forward(grad: Array, x: Array, slope: Array) -> Array:
        return chosen(x > 0, grad, grad * slope)

    @staticmethod
    def d_grad(grad: Array, x: Array, slope: Array) -> Array:
        return Bent.call(grad, x, slope)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)

    @staticmethod
    def d_slope(grad_out: Array, grad: Array, x: Array) -> Array:
        return chosen(x > 0, 0.0, grad_out * grad)


class LeakyRelu(Op):
    """`x` above 0, and ``slope x`` elsewhere; derivative 1 above 0, and the slope elsewhere."""

    kinds = "f"
    widens = True

    @staticmethod
    def forward(x: Array, slope: float) -> Array:
        if 0 < slope <= 1:
            return np.maximum(x, x * slope)  # the same, and quicker
        return chosen(x > 0, x, x * slope)

    @staticmethod
    def d_x(grad: Array, x: Array, slope: float) -> Array:
        return Bent.call(grad, x, slope)


class RreluWithNoise(Op):
    """A `LeakyRelu` with a slope of its own for each element, which is 1 above 0."""

    kinds = "f"

    @staticmethod
    def forward(x: Array, slope: Array) -> Array:
        return x * slope

    @staticmethod
    def d_x(grad: Array, x: Array, slope: Array) -> Array:
        return Bent.call(grad, x, slope)


class PreluKernel(Op):
    """A `LeakyRelu` whose slope, `weight`, is learnt: its derivative is x below 0, and 0 above."""

    promotes = "common"
    kinds = "f"

    @staticmethod
    def forward(x: Array, weight: Array) -> Array:
        return chosen(x > 0, x, weight * x)

    @staticmethod
    def d_x(grad: Array, x: Array, weight: Array) -> Array:
        return Bent.call(grad, x, weight)

    @staticmethod
    def d_weight(grad: Array, x: Array, weight: Array) -> Array:
        # No function of the weight; but PyTorch's second-order gradient of it is 0, and not None.
        return Kept.call(grad * chosen(x > 0, 0.0, x), weight, True)


class Hardtanh(Op):
    """`x`, but not below `low` nor above `high`; derivative 1 between, and 0 at the bounds."""

    kinds = "iuf"

    @staticmethod
    def forward(x: Array, low: Array, high: Array) -> Array:
        return x.clip(low, high)

    @staticmethod
    def d_x(grad: Array, x: Array, low: Array, high: Array) -> Array:
        values = constant(x)
        return Kept.call(grad, x, ~((values <= low) | (values >= high)))


class Hardsigmoid(Op):
    """``x / 6 + 1/2`` from -3 to 3, 0 below and 1 above; derivative 1/6 between, 0 elsewhere."""

    kinds = "f"
    widens = True

    @staticmethod
    def forward(x: Array) -> Array:
        return (x + 3).clip(0, 6) / 6

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        values = constant(x)
        return Kept.call(grad * ONE_SIXTH, x, (values > -3) & (values < 3))


class Hardswish(Op):
    """``x hardsigmoid(x)``; derivative 0 below -3, x / 3 + 1/2 to 3, and 1 above."""

    kinds = "f"
    widens = True

    @staticmethod
    def forward(x: Array) -> Array:
        return x * (x + 3).clip(0, 6) / 6

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        between = chosen((x > -3) & (x < 3), x, 0.0)
        return chosen(x <= -3, 0.0, chosen(x < 3, grad * (between / 3 + 0.5), grad))


class Threshold(Op):
    """`x` above `threshold`, and `value` elsewhere; derivative 1 above, and 0 elsewhere."""

    kinds = "iuf"

    @staticmethod
    def forward(x: Array, threshold: Array, value: Array) -> Array:
        return chosen(x <= threshold, value, x)

    @staticmethod
    def d_x(grad: Array, x: Array, threshold: Array) -> Array:
        return Kept.call(grad, x, ~(constant(x) <= threshold))


class Hardshrink(Op):
    """0 from -lambd to lambd, and `x` elsewhere; derivative 0 and 1."""

    kinds = "f"

    @staticmethod
    def forward(x: Array, lambd: float) -> Array:
        return chosen((x >= -lambd) & (x <= lambd), 0.0, x)

    @staticmethod
    def d_x(grad: Array, x: Array, lambd: float) -> Array:
        values = constant(x)
        return Kept.call(grad, x, ~((values >= -lambd) & (values <= lambd)))


class Softshrink(Hardshrink):
    """0 from -lambd to lambd, and elsewhere `x`, closer to 0 by lambd."""

    @staticmethod
    def forward(x: Array, lambd: float) -> Array:
        return chosen(x > lambd, x - lambd, chosen(x < -lambd, x + lambd, x * 0))


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """`input` above 0, and ``negative_slope * input`` below."""
    return LeakyRelu.apply(input, negative_slope)


def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """A `leaky_relu` whose slope is drawn from [`lower`, `upper`) for each element while training.

    Otherwise the slope is the mean of the two.

    Raises
    ------
    RuntimeError
        If `lower` is above `upper`.
    TypeError
        If `training` is no bool.
    """
    return RreluWithNoise.apply(input, drawn_slopes(input, lower, upper, training, generator))


def drawn_slopes(
    input: Tensor, lower: float, upper: float, training: bool, generator: Generator | None
) -> Array:
    """The slope of `rrelu` for each element: 1 above 0."""
    if not isinstance(training, bool | np.bool_):
        raise wrong_kind("rrelu", "training", 3, "bool", training)
    if lower > upper:
        raise RuntimeError(f"rrelu: lower, {lower}, should not be above upper, {upper}")
    slope = np.full_like(input.array, (lower + upper) / 2)
    if training:
        below = input.array <= 0
        source = generator or default_generator
        count = (int(np.count_nonzero(below)),)
        drawn = source.uniform(count, 0.0, 1.0, np.dtype(np.float64))
        low, high = (float(slope.dtype.type(bound)) for bound in (lower, upper))
        slope[below] = drawn * (high - low) + low  # in float64, then rounded, as in PyTorch
    slope[input.array > 0] = 1
    return slope


@torch_arguments
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """A `leaky_relu` whose slope is learnt.

    Parameters
    ----------
    input : Tensor of shape (N, C, ...), or any if there is one slope
    weight : Tensor of shape (1) or (C)
        The slopes, of all elements or of each channel.

    Raises
    ------
    RuntimeError
        If there are several slopes, and not as many as channels.
    """
    if weight.array.ndim > 1:
        raise RuntimeError(
            "prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = "
            f"{weight.array.ndim}"
        )
    shape = input.array.shape
    count = weight.array.size
    if count != 1:
        channels = shape[1] if len(shape) > 1 else 1
        if not shape or channels != count:
            raise RuntimeError(
                f"Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{count} and channel size = {channels}."
            )
    if input.array.dtype != weight.array.dtype:
        raise RuntimeError(
            f"prelu: Type promoting not supported. Got {input.dtype} and {weight.dtype}"
        )
    sizes = [1] * len(shape)
    sizes[1:2] = [count] * len(sizes[1:2])  # the slopes lie along the channels
    if weight.array.shape != tuple(sizes):
        weight = weight.reshape(tuple(sizes))
    return PreluKernel.apply(input, weight)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """`input`, but not below `min_val` nor above `max_val`.

    Raises
    ------
    RuntimeError
        If `input` is of bools, or of unsigned integers and a bound is negative.
    ValueError
        If `min_val` is above `max_val`.
    """
    dtype = input.array.dtype
    if min_val > max_val:
        raise ValueError(f"min_val, {min_val}, cannot be greater than max_val, {max_val}")
    if dtype.kind == "b":
        raise RuntimeError("Bool inputs not supported for hardtanh: convert with .float() first")
    if dtype.kind == "u" and (min_val < 0 or max_val < 0):
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    return Hardtanh.apply(input, numbers(min_val, dtype), numbers(max_val, dtype))


def relu6(input: Tensor) -> Tensor:
    """`input`, but not below 0 nor above 6."""
    return hardtanh(input, 0.0, 6.0)


def hardsigmoid(input: Tensor) -> Tensor:
    """``input / 6 + 0.5``, but not below 0 nor above 1."""
    return Hardsigmoid.apply(input)


def hardswish(input: Tensor) -> Tensor:
    """``input * hardsigmoid(input)``."""
    return Hardswish.apply(input)


@torch_arguments
def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    """`input` where it is above `threshold`, and `value` elsewhere."""
    dtype = input.array.dtype
    if dtype.kind == "b":
        raise NotImplementedError("threshold is not implemented for bools")
    return Threshold.apply(input, numbers(threshold, dtype), numbers(value, dtype))


@torch_arguments
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """`input`, but 0 where its absolute value is at most `lambd`."""
    if input.array.dtype.kind == "f":
        numbers(lambd, input.array.dtype)  # an error if it is out of range
    return Hardshrink.apply(input, lambd)


@torch_arguments
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """`input` moved towards 0 by `lambd`, and 0 where it would pass it.

    Raises
    ------
    RuntimeError
        If `lambd` is negative, or beyond the largest number of the dtype.
    """
    if input.array.dtype.kind == "f" and not 0 <= lambd <= float(np.finfo(input.array.dtype).max):
        raise RuntimeError(f"lambda must be finite and not negative, but found to be {lambd}.")
    return Softshrink.apply(input, lambd)
