"""Hooks that run for every module there is: for looking on, while one searches for a mistake.

They are those of ``torch.nn.modules.module``. Each runs before the hooks of the module itself.

A module without hooks finds None where its hooks would be, in its class. With the first hook of
this file, that becomes an empty `ModuleHooks`: from then on every module looks further.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autograd.graph import RemovableHandle
from .hooks import ModuleHooks, add_hook, forward_hook, pre_hook
from .members import registration_hooks
from .module import Module


def _for_all() -> ModuleHooks:
    """The hooks of all modules, which from now on look at them."""
    if Module._hooks is None:
        Module._hooks = ModuleHooks()
    return ModuleHooks.everywhere


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, args)`` before any module's `forward`; what it returns, if not None,
    becomes args."""
    return add_hook(_for_all().before, pre_hook(hook, with_kwargs=False), prepend=False)


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call ``hook(module, args, output)`` after any module's `forward`, and return what it returns,
    if not None, instead of the output. With `with_kwargs` it is ``hook(module, args, kwargs,
    output)``.

    Raises
    ------
    NotImplementedError
        For `always_call`.
    """
    if always_call:
        raise NotImplementedError("register_module_forward_hook: always_call=True")
    return add_hook(_for_all().after, forward_hook(hook, with_kwargs), prepend=False)


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """`Module.register_backward_hook` of all modules; deprecated as that is.

    Raises
    ------
    RuntimeError
        If `register_module_full_backward_hook` was ever called.
    """
    return _for_all().add_after_backward(hook, full=False, whose="as a global Module hook")


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """`Module.register_full_backward_pre_hook` of all modules."""
    return add_hook(_for_all().before_backward, hook, prepend=False)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """`Module.register_full_backward_hook` of all modules.

    Raises
    ------
    RuntimeError
        If `register_module_backward_hook` was ever called.
    """
    return _for_all().add_after_backward(hook, full=True, whose="as a global Module hook")


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` when any module gets a buffer; what it returns, if not
    None, becomes the buffer."""
    return RemovableHandle(registration_hooks["buffer"], hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, submodule)`` when any module gets a part; what it returns, if not
    None, becomes the part."""
    return RemovableHandle(registration_hooks["module"], hook)


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` when any module gets a parameter, which is not None;
    what it returns, if not None, becomes the parameter."""
    return RemovableHandle(registration_hooks["parameter"], hook)
