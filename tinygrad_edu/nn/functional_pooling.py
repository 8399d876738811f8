"""The poolings of `functional` that are made of others, and normalization by neighbours.

The windows' work is done in `ops.pool`; a power average is an average of powers, and the sum of
squares over neighbouring channels is an average over windows that slide along the channels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..ops import pool
from ..ops.activation import relu
from ..ops.adaptive_pool import adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d
from ..ops.pad import pad
from ..ops.pool3d import avg_pool3d, max_pool3d
from ..tensor import Tensor

#: One number for all dimensions, or one for each.
Numbers = int | Sequence[int]


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """`max_pool1d`, and where the largest elements are, whatever `return_indices` says."""
    return pool.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """`max_pool2d`, and where the largest elements are, whatever `return_indices` says."""
    return pool.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """`max_pool3d`, and where the largest elements are, whatever `return_indices` says."""
    return max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> Any:
    """`adaptive_max_pool1d`, and where the largest elements are."""
    return adaptive_max_pool1d(input, output_size, True)


def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> Any:
    """`adaptive_max_pool2d`, and where the largest elements are."""
    return adaptive_max_pool2d(input, output_size, True)


def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> Any:
    """`adaptive_max_pool3d`, and where the largest elements are."""
    return adaptive_max_pool3d(input, output_size, True)


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: int,
    stride: Numbers | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """`lp_pool2d` for signals of shape (n, channels, length) or (channels, length)."""
    if math.isinf(norm_type):
        sign = math.copysign(1, norm_type)
        largest = pool.max_pool1d(_signed(input.abs(), sign), kernel_size, stride, 0, 1, ceil_mode)
        return _signed(largest, sign)
    average = pool.avg_pool1d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return _root(average, kernel_size, norm_type)


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of each window: the p-th root of the sum of the p-th powers.

    Parameters
    ----------
    input : Tensor of shape (n, channels, height, width) or (channels, height, width)
    norm_type : float
        The p. As in PyTorch, signs are kept in the powers: with an odd p, opposite numbers cancel.
        Infinity is the largest absolute value, and minus infinity the smallest.
    kernel_size, stride, ceil_mode
        As for `max_pool2d`.

    Raises
    ------
    ValueError, TypeError, RuntimeError
        As for `max_pool2d`; and if `kernel_size` is a sequence of another length than 2.
    ZeroDivisionError
        If `norm_type` is 0.
    """
    height, width = kernel_size if isinstance(kernel_size, Sequence) else (kernel_size,) * 2
    if math.isinf(norm_type):
        sign = math.copysign(1, norm_type)
        largest = pool.max_pool2d(_signed(input.abs(), sign), kernel_size, stride, 0, 1, ceil_mode)
        return _signed(largest, sign)
    average = pool.avg_pool2d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return _root(average, height * width, norm_type)


def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """`lp_pool2d` for volumes of shape (n, channels, depth, height, width), or without n."""
    depth, height, width = kernel_size if isinstance(kernel_size, Sequence) else (kernel_size,) * 3
    if math.isinf(norm_type):
        sign = math.copysign(1, norm_type)
        largest = max_pool3d(_signed(input.abs(), sign), kernel_size, stride, 0, 1, ceil_mode)
        return _signed(largest, sign)
    average = avg_pool3d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return _root(average, depth * height * width, norm_type)


def _signed(x: Tensor, sign: float) -> Tensor:
    return x if sign > 0 else -x


def _root(average: Tensor, count: int, norm_type: float) -> Tensor:
    """The p-th root of the sum of `count` powers, of which the average is given."""
    return (average.sign() * relu(average.abs())).mul(count).pow(1.0 / norm_type)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide by ``(k + alpha mean)^beta``, the mean of the squares over `size` channels around.

    Parameters
    ----------
    input : Tensor of shape (n, channels, length, ...)
    size : int
        How many neighbouring channels; outside there are zeros, which count.
    alpha, beta, k : float
        Those of A. Krizhevsky et al., "ImageNet classification with deep convolutional neural
        networks", 2012, section 3.3, where alpha multiplies the sum.

    Raises
    ------
    ValueError
        If there are fewer than three dimensions.
    RuntimeError
        If `size` is not above 0.
    """
    ndim = input.dim()
    if ndim < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {ndim} dimensions)")
    if input.numel() == 0:
        return input
    shape = input.shape
    # (n, channels, rest) as an image of one channel, over whose rows the windows slide.
    squares = input.mul(input).reshape((shape[0], 1, shape[1], math.prod(shape[2:])))
    padded = pad(squares, (0, 0, size // 2, (size - 1) // 2))
    means = pool.avg_pool2d(padded, (size, 1), stride=1).reshape(shape)
    return input / means.mul(alpha).add(k).pow(beta)
