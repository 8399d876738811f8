"""Activations and dropout that change their argument: ``relu_``, ``elu_``, ``dropout_``."""

from __future__ import annotations

from ..ops import activation
from ..ops import activation_pieces as pieces
from ..ops import activation_smooth as smooth
from ..ops.inplace import in_place
from ..ops.mutation import change
from ..random import Generator
from ..tensor import Tensor
from . import functional_dropout

relu_ = in_place(activation.relu)
celu_, elu_, selu_ = in_place(smooth.celu), in_place(smooth.elu), in_place(smooth.selu)
hardtanh_, leaky_relu_ = in_place(pieces.hardtanh), in_place(pieces.leaky_relu)
threshold_ = in_place(pieces.threshold)


def rrelu_(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """`rrelu`, in place."""
    return change(input, lambda x: pieces.rrelu(x, lower, upper, training, generator))


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
