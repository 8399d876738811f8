"""What is not tensors: data sets and how they are cut into batches; and less memory for graphs."""

import importlib
from typing import TYPE_CHECKING

from ..missing import NOT_YET, by_name, refuse
from . import data as data

__all__ = ["benchmark", "checkpoint", "data"]

#: What PyTorch has besides.
MISSING = by_name({NOT_YET: "collect_env deterministic dlpack hooks swap_tensors"})

if TYPE_CHECKING:
    from . import benchmark as benchmark
    from . import checkpoint as checkpoint
else:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Import what is asked for; of what is missing on purpose, say so."""
        if name in ("benchmark", "checkpoint"):
            return importlib.import_module(".checkpoint", __name__)
        refuse("module 'tinygrad_edu.utils'", name, MISSING)
