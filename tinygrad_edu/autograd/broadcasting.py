"""Shapes that broadcast together, and the way back: a gradient summed over what was repeated."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from ..advice import advised
from .graph import Array, Shape


def broadcast_error(shapes: Sequence[Shape]) -> RuntimeError | None:
    """PyTorch's error for shapes that do not broadcast together; None if they do."""
    for first, second in itertools.combinations(shapes, 2):
        for back, (a, b) in enumerate(zip(reversed(first), reversed(second), strict=False)):
            if a != b and 1 not in (a, b):
                dim = max(len(first), len(second)) - 1 - back
                error = RuntimeError(
                    f"The size of tensor a ({a}) must match the size of tensor b ({b}) at "
                    f"non-singleton dimension {dim}"
                )
                return advised(error, f"The shapes are {list(first)} and {list(second)}.")
    return None


def undo_broadcast(grad: Array, shape: Shape) -> tuple[Array, tuple[int, ...]]:
    """Sum `grad` over the axes along which an argument of `shape` was repeated.

    A value that was used in many places gets the sum of the gradients from all of them.

    Returns
    -------
    grad : Array of `shape`
    axes : tuple of int
        The axes of the given `grad` that were summed.

    Raises
    ------
    ValueError
        If `shape` does not broadcast to that of `grad`.
    """
    if grad.shape == shape:
        return grad, ()
    added = len(grad.shape) - len(shape)
    padded = (1,) * added + tuple(shape)
    if added < 0 or any(s not in (1, g) for s, g in zip(padded, grad.shape, strict=True)):
        raise ValueError(f"a gradient of shape {tuple(grad.shape)} for an input of shape {shape}")
    axes = tuple(i for i, s in enumerate(padded) if i < added or s != grad.shape[i])
    return grad.sum(axes).reshape(shape), axes
