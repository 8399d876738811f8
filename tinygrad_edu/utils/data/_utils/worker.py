"""What PyTorch's worker processes do, done in this one: the same batches from the same numbers.

Worker `i` of `n` fetches batches i, i + n, i + 2n ... from a data set of its own and with random
numbers of its own: what the default generator, Python's `random`, and ``numpy.random`` would draw
is set aside while it is at work. Batches come in order, so that little else tells workers from
none: that the indices of some batches are drawn before the first is asked for, and what
`get_worker_info` says.
"""

from __future__ import annotations

import copy
import itertools
import random
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ....random import Generator, default_generator
from ..dataset import Dataset
from .fetch import IterableFetcher, MapFetcher

Fetcher = MapFetcher | IterableFetcher


@dataclass(frozen=True)
class WorkerInfo:
    """What a worker is told about itself.

    Attributes
    ----------
    id : int
        Which it is, from 0.
    num_workers : int
        How many there are.
    seed : int
        What its generators were seeded with.
    dataset : Dataset
        Its own copy, or, of what is no `Dataset`, such as a list, the data set itself. The copy is
        a shallow one: attributes that are set stay the worker's own.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


class KeyErrorText(str):
    """The text of a KeyError, which Python would show in quotes and without line breaks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Failure:
    """What a worker gives in place of a batch when something is raised.

    Parameters
    ----------
    error : Exception
    worker : int
        Its number.
    """

    def __init__(self, error: Exception, worker: int) -> None:
        self.kind = type(error)
        lines = "".join(traceback.format_exception(error))
        self.text = (
            f"Caught {self.kind.__name__} in DataLoader worker process {worker}.\nOriginal {lines}"
        )

    def reraise(self) -> NoReturn:
        """Raise an exception of the same type, whose text tells what the worker raised, and where.

        Raises
        ------
        Exception
            One of that type, or, if none can be made of a text alone, a RuntimeError.
        """
        text = KeyErrorText(self.text) if self.kind is KeyError else self.text
        try:
            error = self.kind(text)
        except Exception:  # whatever the __init__ of somebody's own exception does
            raise RuntimeError(text) from None
        raise error


_at_work: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Which worker is at work, for a data set to ask; None outside of workers."""
    return _at_work


class Worker:
    """One of the workers of a DataLoader.

    Parameters
    ----------
    number, count : int
        Which it is, and of how many.
    base_seed : int
        Drawn by the loader for all of them.
    dataset : Dataset
        Of which it has a copy.
    """

    fetcher: Fetcher
    failure: Failure | None = None  # of what was done before the first batch

    def __init__(self, number: int, count: int, base_seed: int, dataset: Any) -> None:
        own = copy.copy(dataset) if isinstance(dataset, Dataset) else dataset
        self.info = WorkerInfo(number, count, base_seed + number, own)
        self.stream = Generator().manual_seed(self.info.seed)
        self.python = random.Random(self.info.seed).getstate()
        entropy = [number, base_seed % 2**32, base_seed >> 32]
        words = np.random.SeedSequence(entropy).generate_state(4)
        self.numpy: Any = np.random.RandomState(words).get_state(legacy=False)

    def start(self, init: Callable[[int], Any] | None) -> None:
        """Call `init`, a loader's `worker_init_fn`, with the worker's number."""
        if init is not None:
            self.failure = self._attempt(lambda: init(self.info.id))

    def begin(self, fetcher_of: Callable[[Any], Fetcher]) -> None:
        """Begin a pass."""

        def begin() -> None:
            self.fetcher = fetcher_of(self.info.dataset)

        if self.failure is None:
            self.failure = self._attempt(begin)

    def fetch(self, index: Any) -> Any:
        """The batch of these indices, or a `Failure`; StopIteration if the data set has no more."""
        if self.failure is not None:
            failure, self.failure = self.failure, None
            return failure
        return self._attempt(lambda: self.fetcher.fetch(index))

    def _attempt(self, work: Callable[[], Any]) -> Any:
        """What `work` returns, or a `Failure`; StopIteration is none."""
        try:
            with self.at_work():
                return work()
        except StopIteration:
            raise
        except Exception as error:  # a data set may raise anything, and the loader has to tell it
            return Failure(error, self.info.id)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Inside, all random numbers are this worker's, and `get_worker_info` tells of it."""
        global _at_work
        before, _at_work = _at_work, self.info
        python, numpy = random.getstate(), np.random.get_state(legacy=False)
        default_generator.exchange(self.stream)
        random.setstate(self.python)
        np.random.set_state(self.numpy)
        try:
            yield
        finally:
            self.numpy = np.random.get_state(legacy=False)
            np.random.set_state(numpy)
            self.python = random.getstate()
            random.setstate(python)
            default_generator.exchange(self.stream)
            _at_work = before


def fetched_ahead(workers: Sequence[Worker], order: Iterator[Any], ahead: int) -> Iterator[Any]:
    """The batches of a pass with workers; the first indices are drawn at once.

    Parameters
    ----------
    workers : sequence of Worker
    order : iterator
        The indices of each batch.
    ahead : int
        Of how many batches the indices are drawn ahead.
    """
    return in_turn(deque(workers), order, deque(itertools.islice(order, ahead)))


def in_turn(workers: deque[Worker], order: Iterator[Any], waiting: deque[Any]) -> Iterator[Any]:
    """The batches of the indices in `waiting`, which is filled up with one of `order` each time.

    Of a stream each worker gives what its copy has; when that ends, the others go on.
    """
    while workers and waiting:
        worker = workers.popleft()
        try:
            batch = worker.fetch(waiting[0])
        except StopIteration:
            if isinstance(worker.fetcher, MapFetcher):  # the data set ends the pass
                return
            continue
        workers.append(worker)
        waiting.popleft()
        waiting.extend(itertools.islice(order, 1))
        yield batch
