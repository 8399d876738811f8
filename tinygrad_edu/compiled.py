"""`compile`: each op runs when it is called, so there is nothing to compile.

But where PyTorch returns another module, under whose name programs then find the parameters, in a
`state_dict` and in print, so it is here.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from typing import Any

from .nn import Module


class OptimizedModule(Module):
    """A module around another, its ``_orig_mod``, of which it has all attributes.

    What is assigned to an attribute is assigned to the other's; so it is in training when that is.
    """

    _orig_mod: Module

    def __init__(self, module: Module) -> None:
        vars(self)["_orig_mod"] = module  # is looked at while what else it has is made
        super().__init__()
        super().__setattr__("_orig_mod", module)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes."""
        return self._orig_mod(*args, **kwargs)

    def __len__(self) -> int:
        if not isinstance(self._orig_mod, Sized):
            raise TypeError(f"{type(self._orig_mod).__name__} does not support len()")
        return len(self._orig_mod)

    @property
    def training(self) -> bool:
        """Whether the module is to behave as in training."""
        return self._orig_mod.training

    @training.setter
    def training(self, value: bool) -> None:
        if "_orig_mod" in self._kinds:  # what __init__ says is not meant for it
            self._orig_mod.training = value

    def __getattr__(self, name: str) -> Any:  # of what it has not itself
        if "_orig_mod" not in vars(self):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self._orig_mod, name)

    def __setattr__(self, name: str, value: Any) -> None:
        made = "_orig_mod" in vars(self).get("_kinds", ())
        own = hasattr(type(self), name) or name in vars(self) or not made
        if own:
            super().__setattr__(name, value)
        else:
            setattr(self._orig_mod, name, value)

    def __delattr__(self, name: str) -> None:
        if hasattr(type(self), name) or name in vars(self):
            super().__delattr__(name)
        else:
            delattr(self._orig_mod, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._orig_mod,)

    def __dir__(self) -> list[str]:
        return [*dir(self._orig_mod), "_orig_mod"]


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: Any = None,
    mode: str | None = None,
    options: Any = None,
    name: str | None = None,
    disable: bool = False,
    recompile_limit: int | None = None,
    isolate_recompiles: bool = False,
    shapes_spec: Any = None,
) -> Any:
    """A module around `model`, which computes the same, or the function `model` itself; without it,
    a decorator.

    Parameters
    ----------
    model : Module or function, optional
    fullgraph, dynamic, backend, mode, options, name, disable : optional
    recompile_limit, isolate_recompiles, shapes_spec : optional
        Without effect.

    Raises
    ------
    RuntimeError
        If both `mode` and `options` are given.
    """
    if mode is not None and options is not None:
        raise RuntimeError(
            "Either mode or options can be specified, but both can't be specified at the same time."
        )
    if model is None:
        return compiled
    return compiled(model)


def compiled(model: Callable[..., Any]) -> Any:
    """What PyTorch makes of a module or a function, but that nothing is compiled."""
    return OptimizedModule(model) if isinstance(model, Module) else model
