"""Dropout: while training, elements are set to 0 at random, so that no neuron can rely on another.

What is kept is divided by the probability to be kept, so that the expectation stays the same and
nothing is left to do afterwards (Srivastava et al., "Dropout: a simple way to prevent neural
networks from overfitting", JMLR 15, 2014). The mask is drawn from PyTorch's stream, as PyTorch's
Dropout.cpp does it: the same seed drops the same elements.
"""

from __future__ import annotations

import math
import warnings

import numpy as np

from ..autograd.graph import Array, wrap
from ..ops.arguments import python_arguments, wrong_kind
from ..ops.loss import check_float
from ..ops.mutation import change
from ..ops.window_checks import check_tensor
from ..random import default_generator
from ..tensor import Tensor

# The value that SELU tends to at minus infinity, negated: alpha dropout sets elements to it.
SELU_FLOOR = 1.7580993408473766


@python_arguments
def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """While training, each element is 0 with probability `p`, and else multiplied by 1 / (1 - p).

    Parameters
    ----------
    input : Tensor of floats
    p : float
        From 0 to 1.
    training : bool
        Whether to do anything; if not, `input` itself is returned.
    inplace : bool
        Whether to write the result into `input` itself.

    Raises
    ------
    ValueError
        If `p` is out of range.
    RuntimeError
        With `inplace`, if `input` is a leaf that requires a gradient.
    """
    check_dropout(p)
    return dropped(input, p, training, inplace)


@python_arguments
def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels: `input` is (N, C, L), or one sample (C, L).

    Raises
    ------
    RuntimeError
        If it has another number of dimensions; other errors as for `dropout`.
    """
    check_dropout(p)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: expected an input (N, C, L) or (C, L), but got {list(input.shape)}; "
            "dropout takes any shape"
        )
    return dropped(input, p, training, inplace, channels=True, alone=input.ndim == 2)


@python_arguments
def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels of images (N, C, H, W).

    As in PyTorch, the first two dimensions are samples and channels, however many follow; it warns
    unless there are four.
    """
    check_dropout(p)
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D "
            "dropout behavior is desired - input is interpreted as shape (N, C, L), where C is "
            "the channel dim. This behavior will change in a future release to interpret the "
            "input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D "
            "channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=3,
        )
    elif input.ndim != 4:
        _warn_dimensions("dropout2d", input)
    return dropped(input, p, training, inplace, channels=True)


@python_arguments
def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels of volumes (N, C, D, H, W), or of one sample (C, D, H, W).

    It warns if there are fewer or more dimensions, and takes the first for the channels then.
    """
    check_dropout(p)
    if input.ndim not in (4, 5):
        _warn_dimensions("dropout3d", input)
    return dropped(input, p, training, inplace, channels=True, alone=input.ndim != 5)


@python_arguments
def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout for networks with SELU, which keeps mean 0 and variance 1.

    Dropped elements become -1.758..., where SELU saturates, and not 0; an affine map then restores
    mean and variance (Klambauer et al., "Self-normalizing neural networks", 2017). Parameters and
    errors as for `dropout`.
    """
    check_dropout(p)
    return dropped(input, p, training, inplace, alpha=True)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels; the first two dimensions are samples and channels.

    Raises
    ------
    RuntimeError
        If there are fewer than two dimensions; other errors as for `dropout`.
    """
    check_dropout(p)
    return dropped(input, p, training, inplace, channels=True, alpha=True)


def check_dropout(p: float) -> None:
    """Raise a ValueError unless `p` is a probability."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropped(
    input: Tensor,
    p: float,
    training: bool,
    inplace: bool,
    channels: bool = False,
    alone: bool = False,
    alpha: bool = False,
) -> Tensor:
    """What all kinds have in common.

    Parameters
    ----------
    channels : bool
        Whether to draw once for all elements behind the first two dimensions.
    alone : bool
        Whether the first dimension, that of the samples, is not there.
    alpha : bool
        Whether what is dropped becomes SELU's floor, and not 0.

    Raises
    ------
    TypeError
        If `training` is no bool.
    """

    check_tensor("dropout", "input", input)
    if not isinstance(training, bool | np.bool_):
        raise wrong_kind("dropout", "train", 2, "bool", training)

    def compute(x: Tensor) -> Tensor:
        x = x.unsqueeze(0) if alone else x
        if not (p == 0 or not training or not x.array.size):
            x = _with_noise(x, p, channels, alpha)
        return x.squeeze(0) if alone else x

    if not inplace:
        return compute(input)
    if p == 0 or not training:  # then PyTorch does nothing, even to a leaf
        return input
    return change(input, compute)


def _with_noise(x: Tensor, p: float, channels: bool, alpha: bool) -> Tensor:
    if channels and x.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    check_float("dropout", x)
    array = x.array
    if p == 1:
        return x * wrap(np.zeros((), array.dtype))
    shape = array.shape[:2] + (1,) * (array.ndim - 2) if channels else array.shape
    kept = _mask(array if shape == array.shape else np.empty(shape, array.dtype), p)
    kind = array.dtype
    if kind == np.float16:  # each step is computed in float32, and rounded
        kept = kept.astype(np.float32)
    if not alpha:
        return x * wrap((kept / kept.dtype.type(1 - p)).astype(kind, copy=False))
    scale = 1 / math.sqrt((SELU_FLOOR**2 * p + 1) * (1 - p))
    floor = ((kept - 1) * (SELU_FLOOR * scale)).astype(kind).astype(kept.dtype)
    shift = (floor + SELU_FLOOR * scale * p).astype(kind)
    return x * wrap((kept * kept.dtype.type(scale)).astype(kind, copy=False)) + wrap(shift)


def _warn_dimensions(name: str, input: Tensor) -> None:
    n = int(name[-2])
    warnings.warn(
        f"{name}: Received a {input.ndim}-D input to {name}, which is deprecated and will result "
        "in an error in a future release. To retain the behavior and silence this warning, please "
        f"use dropout instead. Note that {name} exists to provide channel-wise dropout on inputs "
        f"with {n} spatial dimensions, a channel dimension, and an optional batch dimension "
        f"(i.e. {n + 1}D or {n + 2}D inputs).",
        stacklevel=4,
    )


def _mask(like: Array, p: float) -> Array:
    """0 with probability `p`, and else 1; drawn in the order in which `like` lies in memory."""
    mask = np.empty_like(like)
    slowest_first = np.argsort([-stride for stride in mask.strides], kind="stable")
    in_memory = mask.transpose(slowest_first)
    in_memory[...] = default_generator.bernoulli(1 - p, in_memory.shape)
    return mask
