"""Tensors of a model once more in PyTorch: values, kind, gradient, and which share their memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tinygrad_edu import Tensor, nn
from tinygrad_edu.autograd.graph import NodeHooks

from ..bridge import to_numpy
from .counterparts import counterpart

if TYPE_CHECKING:
    from .mirror import Mirror

KINDS = (Tensor, nn.Parameter, nn.Buffer, nn.UninitializedParameter, nn.UninitializedBuffer)


def tensor(mirror: Mirror, value: Tensor) -> Any:
    """The counterpart of a leaf: with its values, dtype, kind, `requires_grad` and gradient.

    Raises
    ------
    MirrorError
        If it is the result of an op, is of a class of the user's, or shares a part of
        its memory with another one.
    """
    kind = type(value)
    if kind not in KINDS:
        raise mirror.error(f"a tensor of the class {kind.__qualname__} is not moved")
    if isinstance(value, nn.UninitializedParameter | nn.UninitializedBuffer):
        made: Any = counterpart(kind)(value.requires_grad, dtype=mirror.of(value.dtype))
        if isinstance(value, nn.UninitializedBuffer):
            made.persistent = value.persistent
        return made
    if value.grad_fn is not None:
        raise mirror.error(
            "a tensor that is the result of an op is not moved, since its graph cannot be: "
            "detach() it, or leave it out"
        )
    values = _values(mirror, value)
    if isinstance(value, nn.Parameter):
        made = torch.nn.Parameter(values, value.requires_grad)
    elif isinstance(value, nn.Buffer):
        made = torch.nn.Buffer(values, persistent=value.persistent)
        made.requires_grad_(value.requires_grad)
    else:
        made = values.requires_grad_(value.requires_grad)
    mirror.tensors.append((value, made))
    if value.grad is not None:
        made.grad = mirror.of(value.grad)
    node = None if value._edge is None else value._edge[0]
    if node is not None and node.hooks is not None:
        _hook(mirror, node.hooks, made)
    return made


def _hook(mirror: Mirror, hooks: NodeHooks, made: Any) -> None:
    """Register the hooks of a leaf once more."""
    if hooks.before or hooks.after:
        raise mirror.error(
            "a tensor of which the node that adds up gradients has hooks is not moved"
        )
    wanted = made.requires_grad
    made.requires_grad_()  # if it no longer does, its hooks wait
    for each in hooks.outputs.values():
        for hook in each.values():
            made.register_hook(mirror.of(hook))
    for hook in hooks.accumulated.values():
        made.register_post_accumulate_grad_hook(mirror.of(hook))
    made.requires_grad_(wanted)


def _values(mirror: Mirror, value: Tensor) -> torch.Tensor:
    """A copy of the values, or the copy that there is of the same memory."""
    for other, made in mirror.tensors:
        if np.may_share_memory(value.array, other.array) and np.shares_memory(
            value.array, other.array
        ):
            if _layout(value.array) != _layout(other.array):
                raise mirror.error("a tensor that shares a part of another's memory is not moved")
            return made.detach()
    return torch.from_numpy(to_numpy(value))


def _layout(array: np.ndarray[Any, Any]) -> tuple[Any, ...]:
    address = array.__array_interface__["data"][0]
    return address, array.shape, array.strides, array.dtype
