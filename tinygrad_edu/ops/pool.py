"""Pooling: one number for each window of an image, its largest or its mean.

An op walks over the elements of the kernel, not over the windows: element k of all windows is one
slice with a step, so each element costs a few calls of NumPy. Signals are images of height 1.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, Shape, constant, wrap
from ..autograd.op import Op
from ..autograd.op_node import watched
from .masks import as_bits, masked
from .shape import SqueezeDim, Unsqueeze
from .window_checks import Numbers, check_flag, check_tensor, pool_geometry, read_divisor
from .windows import Geometry, inner, padded_size, slices

if TYPE_CHECKING:
    from ..tensor import Tensor


class MaxPool2DWithIndices(Op):
    """The largest element of each window, and which element of the kernel saw it.

    Of equal ones the first counts, and of nans the last, as in PyTorch.
    """

    kinds = "iuf"
    outputs = ("values", "element")

    @staticmethod
    def forward(x: Array, geometry: Geometry) -> tuple[Array, Array]:
        lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
        padded = _padded(x, geometry, lowest)
        first, *others = slices(geometry)
        values = padded[..., *first].copy()
        start = _first_inside(geometry)  # where all are -inf, none will be larger
        element = np.empty(values.shape, start.dtype)
        element[...] = start
        for k, window in enumerate(others, 1):
            seen = padded[..., *window].copy()  # it is read twice, in order
            larger = (seen > values).astype(element.dtype)
            np.maximum(values, seen, out=values)
            # k grows, so that of all that have been larger the last one stays.
            larger *= k
            np.maximum(element, larger, out=element)
        if np.isnan(values).any():
            for k, window in enumerate(slices(geometry)):
                element[np.isnan(padded[..., *window])] = k
        return values, element

    @staticmethod
    def d_x(grads: tuple[Array, Array], x: Array, element: Array, geometry: Geometry) -> Array:
        return PutInWindows.call(grads[0], x, constant(element), geometry)


class MaxPool3DWithIndices(MaxPool2DWithIndices):
    """The same of volumes, under the name that PyTorch gives its node."""


class PutInWindows(Op):
    """Zeros, with each number of `g` added at one element of its window.

    They are in the place of `x`, on which they do not depend: that gradient is 0, as in PyTorch.
    """

    @staticmethod
    def forward(g: Array, x: Array, element: Array, geometry: Geometry) -> Array:
        padded: Array = np.zeros((*_batch(g, geometry), *padded_size(geometry)), g.dtype)
        if _apart(geometry):
            numbers, room = as_bits(g), as_bits(padded)
            for k, window in enumerate(slices(geometry)):
                np.multiply(numbers, element == k, room[..., *window])
        else:
            for k, window in enumerate(slices(geometry)):
                padded[..., *window] += masked(g, element == k)
        return _unpadded(padded, geometry)

    @staticmethod
    def d_g(grad: Array, element: Array, geometry: Geometry) -> Array:
        return PickInWindows.call(grad, constant(element), geometry)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)


class PickInWindows(Op):
    """One element of each window."""

    @staticmethod
    def forward(x: Array, element: Array, geometry: Geometry) -> Array:
        padded = _padded(x, geometry, 0)
        out = np.zeros(element.shape, x.dtype)
        for k, window in enumerate(slices(geometry)):
            np.copyto(out, padded[..., *window], where=element == k)
        return out

    @staticmethod
    def d_x(grad: Array, x: Array, element: Array, geometry: Geometry) -> Array:
        return PutInWindows.call(grad, x, constant(element), geometry)


class AvgPool2D(Op):
    """The sum of each window over a divisor, which is an array of shape `out`, or a number."""

    @staticmethod
    def forward(x: Array, divisor: Any, geometry: Geometry) -> Array:
        padded = _padded(x, geometry, 0)
        total = np.zeros((*_batch(x, geometry), *geometry.out), x.dtype)
        for window in slices(geometry):
            total += padded[..., *window]
        if x.dtype.kind == "i":  # towards zero, as in C
            return (total - np.fmod(total, divisor)) // divisor
        return total / divisor

    @staticmethod
    def d_x(grad: Array, x: Array, divisor: Any, geometry: Geometry) -> Array:
        return SpreadOverWindows.call(grad, x, divisor, geometry)


class AvgPool3D(AvgPool2D):
    """The same of volumes, under the name that PyTorch gives its node."""


class SpreadOverWindows(Op):
    """Each number of `g` over the divisor, added to all elements of its window.

    They are in the place of `x`, on which they do not depend: that gradient is 0, as in PyTorch.
    """

    @staticmethod
    def forward(g: Array, x: Array, divisor: Any, geometry: Geometry) -> Array:
        share = g / divisor
        padded: Array = np.zeros((*_batch(g, geometry), *padded_size(geometry)), g.dtype)
        for window in slices(geometry):
            padded[..., *window] += share
        return _unpadded(padded, geometry)

    @staticmethod
    def d_g(grad: Array, divisor: Any, geometry: Geometry) -> Array:
        return AvgPool2D.call(grad, divisor, geometry)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)


@functools.lru_cache(maxsize=256)
def _apart(geometry: Geometry) -> bool:
    """Whether no two windows see the same element."""
    along = zip(geometry.kernel, geometry.stride, geometry.dilation, strict=True)
    return all(s > d * (k - 1) for k, s, d in along)


def _batch(x: Array, geometry: Geometry) -> Shape:
    """The sizes of `x` before those of the image."""
    batch: Shape = x.shape[: x.ndim - len(geometry.size)]
    return batch


def _padded(x: Array, geometry: Geometry, value: float) -> Array:
    size = padded_size(geometry)
    if size == geometry.size:
        return x
    out: Array = np.full((*_batch(x, geometry), *size), value, x.dtype)
    out[..., *inner(geometry)] = x
    return out


def _unpadded(padded: Array, geometry: Geometry) -> Array:
    if padded_size(geometry) == geometry.size:
        return padded
    return padded[..., *inner(geometry)].copy()


@functools.lru_cache(maxsize=256)
def _first_inside(geometry: Geometry) -> Array:
    """For each window the first element of the kernel that does not see the padding.

    In the smallest dtype that counts all elements of a kernel.
    """
    _, out, kernel, stride, padding, dilation, _ = geometry
    first = [  # along each dimension the least k with start - padding + k * dilation >= 0
        np.maximum(-((np.arange(o) * s - p) // d), 0)
        for o, s, p, d in zip(out, stride, padding, dilation, strict=True)
    ]
    total: Array = np.zeros((), np.int64)
    for k, along in zip(kernel, first, strict=True):
        total = np.add.outer(total * k, along)
    return total.astype(np.min_scalar_type(math.prod(kernel)))


def max_pool1d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """`max_pool2d` for signals of shape (n, channels, length) or (channels, length)."""
    check_tensor("max_pool1d", "input", input)
    if input.array.dtype.kind != "f" and not return_indices:
        raise NotImplementedError(f'"max_pool1d" not implemented for {input.dtype}')
    geometry = pool_geometry(
        "max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode
    )
    values, element = MaxPool2DWithIndices.apply_all(Unsqueeze.apply(input, -2), geometry)
    if not return_indices:
        return SqueezeDim.apply(values, (input.array.ndim - 1,))
    places = wrap(_indices(element.array, geometry).squeeze(-2))
    return SqueezeDim.apply(watched(values, places), (input.array.ndim - 1,)), places


def max_pool2d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window.

    Parameters
    ----------
    input : Tensor of shape (n, channels, height, width)
        Or, one image alone, (channels, height, width).
    kernel_size : int or pair of int
        The size of a window.
    stride : int or pair of int, optional
        How far the window moves; by default by its own size.
    padding : int or pair of int
        How many elements of -inf are put around the image; at most half of the window.
    dilation : int or pair of int
        How far apart the elements are that a window sees.
    ceil_mode : bool
        Whether a window may reach over the right edge, if it begins inside.
    return_indices : bool
        Whether to return, with the values, where they are: places in the flattened image, int64.

    Returns
    -------
    Tensor of shape (n, channels, out height, out width), or a pair of these

    Raises
    ------
    RuntimeError
        If the input has another number of dimensions, a number is out of its range, or there is
        no room for a window.
    TypeError
        If an argument is of another type.
    """
    geometry = pool_geometry(
        "max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode
    )
    values, element = MaxPool2DWithIndices.apply_all(input, geometry)
    if not return_indices:
        return values
    places = wrap(_indices(element.array, geometry))
    return watched(values, places), places


