"""Data sets, the orders in which they are gone through, and the loader that makes batches of them.

As in PyTorch, all of it is reached through this one package, and each thing also where PyTorch
keeps it: in `dataset`, `sampler`, `distributed` or `dataloader`; what a loader is made of is in
`_utils`. Orders are PyTorch's for a seed, and so is what is left in the default generator.
"""

from typing import TYPE_CHECKING

from ...missing import GIVEN_UP, by_name, refuse
from ._utils.collate import default_collate, default_convert
from ._utils.worker import get_worker_info
from .dataloader import DataLoader
from .dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from .distributed import DistributedSampler
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

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
        refuse(f"module {__name__!r}", name, MISSING)
