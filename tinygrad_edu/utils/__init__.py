"""What is not tensors: for now, data sets and how they are cut into batches."""

from typing import TYPE_CHECKING

from ..missing import NOT_YET, by_name, refuse
from . import data as data

__all__ = ["data"]

#: What PyTorch has besides.
MISSING = by_name({NOT_YET: "checkpoint collect_env deterministic dlpack hooks swap_tensors"})

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse("module 'tinygrad_edu.utils'", name, MISSING)
