"""Hooks of a module's state: functions of the user that run when it is saved or loaded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..autograd.graph import RemovableHandle
from .hooks import Hooks

if TYPE_CHECKING:
    from .module import Module


class StateHooks:
    """The hooks of one module, in the order in which they run.

    Attributes
    ----------
    before_save, after_save : of functions of (module, ...), see `HookedState`
    before_load, after_load : of functions of (module, ...)
    """

    def __init__(self) -> None:
        self.before_save: Hooks = OrderedDict()
        self.after_save: Hooks = OrderedDict()
        self.before_load: Hooks = OrderedDict()
        self.after_load: Hooks = OrderedDict()


NO_STATE_HOOKS = StateHooks()  # what most modules have; nothing is ever added to it


class HookedState:
    """The part of `Module` that registers them.

    All run for each module below the one whose `state_dict` or `load_state_dict` is called, with
    the `prefix` of that module's keys. What is called `local_metadata` is a dict with the
    ``version`` of the module's class.
    """

    _state_hooks: StateHooks = NO_STATE_HOOKS

    def _own_state_hooks(self) -> StateHooks:
        if self._state_hooks is NO_STATE_HOOKS:
            self._state_hooks = StateHooks()
        return self._state_hooks

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before `state_dict` collects anything."""
        return RemovableHandle(self._own_state_hooks().before_save, hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` when the state of this module
        and all below it is in `state_dict`, which the hook may change.

        If it returns anything, `state_dict` raises a RuntimeError.
        """

        def run(module: Module, state: Any, prefix: str, local_metadata: dict[str, Any]) -> Any:
            if hook(module, state, prefix, local_metadata) is not None:
                raise RuntimeError("state_dict post-hook must return None")
            return state

        return RemovableHandle(self._own_state_hooks().after_save, run)

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """The same for a hook that may return another dict, which `state_dict` then returns; that
        of a parent does not see it."""

        def run(module: Module, state: Any, prefix: str, local_metadata: dict[str, Any]) -> Any:
            result = hook(module, state, prefix, local_metadata)
            return state if result is None else result

        return RemovableHandle(self._own_state_hooks().after_save, run)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys,
        unexpected_keys, error_msgs)`` before this module takes its values from `state_dict`, a copy
        of which the hook may change what is for this module and those below.

        `strict` is always True, as in PyTorch.
        """
        return RemovableHandle(self._own_state_hooks().before_load, hook)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> RemovableHandle:
        """The same for a hook that is not given the module, unless `with_module`."""
        if with_module:
            return self.register_load_state_dict_pre_hook(hook)
        return self.register_load_state_dict_pre_hook(lambda module, *rest: hook(*rest))

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` when this module and all below it are loaded.

        It may change the two lists of keys, and so what `load_state_dict` complains of. If it
        returns anything, that raises an AssertionError.
        """
        return RemovableHandle(self._own_state_hooks().after_load, hook)
