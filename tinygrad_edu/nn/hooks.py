"""Hooks: functions of the user that run around a module's forward and backward.

A module without hooks calls its `forward` and nothing here. With hooks, `ModuleHooks.run` stands
in between. A backward hook sees the gradients that flow into and out of the module; to get at
them, the module's inputs and outputs pass through `BackwardHookFunction`, which changes nothing
but leaves a node behind, and the node tells.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from ..autograd.function import Function, FunctionCtx
from ..autograd.grad_mode import grad_mode
from ..autograd.graph import RemovableHandle
from ..tensor import Tensor
from .last_node import watch_last_node

if TYPE_CHECKING:
    from .module import Module

Hooks: TypeAlias = "OrderedDict[int, Callable[..., Any]]"
Grads: TypeAlias = tuple[Tensor | None, ...]


class ModuleHooks:
    """The hooks of one module, in the order in which they run.

    Attributes
    ----------
    before, after : of functions of (module, args, kwargs) and (module, args, kwargs, output)
        They return what takes the place of ``(args, kwargs)``, and of the output.
    before_backward, after_backward : of functions of (module, ..., grad_output)
    full : bool or None
        Whether those of `after_backward` see what flows out of the whole module; False for hooks of
        the deprecated kind, which see its last node; None as long as there are none.
    """

    everywhere: ClassVar[ModuleHooks]  # the hooks of all modules; they run before a module's own

    def __init__(self) -> None:
        self.before: Hooks = OrderedDict()
        self.after: Hooks = OrderedDict()
        self.before_backward: Hooks = OrderedDict()
        self.after_backward: Hooks = OrderedDict()
        self.full: bool | None = None

    def add_after_backward(
        self, hook: Callable[..., Any], full: bool, whose: str, prepend: bool = False
    ) -> RemovableHandle:
        """Add a backward hook of either kind; there cannot be both.

        Raises
        ------
        RuntimeError
            If there was one of the other kind; the message says of `whose`.
        """
        if self.full is (not full):
            raise RuntimeError(
                f"Cannot use both regular backward hooks and full backward hooks {whose}. Please "
                "use only one of them."
            )
        self.full = full
        return add_hook(self.after_backward, hook, prepend)

    def run(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """``module.forward``, with everything that was asked for around it."""
        layers = (ModuleHooks.everywhere, self)
        for hook in [hook for hooks in layers for hook in hooks.before.values()]:
            args, kwargs = hook(module, args, kwargs)
        before = [hook for hooks in layers for hook in hooks.before_backward.values()]
        after = [h for hooks in layers if hooks.full for h in hooks.after_backward.values()]
        at_end = [h for hooks in layers if not hooks.full for h in hooks.after_backward.values()]
        watch = BackwardWatch(module, tuple(before), tuple(after)) if before or after else None
        if watch is not None:
            args = watch.watch_inputs(args)
        output = module.forward(*args, **kwargs)
        for hook in [hook for hooks in layers for hook in hooks.after.values()]:
            output = hook(module, args, kwargs, output)
        if watch is not None:
            output = watch.watch_output(output)
        if at_end:
            watch_last_node(module, at_end, args, output)
        return output


ModuleHooks.everywhere = ModuleHooks()


def add_hook(hooks: Hooks, hook: Callable[..., Any], prepend: bool) -> RemovableHandle:
    """Put `hook` after all others, or before them."""
    handle = RemovableHandle(hooks, hook)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def pre_hook(hook: Callable[..., Any], with_kwargs: bool) -> Callable[..., Any]:
    """A user's forward pre-hook, in the form in which `ModuleHooks` keeps it."""

    def run(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if with_kwargs:
            result = hook(module, args, kwargs)
            if result is None:
                return args, kwargs
            if not (isinstance(result, tuple) and len(result) == 2):
                raise RuntimeError(
                    f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but "
                    f"got {result}."
                )
            return result
        result = hook(module, args)
        if result is None:
            return args, kwargs
        return result if isinstance(result, tuple) else (result,), kwargs

    return run


def forward_hook(hook: Callable[..., Any], with_kwargs: bool) -> Callable[..., Any]:
    """A user's forward hook, in the form in which `ModuleHooks` keeps it."""

    def run(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        given = (args, kwargs) if with_kwargs else (args,)
        result = hook(module, *given, output)
        return output if result is None else result

    return run


class BackwardHookFunction(Function):
    """Its arguments, unchanged; the node it leaves is where a module's gradients can be seen."""

    @staticmethod
    def forward(ctx: FunctionCtx, *tensors: Tensor) -> tuple[Tensor, ...]:
        outputs = tuple(tensor.detach() for tensor in tensors)
        ctx.mark_non_differentiable(
            *(o for o, t in zip(outputs, tensors, strict=True) if not t.requires_grad)
        )
        return outputs

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Tensor) -> tuple[Tensor, ...]:
        return grads


class BackwardWatch:
    """The backward hooks for one call of a module.

    The gradients of the outputs arrive first; when those of the inputs follow, the hooks have
    both. If no input requires a gradient the hooks run at once, with None for these.
    """

    def __init__(
        self,
        module: Module,
        before: tuple[Callable[..., Any], ...],
        after: tuple[Callable[..., Any], ...],
    ) -> None:
        self.module, self.before, self.after = module, before, after
        self.grad_output: Grads | None = None
        self.inputs: tuple[int, ...] | None = None  # which arguments' gradients will arrive
        self.n_inputs = 0

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, those that are tensors passed through a node."""
        self.n_inputs = len(args)
        args, self.inputs, node = through_node(args)
        if node is not None:
            node.register_hook(self._inputs_arrived)
        return args

    def watch_output(self, output: Any) -> Any:
        """The output, a tensor or a tuple with tensors, passed through a node."""
        outputs, positions, node = through_node(output if isinstance(output, tuple) else (output,))
        if node is not None:
            count, places = len(outputs), positions or ()
            node.register_prehook(lambda grads: self._outputs_arrived(grads, places, count))
        return outputs if isinstance(output, tuple) else outputs[0]

    def _outputs_arrived(self, grads: Grads, positions: tuple[int, ...], count: int) -> Grads:
        grad_output = spread(grads, positions, count)
        for hook in self.before:
            result = hook(self.module, grad_output)
            if result is not None:
                check_count("Backward pre hook", "grad_output", result, count)
                grad_output = result
        if self.inputs is None:
            self._run_without_inputs(grad_output)
        else:
            self.grad_output = grad_output
        return tuple(grad_output[i] for i in positions)

    def _run_without_inputs(self, grad_output: Grads) -> None:
        if self.after:
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module "
                "outputs since no inputs require gradients. See https://docs.pytorch.org/docs/main/"
                "generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook for "
                "more details.",
                stacklevel=2,
            )
        for hook in self.after:
            result = hook(self.module, (None,) * self.n_inputs, grad_output)
            if result is not None and any(grad is not None for grad in result):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always "
                    "return None or None for all gradients."
                )

    def _inputs_arrived(self, grads: Grads, _: Grads) -> Grads:
        if self.grad_output is None:
            raise RuntimeError(
                "Module backward hook for grad_input is called before the grad_output one: an "
                "output of the module does not depend on its inputs as the module's hooks see them"
            )
        positions = self.inputs or ()
        grad_input = spread(grads, positions, self.n_inputs)
        for hook in self.after:
            result = hook(self.module, grad_input, self.grad_output)
            if result is not None:
                check_count("Backward hook", "grad_input", result, self.n_inputs)
                grad_input = result
        self.grad_output = None
        return tuple(grad_input[i] for i in positions)


def through_node(values: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[int, ...] | None, Any]:
    """`values` with all tensors passed through one node, their positions, and the node.

    If no tensor requires a gradient, nothing is done, and there is no node.
    """
    positions = tuple(i for i, value in enumerate(values) if isinstance(value, Tensor))
    if not (grad_mode.enabled and any(values[i].requires_grad for i in positions)):
        return values, None, None
    passed = BackwardHookFunction.apply(*(values[i] for i in positions))
    replaced = list(values)
    for position, tensor in zip(positions, passed, strict=True):
        replaced[position] = tensor
    node = next(t.grad_fn for t in passed if t.grad_fn is not None)
    return tuple(replaced), positions, node


def spread(grads: Grads, positions: tuple[int, ...], count: int) -> Grads:
    """`grads` at their positions among `count` values, with None for what is no tensor."""
    by_position = dict(zip(positions, grads, strict=True))
    return tuple(by_position.get(i) for i in range(count))


def check_count(who: str, what: str, grads: Grads, expected: int) -> None:
    """Raise PyTorch's error for a hook that returned too few or too many gradients."""
    if len(grads) != expected:
        raise RuntimeError(
            f"{who} returned an invalid number of {what}, got {len(grads)}, but expected {expected}"
        )
