"""Hooks: what users asked to be called as gradients pass, and what may come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .grad_mode import set_grad_enabled
from .gradients import add_to_grad, as_tensor, copied, in_mode
from .graph import AccumulateGrad, Array, Node, NodeHooks, TensorBase


def replaced(grads: tuple[Array, ...], by: Any) -> tuple[Array, ...]:
    """What a node's hook returned in place of `grads`; `grads` themselves, if it was None."""
    if by is None:
        return grads
    if not isinstance(by, tuple):
        raise TypeError(f"expected a tuple of gradients from a hook, but got {type(by).__name__}")
    if len(by) != len(grads):
        raise RuntimeError(f"a hook returned {len(by)} gradients in place of {len(grads)}")
    return by


def shown(
    hooks: Mapping[Any, Callable[..., Any]], grads: tuple[Array, ...], *also: Any
) -> tuple[Array, ...]:
    """`grads` after a node's hooks, each of which may replace what the one before it left."""
    for hook in tuple(hooks.values()):
        grads = replaced(grads, hook(grads, *also))
    return grads


def accumulate_hooked(variable: TensorBase, hooks: NodeHooks, grads: list[Array]) -> None:
    """Add a gradient to a leaf's ``grad``, with the hooks of its node before and after."""
    outputs = shown(hooks.before, tuple(map(as_tensor, grads)))
    grad = in_mode(outputs[0], isinstance(grads[0], TensorBase))
    held = grad is not None and (hooks.before or hooks.after)  # a hook may keep what it is shown
    add_to_grad(variable, copied(grad) if held else grad)
    run_post_accumulate_hooks(variable, hooks)
    for hook in tuple(hooks.after.values()):
        hook((), outputs)


def run_output_hooks(node: Node, hooks: NodeHooks, grads: list[Array], create_graph: bool) -> None:
    """Show complete gradients to the hooks of the tensors they belong to, and None to those of an
    output that nobody has used; then let those tensors keep them that were told to."""
    for number, output_hooks in hooks.outputs.items():
        for hook in tuple(output_hooks.values()):
            with set_grad_enabled(create_graph):
                replacement = hook(as_tensor(grads[number]))
            if replacement is not None:
                check_replacement(replacement, node, number)
                grads[number] = in_mode(replacement, create_graph)
        if isinstance(node, AccumulateGrad) and output_hooks and grads[0] is not None:
            grads[0] = copied(grads[0])  # a hook may have kept it
    for number, reference in hooks.retaining.items():
        tensor, grad = reference(), grads[number]
        if tensor is not None and grad is not None:
            before: Array = tensor._grad  # the sum is a new tensor: somebody may hold the old one
            with set_grad_enabled(create_graph):
                new = as_tensor(copied(grad))
                tensor._grad = new if before is None else before + new


def check_replacement(replacement: Any, node: Node, number: int) -> None:
    """Raise if what a tensor's hook returned cannot take the place of its gradient."""
    shape, dtype = node.metadata[number]
    if not isinstance(replacement, TensorBase):
        raise TypeError(f"expected Tensor from a hook, but got {type(replacement).__name__}")
    if replacement.array.shape != shape:
        raise RuntimeError(
            f"hook has changed the size of value: {list(replacement.array.shape)} is not "
            f"{list(shape)}"
        )
    if replacement.array.dtype != dtype:
        raise RuntimeError(
            f"hook has changed the type of value: {replacement.array.dtype}, not {dtype}"
        )


def run_post_accumulate_hooks(variable: TensorBase, hooks: NodeHooks | None) -> None:
    """Show a leaf, whose ``grad`` has changed, to those who asked for it.

    Raises
    ------
    RuntimeError
        If one of them returns something.
    """
    if hooks is not None:
        for hook in tuple(hooks.accumulated.values()):
            if hook(variable) is not None:
                raise RuntimeError("Tensor post accumulate grad hooks should return None.")
