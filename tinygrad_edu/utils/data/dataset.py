"""Data sets: what has samples; and how one is dealt out to several.

A data set is anything with ``len(dataset)`` and ``dataset[i]``; or, as an `IterableDataset`,
anything that gives one sample after another. Those that PyTorch has are made of others: of
tensors, or of data sets side by side (`StackDataset`) or one after the other (`ConcatDataset`).
"""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from abc import ABCMeta, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from ...advice import advised
from ...random import Generator, default_generator
from ...tensor import Tensor

Sample = TypeVar("Sample", covariant=True)


class Dataset(Generic[Sample]):
    """Base of data sets: subclasses define ``dataset[index]``, a sample, and ``len(dataset)``.

    They may define ``__getitems__(indices)``, a list of samples, where that is quicker.
    """

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Any) -> ConcatDataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Sample], metaclass=ABCMeta):
    """Base of data sets that are streams: subclasses define ``__iter__``, which gives samples."""

    @abstractmethod
    def __iter__(self) -> Iterator[Any]:
        """The samples, one after the other."""

    def __add__(self, other: Any) -> ChainDataset[Any]:  # type: ignore[override]
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
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
            raise advised(
                AssertionError("Size mismatch between tensors"), f"{sizes} in dimension 0."
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].size(0))


class StackDataset(Dataset[Any]):
    """Data sets side by side: sample `i` is what each has at `i`.

    Parameters
    ----------
    *args : Dataset
        Then a sample is a tuple.
    **kwargs : Dataset
        Then a sample is a dict. Only one of both can be given.

    Raises
    ------
    ValueError
        If there is none, or both kinds, or if their lengths differ.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError(
                "StackDataset makes tuples of data sets given by place, or dicts of those given "
                "by name, but got both"
            )
        if not args and not kwargs:
            raise ValueError("StackDataset needs at least one data set")
        self.datasets: tuple[Any, ...] | dict[str, Any] = args or kwargs
        lengths = [len(dataset) for dataset in args or kwargs.values()]
        if len(set(lengths)) != 1:
            raise ValueError(f"Size mismatch between datasets: {lengths}")
        self._length = lengths[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """The samples at several places."""
        if isinstance(self.datasets, dict):
            columns = [samples_of(dataset, indices) for dataset in self.datasets.values()]
            return [
                dict(zip(self.datasets, row, strict=True)) for row in zip(*columns, strict=True)
            ]
        columns = [samples_of(dataset, indices) for dataset in self.datasets]
        return list(zip(*columns, strict=True))

    def __len__(self) -> int:
        return self._length


def samples_of(dataset: Any, indices: Sequence[int]) -> Any:
    """`samples`, and a ValueError if there are not as many as `indices`."""
    found = samples(dataset, indices)
    if len(found) != len(indices):
        raise ValueError(
            f"the __getitems__ of {type(dataset).__name__} was asked for {len(indices)} samples, "
            f"but gave {len(found)}"
        )
    return found


class ConcatDataset(Dataset[Sample]):
    """Data sets one after the other, as one.

    Parameters
    ----------
    datasets : iterable of Dataset
        At least one, and none of them an IterableDataset.

    Raises
    ------
    AssertionError
        If they are not so.
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError(
                "ConcatDataset does not take an IterableDataset: ChainDataset does"
            )
        self.cumulative_sizes = list(itertools.accumulate(len(d) for d in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        if index < -len(self):
            raise ValueError(f"index {index} is out of range for {len(self)} samples")
        place = index + len(self) if index < 0 else index
        which = bisect.bisect_right(self.cumulative_sizes, place)
        before = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][place - before]


class ChainDataset(IterableDataset[Sample]):
    """Streams one after the other, as one.

    Parameters
    ----------
    datasets : iterable of IterableDataset
        Gone through anew in each pass; what is no IterableDataset is an AssertionError then.
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def _streams(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError(
                    f"ChainDataset takes only IterableDatasets, not {type(dataset).__name__}"
                )
            yield dataset

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(self._streams())

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self._streams())


def samples(dataset: Any, indices: Sequence[Any]) -> Any:
    """The samples with these indices, all at once if the data set knows how."""
    if callable(getattr(dataset, "__getitems__", None)):
        return dataset.__getitems__(indices)
    return [dataset[index] for index in indices]


class Subset(Dataset[Sample]):
    """Some samples of a data set, in an order of their own.

    Parameters
    ----------
    dataset : Dataset
    indices : sequence of int
        Sample `i` is ``dataset[indices[i]]``.

    Raises
    ------
    NotImplementedError
        If a subclass defines ``__getitem__`` but not ``__getitems__``, which a DataLoader uses.
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices
        cls = type(self)
        if cls.__getitem__ is not Subset.__getitem__ and cls.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{cls.__name__} has a __getitem__ of its own, but fetches batches by the "
                "__getitems__ of Subset, which does not use it; define __getitems__(indices), too"
            )

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Sequence[int]) -> Any:
        """The samples at several places, all at once if the data set knows how."""
        return samples(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any,
    lengths: Sequence[int | float],
    generator: Generator | None = default_generator,
) -> list[Subset[Any]]:
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
    TypeError
        If the lengths are numbers with a fraction, or `generator` is none.
    """
    total = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = whole_lengths(lengths, total)
    if sum(lengths) != total:
        raise advised(
            ValueError("Sum of input lengths does not equal the length of the input dataset!"),
            f"These are {sum(lengths)} and {total}.",
        )
    if not isinstance(sum(lengths), int):
        raise TypeError(f"expected lengths that are integers, or parts of 1, but got {lengths}")
    if not isinstance(generator, Generator | None):
        raise TypeError(f"generator must be a Generator, not {type(generator).__name__}")
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
