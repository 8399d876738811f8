"""Convolution of signals that lie in memory time first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from .arguments import torch_arguments
from .conv import Convolution, Correlation, TransposedConvolution
from .windows import Geometry

if TYPE_CHECKING:
    from ..tensor import Tensor


class ConvTbc(Op):
    """``out[t,n,o] = bias[o] + sum over c, k of weight[k,c,o] x[t+k,n,c]``: see `Convolution`."""

    kinds = "iuf"

    @staticmethod
    def forward(x: Array, weight: Array, bias: Array, geometry: Geometry) -> Array:
        out = Convolution.forward(_n_c_t(x), _o_c_k(weight), bias, geometry)
        return np.ascontiguousarray(_t_n_c(out))

    @staticmethod
    def d_x(grad: Array, weight: Array, geometry: Geometry) -> Array:
        back = TransposedConvolution.call(_n_c_t(grad), _o_c_k(weight), None, geometry)
        return _t_n_c(back)

    @staticmethod
    def d_weight(grad: Array, x: Array, geometry: Geometry) -> Array:
        return _o_c_k(Correlation.call(_n_c_t(grad), _n_c_t(x), geometry))

    @staticmethod
    def d_bias(grad: Array) -> Array:
        return grad.sum((0, 1))


def _n_c_t(x: Array) -> Array:
    """t,n,c -> n,c,t."""
    return np.transpose(x, (1, 2, 0))


def _t_n_c(x: Array) -> Array:
    """n,c,t -> t,n,c."""
    return np.transpose(x, (2, 0, 1))


def _o_c_k(weight: Array) -> Array:
    """k,c,o -> o,c,k, and back."""
    return np.transpose(weight, (2, 1, 0))


@torch_arguments
def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """`conv1d` of signals whose dimensions are time, batch, channels.

    Parameters
    ----------
    input : Tensor of shape (times, n, channels)
    weight : Tensor of shape (kernel, channels, outputs)
    bias : Tensor of shape (outputs)
    pad : int
        How many zeros are put at each end.

    Returns
    -------
    Tensor of shape (times + 2 pad - kernel + 1, n, outputs)

    Raises
    ------
    RuntimeError
        If the shapes or dtypes do not fit, or there is no room for the kernel.
    """
    shape, filters = input.array.shape, weight.array.shape
    if len(shape) != 3 or len(filters) != 3 or bias.array.ndim != 1:
        raise RuntimeError(
            "conv_tbc: expected an input of 3 dimensions (times, n, channels), a weight of 3 "
            f"(kernel, channels, outputs), and a bias of 1, but got {list(shape)}, "
            f"{list(filters)} and {list(bias.array.shape)}"
        )
    if shape[2] != filters[1]:
        raise RuntimeError(
            f"Input dim 2 (input channels) is not == dim 1 in the weight tensor: {shape[2]} and "
            f"{filters[1]}"
        )
    if bias.array.shape[0] != filters[2]:
        raise RuntimeError(
            "Bias size must equal dim 2 in the weight tensor (output channels): "
            f"{bias.array.shape[0]} and {filters[2]}"
        )
    if not input.dtype is weight.dtype is bias.dtype:
        raise RuntimeError(
            f"conv_tbc: expected one dtype, but got {input.dtype}, {weight.dtype} and {bias.dtype}"
        )
    times, kernel = shape[0] + 2 * pad - filters[0] + 1, filters[0]
    if times < 0 or pad < 0:
        raise RuntimeError(
            f"conv_tbc: no room for a kernel of {kernel} in {shape[0]} times with padding {pad}"
        )
    geometry = Geometry((shape[0],), (times,), (kernel,), (1,), (pad,), (1,))
    return ConvTbc.apply(input, weight, bias, geometry)
