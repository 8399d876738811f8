"""Images as columns of patches, and back: what a convolution does with a matrix product.

`unfold` writes the patch under each place of a sliding window as a column; a convolution is then
one product with a matrix of filters. `fold` adds columns up where they came from. Each is the
other's derivative. (The engine's own convolutions, in `conv`, never hold all patches at once.)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, Shape
from ..autograd.op import Op
from .arguments import python_arguments
from .kinds import Refused, integers
from .window_checks import Numbers
from .windows import Geometry

if TYPE_CHECKING:
    from ..tensor import Tensor


class Im2Col(Op):
    """Patches in columns: from (..., c, height, width) to (..., c * kernel, windows)."""

    kinds = "fb"

    @staticmethod
    def forward(x: Array, geometry: Geometry) -> Array:
        _, out, kernel, stride, padding, dilation, _ = geometry
        around = [(0, 0)] * (x.ndim - 2) + [(p, p) for p in padding]
        span = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, around), span, (-2, -1))
        windows = windows[
            ..., :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]
        ]  # c oh ow kh kw
        columns = np.moveaxis(windows, (-2, -1), (-4, -3))  # c kh kw oh ow
        return columns.reshape(*x.shape[:-3], x.shape[-3] * math.prod(kernel), math.prod(out))

    @staticmethod
    def d_x(grad: Array, geometry: Geometry) -> Array:
        return Col2Im.call(grad, geometry)


class Col2Im(Op):
    """Columns of patches, added up in an image: the transpose of `Im2Col`."""

    kinds = "fb"

    @staticmethod
    def forward(columns: Array, geometry: Geometry) -> Array:
        size, out, kernel, stride, padding, dilation, _ = geometry
        channels = columns.shape[-2] // math.prod(kernel)
        patches = columns.reshape(*columns.shape[:-2], channels, *kernel, *out)
        padded = np.zeros(
            (*patches.shape[:-4], *(n + 2 * p for n, p in zip(size, padding, strict=True))),
            columns.dtype,
        )
        for i, j in np.ndindex(kernel):
            rows, places = (
                slice(start, start + (o - 1) * s + 1, s)
                for start, o, s in zip((i * dilation[0], j * dilation[1]), out, stride, strict=True)
            )
            padded[..., rows, places] += patches[..., i, j, :, :]
        rows, places = (slice(p, p + n) for p, n in zip(padding, size, strict=True))
        return np.ascontiguousarray(padded[..., rows, places])

    @staticmethod
    def d_columns(grad: Array, geometry: Geometry) -> Array:
        return Im2Col.call(grad, geometry)


@python_arguments
def unfold(
    input: Tensor,
    kernel_size: Numbers,
    dilation: Numbers = 1,
    padding: Numbers = 0,
    stride: Numbers = 1,
) -> Tensor:
    """The patch under each place of a sliding window, as a column.

    Parameters
    ----------
    input : Tensor of shape (n, channels, height, width)
        Or, one image alone, (channels, height, width).
    kernel_size : int or pair of int
        The size of a patch.
    dilation : int or pair of int
        How far apart the elements are that a patch takes.
    padding : int or pair of int
        How many zeros are put around the image.
    stride : int or pair of int
        How far the window moves.

    Returns
    -------
    Tensor of shape (n, channels * kernel height * kernel width, windows)
        Or the same without n. In a column, channels are slowest; windows go row by row.

    Raises
    ------
    RuntimeError
        If the input has another number of dimensions or is empty in others than the batch, a
        number is out of its range, or there is no room for a window.
    TypeError
        If an argument is of another type.
    """
    shape = input.array.shape
    if len(shape) < 3:
        raise IndexError(f"unfold: expected an input of 3 or 4 dimensions, but got {list(shape)}")
    if len(shape) > 4 or 0 in shape[-3:]:
        raise RuntimeError(
            "unfold: expected an input of 3 or 4 dimensions, of which only the batch may be "
            f"empty, but got {list(shape)}"
        )
    geometry = _geometry("unfold", shape[-2:], kernel_size, dilation, padding, stride)
    if min(geometry.out) < 1:
        raise RuntimeError(
            f"unfold: kernel_size {geometry.kernel} with dilation {geometry.dilation} is larger "
            f"than the padded input of size {_padded(geometry)}"
        )
    return Im2Col.apply(input, geometry)


@python_arguments
def fold(
    input: Tensor,
    output_size: Numbers,
    kernel_size: Numbers,
    dilation: Numbers = 1,
    padding: Numbers = 0,
    stride: Numbers = 1,
) -> Tensor:
    """An image in which columns of patches are added up where `unfold` would take them from.

    Parameters
    ----------
    input : Tensor of shape (n, channels * kernel height * kernel width, windows)
        Or one alone, without n.
    output_size : int or pair of int
        The size of the image.
    kernel_size, dilation, padding, stride
        As for `unfold`.

    Returns
    -------
    Tensor of shape (n, channels, *output_size)
        Or the same without n.

    Raises
    ------
    RuntimeError
        If the input has another number of dimensions or is empty in others than the batch, a
        number is out of its range, or the input is not what `unfold` makes of such an image.
    TypeError
        If an argument is of another type.
    """
    shape = input.array.shape
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(
            "fold: expected an input of 2 or 3 dimensions, of which only the batch may be empty, "
            f"but got {list(shape)}"
        )
    # A negative size has no windows, and so is refused below.
    size = _pair("fold", "output_size", output_size, -math.inf)
    geometry = _geometry("fold", size, kernel_size, dilation, padding, stride)
    if shape[-2] % math.prod(geometry.kernel):
        raise RuntimeError(
            f"fold: the {shape[-2]} rows of the input are not divisible by the elements of "
            f"kernel_size {geometry.kernel}"
        )
    if min(geometry.out) < 1 or math.prod(geometry.out) != shape[-1]:
        raise RuntimeError(
            f"fold: output_size {size} has {geometry.out[0]} x {geometry.out[1]} windows, but the "
            f"input has {shape[-1]} columns"
        )
    return Col2Im.apply(input, geometry)


def _geometry(
    name: str, size: Shape, kernel_size: Numbers, dilation: Numbers, padding: Numbers,
    stride: Numbers,
) -> Geometry:  # fmt: skip
    kernel = _pair(name, "kernel_size", kernel_size, 1)
    dilations = _pair(name, "dilation", dilation, 1)
    paddings = _pair(name, "padding", padding, 0)
    strides = _pair(name, "stride", stride, 1)
    out = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, p, d, k, s in zip(size, paddings, dilations, kernel, strides, strict=True)
    )
    return Geometry(tuple(size), out, kernel, strides, paddings, dilations)


def _pair(name: str, what: str, value: Numbers, least: float) -> tuple[int, ...]:
    """One number for each of two dimensions; unlike elsewhere, from anything that can be iterated,
    and one in a sequence is too few."""
    given = tuple(value) if isinstance(value, Iterable) else (value, value)
    try:
        pair = integers(given)
    except Refused:
        raise TypeError(f"{name}: {what} must be an int, or 2 of them, not {value!r:.80}") from None
    if len(pair) != 2:
        raise RuntimeError(f"{name}: {what} must be one number or 2, but it is {value!r:.80}")
    if min(pair) < least:
        raise RuntimeError(f"{name}: {what} must be at least {least}, but it is {value!r:.80}")
    return pair


def _padded(geometry: Geometry) -> list[int]:
    return [n + 2 * p for n, p in zip(geometry.size, geometry.padding, strict=True)]
