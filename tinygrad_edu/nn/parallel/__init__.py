"""A model on several GPUs: without any, the model itself."""

from typing import TYPE_CHECKING

from ...missing import ON_CPU, by_name, refuse
from .data_parallel import DataParallel

__all__ = ["DataParallel"]

#: What PyTorch has besides.
MISSING = by_name(
    {
        ON_CPU: """
            DistributedDataParallel comm distributed gather parallel_apply replicate scatter
            scatter_gather""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
