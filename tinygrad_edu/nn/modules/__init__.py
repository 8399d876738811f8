"""The layers once more: PyTorch keeps them here, and some programs import them from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import nn
from .. import conv as conv
from .. import linear as linear
from . import module as module

if not TYPE_CHECKING:  # to type checkers the layers are in `nn`

    def __getattr__(name):
        """The layer of this name in `nn`."""
        if name.startswith("__"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(nn, name)