def _indices(element: Array, geometry: Geometry) -> Array:
    """Places in the flattened image, from the elements of the kernel."""
    size, out, kernel, stride, padding, dilation, _ = geometry
    places: Array = np.zeros((), np.int64)
    numbers_ = np.unravel_index(element, kernel)
    for dim, k in enumerate(numbers_):
        start = np.arange(out[dim]) * stride[dim] - padding[dim]
        along = start.reshape(-1, *(1,) * (len(size) - 1 - dim)) + k * dilation[dim]
        places = places * size[dim] + along
    return places


def avg_pool1d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """`avg_pool2d` for signals of shape (n, channels, length) or (channels, length)."""
    geometry = pool_geometry("avg_pool1d", 1, input, kernel_size, stride, padding, 1, ceil_mode)
    check_flag("avg_pool1d", "count_include_pad", count_include_pad)
    divisor = _divisor(geometry, count_include_pad)
    out = _average(Unsqueeze.apply(input, input.array.ndim - 1), divisor, geometry)
    return SqueezeDim.apply(out, (input.array.ndim - 1,))


def avg_pool2d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window; parameters and errors as `max_pool2d`, and these.

    Parameters
    ----------
    count_include_pad : bool
        Whether the zeros around the image count as elements.
    divisor_override : int, optional
        Divide by this number, and not by the number of elements.
    """
    geometry = pool_geometry("avg_pool2d", 2, input, kernel_size, stride, padding, 1, ceil_mode)
    check_flag("avg_pool2d", "count_include_pad", count_include_pad)
    divisor = read_divisor("avg_pool2d", divisor_override)
    return _average(input, divisor or _divisor(geometry, count_include_pad), geometry)


def _average(input: Tensor, divisor: Any, geometry: Geometry) -> Tensor:
    dtype = input.array.dtype
    if dtype.kind != "f" and dtype != np.int64:
        raise NotImplementedError(f'"avg_pool2d" not implemented for {input.dtype}')
    op = AvgPool2D if len(geometry.size) == 2 else AvgPool3D
    return op.apply(input, np.asarray(divisor, dtype), geometry)


def _divisor(geometry: Geometry, count_include_pad: bool) -> Array:
    """How many elements each window has."""
    counts = []
    for n, o, k, s, p in zip(*geometry[:5], strict=True):
        start = np.arange(o) * s - p
        stop = np.minimum(start + k, n + p)
        if not count_include_pad:
            start, stop = np.maximum(start, 0), np.minimum(stop, n)
        counts.append(stop - start)
    return functools.reduce(np.multiply.outer, counts)
