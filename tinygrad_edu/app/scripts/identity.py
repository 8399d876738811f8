"""The names that PyTorch gives its classes and modules, for as long as a script runs.

``print(type(layer))`` shows ``<class 'torch.nn.modules.linear.Linear'>``, and ``print(loader)``
``<torch.utils.data.dataloader.DataLoader object at 0x...>``: what stands before the last dot is the
class's `__module__`. So each class of this library is given the module that it has in PyTorch, when
the file in which it stands has been imported. By that name `pickle` finds it, as the name can be
imported (see `aliases`); `inspect` still finds the file. The modules' own names are changed as
well, of which errors tell: ``module 'torch' has no attribute 'foo'``.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import FunctionType, ModuleType
from typing import Any

from .torch_names import MODULES, PACKAGE

#: Classes that PyTorch has in another module than the others of their file, or by another name.
ALONE = {
    "autograd.anomaly.detect_anomaly": "autograd.anomaly_mode.detect_anomaly",
    "autograd.anomaly.set_detect_anomaly": "autograd.anomaly_mode.set_detect_anomaly",
    "autograd.profiler.EventList": "autograd.profiler_util.EventList",
    "autograd.profiler.FunctionEvent": "autograd.profiler_util.FunctionEvent",
    "autograd.graph.RemovableHandle": "utils.hooks.RemovableHandle",
    "distributions.constraints.dependent_property": "distributions.constraints._DependentProperty",
    "distributions.distribution.lazy_property": "distributions.utils.lazy_property",
    "ops.extreme.Extremes": "return_types.max",
    "ops.extreme.LeastExtremes": "return_types.min",
    "ops.matrix.LinAlgError": "_C._LinAlgError",
    "profiler.profile": "profiler.profiler.profile",
    "random.Generator": "_C.Generator",
    "utils.data.dataloader.Batches": "utils.data.dataloader._SingleProcessDataLoaderIter",
}

#: By their names, classes that are in pieces here and in PyTorch are not.
WHOLE = ("Module", "Optimizer")

#: By its id, the file of each class that has been given a name.
files: dict[int, str] = {}


class NamingLoader(SourceFileLoader):
    """Imports a file of this library, and then gives it and its classes their names."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the file."""
        super().exec_module(module)
        give_names(module)


def with_names(spec: ModuleSpec | None) -> ModuleSpec | None:
    """How to import a file so that it gets its names, from how to import it."""
    if spec is not None and isinstance(spec.loader, SourceFileLoader):
        spec.loader = NamingLoader(spec.loader.name, spec.loader.path)
    return spec


def install() -> None:
    """Name what has been imported already."""
    here = [name for name in sys.modules if name.partition(".")[0] == PACKAGE]
    for name in sorted(here, key=lambda name: name.count("."), reverse=True):
        give_names(sys.modules[name])  # a package at last, for it has what is below it, too
    inspect.getfile = getfile


def give_names(module: ModuleType) -> None:
    """Name a module, if PyTorch has one in its place, and all classes in it that have no name yet.

    These are the ones that stand in its file or, if it is a package, below it; and those from
    elsewhere that are in its `__all__`, where its file is but a list of what is in others.
    """
    own = module.__name__
    torch_name = f"torch{own.removeprefix(PACKAGE)}"
    if own == f"{PACKAGE}.nn":
        importlib.import_module(f"{PACKAGE}.nn.modules")  # where PyTorch has the layers
    things = [*vars(module).items()]
    for _, made in things:
        if isinstance(made, ModuleType) and made.__spec__ is None:  # no file: see `made_modules`
            give_names(made)
    public = vars(module).get("__all__", ())
    for name, value in things:
        if not isinstance(value, type) or not value.__module__.startswith(PACKAGE):
            continue
        alone = ALONE.get(f"{value.__module__}.{value.__name__}".removeprefix(f"{PACKAGE}."))
        stands_here = f"{value.__module__}.".startswith(f"{own}.")
        listed = name in public or module.__spec__ is None
        if alone:
            place, _, cls_name = f"torch.{alone}".rpartition(".")
            value.__name__ = value.__qualname__ = cls_name
            name_class(value, place)
        elif torch_name in MODULES and (stands_here or listed):
            name_class(value, torch_name)
    if torch_name in MODULES:
        module.__name__ = torch_name


def name_class(cls: type, torch_name: str) -> None:
    """Give a class the module of this name; and to its pieces, which PyTorch has not, its own."""
    files[id(cls)] = sys.modules[cls.__module__].__file__ or ""
    line = vars(cls).get("__firstlineno__")
    cls.__module__ = torch_name
    if line is not None:  # Python 3.13 has it for `inspect`, and drops it with another module
        cls.__firstlineno__ = line  # type: ignore[attr-defined]
    if cls.__name__ not in WHOLE:
        return
    for base in cls.__mro__[1:-1]:
        for name, value in vars(base).items():
            if isinstance(value, FunctionType):
                value.__module__, value.__qualname__ = torch_name, f"{cls.__name__}.{name}"


getfile_before = inspect.getfile


def getfile(object: Any) -> str:
    """`inspect.getfile`, which looks for the file of a class by its `__module__`."""
    return files.get(id(object)) or getfile_before(object)
