"""What the normalizations are made of: mean 0 and variance 1, then a factor and a summand.

`Standardize` is all of layer, group and batch normalization in one node, as in PyTorch. They differ
in the elements that have one mean and one variance. `view` is the shape that brings together what
has one mean: (R, n), a mean for each row, in layer and group normalization; (N, C, L), one for each
channel, in batch normalization. What is learnt, `weight` and `bias`, belongs always to the C
channels of `channels`, which is (N, C, L).
"""

from __future__ import annotations

import numpy as np

from ..autograd.graph import Array, Shape, constant
from ..autograd.op import Op
from ..layout import arranged, contiguous_format, format_of, in_rows

Grads = tuple[Array, Array, Array]


class Standardize(Op):
    """``y = h weight + bias``, where h = (x - m) s, s = 1 / sqrt(v + eps); returned are y, m and v.

    m and v, the mean and the variance, depend on every x. With g = grad weight the derivative is
    therefore s (g - mean(g) - h mean(g h)). Those of m and v are 1 / n and 2 (x - m) / n; they are
    asked for by second derivatives only. Not y is kept but x: who called may change y in place.
    """

    kinds = "f"
    outputs = ("y", "m", "v")
    widens = True

    @staticmethod
    def forward(
        x: Array, weight: Array, bias: Array, channels: Shape, view: Shape, eps: float
    ) -> Grads:
        shape, format = x.shape, format_of(x)
        x = in_rows(x.reshape(view))
        m = means(x)
        y = x - m
        v = means(y * y)
        y *= 1 / np.sqrt(v + eps)
        y = y.reshape(channels)
        if weight is not None:
            y *= weight.reshape(-1, 1)
        if bias is not None:
            y += bias.reshape(-1, 1)
        y = y.reshape(shape)
        # Images with their channels last stay so.
        return y if format is contiguous_format else arranged(y, format), m, v

    @staticmethod
    def d_x(
        grads: Grads,
        x: Array,
        weight: Array,
        m: Array,
        v: Array,
        channels: Shape,
        view: Shape,
        eps: float,
    ) -> Array:
        grad, grad_m, grad_v = grads
        n, s = count(view), 1 / np.sqrt(v + eps)
        g = grad if weight is None else grad.reshape(channels) * weight.reshape((-1, 1))
        g, apart = g.reshape(view), x.reshape(view) - m
        along_1 = means(g) * s - grad_m / n
        along_x = means(g * apart) * s * s * s - grad_v * (2 / n)
        g = g * s  # frees the other g: to give back and get again large memory would take longest
        return (g - apart * along_x - along_1).reshape(x.shape)

    @staticmethod
    def d_weight(
        grads: Grads,
        x: Array,
        m: Array,
        v: Array,
        weight_shape: Shape,
        channels: Shape,
        view: Shape,
        eps: float,
    ) -> Array:
        h = (x.reshape(view) - m) * (1 / np.sqrt(v + eps))
        return channel_sums(grads[0].reshape(channels) * h.reshape(channels)).reshape(weight_shape)

    @staticmethod
    def d_bias(grads: Grads, bias_shape: Shape, channels: Shape) -> Array:
        return channel_sums(grads[0].reshape(channels)).reshape(bias_shape)


class NativeBatchNorm(Standardize):
    """`Standardize` for each channel: `view` is `channels`."""


class NativeGroupNorm(Standardize):
    """`Standardize` for each group of channels of each sample: `view` is (groups, elements)."""


class NativeLayerNorm(Standardize):
    """`Standardize` for each sample: `channels` is (samples, features, 1)."""


class ByRunning(Op):
    """``y = (x - mean) s weight + bias``, s = 1 / sqrt(var + eps), by statistics known before."""

    kinds = "f"
    node_name = "NativeBatchNormBackward0"
    widens = True

    @staticmethod
    def forward(
        x: Array, weight: Array, bias: Array, mean: Array, var: Array, channels: Shape, eps: float
    ) -> Array:
        y = in_rows(x.reshape(channels)) - mean.reshape(-1, 1)
        y *= scale(weight, var, eps)
        if bias is not None:
            y += bias.reshape(-1, 1)
        y = y.reshape(x.shape)
        return y if format_of(x) is contiguous_format else arranged(y, format_of(x))

    @staticmethod
    def d_x(grad: Array, weight: Array, var: Array, channels: Shape, eps: float) -> Array:
        return (grad.reshape(channels) * scale(weight, var, eps)).reshape(grad.shape)

    @staticmethod
    def d_weight(
        grad: Array,
        x: Array,
        weight_shape: Shape,
        mean: Array,
        var: Array,
        channels: Shape,
        eps: float,
    ) -> Array:
        h = (x.reshape(channels) - mean.reshape((-1, 1))) * scale(None, var, eps)
        return channel_sums(grad.reshape(channels) * h).reshape(weight_shape)

    @staticmethod
    def d_bias(grad: Array, bias_shape: Shape, channels: Shape) -> Array:
        return channel_sums(grad.reshape(channels)).reshape(bias_shape)


def scale(weight: Array, var: Array, eps: float) -> Array:
    """What a channel is multiplied by, (C, 1)."""
    s = 1 / np.sqrt(var.reshape((-1, 1)) + eps)
    return s if weight is None else s * weight.reshape((-1, 1))


def count(view: Shape) -> int:
    """How many elements have one mean; 1 if none, for there is no sum then to divide."""
    return max(view[1] if len(view) == 2 else view[0] * view[2], 1)


def means(x: Array) -> Array:
    """Of each row, (R, n) to (R, 1), or of each channel, (N, C, L) to (C, 1)."""
    n = count(x.shape)
    sums = x @ row_of_ones(x, x.shape[1]) if len(x.shape) == 2 else channel_sums(x)
    return np.expand_dims(sums / n, 1)


def channel_sums(x: Array) -> Array:
    """(N, C, L) to (C)."""
    samples, channels, length = x.shape
    rows = x.reshape((samples * channels, length)) @ row_of_ones(x, length) if length != 1 else x
    return row_of_ones(x, samples) @ rows.reshape((samples, channels))


def row_of_ones(x: Array, size: int) -> Array:
    """Ones of the dtype of x: a product with them is several times as quick as a sum."""
    return np.ones(size, constant(x).dtype)
