"""Convolution, and transposed convolution, of volumes; the ops are those of `conv`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conv import _convolve, _transpose
from .window_checks import Numbers

if TYPE_CHECKING:
    from ..tensor import Tensor


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """`conv2d` for volumes: the input is (n, c, depth, height, width), or one without n."""
    return _convolve("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """`conv_transpose2d` for volumes: the input is (n, c, depth, height, width), or without n."""
    more = (stride, padding, output_padding, groups, dilation)
    return _transpose("conv_transpose3d", 3, input, weight, bias, *more)
