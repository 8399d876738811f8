"""Max-unpooling: the numbers that a max-pooling kept, put back where it found them.

Everywhere else there is 0. That undoes a pooling as far as it can be undone; networks that draw
what they have seen use it (M. Zeiler, R. Fergus, "Visualizing and understanding convolutional
networks", ECCV 2014, section 2.1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, Shape, own_constant
from ..autograd.op import Op
from .adaptive_pool import PickAtIndices
from .arguments import torch_arguments
from .shape import SqueezeDim, Unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor


class MaxUnpool2D(Op):
    """Zeros, with each number of x at its place in the flattened image; of several, the last.

    The derivative is that of numbers which all have a place of their own, as in PyTorch.
    """

    @staticmethod
    def forward(x: Array, indices: Array, size: Shape) -> Array:
        batch = x.shape[: -len(size)]
        planes, pixels = math.prod(batch), math.prod(x.shape[-len(size) :])
        out = np.zeros((planes, math.prod(size)), x.dtype)
        places = np.arange(planes)[:, None], indices.reshape(planes, pixels)
        out[places] = x.reshape(planes, pixels)
        return out.reshape(*batch, *size)

    @staticmethod
    def d_x(grad: Array, indices: Array, size: Shape) -> Array:
        return PickAtIndices.call(grad, own_constant(indices), len(size))


class MaxUnpool3D(MaxUnpool2D):
    """The same of volumes, under the name that PyTorch gives its node."""


@torch_arguments
def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Images from what `max_pool2d` with ``return_indices=True`` made of them.

    Parameters
    ----------
    input : Tensor of shape (n, channels, height, width)
        Or, one image alone, (channels, height, width).
    indices : Tensor of int64, of the shape of `input`
        Places in the flattened image.
    kernel_size, stride, padding : int or pair of int
        Those of the pooling.
    output_size : sequence of int, optional
        The size of the image, or its whole shape, where the pooling leaves several possible.

    Returns
    -------
    Tensor of shape (n, channels, *output_size)

    Raises
    ------
    RuntimeError
        If a shape or dtype does not fit, or an index is out of range.
    ValueError
        If `output_size` is none of those possible.
    """
    kernel, strides, paddings = _windows(2, kernel_size, stride, padding)
    size = _output_size(input, kernel, strides, paddings, output_size)
    return _unpool(input, indices, size)


@torch_arguments
def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """`max_unpool2d` for signals of shape (n, channels, length) or (channels, length)."""
    kernel, strides, paddings = _windows(1, kernel_size, stride, padding)
    size = _output_size(input, kernel, strides, paddings, output_size)
    dim = input.array.ndim
    images = Unsqueeze.apply(input, dim), Unsqueeze.apply(indices, dim)
    return SqueezeDim.apply(_unpool(*images, (*size, 1)), (dim,))


@torch_arguments
def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """`max_unpool2d` for volumes of shape (n, channels, depth, height, width), or without n."""
    kernel, strides, paddings = _windows(3, kernel_size, stride, padding)
    size = _output_size(input, kernel, strides, paddings, output_size)
    return _unpool(input, indices, size)


def _unpool(input: Tensor, indices: Tensor, size: Shape) -> Tensor:
    shape, places, dims = input.array.shape, indices.array, len(size)
    if len(shape) not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"max_unpool: expected {dims + 1} or {dims + 2} dimensions, but got {list(shape)}"
        )
    if places.dtype != np.int64:
        raise RuntimeError(f"elements in indices should be type int64 but got: {indices.dtype}")
    if places.shape != shape:
        raise RuntimeError(
            f"max_unpool: indices of shape {list(places.shape)} for an input of {list(shape)}"
        )
    if 0 in shape[1:]:
        raise RuntimeError(f"max_unpool: only the batch may be empty, but got {list(shape)}")
    if input.array.dtype.kind != "f":
        raise NotImplementedError(f'"max_unpool2d" not implemented for {input.dtype}')
    wrong = places[(places < 0) | (places >= math.prod(size))]
    if wrong.size:
        raise RuntimeError(
            f"Found an invalid max index: {wrong[0]} (output volumes are of size "
            f"{'x'.join(map(str, size))})"
        )
    op = MaxUnpool2D if dims == 2 else MaxUnpool3D
    return op.apply(input, indices, size)


def _windows(dims: int, kernel_size: Any, stride: Any, padding: Any) -> list[tuple[int, ...]]:
    """The options as one number for each dimension; the stride is the kernel's size if not given.

    Sequences stay as they are: as in PyTorch, one that is too short is found out when it is used.
    """
    given = (kernel_size, kernel_size if stride is None else stride, padding)
    return [tuple(v) if isinstance(v, Sequence) else (v,) * dims for v in given]


def _output_size(
    input: Tensor,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    output_size: Sequence[int] | None,
) -> Shape:
    dims = len(kernel)
    size = input.array.shape
    default = tuple(
        (size[d - dims] - 1) * stride[d] + kernel[d] - 2 * padding[d] for d in range(dims)
    )
    chosen = default
    if output_size is not None:
        if len(output_size) not in (dims, dims + 2):
            raise ValueError(
                f"output_size should be a sequence containing {dims} or {dims + 2} elements, but "
                f"it has a length of '{len(output_size)}'"
            )
        chosen = tuple(output_size)[-dims:]
        for n, middle, s in zip(chosen, default, stride, strict=True):
            if not middle - s < n < middle + s:
                raise ValueError(
                    f"invalid output_size {chosen}: {n} must be between {middle - s} and "
                    f"{middle + s}"
                )
    if min(chosen) < 0:
        raise ValueError(
            f"max_unpooling: output_size must contain non-negative spatial dimensions, but it is "
            f"{chosen}"
        )
    return chosen
