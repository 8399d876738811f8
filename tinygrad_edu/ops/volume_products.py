"""The three products of a convolution, for volumes as well as for images.

A kernel of depth k is k kernels of images, one behind the other. Each meets the layers of a volume
that it sees as the window slides through the depth; all these layers of all volumes are images of
one batch. So a product of volumes is a sum of k products of images, which `conv_products` makes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..autograd.graph import Array
from . import conv_back, conv_products
from .windows import Geometry


def convolve(x: Array, weight: Array, geometry: Geometry, bias: Array | None = None) -> Array:
    """`conv_products.convolve` for signals, images, or volumes."""
    if len(geometry.size) < 3:
        return conv_products.convolve(x, weight, geometry, bias)
    flat, out = _flat(geometry), np.zeros((len(x), len(weight), *geometry.out), x.dtype)
    for k, layers, seen in _layers(geometry):
        product = conv_products.convolve(_images(x[:, :, seen]), weight[:, :, k], flat)
        out[:, :, layers] += _volumes(product, layers)
    if bias is not None:
        out += bias.reshape(-1, 1, 1, 1)
    return out


def deconvolve(g: Array, weight: Array, geometry: Geometry) -> Array:
    """`conv_back.deconvolve` for signals, images, or volumes."""
    if len(geometry.size) < 3:
        return conv_back.deconvolve(g, weight, geometry)
    channels = weight.shape[1] * geometry.groups
    flat, x = _flat(geometry), np.zeros((len(g), channels, *geometry.size), g.dtype)
    for k, layers, seen in _layers(geometry):
        product = conv_back.deconvolve(_images(g[:, :, layers]), weight[:, :, k], flat)
        x[:, :, seen] += _volumes(product, layers)
    return x


def correlate(g: Array, x: Array, geometry: Geometry) -> Array:
    """`conv_products.correlate` for signals, images, or volumes."""
    if len(geometry.size) < 3:
        return conv_products.correlate(g, x, geometry)
    channels = x.shape[1] // geometry.groups
    flat, weight = _flat(geometry), np.zeros((g.shape[1], channels, *geometry.kernel), x.dtype)
    for k, layers, seen in _layers(geometry):
        images = _images(g[:, :, layers]), _images(x[:, :, seen])
        weight[:, :, k] = conv_products.correlate(*images, flat)
    return weight


def _flat(geometry: Geometry) -> Geometry:
    """How the windows slide over one layer."""
    return Geometry._make((*(along[1:] for along in geometry[:6]), geometry.groups))


def _layers(geometry: Geometry) -> Iterator[tuple[int, slice, slice]]:
    """For each layer of the kernel: which layers of the output it takes part in, and which layers
    of the volume it sees there. Where it sees padding only, it is left out."""
    size, out, kernel, stride, padding, dilation = (along[0] for along in geometry[:6])
    for k in range(kernel):
        offset = k * dilation - padding  # window p sees the layer p * stride + offset
        first = max(-(offset // stride), 0)
        stop = min((size - 1 - offset) // stride + 1, out)
        if first < stop:
            seen = slice(first * stride + offset, (stop - 1) * stride + offset + 1, stride)
            yield k, slice(first, stop), seen


def _images(volumes: Array) -> Array:
    """n,c,d,h,w -> nd,c,h,w."""
    n, c, d, h, w = volumes.shape
    return volumes.swapaxes(1, 2).reshape(n * d, c, h, w)


def _volumes(images: Array, layers: slice) -> Array:
    """nd,c,h,w -> n,c,d,h,w, where the d are as many as these layers."""
    depth = layers.stop - layers.start
    return images.reshape(len(images) // depth, depth, *images.shape[1:]).swapaxes(1, 2)
