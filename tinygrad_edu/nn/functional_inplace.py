"""Activations and dropout that change their argument: ``relu_``, ``elu_``, ``dropout_``."""

from __future__ import annotations

from ..ops import activation
from ..ops import activation_pieces as pieces
from ..ops import activation_smooth as smooth
from ..ops.arguments import torch_arguments
from ..ops.convert import numbers
from ..ops.inplace import in_place
from ..ops.mutation import change
from ..random import Generator
from ..tensor import Tensor
from . import functional_dropout

relu_, hardtanh_ = in_place(activation.relu), in_place(pieces.hardtanh)


class LeakyReluInPlace(pieces.LeakyRelu):
    """`LeakyRelu` under the name of PyTorch's node for what changes its argument; so the others."""

    node_name = "LeakyReluBackward1"


class RreluInPlace(pieces.RreluWithNoise):
    node_name = "RreluWithNoiseBackward1"


class ThresholdInPlace(pieces.Threshold):
    node_name = "ThresholdBackward1"


class EluInPlace(smooth.Elu):
    node_name = "EluBackward1"


class CeluInPlace(smooth.Celu):
    node_name = "CeluBackward1"


@torch_arguments
def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """`leaky_relu`, in place."""
    return change(input, lambda x: LeakyReluInPlace.apply(x, negative_slope))


@torch_arguments
def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """`threshold`, in place."""
    dtype = input.array.dtype
    bound, other = numbers(threshold, dtype), numbers(value, dtype)
    return change(input, lambda x: ThresholdInPlace.apply(x, bound, other))


@torch_arguments
def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`elu`, in place."""
    return change(input, lambda x: EluInPlace.apply(x, alpha, 1.0, 1.0))


@torch_arguments
def selu_(input: Tensor) -> Tensor:
    """`selu`, in place."""
    constants = smooth.SELU_ALPHA, smooth.SELU_SCALE, 1.0
    return change(input, lambda x: EluInPlace.apply(x, *constants))


@torch_arguments
def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`celu`, in place; errors as there."""
    smooth.check_celu(alpha)
    return change(input, lambda x: CeluInPlace.apply(x, alpha, 1.0, 1.0 / alpha))


def rrelu_(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """`rrelu`, in place."""

    def compute(x: Tensor) -> Tensor:
        slopes = pieces.drawn_slopes(x, lower, upper, training, generator)
        return RreluInPlace.apply(x, slopes)

    return change(input, compute)


def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """`dropout`, in place.

    Raises
    ------
    RuntimeError
        If `input` is a leaf that requires a gradient.
    """
    if not train or p == 0:
        return input
    return change(input, lambda x: functional_dropout.dropout(x, p, train))


def alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """`alpha_dropout`, in place; errors as in `dropout_`."""
    if not train or p == 0:
        return input
    return change(input, lambda x: functional_dropout.alpha_dropout(x, p, train))
