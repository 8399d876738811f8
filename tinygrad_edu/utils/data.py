"""Data sets, the orders in which they are gone through, and the loader that makes batches of them.

As in PyTorch, all of it is reached through this one module. Orders are PyTorch's for a seed, and
so is what is left in the default generator.
"""

from typing import TYPE_CHECKING

from ..missing import GIVEN_UP, by_name, refuse
from .collate import default_collate, default_convert
from .dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    TensorDataset,
)
from .loader import DataLoader
from .sampler import (
    BatchSampler,
    DistributedSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from .split import Subset, random_split
from .workers import get_worker_info

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "random_split",
]

#: What PyTorch has besides.
MISSING = by_name(
    {
        GIVEN_UP: """
            DFIterDataPipe DataChunk IterDataPipe MapDataPipe datapipes functional_datapipe
            guaranteed_datapipes_determinism non_deterministic""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse("module 'tinygrad_edu.utils.data'", name, MISSING)
