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
from ..ops.arguments import python_arguments
from ..ops.loss import check_float
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

    Raises
    ------
    ValueError
        If `p` is out of range.
    NotImplementedError
        With `inplace`, which would overwrite what a gradient may need.
    """
    check_dropout("dropout", p, inplace)
    if _does_nothing(input, p, training):
        return input
    return input * _noise(input, input.array.shape, p)


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
    check_dropout("dropout1d", p, inplace)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: expected an input (N, C, L) or (C, L), but got {list(input.shape)}; "
            "dropout takes any shape"
        )
    if input.ndim == 2:
        return _feature_dropout(input.unsqueeze(0), p, training).squeeze(0)
    return _feature_dropout(input, p, training)


@python_arguments
def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels of images (N, C, H, W).

    As in PyTorch, the first two dimensions are samples and channels, however many follow; it warns
    unless there are four.
    """
    check_dropout("dropout2d", p, inplace)
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d, which is taken for (N, C, L), and not "
            "for one sample (C, H, W): whole channels of length L are dropped. Use dropout1d.",
            stacklevel=2,
        )
    elif input.ndim != 4:
        warnings.warn(
            f"dropout2d: Received a {input.ndim}-D input to dropout2d, which is deprecated and "
            "will result in an error in a future release. Use dropout.",
            stacklevel=2,
        )
    return _feature_dropout(input, p, training)


@python_arguments
def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout for networks with SELU, which keeps mean 0 and variance 1.

    Dropped elements become -1.758..., where SELU saturates, and not 0; an affine map then restores
    mean and variance (Klambauer et al., "Self-normalizing neural networks", 2017). Parameters and
    errors as for `dropout`.
    """
    check_dropout("alpha_dropout", p, inplace)
    if _does_nothing(input, p, training):
        return input
    if p == 1:
        return input * _noise(input, input.array.shape, p)
    scale = 1 / math.sqrt((SELU_FLOOR**2 * p + 1) * (1 - p))
    kept = _mask(input.array, p)
    shift = (kept - 1) * (SELU_FLOOR * scale) + SELU_FLOOR * scale * p
    return input * wrap(kept * kept.dtype.type(scale)) + wrap(shift)


def check_dropout(name: str, p: float, inplace: bool) -> None:
    """Raise unless `p` is a probability and `inplace` is False."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if inplace:
        raise NotImplementedError(f"{name}(inplace=True): leave inplace out")


def _does_nothing(input: Tensor, p: float, training: bool) -> bool:
    """Whether the input itself is the result, as it is in PyTorch."""
    return p == 0 or not training or not input.array.size


def _feature_dropout(input: Tensor, p: float, training: bool) -> Tensor:
    """`dropout` with one draw for all elements behind the first two dimensions."""
    if _does_nothing(input, p, training):
        return input
    if input.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return input * _noise(input, input.array.shape[:2] + (1,) * (input.ndim - 2), p)


def _noise(input: Tensor, shape: tuple[int, ...], p: float) -> Tensor:
    """What to multiply by: 0 with probability `p`, and else 1 / (1 - p)."""
    check_float("dropout", input)
    array = input.array
    if p == 1:
        return wrap(np.zeros((), array.dtype))
    like = array if shape == array.shape else np.empty(shape, array.dtype)
    return wrap(_mask(like, p) / array.dtype.type(1 - p))


def _mask(like: Array, p: float) -> Array:
    """0 with probability `p`, and else 1; drawn in the order in which `like` lies in memory."""
    mask = np.empty_like(like)
    slowest_first = np.argsort([-stride for stride in mask.strides], kind="stable")
    in_memory = mask.transpose(slowest_first)
    in_memory[...] = default_generator.bernoulli(1 - p, in_memory.shape)
    return mask
