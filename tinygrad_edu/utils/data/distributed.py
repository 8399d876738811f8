"""The sampler of training in several processes: to each its part of the samples."""

from __future__ import annotations

from collections.abc import Iterator, Sized

import numpy as np

from ...random import Generator
from .sampler import Sampler


class DistributedSampler(Sampler[int]):
    """The part of one process of a data set that several go through together.

    Every `num_replicas`-th index is its own. So that all have as many, the last are left out with
    `drop_last`, and otherwise the first come again.

    Parameters
    ----------
    dataset : Sized
    num_replicas : int, optional
        How many processes there are.
    rank : int, optional
        Which of them this is, from 0.
    shuffle : bool
        Whether the order is random; it is the same in all processes.
    seed : int
        With the number of the epoch, that of the order.
    drop_last : bool

    Raises
    ------
    ValueError
        If `rank` is not below `num_replicas`; and, since there is one process here that knows of
        no others, if one of the two is not given.
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise ValueError("there are no process groups here: give num_replicas and rank")
        if not 0 <= rank < num_replicas:
            raise ValueError(
                f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]"
            )
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        size = len(dataset)
        self.num_samples = size // num_replicas if drop_last else -(-size // num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        size = len(self.dataset)
        if self.shuffle:
            order = Generator().manual_seed(self.seed + self.epoch).permutation(size)
        else:
            order = np.arange(size)
        return iter(np.resize(order, self.total_size)[self.rank :: self.num_replicas].tolist())

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Give the next passes the order that belongs to this number."""
        self.epoch = epoch
