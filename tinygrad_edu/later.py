"""What is imported when it is first used.

Of what tensors can do, a first training step uses a small part. With the rest, ``import
tinygrad_edu`` would take twice as long; it is left on disk until somebody asks for it. The tables
of functions and methods say so, and where it is, in one::

    svd = later.spectrum.old_svd

Here ``later.spectrum`` is a `Room`, the name of the module ``ops/spectrum.py``, and ``old_svd`` of
it is a `Later`, which imports that module when the function is wanted. It then puts the function
where it stood itself, so that every further call goes straight there. Two threads may do so at the
same time: Python imports a module once and lets the other wait, and both put the same function.

Type checkers read ``later.pyi`` in place of this file, where each room is the module itself; to
them, `svd` is that function from the start.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any


class Later:
    """A function in a room that may not have been imported yet.

    Parameters
    ----------
    room : str
        The module, from this package on: ``.ops.spectrum``.
    name : str
        What the function is called there.
    """

    def __init__(self, room: str, name: str) -> None:
        self.room, self.name = room, name
        self.methods: list[tuple[type, str]] = []

    def find(self) -> Any:
        """The function; the room is imported if it is not yet."""
        return getattr(importlib.import_module(self.room, __package__), self.name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.find()(*args, **kwargs)

    def __set_name__(self, owner: type, name: str) -> None:
        """Note a name that it gets in the body of a class."""
        self.methods.append((owner, name))

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """The method, when it is first asked for: the function takes this place in the class."""
        function = self.find()
        for cls, name in self.methods:
            setattr(cls, name, function)
        return function.__get__(instance, owner)


class Room:
    """A module of which only the name is known; each attribute of it is a `Later`."""

    def __init__(self, module: str) -> None:
        self.module = module

    def __getattr__(self, name: str) -> Later:
        return Later(self.module, name)


def taken_out(names: dict[str, Any]) -> dict[str, Later]:
    """The functions that wait, taken out of a module's globals: Python calls the module's own
    `__getattr__` only for what is not there."""
    return {name: names.pop(name) for name, x in [*names.items()] if isinstance(x, Later)}


def without_modules(names: dict[str, Any]) -> set[str]:
    """What a module's globals hold for users: neither private names nor other modules."""
    return {name for name, x in names.items() if name[0] != "_" and not isinstance(x, ModuleType)}


#: Where the rooms are that are not in `ops`.
ELSEWHERE = {
    "autocast_mode": ".amp.autocast_mode",
    "checkpoint": ".checkpoint",
    "compiled": ".compiled",
    "functional_inplace": ".nn.functional_inplace",
    "grad_scaler": ".amp.grad_scaler",
    "limits": ".limits",
    "model_summary": ".tracing.model_summary",
    "native": ".nn.native",
    "notebook": ".tracing.notebook",
    "numpy_protocol": ".numpy_protocol",
    "printing": ".printing",
    "settings": ".settings",
    "sharing": ".sharing",
    "threads": ".threads",
    "tracing": ".tracing",
    "batches": ".func.batches",
    "windows": ".windows",
}


def __getattr__(name: str) -> Room:
    """The room of this name; Python asks this function for what the module has not."""
    if name.startswith("__"):  # what Python itself looks for in a module
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = room = Room(ELSEWHERE.get(name, f".ops.{name}"))
    return room
