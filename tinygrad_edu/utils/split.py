"""A part of a data set, and how a data set is dealt out to several parts."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Sequence
from typing import Any

from ..advice import advised
from ..random import Generator, default_generator
from .dataset import Dataset, Sample, samples


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
