"""``torch.autograd.profiler``: see `tinygrad_edu.profiler`."""

from __future__ import annotations

from contextlib import ContextDecorator
from typing import TYPE_CHECKING, Any

from ..missing import by_name, refuse

__all__ = ["record_function"]


class record_function(ContextDecorator):
    """Name a part of a program for a profiler, with ``with`` or as a decorator: it just runs.

    Parameters
    ----------
    name : str
    args : str, optional
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args

    def __enter__(self) -> record_function:
        return self

    def __exit__(self, *error: Any) -> None:
        pass


#: What PyTorch has besides.
MISSING = by_name(
    {
        "Python's own cProfile measures": """
            EnforceUnique KinetoStepTracker emit_itt emit_nvtx kineto_available load_nvprof
            parse_nvprof_trace profile""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
