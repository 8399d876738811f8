"""Hooks: functions of the user that run around an optimizer's step, and around saving and loading.

A learner logs the size of every step with one; a library averages weights, or adapts an old state
dict. Without hooks a step runs as it stands in its class.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Self, TypeAlias, TypeVar

from ..autograd.graph import RemovableHandle

Hook: TypeAlias = Callable[..., Any]
_Step = TypeVar("_Step", bound=Hook)


class OptimizerHooks:
    """The hooks of one optimizer, each kind in the order in which they run."""

    def __init__(self) -> None:
        self.before_step: OrderedDict[int, Hook] = OrderedDict()
        self.after_step: OrderedDict[int, Hook] = OrderedDict()
        self.before_saving: OrderedDict[int, Hook] = OrderedDict()
        self.after_saving: OrderedDict[int, Hook] = OrderedDict()
        self.before_loading: OrderedDict[int, Hook] = OrderedDict()
        self.after_loading: OrderedDict[int, Hook] = OrderedDict()
        self.in_step = False


#: Those that run around the steps of every optimizer; only the two kinds around a step are used.
everywhere = OptimizerHooks()


def with_hooks(step: _Step) -> _Step:
    """The method `step` of an optimizer, with the hooks around it.

    Where a step calls that of its base class, the hooks run around the whole, once.
    """

    @functools.wraps(step)
    def run(self: HookedOptimizer, *args: Any, **kwargs: Any) -> Any:
        hooks = self._hooks
        if hooks.in_step or not (
            hooks.before_step or hooks.after_step or everywhere.before_step or everywhere.after_step
        ):
            return step(self, *args, **kwargs)
        given: tuple[Any, ...] = (self, *args)
        hooks.in_step = True
        try:
            for hook in (*everywhere.before_step.values(), *hooks.before_step.values()):
                result = hook(self, given, kwargs)
                if result is not None:
                    given, kwargs = checked_arguments(hook, result)
            out = step(*given, **kwargs)
            for hook in (*hooks.after_step.values(), *everywhere.after_step.values()):
                hook(self, given, kwargs)
        finally:
            hooks.in_step = False
        return out

    return run  # type: ignore[return-value]


def checked_arguments(hook: Hook, result: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What a hook before the step returned, if it can take the place of the arguments."""
    if not (isinstance(result, tuple) and len(result) == 2):
        raise RuntimeError(
            f"step pre-hook {hook} must return None or a tuple of (new_args, new_kwargs), but got "
            f"{result}."
        )
    return result


def add_hook(hooks: OrderedDict[int, Hook], hook: Hook, prepend: bool = False) -> RemovableHandle:
    """Put `hook` after all others, or before them."""
    handle = RemovableHandle(hooks, hook)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` before each step of any optimizer, and before the
    optimizer's own hooks. What it may return is told in `HookedOptimizer.register_step_pre_hook`.
    """
    return add_hook(everywhere.before_step, hook)


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` after each step of any optimizer, and after the
    optimizer's own hooks."""
    return add_hook(everywhere.after_step, hook)


class HookedOptimizer:
    """What an optimizer has to do with hooks. Each method returns a handle, to `remove` the hook.

    A class that has its own `step` gets the hooks around it, too.
    """

    _hooks: OptimizerHooks

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """An optimizer without hooks; wrappers of other optimizers may do without `__init__`."""
        made = super().__new__(cls)
        made._hooks = OptimizerHooks()
        return made

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = cls.__dict__.get("step")
        if own is not None:
            cls.step = with_hooks(own)  # type: ignore[attr-defined]

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step.

        `args` and `kwargs` are those of `step`, the optimizer itself first. The hook may return
        others, as a tuple ``(args, kwargs)``.
        """
        return add_hook(self._hooks.before_step, hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return add_hook(self._hooks.after_step, hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` before `state_dict`; before all other hooks, if `prepend`."""
        return add_hook(self._hooks.before_saving, hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` with the result of `state_dict`.

        It may change it, or return one to take its place.
        """
        return add_hook(self._hooks.after_saving, hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Hook, prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before `load_state_dict`.

        It gets a shallow copy, which it may change; or it returns one to take its place.
        """
        return add_hook(self._hooks.before_loading, hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Hook, prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer)`` after `load_state_dict`."""
        return add_hook(self._hooks.after_loading, hook, prepend)
