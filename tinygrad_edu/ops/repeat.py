"""Ops that use elements more than once: each gets the sum of the gradients of its places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, Shape
from ..autograd.op import Op
from .arguments import torch_arguments
from .shape import sizes

if TYPE_CHECKING:
    from ..tensor import Tensor


class Expand(Op):
    """Dimensions of size 1 repeated, without copying; the engine sums the gradient back."""

    @staticmethod
    def forward(x: Array, shape: Shape) -> Array:
        return np.broadcast_to(x, shape)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad


class Repeat(Op):
    """`x` laid side by side ``repeats[d]`` times along each dimension."""

    @staticmethod
    def forward(x: Array, repeats: tuple[int, ...]) -> Array:
        return np.tile(x, repeats)

    @staticmethod
    def d_x(grad: Array, x_shape: Shape, repeats: tuple[int, ...]) -> Array:
        padded = (1,) * (len(repeats) - len(x_shape)) + x_shape
        pairs = [n for pair in zip(repeats, padded, strict=True) for n in pair]
        return grad.reshape(tuple(pairs)).sum(tuple(range(0, len(pairs), 2))).reshape(x_shape)


@torch_arguments
def expand(input: Tensor, *size: Any) -> Tensor:
    """Repeat dimensions of size 1 to the given sizes, without copying; -1 keeps a size.

    Raises
    ------
    RuntimeError
        If a dimension that is not of size 1 would have to change.
    """
    wanted, there = sizes(size), input.array.shape
    added = len(wanted) - len(there)
    if added < 0:
        raise RuntimeError(
            f"expand: the number of sizes provided ({len(wanted)}) must be greater or equal to "
            f"the number of dimensions in the tensor ({len(there)})"
        )
    padded = (1,) * added + there
    full = tuple(
        p if w == -1 and i >= added else w
        for i, (w, p) in enumerate(zip(wanted, padded, strict=True))
    )
    for d, (w, p) in enumerate(zip(full, padded, strict=True)):
        if (w != p and p != 1) or w < 0:
            raise RuntimeError(
                f"The expanded size of the tensor ({w}) must match the existing size ({p}) at "
                f"non-singleton dimension {d}.  Target sizes: {list(wanted)}.  "
                f"Tensor sizes: {list(there)}"
            )
    return Expand.apply(input, full)


@torch_arguments
def broadcast_to(input: Tensor, *size: Any) -> Tensor:
    """`expand`, under NumPy's name."""
    return expand(input, *size)


@torch_arguments
def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """A copy of `input` laid side by side ``repeats[d]`` times along each dimension d.

    Raises
    ------
    RuntimeError
        If there are fewer numbers than dimensions, or one is negative.
    """
    times = sizes(repeats)
    if min(times, default=0) < 0:
        raise RuntimeError(f"a tensor cannot be repeated {min(times)} times: {list(times)}")
    if len(times) < input.array.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            f"tensor: {len(times)} < {input.array.ndim}"
        )
    return Repeat.apply(input, times)
