"""What a piece of Python refers to, and whether that leads to tinygrad_edu.

A user's function or class that has nothing to do with tinygrad_edu serves both sides as it is. To
know, one follows what it refers to: global names, closures, base classes, attributes.
"""

from __future__ import annotations

import dis
import functools
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from types import CellType, CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

from .counterparts import PACKAGE, is_ours

#: Packages that do not know tinygrad_edu, besides those of which `is_outside` finds it out.
OUTSIDE = sys.stdlib_module_names | {"numpy", "torch"}

#: What a class has besides what its body defines, or that says nothing about what it does.
UNSAID = {
    "__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__annotations__",
    "__orig_bases__", "__parameters__", "__abstractmethods__", "_abc_impl", "__firstlineno__",
    "__static_attributes__", "__annotate__", "__annotate_func__", "__annotations_cache__",
}  # fmt: skip

Chain = tuple[str, ...]


def is_outside(value: Any) -> bool:
    """Whether a module, function or class is of a package that does not know tinygrad_edu."""
    home = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    if not isinstance(home, str):
        return False
    package = home.partition(".")[0]
    return package in OUTSIDE or _is_installed_without_ours(package, len(sys.modules))


@functools.cache
def _is_installed_without_ours(package: str, loaded: int) -> bool:
    """Whether a package comes from an installer, and of all that it has loaded, which was so many
    modules then, nothing is tinygrad_edu's. Its functions may lead far, so none is followed."""
    modules = [
        module
        for name, module in [*sys.modules.items()]
        if name.partition(".")[0] == package and isinstance(module, ModuleType)
    ]
    files = [getattr(module, "__file__", None) or "" for module in modules]
    if not any("site-packages" in file or "dist-packages" in file for file in files):
        return False
    return not any(is_ours(value) for module in modules for value in [*vars(module).values()])


def global_names(code: CodeType) -> Iterator[Chain]:
    """The global names that code reads, each with the attributes that it asks of it, as
    ``("nn", "functional", "relu")``."""
    chain: list[str] = []
    for instruction in dis.get_instructions(code):
        name = instruction.opname
        if name in ("LOAD_GLOBAL", "LOAD_NAME"):
            if chain:
                yield tuple(chain)
            chain = [instruction.argval]
        elif name in ("LOAD_ATTR", "LOAD_METHOD") and chain:
            chain.append(instruction.argval)
        elif name not in ("CACHE", "PRECALL", "PUSH_NULL"):
            if chain:
                yield tuple(chain)
            chain = []
    if chain:
        yield tuple(chain)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from global_names(constant)


def imports(code: CodeType) -> set[str]:
    """The packages that code imports when it runs; an empty name for its own."""
    found = {
        instruction.argval.partition(".")[0]
        for instruction in dis.get_instructions(code)
        if instruction.opname == "IMPORT_NAME"
    }
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return found.union(*map(imports, inner))


def contents(cell: CellType) -> list[Any]:
    """What a closure holds: one thing, or nothing yet."""
    try:
        return [cell.cell_contents]
    except ValueError:
        return []


def attributes(cls: type) -> dict[str, Any]:
    """What a class's body defines."""
    return {name: value for name, value in vars(cls).items() if name not in UNSAID}


def held(value: Any) -> dict[str, Any]:
    """The attributes of an object itself, those in slots of a user's class among them."""
    found = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        if not is_outside(cls) and not is_ours(cls):
            slots = [name for name, x in vars(cls).items() if isinstance(x, MemberDescriptorType)]
            found |= {name: getattr(value, name) for name in slots if hasattr(value, name)}
    return found


def references(value: Any) -> list[Any]:
    """What an object refers to."""
    if isinstance(value, FunctionType):
        return _of_function(value)
    if isinstance(value, staticmethod | classmethod | MethodType):
        return [value.__func__, getattr(value, "__self__", None)]
    if isinstance(value, property):
        return [value.fget, value.fset, value.fdel]
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, type):
        return [*value.__bases__, *attributes(value).values()]
    found: list[Any] = []
    if not isinstance(value, ModuleType):
        found += [type(value), *held(value).values()]
    if isinstance(value, Mapping):
        found += [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        found += value
    return found


def _of_function(function: FunctionType) -> list[Any]:
    found: list[Any] = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    found += vars(function).values()
    if imports(function.__code__) - OUTSIDE:  # of what a user imports, all may use tinygrad_edu
        found.append(sys.modules[PACKAGE])
    for cell in function.__closure__ or ():
        found += contents(cell)
    for first, *rest in global_names(function.__code__):
        if first in function.__globals__:
            value = function.__globals__[first]
            for name in rest:  # of a module, what is used of it
                if is_ours(value) or not isinstance(value, ModuleType):
                    break
                value = getattr(value, name, None)
            found.append(value)
    return found


def keeps_account(value: Any) -> bool:
    """Whether a function has a list or the like in its closure, or sets a global variable; the
    function's copy is to have its own."""
    if not isinstance(value, FunctionType):
        return False
    if any(step.opname == "STORE_GLOBAL" for step in dis.get_instructions(value.__code__)):
        return True
    kept = [thing for cell in value.__closure__ or () for thing in contents(cell)]
    return any(isinstance(thing, list | dict | set | deque) for thing in kept)


class Search:
    """Remembers of what it is known that it does not lead to tinygrad_edu."""

    def __init__(self) -> None:
        self._plain: dict[int, Any] = {}

    def leads_to_ours(self, value: Any) -> bool:
        """Whether anything of tinygrad_edu can be reached from `value`, or a module of the user's,
        of which it is not known what will be used."""
        seen: dict[int, Any] = {}
        waiting = [value]
        while waiting:
            value = waiting.pop()
            if id(value) in seen or id(value) in self._plain:
                continue
            if is_ours(value) or (isinstance(value, ModuleType) and not is_outside(value)):
                return True
            seen[id(value)] = value
            if not is_outside(value) or not isinstance(value, type | FunctionType | ModuleType):
                waiting += references(value)
        self._plain |= seen
        return False
