"""The name ``torch`` for this library: imports of PyTorch's modules find the ones that are here.

``import torch.nn.functional as F`` asks Python's finders, one after the other, for ``torch``, then
for ``torch.nn``, then for ``torch.nn.functional``. `Finder` stands before all others, and answers
with the very modules of this library: ``torch.nn`` *is* ``tinygrad_edu.nn``. So a thing is the same
by whichever name it was imported, and an installed PyTorch is never asked for.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from . import identity
from .torch_names import ELSEWHERE, MODULES, PACKAGE

#: By these, `multiprocessing` starts processes that are no copies of their parent.
STARTERS = {
    f"multiprocessing.popen_{kind}" for kind in ("spawn_posix", "spawn_win32", "forkserver")
}


def install() -> None:
    """From now on, ``torch`` is this library.

    Raises
    ------
    RuntimeError
        If PyTorch has been imported, of which modules elsewhere may hold parts.
    """
    if any(isinstance(finder, Finder) for finder in sys.meta_path):
        return
    if "torch" in sys.modules:
        raise RuntimeError("PyTorch is imported already, and cannot be replaced any more")
    for name in ELSEWHERE:
        if PathFinder.find_spec(name) is not None:  # it is installed, and needs PyTorch's own code
            sys.modules[name] = None  # type: ignore[assignment]  # to Python: there is none
    sys.meta_path.insert(0, Finder())
    identity.install()
    if STARTERS & sys.modules.keys():
        hand_on()


class Finder:
    """Finds ``torch`` and its modules; and this library's own, to name their classes."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer for PyTorch's modules; None leaves a name to the next finder.

        Raises
        ------
        ModuleNotFoundError
            For a file of this library that PyTorch has not, or has with other things in it.
        """
        if name in STARTERS:
            hand_on()
        package = name.partition(".")[0]
        if package == PACKAGE:
            return identity.with_names(PathFinder.find_spec(name, path))
        if package != "torch":
            return None
        if name in MODULES and (module := module_here(name)) is not None:
            return ModuleSpec(name, SameModule(module))  # type: ignore[arg-type]
        if path is not None and PathFinder.find_spec(name, path) is not None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


class SameModule:
    """Gives a module that there is already one more name."""

    def __init__(self, module: ModuleType) -> None:
        self.module, self.spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module, to which Python will give `spec`."""
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        """Return the module's own spec to it, and name what belongs to it."""
        module.__spec__ = self.spec
        torch_name = module.__name__
        if not hasattr(module, "__path__"):  # what is in it, Python does not ask finders for
            for child in MODULES:
                parent, _, name = child.rpartition(".")
                if parent == torch_name and hasattr(module, name):
                    sys.modules[child] = getattr(module, name)


def module_here(name: str) -> ModuleType | None:
    """The module of this library with the place of PyTorch's `name`, or None."""
    own = f"{PACKAGE}{name.removeprefix('torch')}"
    try:
        return importlib.import_module(own)
    except ModuleNotFoundError as error:
        if error.name is None or not own.startswith(error.name):
            raise
        return None


# Processes that begin afresh ----------------------------------------------------------------------


class Install:
    """What installs the aliases where it is unpickled."""

    def __reduce__(self) -> Any:
        return install, ()


def hand_on() -> None:
    """Let new processes of `multiprocessing` have the aliases before they import the script.

    To a process that does not begin as a copy of this one a dictionary is sent, of how to prepare
    itself; it reads that first.
    """
    from multiprocessing import spawn  # which few scripts use

    if getattr(spawn.get_preparation_data, "__module__", None) == __name__:
        return
    before = spawn.get_preparation_data

    def get_preparation_data(name: str) -> dict[str, Any]:
        return {**before(name), "aliases": Install()}

    spawn.get_preparation_data = get_preparation_data
