"""Fetching: from the indices of a batch to the batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....tensor import Tensor
from ..dataset import Subset, TensorDataset, samples
from .collate import default_collate


class MapFetcher:
    """Fetches from a data set that has its samples at indices.

    Parameters
    ----------
    dataset : Dataset
    collate_fn : callable
        Makes a batch of a list of samples; or, without batches, what the loader gives of a sample.
    batched : bool
        Whether it is asked for lists of indices.
    """

    def __init__(self, dataset: Any, collate_fn: Callable[[Any], Any], batched: bool) -> None:
        self.dataset = dataset
        self.collate_fn = collate_fn
        self.batched = batched

    def fetch(self, index: Any) -> Any:
        """The batch of the samples with these indices, or, without batches, one sample."""
        if not self.batched:
            return self.collate_fn(self.dataset[index])
        if self.collate_fn is default_collate:
            rows = tensor_rows(self.dataset, index)
            if rows is not None:
                return rows
        return self.collate_fn(samples(self.dataset, index))


class IterableFetcher:
    """Fetches from a stream: the next samples, as many as there are indices.

    Parameters
    ----------
    dataset : IterableDataset
    collate_fn, batched
        As for `MapFetcher`.
    drop_last : bool
        Whether a last batch that is smaller is left out.
    """

    def __init__(
        self, dataset: Any, collate_fn: Callable[[Any], Any], batched: bool, drop_last: bool
    ) -> None:
        self.stream = iter(dataset)
        self.collate_fn = collate_fn
        self.batched = batched
        self.drop_last = drop_last
        self.ended = False

    def fetch(self, index: Any) -> Any:
        """The next batch, or, without batches, sample; StopIteration if there is none."""
        return self.collate_fn(self._next_samples(len(index)) if self.batched else self._next())

    def _next(self) -> Any:
        return next(self.stream)

    def _next_samples(self, count: int) -> list[Any]:
        found: list[Any] = []
        while not self.ended and len(found) < count:
            try:
                found.append(next(self.stream))
            except StopIteration:
                self.ended = True
        if not found or (self.drop_last and len(found) < count):
            raise StopIteration
        return found


def tensor_rows(dataset: Any, indices: Sequence[Any]) -> list[Tensor] | None:
    """The batch of a `TensorDataset`, or a `Subset` of one: its rows picked in one go.

    None for other data sets, which might do something else for each sample.
    """
    while type(dataset) is Subset:
        dataset, indices = dataset.dataset, [dataset.indices[i] for i in indices]
    if type(dataset) is not TensorDataset:
        return None
    return [tensor[indices] for tensor in dataset.tensors]
