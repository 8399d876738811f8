"""A user's functions and classes once more, with PyTorch in the place of tinygrad_edu.

What a function does is its code, and what the names in it stand for. Code needs no change: both
libraries are called by the same names. So the copy of a function has the very same code, and other
globals, another closure and other defaults, in each of which what is tinygrad_edu's is PyTorch's.
A copy of a class has copies of its methods, on copies of its base classes. No source is read, and
nothing that the user's module does when it is imported is done again; a debugger steps through the
user's own lines.

A function may refer to itself, or to a class whose method it is. So a copy is at first empty, and
`later` fills it when everything has been copied.
"""

from __future__ import annotations

import builtins
import enum
import functools
import inspect
import types
from collections.abc import Callable
from types import CellType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import torch

from tinygrad_edu.autograd.function import once_differentiable

from .counterparts import PACKAGE, counterpart, in_package, is_ours
from .references import attributes, contents, global_names

if TYPE_CHECKING:
    from .mirror import Mirror

#: What is in a class that no statement of its body has put there, or is told apart from it.
ADDED = {"_node_type", "__slots__"}

#: What says something about a class, and is told when it is made.
KEPT = (
    "__module__", "__qualname__", "__doc__", "__annotations__", "__slots__", "__orig_bases__",
    "__parameters__",
)  # fmt: skip

#: What a body of a class makes of its functions; the names of which are told to it at once.
METHODS = (FunctionType, staticmethod, classmethod, property, functools.cached_property)


def function(mirror: Mirror, value: FunctionType) -> Any:
    """The copy of a user's function.

    Raises
    ------
    MirrorError
        If it is one of tinygrad_edu's that PyTorch has not.
    """
    if in_package(value.__globals__.get("__name__")):
        return _decorated(mirror, value)
    names = _namespace(mirror, value.__globals__)
    cells = tuple(_cell(mirror, cell) for cell in value.__closure__ or ())
    made = FunctionType(value.__code__, names, value.__name__, None, cells)
    mirror.remember(value, made)
    for name in ("__qualname__", "__module__", "__doc__"):
        setattr(made, name, getattr(value, name))

    def fill() -> None:
        made.__defaults__ = mirror.of(value.__defaults__)
        made.__kwdefaults__ = mirror.of(value.__kwdefaults__)
        vars(made).update(mirror.of(vars(value)))
        for first, *rest in global_names(value.__code__):
            if first in value.__globals__:
                thing = value.__globals__[first]
                if first not in names:
                    names[first] = mirror.of(thing)
                _require_names(mirror, value, first, rest, thing)

    mirror.later(fill)
    return made


def _require_names(
    mirror: Mirror, function: FunctionType, text: str, rest: list[str], mine: Any
) -> None:
    """Raise a MirrorError if code asks a module of tinygrad_edu for what PyTorch has not."""
    theirs = counterpart(mine)
    for name in rest:
        if not (isinstance(mine, ModuleType) and is_ours(mine) and hasattr(mine, name)):
            return
        text = f"{text}.{name}"
        if not hasattr(theirs, name):
            raise mirror.error(f"{function.__qualname__} uses {text}, which PyTorch has not")
        mine, theirs = getattr(mine, name), getattr(theirs, name)


def _namespace(mirror: Mirror, names: dict[str, Any]) -> dict[str, Any]:
    """The globals for the copies of functions that have `names` as theirs.

    They are no module's; ``torch.compile`` would look for the variables of one there.
    """

    def make() -> dict[str, Any]:
        kept = ("__package__", "__spec__")  # for relative imports
        made: dict[str, Any] = {name: names[name] for name in kept if name in names}
        made["__builtins__"] = {**vars(builtins), "__import__": functools.partial(_import, mirror)}
        return made

    made: dict[str, Any] = mirror.once(names, make)
    return made


def _import(mirror: Mirror, name: str, *args: Any) -> Any:
    """What an import inside of a function gets."""
    package, *rest = name.split(".")
    if package == PACKAGE:
        return builtins.__import__(".".join(["torch", *rest]), *args)
    return mirror.of(builtins.__import__(name, *args))


def _cell(mirror: Mirror, cell: CellType) -> CellType:
    def make() -> CellType:
        made = CellType()

        def fill() -> None:
            for value in contents(cell):
                made.cell_contents = mirror.of(value)

        mirror.later(fill)
        return made

    made: CellType = mirror.once(cell, make)
    return made


