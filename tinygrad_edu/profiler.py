"""``torch.profiler``: marks in a program, for a profiler that is not here.

`record_function` names a part of a program and runs it. What would measure is missing: Python's own
``cProfile`` sees every function of this library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .autograd.profiler import record_function
from .missing import by_name, refuse

__all__ = ["record_function"]

#: What PyTorch has besides.
MISSING = by_name(
    {
        "Python's own cProfile measures": """
            DeviceType ExecutionTraceObserver ProfilerAction ProfilerActivity itt kineto_available
            profile schedule supported_activities tensorboard_trace_handler""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
