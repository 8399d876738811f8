"""Gradients on their way: the form they have, who holds them, and how they are added to a leaf.

The engine works on arrays; under ``create_graph=True`` on tensors, whose ops are recorded. Hooks
are shown tensors always.
"""

from __future__ import annotations

import numpy as np

from ..dtypes import from_numpy_dtype
from .graph import Array, Node, TensorBase, wrap
from .op_node import OpNode


def to_dtype(grad: Array, dtype: np.dtype[np.generic]) -> Array:
    """`grad` in the dtype of the tensor it belongs to."""
    if isinstance(grad, np.ndarray | np.generic):
        return grad.astype(dtype, copy=False)
    return grad.to(from_numpy_dtype(dtype))


def held_elsewhere(grad: Array, node: Node, grad_outputs: list[Array]) -> bool:
    """Whether anyone else may hold, and one day change, the memory of `grad`.

    The derivatives of this engine's ops either make a new array, or pass on the gradient they
    were given or a view of it. A user's function may return anything, and a hook keep anything.
    """
    return (
        isinstance(grad, TensorBase)
        or grad.base is not None
        or grad is grad_outputs[0]
        or len(grad_outputs) > 1
        or node.hooks is not None
        or not isinstance(node, OpNode)
    )


def copied(grad: Array) -> Array:
    """A copy that the leaf which receives it can keep, and change."""
    return grad if isinstance(grad, TensorBase) else grad.copy()


def add_to_grad(variable: TensorBase, grad: Array) -> None:
    """Add `grad` to ``variable.grad``.

    Like PyTorch, it adds in place, so that whoever holds the gradient sees the sum; but not under
    ``create_graph``, where the old sum may be part of a graph.
    """
    if grad is None or not variable._requires_grad:  # it may have been frozen since
        return
    before: Array = variable._grad
    if isinstance(grad, TensorBase):
        variable._grad = before + grad if before is not None else grad.clone()  # type: ignore
    elif before is None:
        variable._grad = wrap(grad)
    elif not before.array.flags.writeable:
        raise RuntimeError(
            "a gradient cannot be added to a grad whose elements share memory, as after expand(), "
            "or which is read-only: assign a clone() to grad"
        )
    else:
        np.add(before.array, grad, out=before.array)
        before._version += 1


def as_tensor(grad: Array) -> Array:
    """What a hook sees of a gradient."""
    return grad if grad is None or isinstance(grad, TensorBase) else wrap(grad)


def in_mode(grad: Array, create_graph: bool) -> Array:
    """What the engine works on: tensors under `create_graph`, and else arrays."""
    if create_graph:
        return as_tensor(grad)
    return grad.array if isinstance(grad, TensorBase) else grad
