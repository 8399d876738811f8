"""A trained layer and the batch norm behind it made one layer, which computes the same.

In evaluation batch norm is a factor and a summand for each channel, and so it can go into the
weights and the bias before it.
"""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from ...creation import ones_like, zeros_like
from ...tensor import Tensor
from ..module import Module
from ..parameter import Parameter

M = TypeVar("M", bound=Module)


def fuse_conv_bn_eval(conv: M, bn: Any, transpose: bool = False) -> M:
    """A copy of a convolution that does the batch norm `bn` as well.

    Parameters
    ----------
    conv : Module
    bn : BatchNorm1d or BatchNorm2d
    transpose : bool
        Whether the convolution is a transposed one.

    Raises
    ------
    AssertionError
        If one of them is in training, or `bn` has no running statistics.
    """
    fused = _copied(conv, bn)
    layer: Any = fused
    layer.weight, layer.bias = fuse_conv_bn_weights(
        layer.weight, layer.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias,
        transpose,
    )  # fmt: skip
    return fused


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """The weight and the bias of a convolution with the batch norm behind it in them."""
    dtypes = conv_w.dtype, conv_w.dtype if conv_b is None else conv_b.dtype
    conv_b = zeros_like(bn_rm) if conv_b is None else conv_b
    bn_w = ones_like(bn_rm) if bn_w is None else bn_w
    bn_b = zeros_like(bn_rm) if bn_b is None else bn_b
    scale = bn_w * (bn_rv + bn_eps).rsqrt()
    along = (1, -1) if transpose else (-1, 1)
    weight = conv_w * scale.reshape((*along, *(1,) * (conv_w.ndim - 2)))
    bias = (conv_b - bn_rm) * scale + bn_b
    return (
        Parameter(weight.to(dtypes[0]).detach(), conv_w.requires_grad),
        Parameter(bias.to(dtypes[1]).detach(), conv_b.requires_grad),
    )


def fuse_linear_bn_eval(linear: M, bn: Any) -> M:
    """A copy of a `Linear` that does the batch norm `bn` as well.

    Raises
    ------
    AssertionError
        If one of them is in training, the features do not fit, or `bn` has no running statistics.
    """
    fused = _copied(linear, bn)
    layer: Any = fused
    if layer.out_features != bn.num_features and bn.num_features != 1:
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"{layer.out_features} and {bn.num_features}"
        )
    layer.weight, layer.bias = fuse_linear_bn_weights(
        layer.weight, layer.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> tuple[Parameter, Parameter]:
    """The weight and the bias of a `Linear` with the batch norm behind it in them."""
    dtypes = linear_w.dtype, linear_w.dtype if linear_b is None else linear_b.dtype
    linear_b = zeros_like(bn_rm) if linear_b is None else linear_b
    scale = bn_w * (bn_rv + bn_eps).rsqrt()
    weight = linear_w * scale.unsqueeze(-1).to(dtypes[0])
    bias = ((linear_b - bn_rm) * scale + bn_b).to(dtypes[1])
    return (
        Parameter(weight.detach(), linear_w.requires_grad),
        Parameter(bias.detach(), linear_b.requires_grad),
    )


def _copied(layer: M, bn: Any) -> M:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    return copy.deepcopy(layer)
