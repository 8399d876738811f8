"""Data sets, and the loader that cuts them into batches.

A data set is anything with ``len(dataset)`` and ``dataset[i]``. A `DataLoader` goes through it
once for each ``for`` loop: a sampler gives the order, the samples of a batch are fetched and put
together. Orders are PyTorch's for a seed, and so is what is left in the default generator.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..random import Generator, default_generator
from ..tensor import Tensor
from .collate import default_collate as default_collate
from .collate import default_convert as default_convert
from .sampler import BatchSampler as BatchSampler
from .sampler import RandomSampler as RandomSampler
from .sampler import Sampler as Sampler
from .sampler import SequentialSampler as SequentialSampler
from .sampler import random_seed

__all__ = [
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "TensorDataset",
    "default_collate",
    "default_convert",
    "random_split",
]


class Dataset:
    """Base of data sets: subclasses define ``dataset[index]``, a sample, and ``len(dataset)``.

    They may define ``__getitems__(indices)``, a list of samples, where that is quicker.
    """

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define __getitem__")


class TensorDataset(Dataset):
    """The rows of tensors: sample `i` is ``(tensors[0][i], tensors[1][i], ...)``.

    Parameters
    ----------
    *tensors : Tensor
        Of one size in their first dimension.

    Raises
    ------
    AssertionError
        If the sizes differ.
    """

    def __init__(self, *tensors: Tensor) -> None:
        sizes = [tensor.size(0) for tensor in tensors]
        if any(size != sizes[0] for size in sizes):
            raise AssertionError(f"Size mismatch between tensors: {sizes} in dimension 0")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].size(0))


class Subset(Dataset):
    """Some samples of a data set, in an order of their own.

    Parameters
    ----------
    dataset : Dataset
    indices : sequence of int
        Sample `i` is ``dataset[indices[i]]``.
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any,
    lengths: Sequence[int | float],
    generator: Generator | None = default_generator,
) -> list[Subset]:
    """Deal the samples of a data set out at random to several.

    Parameters
    ----------
    dataset : Dataset
    lengths : sequence of int, or of float
        How many samples each gets, or what part of them. Parts are rounded down, and what is left
        is dealt out one by one from the first on.
    generator : Generator
        Where to draw from; by default the one that `manual_seed` seeds.

    Raises
    ------
    ValueError
        If the lengths do not add up to that of `dataset`, or parts are not in [0, 1].
    """
    total = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = whole_lengths(lengths, total)
    if sum(lengths) != total:
        raise ValueError(
            "Sum of input lengths does not equal the length of the input dataset: "
            f"{sum(lengths)} and {total}"
        )
    counts = [int(length) for length in lengths]
    indices = iter((generator or default_generator).permutation(total).tolist())
    return [Subset(dataset, list(itertools.islice(indices, count))) for count in counts]


def whole_lengths(parts: Sequence[float], total: int) -> list[int]:
    """How many of `total` samples each part gets, see `random_split`."""
    for index, part in enumerate(parts):
        if not 0 <= part <= 1:
            raise ValueError(f"Fraction at index {index} is not between 0 and 1: {part}")
    lengths = [math.floor(total * part) for part in parts]
    for extra in range(total - sum(lengths)):
        lengths[extra % len(lengths)] += 1
    for index, length in enumerate(lengths):
        if length == 0:
            warnings.warn(
                f"Length of split at index {index} is 0. This might result in an empty dataset.",
                stacklevel=3,
            )
    return lengths


class DataLoader:
    """Goes through a data set in batches, once for each ``for`` loop over it.

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
        Only 0: samples are fetched in this process.
    collate_fn : callable, optional
        Makes a batch of a list of samples; by default `default_collate`.
    drop_last : bool
        Whether a last batch that is smaller is left out.
    generator : Generator, optional
        Where random orders are drawn from; by default from the one that `manual_seed` seeds.

    Raises
    ------
    ValueError
        If `batch_size` is not positive, or options exclude each other; and on setting one of the
        attributes that are used up once the loader is made.
    NotImplementedError
        If `num_workers` is positive.
    """

    _FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset")

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        *,
        drop_last: bool = False,
        generator: Generator | None = None,
    ) -> None:
        if num_workers < 0:
            raise ValueError(f"num_workers option should be non-negative, but got {num_workers}")
        if num_workers > 0:
            raise NotImplementedError(
                f"num_workers={num_workers}: samples are fetched in this process; use num_workers=0"
            )
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
        if sampler is None and shuffle:
            sampler = RandomSampler(dataset, generator=generator)
        elif sampler is None:
            sampler = SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)

        default = default_convert if batch_sampler is None else default_collate
        self.collate_fn = default if collate_fn is None else collate_fn
        self.num_workers = num_workers
        self.generator = generator
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.dataset = dataset

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._FIXED and "dataset" in self.__dict__:  # which is set last
            raise ValueError(f"{name} attribute should not be set after DataLoader is initialized")
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator[Any]:
        order = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        # PyTorch draws a seed for its workers, even if it has none; so the streams stay equal.
        random_seed(self.generator or default_generator)
        return map(self._fetch, order)

    def __len__(self) -> int:
        order = self.sampler if self.batch_sampler is None else self.batch_sampler
        return len(order)  # type: ignore[arg-type]  # not every sampler knows its length

    def _fetch(self, index: Any) -> Any:
        """The batch of the samples with these indices, or, without batches, one sample."""
        if self.batch_sampler is None:
            return self.collate_fn(self.dataset[index])
        if self.collate_fn is default_collate:
            rows = tensor_rows(self.dataset, index)
            if rows is not None:
                return rows
        return self.collate_fn(samples(self.dataset, index))


def samples(dataset: Any, indices: Sequence[Any]) -> Any:
    """The samples with these indices, all at once if the data set knows how."""
    if type(dataset) is Subset:
        return samples(dataset.dataset, [dataset.indices[i] for i in indices])
    if callable(getattr(dataset, "__getitems__", None)):
        return dataset.__getitems__(indices)
    return [dataset[index] for index in indices]


def tensor_rows(dataset: Any, indices: Sequence[Any]) -> list[Tensor] | None:
    """The batch of a `TensorDataset`, or a `Subset` of one: its rows picked in one go.

    None for other data sets, which might do something else for each sample.
    """
    while type(dataset) is Subset:
        dataset, indices = dataset.dataset, [dataset.indices[i] for i in indices]
    if type(dataset) is not TensorDataset:
        return None
    return [tensor[indices] for tensor in dataset.tensors]
