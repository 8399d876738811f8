"""Normalization: numbers shifted and scaled to mean 0 and variance 1, over a batch or a sample.

All kinds are `Standardize` over different dimensions: batch norm over all but the channels,
instance norm over the places of each channel of each sample, group norm over groups of channels.
Then follow a factor and a summand that are learnt. (RMS norm only scales.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.grad_mode import no_grad
from ..autograd.graph import Array, wrap
from ..autograd.half import widened
from ..autograd.op import Op
from ..layout import contiguous_format, format_of, in_rows
from .arguments import python_arguments
from .convert import to_dtype
from .reduce import count, kept
from .variance import variance

if TYPE_CHECKING:
    from ..tensor import Tensor


class Standardize(Op):
    """``h = (x - mean) r`` with r = 1 / sqrt(variance + eps), both over `dims`.

    Derivative r (grad - mean(grad) - h mean(grad h)): what shifts or scales x changes nothing.
    """

    widens = True

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...], eps: float) -> Array:
        if format_of(x) is contiguous_format:  # images with their channels last stay so
            x = in_rows(x)
        centred = x - _mean(x, dims)
        return centred / np.sqrt(_mean(centred * centred, dims) + eps)

    @staticmethod
    def d_x(grad: Array, x: Array, dims: tuple[int, ...], eps: float) -> Array:
        centred = x - _mean(x, dims)
        r = 1 / np.sqrt(_mean(centred * centred, dims) + eps)
        h = centred * r
        return r * (grad - _mean(grad, dims) - h * _mean(grad * h, dims))


def _mean(x: Array, dims: tuple[int, ...]) -> Array:
    return kept(x.sum(dims) / max(count(x.shape, dims), 1), dims, False)


@python_arguments
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel: while training over the batch, and else by running statistics [1]_.

    Parameters
    ----------
    input : Tensor of shape (N, C, ...)
    running_mean, running_var : Tensor of shape (C), optional
        While training they move, in place, by a share `momentum` towards the batch's mean and
        variance (that with divisor n - 1); otherwise they take its place.
    weight, bias : Tensor of shape (C), optional
        A factor and a summand for each channel.
    training : bool
    momentum, eps : float
        `eps` is added to the variance, so that it is never 0.

    Raises
    ------
    ValueError
        If there is only one element per channel to train with, or `eps` is too small.
    RuntimeError
        If a tensor has not C elements, or running statistics are needed and missing.

    References
    ----------
    .. [1] S. Ioffe, C. Szegedy, "Batch Normalization", ICML 2015, algorithms 1 and 2.
    """
    shape = input.array.shape
    if training:
        _check_several(shape)
    _check_dtypes("batch_norm", input, running_mean, running_var, weight, bias)
    if eps < 0 or (training and eps == 0):
        raise ValueError(f"batch_norm eps must be positive, but got {eps}")
    _check_channels(shape[1], running_mean, running_var, weight, bias)
    dims = (0, *range(2, len(shape)))
    if training:
        _track(input, dims, running_mean, running_var, momentum)
        return _affine(Standardize.apply(input, dims, eps), weight, bias)
    return _by_running(input, running_mean, running_var, weight, bias, eps)


