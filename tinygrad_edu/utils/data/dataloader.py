"""DataLoader: goes through a data set in batches, once for each ``for`` loop.

A sampler gives the order; the samples of a batch are fetched and put together.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ...random import Generator, default_generator
from ._utils.collate import default_collate, default_convert
from ._utils.fetch import IterableFetcher, MapFetcher
from ._utils.worker import Failure, Worker, fetched_ahead, get_worker_info
from .dataset import IterableDataset
from .sampler import BatchSampler, EndlessSampler, RandomSampler, SequentialSampler, random_seed

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]

START_METHODS = ("fork", "spawn", "forkserver")


class DataLoader:
    """Goes through a data set in batches.

    There are no worker processes: with `num_workers` above 0 the samples are fetched in this
    process, but batches come in the order in which PyTorch's workers give them, and the indices are
    drawn as far ahead. Each worker has a (shallow) copy of the data set, of which an
    `IterableDataset` that does not ask `get_worker_info` for its share is gone through by each; and
    generators of its own, so that a data set that draws random numbers, from the default generator,
    Python's `random` or ``numpy.random``, draws those that it would draw in PyTorch's worker. What
    concerns the processes themselves is checked, and then has no effect: `timeout` and
    `multiprocessing_context`. What a worker raises is raised in the place of its batch, with the
    worker's traceback for a text, as `Failure` tells; the pass can go on.

    Parameters
    ----------
    dataset : Dataset
    batch_size : int or None
        Samples per batch. None for samples one by one, without a batch dimension.
    shuffle : bool, optional
        Whether each pass has a new random order.
    sampler : iterable of int, optional
        The order, if it is to be another.
    batch_sampler : iterable of list of int, optional
        The batches, if they are to be others; in place of the options above and of `drop_last`.
    num_workers : int
        At least 0; see above.
    collate_fn : callable, optional
        Makes a batch of a list of samples; by default `default_collate`.
    pin_memory : bool
        Has no effect but PyTorch's warning that there is no accelerator.
    drop_last : bool
        Whether a last batch that is smaller is left out.
    timeout : float
        See above; it needs `num_workers` above 0.
    worker_init_fn : callable, optional
        Called with each worker's number when a pass begins, the worker being at work; with
        `persistent_workers`, when the first does.
    multiprocessing_context : str or context, optional
        As `timeout`.
    generator : Generator, optional
        Where random orders are drawn from; by default from the one that `manual_seed` seeds.
    prefetch_factor : int, optional
        For each worker, how many batches' indices are drawn ahead: 2 by default.
    persistent_workers : bool
        Whether workers, with their copies and random numbers, go on from pass to pass.
    pin_memory_device : str
    in_order : bool
        Without effect: batches come in order.

    Raises
    ------
    ValueError
        If a number is out of range, or options exclude each other; and on setting one of the
        attributes that are used up once the loader is made.
    TypeError
        If `multiprocessing_context` is none.
    AssertionError
        When a pass begins, if `timeout` is given without workers, or `prefetch_factor` is 0.
    """

    _FIXED = (
        "batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers",
    )  # fmt: skip

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        check_workers(
            num_workers, timeout, prefetch_factor, persistent_workers, multiprocessing_context
        )
        self._streaming = isinstance(dataset, IterableDataset)
        if self._streaming:
            check_streaming(shuffle, sampler, batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, "
                    "sampler, and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with "
                "drop_last"
            )
        if sampler is None:
            sampler = self._default_sampler(dataset, shuffle, generator)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)

        default = default_convert if batch_sampler is None else default_collate
        self.collate_fn = default if collate_fn is None else collate_fn
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        self.generator = generator
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.persistent_workers = persistent_workers
        self._reported_length: int | None = None
        self._workers: list[Worker] = []  # if they are persistent
        self.dataset = dataset

    def _default_sampler(
        self, dataset: Any, shuffle: bool | None, generator: Generator | None
    ) -> Iterable[Any]:
        if self._streaming:
            return EndlessSampler()
        return (
            RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        )

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._FIXED and "dataset" in self.__dict__:  # which is set last
            raise ValueError(f"{name} attribute should not be set after DataLoader is initialized")
        super().__setattr__(name, value)

    @property
    def _order(self) -> Iterable[Any]:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self) -> Iterator[Any]:
        if self.pin_memory:
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device "
                "pinned memory won't be used.",
                stacklevel=2,
            )
        order = iter(self._order)
        if self.num_workers == 0:
            # PyTorch draws a seed for its workers, even if it has none; so streams stay equal.
            random_seed(self.generator or default_generator)
            if self.timeout:
                raise AssertionError(f"timeout={self.timeout} needs num_workers > 0")
            return Batches(self, map(self._fetcher(self.dataset).fetch, order))
        if not self.prefetch_factor:
            raise AssertionError("prefetch_factor must be greater than 0")
        workers = self._started_workers()
        for worker in workers:
            worker.begin(self._fetcher)
        ahead = self.prefetch_factor * self.num_workers
        return Batches(self, fetched_ahead(workers, order, ahead))

    def _fetcher(self, dataset: Any) -> MapFetcher | IterableFetcher:
        batched = self.batch_sampler is not None
        if self._streaming:
            return IterableFetcher(dataset, self.collate_fn, batched, self.drop_last)
        return MapFetcher(dataset, self.collate_fn, batched)

    def _started_workers(self) -> list[Worker]:
        if self._workers:
            return self._workers
        seed = random_seed(self.generator or default_generator)
        count = self.num_workers
        workers = [Worker(number, count, seed, self.dataset) for number in range(count)]
        for worker in workers:
            worker.start(self.worker_init_fn)
        if self.persistent_workers:
            self._workers = workers
        return workers

    def __len__(self) -> int:
        if not self._streaming:
            return len(self._order)  # type: ignore[arg-type]  # not every sampler knows its length
        count = self._reported_length = len(self.dataset)
        if self.batch_size is None:
            return count
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)


class Batches(Iterator[Any]):
    """One pass of a DataLoader.

    Parameters
    ----------
    loader : DataLoader
    batches : iterator
        What it gives.
    """

    def __init__(self, loader: DataLoader, batches: Iterator[Any]) -> None:
        self.loader, self.batches = loader, batches
        self.reported = loader._reported_length  # that of a stream, if it was asked for before
        self.given = 0

    def __next__(self) -> Any:
        batch = next(self.batches)
        if isinstance(batch, Failure):
            batch.reraise()
        self.given += 1
        if self.reported is not None and self.given > self.reported:
            warnings.warn(
                f"Length of IterableDataset {self.loader.dataset} was reported to be "
                f"{self.reported} (when accessing len(dataloader)), but {self.given} samples have "
                "been fetched.",
                stacklevel=2,
            )
        return batch

    def __len__(self) -> int:
        """How many batches there are in all, if the sampler knows."""
        return len(self.loader._order)  # type: ignore[arg-type]


def check_workers(
    num_workers: int,
    timeout: float,
    prefetch_factor: int | None,
    persistent_workers: bool,
    multiprocessing_context: Any,
) -> None:
    """Raise for what a DataLoader cannot be told about its workers."""
    if num_workers < 0:
        raise ValueError(
            "num_workers option should be non-negative; use num_workers=0 to disable "
            "multiprocessing."
        )
    if timeout < 0:
        raise ValueError(f"timeout option should be non-negative, but got {timeout}")
    if prefetch_factor is not None and num_workers == 0:
        raise ValueError("prefetch_factor option needs num_workers > 0")
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError(f"prefetch_factor option should be non-negative, got {prefetch_factor}")
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")
    if multiprocessing_context is None:
        return
    if num_workers == 0:
        raise ValueError("multiprocessing_context option needs num_workers > 0")
    if isinstance(multiprocessing_context, str):
        if multiprocessing_context not in START_METHODS:
            raise ValueError(
                f"multiprocessing_context should be one of {START_METHODS}, but got "
                f"{multiprocessing_context!r}"
            )
    elif not hasattr(multiprocessing_context, "get_start_method"):
        raise TypeError(
            "multiprocessing_context should be a context or the name of a start method, but got "
            f"{multiprocessing_context!r}"
        )


def check_streaming(
    shuffle: bool | None, sampler: Iterable[Any] | None, batch_sampler: Iterable[Any] | None
) -> None:
    """Raise if an IterableDataset, which has an order of its own, is given another."""
    options = {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}
    for name, value in options.items():
        if value is not None:
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got "
                f"{name}={value}"
            )
