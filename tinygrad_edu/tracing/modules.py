"""Which module is running, and what the parameters are called."""

from __future__ import annotations

from types import FrameType
from typing import Any

from ..autograd.graph import TensorBase
from .places import calling_frame, user_frame


class Modules:
    """The modules that have been called, with the names that they and their parameters have.

    A module that another one called goes by its path in that one. The outermost goes by the name of
    the variable that holds it, or by its class. The parameters of the only model need no more than
    their own names; where there are several, each has its model's name before its own.
    """

    def __init__(self) -> None:
        self.stack: list[str] = []
        self.calls: list[list[Any]] = []  # those that run: the path, and which call of all it is
        self.entered = 0
        self.roots: dict[int, tuple[Any, str]] = {}
        self._paths: dict[int, str] = {}
        self._names: dict[int, tuple[str, str]] = {}  # of parameters and buffers, and their models
        self._models: set[str] = set()  # those modules among the outermost that have some
        self._kept: list[Any] = []

    def path(self) -> str:
        """Of the module that is running; "" if none is."""
        return self.stack[-1] if self.stack else ""

    def enter(self, module: Any) -> None:
        """A module is called."""
        if not self.stack and id(module) not in self.roots:
            self._add_root(module)
        path = self._paths.get(id(module))
        if path is None:  # one that is not among the members of those that were called
            path = f"{self.path()}.{type(module).__name__}".removeprefix(".")
        self.stack.append(path)
        self.entered += 1
        self.calls.append([path, self.entered])

    def leave(self) -> None:
        """The innermost module that was called has returned."""
        self.stack.pop()
        self.calls.pop()

    def name_of(self, tensor: TensorBase) -> str:
        """The path of a parameter or buffer, as far as the models are known by now; "" of any other
        tensor."""
        model, name = self._names.get(id(tensor), ("", ""))
        several = len(self._models) > 1
        return f"{model}.{name}" if name and several else name

    def _add_root(self, module: Any) -> None:
        frame, _ = user_frame(calling_frame())
        label = variable_of(module, frame) or type(module).__name__
        taken = {name for _, name in self.roots.values()}
        while label in taken:
            label += "'"
        self.roots[id(module)] = module, label
        for name, part in module.named_modules():
            self._paths.setdefault(id(part), f"{label}.{name}" if name else label)
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            if id(tensor) not in self._names:
                self._names[id(tensor)] = label, name
                self._models.add(label)
            self._kept.append(tensor)


def variable_of(item: Any, frame: FrameType | None) -> str:
    """The name of the variable of a frame, or of what `self` has there, that holds `item`."""
    if frame is None:
        return ""
    owned = getattr(frame.f_locals.get("self"), "__dict__", {})  # none has what has slots
    for names in (frame.f_locals, owned, frame.f_globals):
        for name, held in names.items():
            if held is item and not name.startswith("_"):
                return name
    return ""
