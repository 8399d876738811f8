"""Convolution, and transposed convolution, of signals and images; of volumes, see `conv3d`.

A convolution multiplies and sums an input x, a weight w and, on the way back, a gradient g. For
each two of these there is a product that gives the third (see `conv_products`), and the
derivatives of each product are the other two. So gradients of any order are made of three ops. In
their formulas p+k stands for stride p + dilation k - padding, and q-k for the p whose p+k is q.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, Shape, constant
from ..autograd.op import Op
from ..autograd.op_node import watched
from .pad import ConstantPadNd
from .shape import SqueezeDim, Unsqueeze
from .volume_products import convolve, correlate, deconvolve
from .window_checks import (
    Numbers,
    check_channels,
    check_convolved,
    check_implemented,
    per_dimension,
)
from .windows import Geometry

if TYPE_CHECKING:
    from ..tensor import Tensor


class Convolution(Op):
    """``out[n,o,p] = sum over c, k of w[o,c,k] x[n,c,p+k]``, plus a bias for each o."""

    @staticmethod
    def forward(x: Array, weight: Array, bias: Array, geometry: Geometry) -> Array:
        return convolve(x, weight, geometry, bias)

    @staticmethod
    def d_x(grad: Array, weight: Array, geometry: Geometry) -> Array:
        return TransposedConvolution.call(grad, weight, None, geometry)

    @staticmethod
    def d_weight(grad: Array, x: Array, geometry: Geometry) -> Array:
        return Correlation.call(grad, x, geometry)

    @staticmethod
    def d_bias(grad: Array) -> Array:
        places = math.prod(grad.shape[2:])
        ones = np.ones(places, constant(grad).dtype)
        # no,p @ p -> no: a product with ones is a sum, and takes a quarter of the time of `sum`
        return (grad.reshape(*grad.shape[:2], places) @ ones).sum(0)


class TransposedConvolution(Op):
    """``out[n,c,q] = sum over o, k of w[o,c,k] x[n,o,q-k]``, plus a bias for each c.

    What takes the gradient of a convolution's output back to its input, as an op of its own; the
    output, of the shape of that input, has the size that the geometry calls `size`.
    """

    node_name = "ConvolutionBackward0"

    @staticmethod
    def forward(x: Array, weight: Array, bias: Array, geometry: Geometry) -> Array:
        out = deconvolve(x, weight, geometry)
        if bias is not None:
            out += bias.reshape(-1, *(1,) * (out.ndim - 2))  # in place: nobody else has it yet
        return out

    @staticmethod
    def d_x(grad: Array, weight: Array, geometry: Geometry) -> Array:
        return Convolution.call(grad, weight, None, geometry)

    @staticmethod
    def d_weight(grad: Array, x: Array, geometry: Geometry) -> Array:
        return Correlation.call(x, grad, geometry)

    @staticmethod
    def d_bias(grad: Array) -> Array:
        return Convolution.d_bias(grad)


class Correlation(Op):
    """``out[o,c,k] = sum over n, p of g[n,o,p] x[n,c,p+k]``: the gradient for the weight."""

    @staticmethod
    def forward(g: Array, x: Array, geometry: Geometry) -> Array:
        return correlate(g, x, geometry)

    @staticmethod
    def d_g(grad: Array, x: Array, geometry: Geometry) -> Array:
        return Convolution.call(x, grad, None, geometry)

    @staticmethod
    def d_x(grad: Array, g: Array, geometry: Geometry) -> Array:
        return TransposedConvolution.call(g, grad, None, geometry)


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """`conv2d` for signals: the input is (n, c, length) or (c, length), the kernel a number."""
    return _convolve("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """Slide filters over images, and at each place sum the products.

    Parameters
    ----------
    input : Tensor of shape (n, channels, height, width)
        Or, one image alone, (channels, height, width).
    weight : Tensor of shape (outputs, channels // groups, kernel height, kernel width)
    bias : Tensor of shape (outputs), optional
    stride : int or pair of int
        How far the window moves.
    padding : int, pair of int, "valid" or "same"
        How many zeros are put around the image on each side; as words, none, or as many as it
        takes for the result to have the size of the input.
    dilation : int or pair of int
        How far apart the elements are that the window sees.
    groups : int
        In how many parts the channels are cut, each with its own part of the outputs.

    Returns
    -------
    Tensor of shape (n, outputs, height, width)
        Each size is ``(size + 2 padding - dilation (kernel - 1) - 1) // stride + 1``.

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, the kernel is larger than the padded input, or a number is
        out of its range.
    TypeError
        If an argument is of another type.
    """
    return _convolve("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """`conv_transpose2d` for signals: the input is (n, c, length) or (c, length)."""
    more = (stride, padding, output_padding, groups, dilation)
    return _transpose("conv_transpose1d", 1, input, weight, bias, *more)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """Add, for each element of the input, the filter times this element at its place.

    It takes the shapes of `conv2d` back: `stride`, `padding` and `dilation` are those of the
    convolution of which this is the gradient for the input.

    Parameters
    ----------
    input : Tensor of shape (n, channels, height, width)
        Or, one image alone, (channels, height, width).
    weight : Tensor of shape (channels, outputs // groups, kernel height, kernel width)
    bias : Tensor of shape (outputs), optional
    stride, padding, dilation : int or pair of int
    output_padding : int or pair of int
        How much larger the result is, on one side: a convolution with a stride gives the same
        size for several inputs, and this tells which. Less than the stride or the dilation.
    groups : int
        As in `conv2d`.

    Returns
    -------
    Tensor of shape (n, outputs, height, width)
        Each size is
        ``(size - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1``.

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, or a number is out of its range.
    TypeError
        If an argument is of another type.
    """
    more = (stride, padding, output_padding, groups, dilation)
    return _transpose("conv_transpose2d", 2, input, weight, bias, *more)


def _convolve(
    name: str,
    dims: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Numbers,
    padding: Numbers | str,
    dilation: Numbers,
    groups: int,
) -> Tensor:
    check_convolved(name, dims, input, weight, bias)
    strides = per_dimension(name, "stride", stride, dims, least=1)
    dilations = per_dimension(name, "dilation", dilation, dims, least=1)
    if max(dilations) > 1:
        check_implemented(name, input)
    kernel = weight.array.shape[2:]
    batched = input.array.ndim == dims + 2
    x = input if batched else Unsqueeze.apply(input, 0)
    check_channels(name, x, weight, bias, groups, weight.array.shape[1] * groups, len(weight.array))
    if isinstance(padding, str):
        x, paddings = _padding_by_name(name, x, padding, kernel, strides, dilations)
    else:
        paddings = per_dimension(name, "padding", padding, dims, least=0)
    geometry = _geometry(name, x.array.shape[2:], kernel, strides, paddings, dilations, groups)
    # PyTorch saves both, even if only one derivative is wanted.
    result = watched(Convolution.apply(x, weight, bias, geometry), x, weight)
    return result if batched else SqueezeDim.apply(result, (0,))


@functools.lru_cache(maxsize=256)
def _geometry(
    name: str,
    size: Shape,
    kernel: Shape,
    strides: Shape,
    paddings: Shape,
    dilations: Shape,
    groups: int,
) -> Geometry:
    """How the windows slide, if there is room for one."""
    reach = [d * (k - 1) + 1 for d, k in zip(dilations, kernel, strict=True)]
    padded = [n + 2 * p for n, p in zip(size, paddings, strict=True)]
    if any(n < r for n, r in zip(padded, reach, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({_by(padded)}). Kernel size: "
            f"({_by(reach)}). Kernel size can't be greater than actual input size"
        )
    out = tuple((n - r) // s + 1 for n, r, s in zip(padded, reach, strides, strict=True))
    return Geometry(size, out, kernel, strides, paddings, dilations, groups)


def _by(sizes: list[int]) -> str:
    return " x ".join(map(str, sizes))


def _padding_by_name(
    name: str,
    x: Tensor,
    padding: str,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[Tensor, tuple[int, ...]]:
    """What "valid" and "same" mean: the input, padded where its two sides need different numbers,
    and the padding that is left for the convolution to do."""
    if padding == "valid":
        return x, (0,) * len(kernel)
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: {padding!r}")
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if any(n % 2 for n in total):
        x = ConstantPadNd.apply(x, ((0, 0), (0, 0), *((0, n % 2) for n in total)), 0)
    return x, tuple(n // 2 for n in total)


def _transpose(
    name: str,
    dims: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Numbers,
    padding: Numbers,
    output_padding: Numbers,
    groups: int,
    dilation: Numbers,
) -> Tensor:
    check_convolved(name, dims, input, weight, bias)
    strides = per_dimension(name, "stride", stride, dims, least=1)
    paddings = per_dimension(name, "padding", padding, dims, least=0)
    check_implemented(name, input)
    extras = per_dimension(name, "output_padding", output_padding, dims, least=0)
    dilations = per_dimension(name, "dilation", dilation, dims, least=1)
    kernel = weight.array.shape[2:]
    batched = input.array.ndim == dims + 2
    x = input if batched else Unsqueeze.apply(input, 0)
    check_channels(name, x, weight, bias, groups, len(weight.array), weight.array.shape[1] * groups)
    for extra, s, d in zip(extras, strides, dilations, strict=True):
        if extra >= max(s, d):
            raise RuntimeError(
                f"{name}: output_padding must be smaller than the stride or the dilation, but it "
                f"is {extras}, with stride {strides} and dilation {dilations}"
            )
    out = x.array.shape[2:]
    size = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + extra + 1
        for n, s, p, d, k, extra in zip(
            out, strides, paddings, dilations, kernel, extras, strict=True
        )
    )
    if min(size) < 0:
        raise RuntimeError(f"{name}: the result would have size {size}: use less padding")
    geometry = Geometry(size, out, kernel, strides, paddings, dilations, groups)
    # PyTorch saves both, even if only one derivative is wanted.
    result = watched(TransposedConvolution.apply(x, weight, bias, geometry), x, weight)
    return result if batched else SqueezeDim.apply(result, (0,))
