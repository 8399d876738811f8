"""Modules made without drawing initial weights, as for a state that is loaded right after."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

from ...random import get_rng_state, set_rng_state
from ..module import Module

M = TypeVar("M", bound=Module)


def skip_init(module_cls: type[M], *args: Any, **kwargs: Any) -> M:
    """``module_cls(*args, **kwargs)`` with any parameters, and the random stream left as it was.

    Raises
    ------
    RuntimeError
        If `module_cls` is no class of modules, or does not take a `device`.
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    state = get_rng_state()
    module = module_cls(*args, **kwargs)
    set_rng_state(state)
    return module