def _decorated(mirror: Mirror, value: FunctionType) -> Any:
    """A user's function in a wrapper of tinygrad_edu's: its copy, in PyTorch's wrapper."""
    inner = getattr(value, "__wrapped__", None)
    wrapper = value.__code__.co_qualname.partition(".<locals>")[0]
    if inner is not None and not is_ours(inner):
        if wrapper == "with_hooks":  # which PyTorch puts around the `step` of an optimizer, too
            return mirror.of(inner)
        if wrapper == once_differentiable.__qualname__:
            return torch.autograd.function.once_differentiable(mirror.of(inner))
        if wrapper == "_Switch.__call__":
            switch = inspect.getclosurevars(value).nonlocals["self"]
            decorator = torch.enable_grad() if switch.mode else torch.no_grad()
            return decorator(mirror.of(inner))
    raise mirror.error(f"it uses {PACKAGE}'s {value.__qualname__}, which PyTorch has not")


def class_(mirror: Mirror, cls: type) -> type:
    """The copy of a user's class.

    Raises
    ------
    MirrorError
        If a base class is one of tinygrad_edu's that PyTorch has not, or the class can only be
        made by the statement that made it, as an `Enum`.
    """
    if issubclass(cls, enum.Enum):
        raise mirror.error(f"{cls.__qualname__}, an Enum that uses {PACKAGE}, is not moved")
    bases = tuple(mirror.of(base) for base in cls.__bases__)
    body = {
        name: value
        for name, value in attributes(cls).items()
        if name not in ADDED and not isinstance(value, types.MemberDescriptorType)
    }
    kept = {name: getattr(cls, name) for name in KEPT if name in vars(cls)}
    metaclass = {} if is_ours(type(cls)) else {"metaclass": mirror.of(type(cls))}
    copied: dict[str, Any] = {}
    for name, value in body.items():
        if isinstance(value, METHODS):
            copied[name] = mirror.of(value)
    # This was run for the subclasses there are, which have what came of it.
    subclassed = copied.pop("__init_subclass__", None)
    body.pop("__init_subclass__", None)
    try:
        made = types.new_class(
            cls.__name__, bases, metaclass, lambda names: names.update({**kept, **copied})
        )
    except TypeError as error:
        raise mirror.error(f"the class {cls.__qualname__} cannot be made again: {error}") from error
    mirror.remember(cls, made)
    for name, value in body.items():
        if name not in copied:
            mirror.later(functools.partial(_set, mirror, made, name, value))
    if subclassed is not None:
        mirror.last(functools.partial(setattr, made, "__init_subclass__", subclassed))
    return made


def _set(mirror: Mirror, cls: type, name: str, value: Any) -> None:
    setattr(cls, name, mirror.of(value))


def method_like(mirror: Mirror, value: Any) -> Any:
    """The copy of what stands around functions in the body of a class, or in a variable."""
    if isinstance(value, property):
        fget, fset, fdel = (mirror.of(part) for part in (value.fget, value.fset, value.fdel))
        return property(fget, fset, fdel, value.__doc__)
    if isinstance(value, staticmethod | classmethod):
        return type(value)(mirror.of(value.__func__))
    if isinstance(value, functools.partial):
        function, args, options = (
            mirror.of(part) for part in (value.func, value.args, value.keywords)
        )
        return functools.partial(function, *args, **options)
    if isinstance(value, functools.cached_property):
        return functools.cached_property(mirror.of(value.func))
    if isinstance(value, functools._lru_cache_wrapper):
        return functools.lru_cache(**value.cache_parameters())(mirror.of(value.__wrapped__))
    owner = mirror.of(value.__self__)
    if isinstance(value, types.MethodType) and not is_ours(value.__func__):
        return types.MethodType(mirror.of(value.__func__), owner)
    return getattr(owner, value.__name__)


class HelperModule(ModuleType):
    """A user's module: each attribute of it is copied when it is asked for."""

    def __init__(self, module: ModuleType, copied: Callable[[Any], Any]) -> None:
        super().__init__(module.__name__, module.__doc__)
        vars(self)["_original"], vars(self)["_copied"] = module, copied

    def __getattr__(self, name: str) -> Any:
        value = vars(self)["_copied"](getattr(vars(self)["_original"], name))
        vars(self)[name] = value
        return value
