"""The engine proper: what an op is, and how gradients are computed. It knows no calculus."""

import importlib
from typing import TYPE_CHECKING

from ..missing import NOT_YET, by_name, refuse
from . import function, graph
from .anomaly import detect_anomaly, set_detect_anomaly
from .api import backward, grad
from .function import Function
from .grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from .gradcheck import GradcheckError, gradcheck, gradgradcheck

__all__ = [
    "Function",
    "GradcheckError",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]

#: What PyTorch has besides.
MISSING = by_name({NOT_YET: "forward_ad"})

#: Modules that are imported when they are first asked for.
MODULES = ("anomaly_mode", "functional", "profiler", "variable")

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Import a module when it is asked for; of what is missing on purpose, say so."""
        if name in MODULES:
            return importlib.import_module(f".{name}", __package__)
        if name == "Variable":
            return importlib.import_module(".variable", __package__).Variable
        refuse(f"module {__name__!r}", name, MISSING)