@python_arguments
def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel of each sample on its own.

    Parameters are those of `batch_norm`; running statistics, if there are any, move towards the
    means of the samples' own, and are used where `use_input_stats` is False.

    Raises
    ------
    ValueError
        If there is only one place per channel.
    RuntimeError
        As for `batch_norm`.
    """
    shape = input.array.shape
    if use_input_stats and math.prod(shape[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {list(shape)}"
        )
    _check_dtypes("instance_norm", input, running_mean, running_var, weight, bias)
    _check_channels(shape[1], running_mean, running_var, weight, bias)
    if not use_input_stats:
        return _by_running(input, running_mean, running_var, weight, bias, eps)
    dims = tuple(range(2, len(shape)))
    _track(input, dims, running_mean, running_var, momentum)
    return _affine(Standardize.apply(input, dims, eps), weight, bias)


@python_arguments
def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize the channels of each sample in groups of neighbours [1]_.

    Parameters
    ----------
    input : Tensor of shape (N, C, ...)
    num_groups : int
        How many groups the C channels are divided into.
    weight, bias : Tensor of shape (C), optional
    eps : float

    Raises
    ------
    RuntimeError
        If `num_groups` does not divide C, or `input` has fewer than two dimensions.
    ValueError
        If there is only one element per group.

    References
    ----------
    .. [1] Y. Wu, K. He, "Group Normalization", ECCV 2018.
    """
    shape = input.array.shape
    if len(shape) < 2:
        raise RuntimeError(f"group_norm expects at least 2 dimensions, but got {list(shape)}")
    _check_several((shape[0] * shape[1] // num_groups, num_groups, *shape[2:]))
    if shape[1] % num_groups:
        raise RuntimeError(
            f"Expected number of channels in input, {shape[1]}, to be divisible by num_groups, "
            f"{num_groups}"
        )
    _check_dtypes("group_norm", input, weight, bias)
    _check_channels(shape[1], weight, bias)
    size = math.prod(shape[1:]) // num_groups
    groups = input.reshape((shape[0], num_groups, size))
    return _affine(Standardize.apply(groups, (2,), eps).reshape(shape), weight, bias)


@python_arguments
def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Divide by the root of the mean square over the last dimensions [1]_.

    Parameters
    ----------
    input : Tensor of shape (..., *normalized_shape)
    normalized_shape : sequence of int
    weight : Tensor of shape `normalized_shape`, optional
        A factor for each element.
    eps : float, optional
        Added to the mean square; by default the precision of the dtype, for float16 of float32.

    Raises
    ------
    RuntimeError
        If a shape does not fit.
    ValueError
        If `input` has fewer dimensions than `normalized_shape`.

    References
    ----------
    .. [1] B. Zhang, R. Sennrich, "Root Mean Square Layer Normalization", NeurIPS 2019.
    """
    wanted, shape = tuple(normalized_shape), input.array.shape
    if len(shape) < len(wanted):
        raise ValueError(f"Expected at least {len(wanted)} dimensions, but got {len(shape)}")
    if not wanted or shape[len(shape) - len(wanted) :] != wanted:
        raise RuntimeError(
            f"Given normalized_shape={list(wanted)}, expected input with shape "
            f"[*, {', '.join(map(str, wanted))}], but got input of size {list(shape)}"
        )
    if weight is not None and weight.array.shape != wanted:
        raise RuntimeError(
            f"Expected weight to be of same shape as normalized_shape, {list(wanted)}, but got "
            f"{list(weight.array.shape)}"
        )
    if input.array.dtype.kind != "f":
        raise NotImplementedError(f'"rms_norm" not implemented for {input.dtype}')
    x = widened(input)
    if eps is None:
        eps = float(np.finfo(x.array.dtype).eps)
    dims = tuple(range(len(shape) - len(wanted), len(shape)))
    x = x.contiguous()
    result = x * ((x * x).mean(dims, True) + eps).rsqrt()
    return to_dtype(result if weight is None else result * weight, input.array.dtype)


def _affine(normalized: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """Times `weight` plus `bias`, along the second dimension."""
    along = (1, -1, *(1,) * (normalized.ndim - 2))
    if weight is not None:
        normalized = normalized * weight.reshape(along)
    return normalized if bias is None else normalized + bias.reshape(along)


def _by_running(
    input: Tensor,
    mean: Tensor | None,
    var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
) -> Tensor:
    if mean is None or var is None:
        raise RuntimeError("Expected running_mean and running_var to be defined: not in training")
    along = (1, -1, *(1,) * (input.ndim - 2))
    r = (var + eps).rsqrt()
    return _affine((input - mean.reshape(along)) * r.reshape(along), weight, bias)


def _track(
    input: Tensor,
    dims: tuple[int, ...],
    running_mean: Tensor | None,
    running_var: Tensor | None,
    momentum: float,
) -> None:
    """Move running statistics towards those over `dims`; of several samples, towards their mean."""
    x = widened(input.array)
    means, variances = x.sum(dims) / count(x.shape, dims), variance(x, dims, 1, False)
    with no_grad():
        for running, values in ((running_mean, means), (running_var, variances)):
            if running is not None:
                old = widened(running)
                new = values.reshape(-1, x.shape[1]).mean(0).astype(old.array.dtype)
                running.copy_((1 - momentum) * old + momentum * wrap(new))


def _check_several(shape: Sequence[int]) -> None:
    if shape[0] * math.prod(shape[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {list(shape)}"
        )


def _check_dtypes(name: str, input: Tensor, *others: Tensor | None) -> None:
    """Raise unless all have one floating point dtype; beside float16, the others may be float32."""
    dtype = input.array.dtype
    known = (dtype, np.dtype(np.float32)) if dtype == np.float16 else (dtype,)
    if any(other is not None and other.array.dtype not in known for other in others):
        if name == "batch_norm" and dtype.kind != "f":
            raise NotImplementedError(f'"{name}" not implemented for {input.dtype}')
        raise RuntimeError(f"{name}: all tensors must have the dtype of the input, {input.dtype}")
    if dtype.kind != "f":
        raise NotImplementedError(f'"{name}" not implemented for {input.dtype}')


def _check_channels(channels: int, *tensors: Tensor | None) -> None:
    for tensor in tensors:
        if tensor is not None and tensor.array.size != channels:
            raise RuntimeError(
                f"expected weight, bias and running statistics of {channels} elements, one for "
                f"each channel, but one has {tensor.array.size}"
            )
