"""Any view of a tensor's memory: ``x.as_strided(size, stride)``.

Element ``[i, j]`` of the view lies ``storage_offset + i * stride[0] + j * stride[1]`` elements from
the start of the memory. So it may show elements twice, or such as `x` itself does not show; the
gradients of the first are added up, and those of the others are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.grad_mode import grad_mode
from ..autograd.graph import Array, Shape
from ..autograd.op import Op
from ..autograd.views import offsets
from ..memory import address, owner_of
from .arguments import torch_arguments
from .index import Pick, PutZeros
from .kinds import Extent

if TYPE_CHECKING:
    from ..tensor import Tensor


class StridedView(Op):
    """`view`, which shows the memory of x; of its elements, `places` says where in x they are."""

    node_name = "AsStridedBackward0"

    @staticmethod
    def forward(x: Array, view: Any, places: Any) -> Array:
        return view

    @staticmethod
    def d_x(grad: Array, x_shape: Shape, places: Any) -> Array:
        size = int(np.prod(x_shape, dtype=int))
        seen = places >= 0
        return PutZeros.call(Pick.call(grad, (seen,)), (size,), (places[seen],)).reshape(x_shape)


def memory_of(array: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], int]:
    """All of the memory that `array` looks at, in one dimension, and how many elements of it come
    before the first of `array`.

    Raises
    ------
    NotImplementedError
        If no array owns the memory in one piece, so that its bounds are unknown.
    """
    owner = owner_of(array)
    if not (owner.flags.c_contiguous or owner.flags.f_contiguous):
        raise NotImplementedError("the bounds of this tensor's memory are unknown: clone() it")
    memory = owner.reshape(-1, order="A").view(array.dtype)
    return memory, (address(array) - address(owner)) // array.itemsize if array.size else 0


def row_by_row(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides, in elements, of a tensor that lies in memory row by row."""
    return tuple(int(np.prod(shape[d + 1 :], dtype=int)) for d in range(len(shape)))


def checked_view(
    array: np.ndarray[Any, Any],
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None = None,
) -> np.ndarray[Any, Any]:
    """The view of the memory of `array`; errors as in `as_strided`."""
    shape, steps = tuple(size), tuple(stride)
    memory, own_offset = memory_of(array)
    offset = own_offset if storage_offset is None else storage_offset
    if len(shape) != len(steps):
        raise RuntimeError(f"mismatch in length of strides and shape: {steps} and {shape}")
    if any(n < 0 for n in (*shape, *steps, offset)):
        raise RuntimeError(
            "as_strided: negative sizes, strides and offsets are not supported, but got "
            f"{list(shape)}, {list(steps)} and {offset}"
        )
    last = offset + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
    if 0 not in shape and last >= memory.size:
        raise RuntimeError(
            f"as_strided: sizes {list(shape)}, strides {list(steps)} and storage offset {offset} "
            f"are out of bounds for a storage of {memory.size} elements"
        )
    width = array.itemsize
    if 0 in shape:
        return memory[:0].reshape(shape)
    strides = tuple(step * width for step in steps)
    view: np.ndarray[Any, Any] = np.ndarray(shape, array.dtype, memory, offset * width, strides)
    if np.unique(offsets(view, address(view))).size < view.size:
        view.flags.writeable = False  # one element of memory is in several places of the view
    return view


def places_in(view: np.ndarray[Any, Any], x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Where in `x`, counted row by row, each element of `view` lies; -1 for what `x` has not.

    Raises
    ------
    NotImplementedError
        If `x` shows an element of memory twice.
    """
    start = address(x)
    of_x, of_view = offsets(x, start).ravel(), offsets(view, start)
    order = np.argsort(of_x, kind="stable")
    if (np.diff(of_x[order]) == 0).any():
        raise NotImplementedError(
            "the gradient of as_strided for an expanded tensor: clone() the tensor first"
        )
    if not of_x.size:
        return np.full(view.shape, -1)
    found = np.minimum(np.searchsorted(of_x, of_view, sorter=order), of_x.size - 1)
    return np.where(of_x[order[found]] == of_view, order[found], -1)


@torch_arguments
def as_strided(
    input: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: Extent | None = None,
) -> Tensor:
    """The elements of the memory of `input` that are named by their distances; a view.

    Parameters
    ----------
    size, stride : sequence of int
        The shape, and how many elements further in memory the next one along each dimension lies.
    storage_offset : int, optional
        How many elements come before the first; without, as many as before that of `input`.

    Raises
    ------
    RuntimeError
        If there are not as many strides as sizes, one is negative, or the view would leave the
        memory.
    """
    view = checked_view(input.array, size, stride, storage_offset)
    recorded = grad_mode.enabled and input._requires_grad
    return StridedView.apply(input, view, places_in(view, input.array) if recorded else None)
