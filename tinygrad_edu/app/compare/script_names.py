"""What a script calls its tensors: ``w``, ``model.layer_1.weight``, ``weights[0]``.

The names are looked up where the script keeps the things, in its global variables and in the local
ones of the functions that are running, from the outermost on; and from there on in modules, lists,
dicts and plain objects. None of the script's own code runs for that: no property, no
``__getattr__``. (Before Python 3.13, a function whose variables were read so keeps what they held
until it returns. They are read only when a tensor is met for the first time.)
"""

from __future__ import annotations

import itertools
import types
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

DEPTH = 8  # of model.blocks[0].attention.weight and the like
MOST_ITEMS = 1000  # of a list or dict
MOST_VISITS = 50_000

LIBRARIES = ("torch", "tinygrad_edu", "torch_ref", "numpy")


class ScriptNames:
    """The names of things that were met.

    Parameters
    ----------
    script : str
        The file name of the script's code.
    """

    def __init__(self, script: str) -> None:
        self.script = script
        self.known: dict[int, tuple[weakref.ref[Any], str]] = {}

    def of(self, things: Sequence[Any], frame: types.FrameType | None) -> list[str]:
        """The name of each, empty for one that has none.

        Parameters
        ----------
        things : sequence
            Tensors, or others that weak references can point to.
        frame : frame
            From where on, outwards, the script's variables are looked at.
        """
        for in_modules in (True, False):  # model.weight is a better name than the p of a loop
            unknown = {id(thing): thing for thing in things if not self.is_known(thing)}
            if unknown:
                for path, thing in found(namespaces(frame), unknown, in_modules):
                    self.known[id(thing)] = (weakref.ref(thing), path)
        return [self.known[id(t)][1] if self.is_known(t) else "" for t in things]

    def is_known(self, thing: Any) -> bool:
        """Whether it has a name already; another thing may have had the same address."""
        entry = self.known.get(id(thing))
        return entry is not None and entry[0]() is thing

    def line(self, frame: types.FrameType | None) -> int:
        """The line of the script from which `frame` was called, or which it is in; or 0."""
        while frame is not None:
            if frame.f_code.co_filename == self.script:
                return frame.f_lineno
            frame = frame.f_back
        return 0


def is_library(module: object) -> bool:
    """Whether a module's name is that of a library or of a part of it."""
    return isinstance(module, str) and module.partition(".")[0] in LIBRARIES


def namespaces(frame: types.FrameType | None) -> list[dict[str, Any]]:
    """The variables of the user's frames, those of the outermost first."""
    inner_to_outer: list[dict[str, Any]] = []
    while frame is not None:
        if not is_library(frame.f_globals.get("__name__")):
            inner_to_outer.append(frame.f_locals)
        frame = frame.f_back
    return inner_to_outer[::-1]


def found(
    spaces: list[dict[str, Any]], wanted: dict[int, Any], in_modules: bool
) -> Iterator[tuple[str, Any]]:
    """Pairs of a name and a thing, for those of the `wanted` that are found, once each.

    The shortest ways come first: a variable itself, then what is in one.

    Parameters
    ----------
    spaces : list of dict
        Where the ways begin.
    wanted : dict of int to object
        By their id.
    in_modules : bool
        Whether only ways through a module count.
    """
    level = [
        (name, value, False)
        for space in spaces
        for name, value in list(space.items())
        if not name.startswith("__")
    ]
    wanted, seen = dict(wanted), set[int]()
    for _ in range(DEPTH):
        further = []
        for path, value, in_one in level:
            if id(value) in wanted and (in_one or not in_modules):
                yield path, wanted.pop(id(value))
            if not wanted or len(seen) > MOST_VISITS:
                return
            if id(value) not in seen:
                inner = parts(path, value)
                if inner:
                    seen.add(id(value))
                    in_one = in_one or is_module(value)
                    further += [(name, part, in_one) for name, part in inner]
        level = further


def attributes(value: Any) -> dict[Any, Any]:
    """The own attributes of a thing; none of a class or of a library's thing."""
    kind = type(value)
    if issubclass(kind, type | types.ModuleType | types.FunctionType):
        return {}
    if any(is_library(base.__module__) for base in kind.__mro__) and not is_module(value):
        return {}
    try:
        own: dict[Any, Any] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return own


def is_module(value: Any) -> bool:
    """Whether it is a ``torch.nn.Module``, of either library."""
    return any(
        base.__name__ == "Module" and is_library(base.__module__) for base in type(value).__mro__
    )


def parts(path: str, value: Any) -> list[tuple[str, Any]]:
    """What is in a thing, by the way to it."""
    kind = type(value)
    if issubclass(kind, list | tuple):
        return [(f"{path}[{i}]", item) for i, item in enumerate(value[:MOST_ITEMS])]
    if issubclass(kind, dict):
        items = itertools.islice(dict.items(value), MOST_ITEMS)
        return [(f"{path}[{key!r}]", item) for key, item in items if type(key) in (str, int)]
    inner = dict(attributes(value))
    if is_module(value):  # PyTorch keeps these apart
        for group in ("_parameters", "_buffers", "_modules"):
            inner |= getattr(value, group, {})
    return [
        (f"{path}[{name}]" if name.isdigit() else f"{path}.{name}", part)
        for name, part in inner.items()
        if isinstance(name, str) and not name.startswith("_")
    ]
