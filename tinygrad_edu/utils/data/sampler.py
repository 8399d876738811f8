"""Samplers: in which order a data set is gone through.

A sampler is an iterable of indices, a batch sampler one of lists of indices. The random one makes
PyTorch's draws, so that a seed gives PyTorch's order.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import numpy as np

from ...creation import as_tensor
from ...dtypes import float64
from ...random import Generator, default_generator

Index = TypeVar("Index", covariant=True)


class Sampler(Generic[Index]):
    """Base of all samplers: subclasses define ``__iter__``, and ``__len__`` if they know it."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__")


class SequentialSampler(Sampler[int]):
    """The indices from 0 to ``len(data_source) - 1`` in order.

    Parameters
    ----------
    data_source : Sized
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Indices of `data_source` in random order.

    Parameters
    ----------
    data_source : Sized
    replacement : bool
        Whether each index is drawn from all, so that some come twice and some never. Otherwise
        all come once before any comes again.
    num_samples : int, optional
        How many indices to give; by default as many as there are.
    generator : Generator, optional
        Where to draw from. By default each pass draws a seed from the default generator, and the
        indices from a generator of its own with that seed.

    Raises
    ------
    TypeError
        If `replacement` is no bool.
    ValueError
        If `num_samples`, or the length of `data_source`, is not positive.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got {replacement=}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(
                "num_samples should be a positive integer value, but got "
                f"num_samples={self.num_samples}"
            )

    @property
    def num_samples(self) -> int:
        """How many indices a pass gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        generator = self.generator
        if generator is None:
            generator = Generator().manual_seed(random_seed(default_generator))
        size, count = len(self.data_source), self.num_samples
        if self.replacement:
            for _ in range(count // 32):
                yield from generator.randint(0, size, (32,)).tolist()
            yield from generator.randint(0, size, (count % 32,)).tolist()
        else:
            for _ in range(count // size):
                yield from generator.permutation(size).tolist()
            # Like PyTorch, draw one more even where nothing of it is needed.
            yield from generator.permutation(size).tolist()[: count % size]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Given indices in random order, each once.

    Parameters
    ----------
    indices : sequence of int
    generator : Generator, optional
        Where to draw from; by default the one that `manual_seed` seeds.
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        generator = self.generator or default_generator
        for place in generator.permutation(len(self.indices)).tolist():
            yield self.indices[place]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices from 0 to ``len(weights) - 1``, drawn with probabilities proportional to `weights`.

    Parameters
    ----------
    weights : sequence of float
        Not negative; they need not sum to 1.
    num_samples : int
        How many to draw: at least 1, and without replacement at most as many as there are weights.
    replacement : bool
        Whether an index can be drawn again.
    generator : Generator, optional
        Where to draw from; by default the one that `manual_seed` seeds.

    Raises
    ------
    ValueError
        If `num_samples` is no positive int, `replacement` no bool, or `weights` has not one
        dimension.
    RuntimeError
        When a pass begins, for weights that `multinomial` refuses.
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        check_positive("num_samples", num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got {replacement=}")
        self.weights = as_tensor(weights, dtype=float64)
        if self.weights.ndim != 1:
            raise ValueError(f"weights should have one dimension, but have {self.weights.shape}")
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        generator = self.generator or default_generator
        weights = np.ascontiguousarray(self.weights.array)
        yield from generator.multinomial(weights, self.num_samples, self.replacement).tolist()

    def __len__(self) -> int:
        return self.num_samples


class EndlessSampler(Sampler[None]):
    """What stands for the indices of an `IterableDataset`, which needs none: None, for ever."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


class BatchSampler(Sampler[list[Any]]):
    """The indices of another sampler in lists of `batch_size`.

    Parameters
    ----------
    sampler : iterable of int
    batch_size : int
        At least 1.
    drop_last : bool
        Whether a last list that is shorter is left out.

    Raises
    ------
    ValueError
        If `batch_size` is no positive int, or `drop_last` no bool.
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        check_positive("batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got {drop_last=}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[Any]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]  # not every sampler knows its length
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)


def random_seed(generator: Generator) -> int:
    """A seed drawn from `generator`, in [0, 2^63)."""
    return int(generator.random(()))


def check_positive(name: str, number: Any) -> None:
    """Raise ValueError unless `number` is an int above 0, and no bool."""
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={number}")
