"""``torch.multiprocessing``: Python's own, whose names PyTorch's module repeats.

A tensor is sent to another process as a copy. What PyTorch adds, which is to share its memory, is
missing.
"""

from __future__ import annotations

import multiprocessing as _python
from multiprocessing import *  # noqa: F403
from typing import TYPE_CHECKING

from .missing import by_name, refuse

__all__ = [name for name in _python.__all__ if name != "reducer"]

#: What PyTorch has besides.
MISSING = by_name(
    {
        "memory is not shared between processes": """
            ProcessContext ProcessExitedException ProcessRaisedException SpawnContext
            get_all_sharing_strategies get_sharing_strategy init_reductions
            set_sharing_strategy spawn start_processes""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
