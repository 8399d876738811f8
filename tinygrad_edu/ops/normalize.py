"""Normalization: numbers shifted and scaled to mean 0 and variance 1, over a batch or a sample.

The kinds differ in what has one mean and one variance: for batch norm a channel of the whole batch,
for instance norm a channel of each sample, for group norm a group of channels of each sample. Then
follow a factor and a summand that are learnt; `standardize` has all of it as one op. (RMS norm only
scales.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..advice import advised
from ..autograd.half import widened
from ..dtypes import old_name
from .arguments import python_arguments
from .arithmetic import AddNumber
from .convert import to_dtype
from .standardize import ByRunning, NativeBatchNorm, NativeGroupNorm

if TYPE_CHECKING:
    from ..tensor import Tensor


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
    _check_channels(
        shape[1], running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    if not training:
        return _by_running(input, running_mean, running_var, weight, bias, eps)
    _check_constant(running_mean, running_var)
    channels = _channels(shape)
    y, m, v = NativeBatchNorm.apply_all(input, weight, bias, channels, channels, eps)
    _track(m, v, channels, 1, running_mean, running_var, momentum)
    return y


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
    _check_channels(
        shape[1], running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    _check_constant(running_mean, running_var)
    samples = shape[0]  # the channels of all of them are those of one, as PyTorch has it
    channels = (1, samples * shape[1], math.prod(shape[2:]))
    weight, bias = (None if t is None else t.repeat(samples) for t in (weight, bias))
    x = input.contiguous().view(1, channels[1], *shape[2:])
    if not use_input_stats:
        mean, var = (None if t is None else t.repeat(samples) for t in (running_mean, running_var))
        return _by_running(x, mean, var, weight, bias, eps).view(*shape)
    y, m, v = NativeBatchNorm.apply_all(x, weight, bias, channels, channels, eps)
    _track(m, v, channels, samples, running_mean, running_var, momentum)
    return y.view(*shape)


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
    _check_channels(shape[1], weight=weight, bias=bias)
    groups = (shape[0] * num_groups, math.prod(shape[1:]) // num_groups)
    x = input.contiguous()
    y, _, _ = NativeGroupNorm.apply_all(x, weight, bias, _channels(shape), groups, eps)
    return y


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
    result = x * AddNumber.apply((x**2).mean(dims, True), eps).rsqrt()
    result = result if weight is None else result * weight
    return to_dtype(result, input.array.dtype).contiguous()


def _channels(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """(N, C, ...) as (N, C, L)."""
    return shape[0], shape[1], math.prod(shape[2:])


def _by_running(
    input: Tensor,
    mean: Tensor | None,
    var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
) -> Tensor:
    if mean is None or var is None:
        which = "running_mean" if mean is None else "running_var"
        raise RuntimeError(f"{which} must be defined in evaluation mode")
    _check_constant(mean, var)
    return ByRunning.apply(input, weight, bias, mean, var, _channels(input.array.shape), eps)


def _track(
    m: Tensor,
    v: Tensor,
    channels: tuple[int, int, int],
    samples: int,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    momentum: float,
) -> None:
    """Move running statistics towards means m and variances v of all `channels`; where these are
    several samples' own, towards the means over the samples.

    As in PyTorch it is no change in place that the backward pass would notice.
    """
    n = channels[0] * channels[2]
    for running, values, factor in ((running_mean, m, 1.0), (running_var, v, n / max(n - 1, 1))):
        if running is not None:
            now = running.array
            new = values.array.reshape(samples, -1).mean(0).reshape(now.shape) * factor
            now[...] = (1 - momentum) * widened(now) + momentum * new


def _check_constant(*running: Tensor | None) -> None:
    if any(tensor is not None and tensor.requires_grad for tensor in running):
        raise RuntimeError(
            "batch_norm is not differentiable with respect to running_mean and running_var: they "
            "cannot have requires_grad True"
        )


def _check_several(shape: Sequence[int]) -> None:
    if shape[0] * math.prod(shape[2:]) == 1:
        raise ValueError(
            "Expected more than 1 value per channel when training, got input size "
            f"torch.Size({list(shape)})"
        )


def _check_dtypes(name: str, input: Tensor, *others: Tensor | None) -> None:
    """Raise unless all have one floating point dtype; beside float16, the others may be float32."""
    dtype = input.array.dtype
    known = (dtype, np.dtype(np.float32)) if dtype == np.float16 else (dtype,)
    if any(other is not None and other.array.dtype not in known for other in others):
        if name == "batch_norm" and dtype.kind != "f":
            raise NotImplementedError(f"\"{name}\" not implemented for '{old_name(dtype)}'")
        raise advised(
            RuntimeError("mixed dtype (CPU): all inputs must share same datatype."),
            f"{name} got an input of {input.dtype}; convert it, or the layer.",
        )
    if dtype.kind != "f":
        raise NotImplementedError(f'"{name}" not implemented for {input.dtype}')


def _check_channels(channels: int, **tensors: Tensor | None) -> None:
    for name, tensor in tensors.items():
        if tensor is not None and tensor.array.size != channels:
            raise advised(
                RuntimeError(f"{name} should contain {channels} elements not {tensor.array.size}"),
                f"One for each channel, of which the input has {channels}.",
            )
