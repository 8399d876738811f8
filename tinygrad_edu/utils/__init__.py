"""What is not tensors: data sets and how they are cut into batches; and less memory for graphs."""

import importlib
from typing import TYPE_CHECKING

from ..missing import NOT_YET, by_name, refuse
from . import data as data

__all__ = ["benchmark", "checkpoint", "data", "hooks"]

#: What PyTorch has besides.
MISSING = by_name({NOT_YET: "collect_env deterministic dlpack swap_tensors"})

if TYPE_CHECKING:
    from . import _pytree as _pytree
    from . import benchmark as benchmark
    from . import checkpoint as checkpoint
    from . import hooks as hooks
    from . import model_zoo as model_zoo
else:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Import a module when it is asked for; of what is missing on purpose, say so."""
        if name in ("_pytree", "benchmark", "checkpoint", "hooks", "model_zoo"):
            return importlib.import_module(f".{name}", __package__)
        refuse(f"module {__name__!r}", name, MISSING)
