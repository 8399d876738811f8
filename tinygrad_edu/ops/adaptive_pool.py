"""Pooling to a given size: the windows are as large as it takes.

Along a dimension of size n that becomes m, window i goes from floor(i n / m) to
ceil((i + 1) n / m); windows overlap where m does not divide n.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..autograd.graph import Array, Shape, constant, own_constant
from ..autograd.op import Op
from .index import along
from .reduce import mean
from .shape import SqueezeDim, Unsqueeze
from .window_checks import check_tensor, per_dimension

if TYPE_CHECKING:
    from ..tensor import Tensor

#: A size for all dimensions, or one for each; None keeps the size.
Sizes: TypeAlias = int | Sequence[int | None] | None


class AdaptiveAvgPool2D(Op):
    """The mean of each window: along one dimension, and of these means along the next."""

    kinds = "f"

    @staticmethod
    def forward(x: Array, size: Shape) -> Array:
        for dim, count in enumerate(size, -len(size)):
            rows = np.moveaxis(x, dim, 0)
            out = np.empty((count, *rows.shape[1:]), x.dtype)
            for i, window in enumerate(_windows(len(rows), count)):
                out[i] = rows[window].mean(0)
            x = np.moveaxis(out, 0, dim)
        return np.ascontiguousarray(x)

    @staticmethod
    def d_x(grad: Array, x: Array, size: Shape) -> Array:
        return SpreadMeans.call(grad, x, len(size))


class AdaptiveAvgPool3D(AdaptiveAvgPool2D):
    """The same of volumes, under the name that PyTorch gives its node."""


class SpreadMeans(Op):
    """Each number in equal shares over its window.

    They are in the place of `x`, on which they do not depend: that gradient is 0, as in PyTorch.
    """

    @staticmethod
    def forward(g: Array, x: Array, dims: int) -> Array:
        for dim, count in enumerate(x.shape[-dims:], -dims):
            rows = np.moveaxis(g, dim, 0)
            out = np.zeros((count, *rows.shape[1:]), g.dtype)
            for row, window in zip(rows, _windows(count, len(rows)), strict=True):
                out[window] += row / (window.stop - window.start)
            g = np.moveaxis(out, 0, dim)
        return np.ascontiguousarray(g)

    @staticmethod
    def d_g(grad: Array, g_shape: Shape, dims: int) -> Array:
        return AdaptiveAvgPool2D.call(grad, g_shape[-dims:])

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)


class AdaptiveMaxPool2D(Op):
    """The largest element of each window, and its place in the flattened image.

    Of equal ones the first counts, and of nans the last, as in PyTorch.
    """

    kinds = "f"
    outputs = ("values", "indices")

    @staticmethod
    def forward(x: Array, size: Shape) -> tuple[Array, Array]:
        batch, image = x.shape[: -len(size)], x.shape[-len(size) :]
        values = np.empty((*batch, *size), x.dtype)
        indices = np.empty(values.shape, np.int64)
        cuts = [tuple(_windows(n, count)) for n, count in zip(image, size, strict=True)]
        for place in np.ndindex(size):
            window = tuple(cut[i] for cut, i in zip(cuts, place, strict=True))
            seen = x[..., *window]
            inside = seen.shape[len(batch) :]
            flat = seen.reshape(*batch, math.prod(inside))
            found = _first_largest(flat)
            values[..., *place] = np.take_along_axis(flat, found[..., None], -1)[..., 0]
            index: Array = np.zeros((), np.int64)
            steps = zip(image, window, np.unravel_index(found, inside), strict=True)
            for n, along_dim, k in steps:
                index = index * n + along_dim.start + k
            indices[..., *place] = index
        return values, indices

    @staticmethod
    def d_x(grads: tuple[Array, Array], x: Array, indices: Array, size: Shape) -> Array:
        return PutAtIndices.call(grads[0], x, own_constant(indices), len(size))


class AdaptiveMaxPool3D(AdaptiveMaxPool2D):
    """The same of volumes, under the name that PyTorch gives its node."""


class PutAtIndices(Op):
    """Zeros, with each number of `g` added at its place in the flattened image.

    They are in the place of `x`, on which they do not depend: that gradient is 0, as in PyTorch.
    """

    @staticmethod
    def forward(g: Array, x: Array, indices: Array, dims: int) -> Array:
        out = np.zeros(x.shape, x.dtype)
        planes = _planes(indices, dims), _planes(g, dims)
        np.add.at(_planes(out, dims), along(1, planes[0]), planes[1])
        return out

    @staticmethod
    def d_g(grad: Array, indices: Array, dims: int) -> Array:
        return PickAtIndices.call(grad, constant(indices), dims)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)


class PickAtIndices(Op):
    """The elements of `x` at places in the flattened image."""

    @staticmethod
    def forward(x: Array, indices: Array, dims: int) -> Array:
        picked = np.take_along_axis(_planes(x, dims), _planes(indices, dims), 1)
        return picked.reshape(indices.shape)

    @staticmethod
    def d_x(grad: Array, x: Array, indices: Array, dims: int) -> Array:
        return PutAtIndices.call(grad, x, constant(indices), dims)


def _planes(x: Array, dims: int) -> Array:
    """Each channel of each image flattened, in a row of its own."""
    return x.reshape(math.prod(x.shape[:-dims]), math.prod(x.shape[-dims:]))


def _windows(size: int, count: int) -> Iterator[slice]:
    """The windows along a dimension."""
    for i in range(count):
        yield slice(i * size // count, -(-(i + 1) * size // count))


def _first_largest(flat: Array) -> Array:
    """Along the last dimension the place of the first largest number, or of the last nan."""
    last_nan = flat.shape[-1] - 1 - np.isnan(flat[..., ::-1]).argmax(-1)
    return np.where(np.isnan(flat).any(-1), last_nan, flat.argmax(-1))


def adaptive_avg_pool1d(input: Tensor, output_size: int | Sequence[int]) -> Tensor:
    """`adaptive_avg_pool2d` for signals of shape (n, channels, length) or (channels, length)."""
    size = (1, *_output_size("adaptive_avg_pool1d", 1, input, output_size))
    return _squeezed(_average(_unsqueezed(input), size), input)


def adaptive_avg_pool2d(input: Tensor, output_size: Sizes) -> Tensor:
    """The means of windows that cut an image in `output_size` parts, as equal as can be.

    Parameters
    ----------
    input : Tensor of shape (n, channels, height, width)
        Or, one image alone, (channels, height, width).
    output_size : int or pair of (int or None)
        None keeps the size.

    Returns
    -------
    Tensor of shape (n, channels, *output_size)

    Raises
    ------
    RuntimeError
        If the input has another number of dimensions, or is empty in others than the batch, or
        `output_size` is negative or has another length.
    ValueError
        If `output_size` is a sequence, and not shorter than the input's shape.
    TypeError
        If `output_size` is no integer.
    """
    return _average(input, _output_size("adaptive_avg_pool2d", 2, input, output_size))


def adaptive_avg_pool3d(input: Tensor, output_size: Sizes) -> Tensor:
    """`adaptive_avg_pool2d` for volumes of shape (n, channels, depth, height, width)."""
    return _average(input, _output_size("adaptive_avg_pool3d", 3, input, output_size))


def _average(input: Tensor, size: Shape) -> Tensor:
    if set(size) == {1}:  # the mean of everything, as PyTorch records it
        return mean(input, tuple(range(-1, -len(size) - 1, -1)), keepdim=True)
    op = AdaptiveAvgPool2D if len(size) == 2 else AdaptiveAvgPool3D
    return op.apply(input, size)


def adaptive_max_pool1d(
    input: Tensor, output_size: int | Sequence[int], return_indices: bool = False
) -> Any:
    """`adaptive_max_pool2d` for signals of shape (n, channels, length) or (channels, length)."""
    size = (1, *_output_size("adaptive_max_pool1d", 1, input, output_size))
    values, indices = AdaptiveMaxPool2D.apply_all(_unsqueezed(input), size)
    values, indices = _squeezed(values, input), _squeezed(indices, input)
    return (values, indices) if return_indices else values


def adaptive_max_pool2d(input: Tensor, output_size: Sizes, return_indices: bool = False) -> Any:
    """The largest elements of such windows; parameters and errors as `adaptive_avg_pool2d`.

    With `return_indices`, a pair: the values, and their places in the flattened image, int64.
    """
    size = _output_size("adaptive_max_pool2d", 2, input, output_size)
    values, indices = AdaptiveMaxPool2D.apply_all(input, size)
    return (values, indices) if return_indices else values


def adaptive_max_pool3d(input: Tensor, output_size: Sizes, return_indices: bool = False) -> Any:
    """`adaptive_max_pool2d` for volumes of shape (n, channels, depth, height, width)."""
    size = _output_size("adaptive_max_pool3d", 3, input, output_size)
    values, indices = AdaptiveMaxPool3D.apply_all(input, size)
    return (values, indices) if return_indices else values


def _unsqueezed(signals: Tensor) -> Tensor:
    """Signals as images of height 1."""
    return Unsqueeze.apply(signals, signals.array.ndim - 1)


def _squeezed(images: Tensor, like: Tensor) -> Tensor:
    """Images of height 1 as signals."""
    return SqueezeDim.apply(images, (like.array.ndim - 1,))


def _output_size(name: str, dims: int, input: Tensor, output_size: Any) -> Shape:
    check_tensor(name, "input", input)
    shape = input.array.shape
    if isinstance(output_size, Sequence) and dims >= 2 and len(shape) <= len(output_size):
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    if len(shape) not in (dims + 1, dims + 2) or 0 in shape[-dims:]:
        raise RuntimeError(
            f"{name}: expected an input of {dims + 1} or {dims + 2} dimensions, and none of the "
            f"last {dims} empty, but got shape {list(shape)}"
        )
    if isinstance(output_size, Sequence):
        if len(output_size) != dims:
            raise RuntimeError(f"{name}: output_size must have {dims} elements: {output_size}")
        kept = zip(output_size, shape[-dims:], strict=True)
        output_size = [n if size is None else size for size, n in kept]
    return per_dimension(name, "output_size", output_size, dims, least=0)
