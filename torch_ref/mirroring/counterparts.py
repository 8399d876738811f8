"""Which of PyTorch's things stands for which of tinygrad_edu's.

Both have the same public names. So the table is made by walking over the public modules side by
side: what tinygrad_edu has under a name stands for what PyTorch has under it.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import torch

import tinygrad_edu
from tinygrad_edu import models
from tinygrad_edu.app.scripts.torch_names import MODULES

PACKAGE = tinygrad_edu.__name__

#: Where something has several names, it is these modules' that counts: the functions of
#: ``nn.functional`` take more arguments than those of the same names in ``torch``.
FIRST = ("torch.nn", "torch.nn.functional")


def in_package(name: object) -> bool:
    """Whether a module of this name is tinygrad_edu's own; the course's models are written as a
    user writes them, and count as a user's."""
    return isinstance(name, str) and name.partition(".")[0] == PACKAGE and name != models.__name__


def is_ours(value: Any) -> bool:
    """Whether a module, class, function or other object is one of tinygrad_edu's own.

    What a user decorates is still the user's: it keeps the name of the module it stands in.
    """
    if isinstance(value, ModuleType):
        return in_package(value.__name__)
    return in_package(getattr(value, "__module__", None) or type(value).__module__)


@functools.cache
def table() -> dict[int, tuple[Any, Any]]:
    """What is tinygrad_edu's, by its id, and PyTorch's counterpart."""
    found: dict[int, tuple[Any, Any]] = {}
    for mine, theirs in _modules():
        found.setdefault(id(mine), (mine, theirs))
        _add_names(found, mine, theirs)
    _add_names(found, tinygrad_edu.Tensor, torch.Tensor)
    return found


def _add_names(found: dict[int, tuple[Any, Any]], mine: Any, theirs: Any) -> None:
    for name in dir(mine):
        if name.startswith("__") or not hasattr(theirs, name):
            continue
        value = getattr(mine, name, None)  # what tinygrad_edu lacks says so when it is asked for
        if is_ours(value):
            found.setdefault(id(value), (value, getattr(theirs, name)))


def _modules() -> Iterator[tuple[ModuleType, ModuleType]]:
    """The public modules of both."""
    for name in (*FIRST, *sorted(MODULES - set(FIRST))):
        mine = _imported(f"{PACKAGE}{name.removeprefix('torch')}")
        theirs = _imported(name)
        if mine is not None and theirs is not None:
            yield mine, theirs


def _imported(name: str) -> ModuleType | None:
    """The module, be it a file or an attribute of its parent; None if there is none."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
    parent, _, child = name.rpartition(".")
    module = getattr(importlib.import_module(parent), child, None) if _exists(parent) else None
    return module if isinstance(module, ModuleType) else None


def _exists(parent: str) -> bool:
    return parent in MODULES or f"torch{parent.removeprefix(PACKAGE)}" in MODULES


def counterpart(value: Any) -> Any:
    """PyTorch's counterpart of a thing of tinygrad_edu; None if there is none."""
    return table().get(id(value), (value, None))[1]
