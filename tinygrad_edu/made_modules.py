"""Modules that are no files: PyTorch keeps in them what stands here in others.

Programs import from them, as in ``from torch.nn.modules.batchnorm import BatchNorm2d``. They are
made of tables when the package that they are in is imported, and so found by Python when one of
them is to be.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any


def made_module(name: str, public: Mapping[str, Any], others: Mapping[str, Any]) -> ModuleType:
    """The module of this full name, which from now on can be imported.

    Parameters
    ----------
    name : str
    public : mapping of str to object
        What it has, and ``import *`` takes.
    others : mapping of str to object
        What else it has.
    """
    made = ModuleType(name, f"What PyTorch has in ``torch.{name.partition('.')[2]}``.")
    vars(made).update(public, **others, __all__=sorted(public))
    sys.modules[name] = made
    return made
