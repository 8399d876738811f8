"""Data sets made of others, streams, weighted samplers, and loaders with workers: as PyTorch's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu
from parity_tests.test_data import (
    BOTH,
    Rows,
    go_through,
    loader,
    same,
    seeds,
    table,
)


def stream(f: Any, size: int, known: bool = True) -> Any:
    """An IterableDataset of `size` samples, whose length is known or not."""

    class Stream(f.utils.data.IterableDataset):  # type: ignore[misc, name-defined]
        def __iter__(self) -> Iterator[Any]:
            return iter([(f.tensor([i, -i]), i / 2) for i in range(size)])

    class Sized(Stream):
        def __len__(self) -> int:
            return size

    return Sized() if known else Stream()


@given(
    seed=seeds,
    size=st.integers(1, 30),
    count=st.integers(1, 40),
    replacement=st.booleans(),
    own=st.booleans(),
)
def test_weighted_random_sampler(
    seed: int, size: int, count: int, replacement: bool, own: bool
) -> None:
    weights = [0.1 + (i * 7 % 11) for i in range(size)]

    def make(f: Any) -> Any:
        return f.utils.data.WeightedRandomSampler(
            weights,
            count if replacement else min(count, size),
            replacement,
            f.Generator().manual_seed(seed) if own else None,
        )

    go_through(make, seed)


@given(seed=seeds, indices=st.lists(st.integers(-5, 99), max_size=20), own=st.booleans())
def test_subset_random_sampler(seed: int, indices: list[int], own: bool) -> None:
    def make(f: Any) -> Any:
        generator = f.Generator().manual_seed(seed) if own else None
        return f.utils.data.SubsetRandomSampler(indices, generator)

    go_through(make, seed)


def test_a_loader_with_each_sampler() -> None:
    def weighted(f: Any) -> Any:
        sampler = f.utils.data.WeightedRandomSampler(f.tensor([1.0, 0.0, 3.0, 2.0]), 11)
        return f.utils.data.DataLoader(table(f, 4), 4, sampler=sampler)

    def subset(f: Any) -> Any:
        sampler = f.utils.data.SubsetRandomSampler([5, 1, 8])
        return f.utils.data.DataLoader(table(f, 9), 2, sampler=sampler, drop_last=True)

    def batches(f: Any) -> Any:
        d = f.utils.data
        sampler = d.BatchSampler(d.SubsetRandomSampler(range(9)), 4, False)
        return d.DataLoader(Rows(f, 9), batch_sampler=sampler)

    for make in (weighted, subset, batches):
        for seed in range(3):
            go_through(make, seed)


@given(sizes=st.lists(st.integers(0, 5), min_size=1, max_size=4), seed=seeds)
def test_concatenated(sizes: list[int], seed: int) -> None:
    def make(f: Any) -> Any:
        return f.utils.data.ConcatDataset([table(f, size) for size in sizes])

    ours, theirs = (make(f) for f in BOTH)
    assert len(ours) == len(theirs) == sum(sizes)
    assert ours.cumulative_sizes == theirs.cumulative_sizes
    for index in range(-sum(sizes), sum(sizes)):
        same(ours[index], theirs[index])
    if sum(sizes):
        go_through(lambda f: f.utils.data.DataLoader(make(f), 3, shuffle=True), seed)


def test_sums_and_stacks() -> None:
    def added(f: Any) -> Any:
        return f.utils.data.DataLoader(table(f, 3) + f.utils.data.Subset(table(f, 4), [3, 1]), 2)

    def chained(f: Any) -> Any:
        return f.utils.data.DataLoader(stream(f, 3) + stream(f, 4), 2)

    def tuples(f: Any) -> Any:
        pairs = f.utils.data.StackDataset(range(5), f.utils.data.Subset(table(f, 9), range(5)))
        return f.utils.data.DataLoader(pairs, 2)

    def dicts(f: Any) -> Any:
        return f.utils.data.DataLoader(f.utils.data.StackDataset(x=range(5), y=Rows(f, 5)), 2)

    for make in (added, chained, tuples, dicts):
        go_through(make, 3)
    for f in BOTH:
        stacked = f.utils.data.StackDataset(x=range(5), y=range(5, 10))
        assert (stacked[3], len(stacked)) == ({"x": 3, "y": 8}, 5)
        assert f.utils.data.StackDataset(range(5), range(5, 10))[1] == (1, 6)


@given(
    size=st.integers(0, 12),
    batch_size=st.one_of(st.none(), st.integers(1, 5)),
    drop_last=st.booleans(),
)
def test_streams(size: int, batch_size: int | None, drop_last: bool) -> None:
    drop_last = drop_last and batch_size is not None
    go_through(
        lambda f: f.utils.data.DataLoader(stream(f, size), batch_size, drop_last=drop_last), 5
    )


def test_a_stream_without_a_length() -> None:
    for f in BOTH:
        batches = f.utils.data.DataLoader(stream(f, 5, known=False), 2, shuffle=False)
        assert len(list(batches)) == 3
        with pytest.raises(TypeError):
            len(batches)


def test_a_stream_that_gives_more_than_it_said() -> None:
    for f in BOTH:

        class Short(f.utils.data.IterableDataset):  # type: ignore[misc, name-defined]
            def __iter__(self) -> Iterator[int]:
                return iter(range(3))

            def __len__(self) -> int:
                return 2

        batches = f.utils.data.DataLoader(Short())
        assert len(list(batches)) == 3  # nobody has asked for the length yet
        assert len(batches) == 2
        with pytest.warns(UserWarning, match="was reported to be 2"):
            list(batches)


class Drawn:
    """A data set whose samples are drawn from the default generator, as augmentations are."""

    def __init__(self, f: Any, size: int) -> None:
        self.f, self.size = f, size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, i: int) -> Any:
        return i, self.f.rand(2), self.f.randn(3)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")
@settings(max_examples=5)
@given(
    seed=seeds,
    size=st.integers(1, 25),
    workers=st.integers(1, 3),
    batch_size=st.sampled_from([1, 2, 5, None]),
    dataset=st.sampled_from([Drawn, Rows, table]),
    persistent=st.booleans(),
)
def test_workers_are_told_from_pytorchs_by_nothing_but_time(
    seed: int, size: int, workers: int, batch_size: int | None, dataset: Any, persistent: bool
) -> None:
    def make(f: Any) -> Any:
        options = {"num_workers": workers, "persistent_workers": persistent, "prefetch_factor": 2}
        data = dataset(f, size)
        return f.utils.data.DataLoader(data, batch_size, shuffle=True, **options)

    # go_through compares the state of the default generator after each batch, too.
    go_through(make, seed)


def test_what_is_said_of_workers_is_kept() -> None:
    for f, context in zip(BOTH, ("fork", None), strict=True):
        assert f.utils.data.get_worker_info() is None
        batches = loader(f, num_workers=1, timeout=3, worker_init_fn=print)
        assert (batches.num_workers, batches.prefetch_factor, batches.timeout) == (1, 2, 3)
        assert (batches.worker_init_fn, batches.persistent_workers) == (print, False)
        loader(f, num_workers=1, multiprocessing_context=context)
        assert loader(f).prefetch_factor is None


def test_memory_is_not_pinned() -> None:
    for f in BOTH:
        with pytest.warns(UserWarning, match="no accelerator is found"):
            assert len(list(loader(f, pin_memory=True))) == 5


class HalfSubset:
    """Makes a subclass of Subset that PyTorch's loader would pass by."""

    def __init__(self, f: Any) -> None:
        class Half(f.utils.data.Subset):  # type: ignore[misc, name-defined]
            def __getitem__(self, index: Any) -> Any:
                return 0

        Half(range(3), [1])


def chain(f: Any) -> Any:
    return f.utils.data.ChainDataset([range(3)])


class Few:
    """A data set that gives fewer samples than it is asked for."""

    def __len__(self) -> int:
        return 3

    def __getitems__(self, indices: list[int]) -> list[int]:
        return indices[1:]


WRONG: dict[str, tuple[type[Exception], Callable[[Any], Any]]] = {
    "workers below 0": (ValueError, lambda f: loader(f, num_workers=-1)),
    "timeout below 0": (ValueError, lambda f: loader(f, timeout=-1)),
    "timeout without workers": (AssertionError, lambda f: list(loader(f, timeout=1))),
    "prefetch without workers": (ValueError, lambda f: loader(f, prefetch_factor=2)),
    "prefetch below 0": (ValueError, lambda f: loader(f, num_workers=1, prefetch_factor=-1)),
    "persistent": (ValueError, lambda f: loader(f, persistent_workers=True)),
    "context": (ValueError, lambda f: loader(f, multiprocessing_context="fork")),
    "a wrong context": (
        ValueError,
        lambda f: loader(f, num_workers=1, multiprocessing_context="thread"),
    ),
    "no context": (TypeError, lambda f: loader(f, num_workers=1, multiprocessing_context=3)),
    "persistence changed": (ValueError, lambda f: setattr(loader(f), "persistent_workers", True)),
    "shuffled stream": (
        ValueError,
        lambda f: f.utils.data.DataLoader(stream(f, 3), shuffle=True),
    ),
    "sampled stream": (ValueError, lambda f: f.utils.data.DataLoader(stream(f, 3), sampler=[1])),
    "batched stream": (
        ValueError,
        lambda f: f.utils.data.DataLoader(stream(f, 3), batch_sampler=[[1]]),
    ),
    "no weights drawn": (ValueError, lambda f: f.utils.data.WeightedRandomSampler([1.0], 0)),
    "true draws": (ValueError, lambda f: f.utils.data.WeightedRandomSampler([1.0], True)),
    "replacement 1": (ValueError, lambda f: f.utils.data.WeightedRandomSampler([1.0], 1, 1)),
    "a table of weights": (
        ValueError,
        lambda f: f.utils.data.WeightedRandomSampler([[1.0]], 1),
    ),
    "negative weights": (
        RuntimeError,
        lambda f: list(f.utils.data.WeightedRandomSampler([-1.0, 1], 1)),
    ),
    "too many without replacement": (
        RuntimeError,
        lambda f: list(f.utils.data.WeightedRandomSampler([1.0, 1], 3, False)),
    ),
    "nothing concatenated": (AssertionError, lambda f: f.utils.data.ConcatDataset([])),
    "a stream concatenated": (
        AssertionError,
        lambda f: f.utils.data.ConcatDataset([stream(f, 2)]),
    ),
    "far before the first": (ValueError, lambda f: f.utils.data.ConcatDataset([range(3)])[-4]),
    "far after the last": (IndexError, lambda f: f.utils.data.ConcatDataset([range(3)])[3]),
    "lists chained": (AssertionError, lambda f: list(chain(f))),
    "the length of lists chained": (AssertionError, lambda f: len(chain(f))),
    "nothing stacked": (ValueError, lambda f: f.utils.data.StackDataset()),
    "stacked both ways": (ValueError, lambda f: f.utils.data.StackDataset([1], x=[2])),
    "stacked of two lengths": (ValueError, lambda f: f.utils.data.StackDataset([1], [2, 3])),
    "too few samples": (
        ValueError,
        lambda f: list(f.utils.data.DataLoader(f.utils.data.StackDataset(Few()), 2)),
    ),
    "half a Subset": (NotImplementedError, HalfSubset),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_raises(what: str) -> None:
    exception, act = WRONG[what]
    for f in BOTH:
        with pytest.raises(exception):
            act(f)


def test_types_are_generic_as_in_pytorch() -> None:
    for f in BOTH:
        d = f.utils.data

        class Named(d.Dataset[int]):  # type: ignore[misc, name-defined]
            def __len__(self) -> int:
                return 2

            def __getitem__(self, index: int) -> int:
                return [5, 7][index]

        class Backwards(d.Sampler[int]):  # type: ignore[misc, name-defined]
            def __iter__(self) -> Iterator[int]:
                return iter((1, 0))

        assert [b.item() for b in d.DataLoader(Named(), sampler=Backwards())] == [7, 5]


def test_the_order_of_many_passes_with_and_without_workers_is_one() -> None:
    orders = []
    for workers in (0, 3):
        tinygrad_edu.manual_seed(9)
        batches = tinygrad_edu.utils.data.DataLoader(
            table(tinygrad_edu, 30), 4, shuffle=True, num_workers=workers
        )
        orders.append([batch[1].tolist() for _ in range(3) for batch in batches])
    assert orders[0] == orders[1]


def test_nothing_is_fetched_ahead_of_nothing() -> None:
    with pytest.raises(AssertionError, match="prefetch_factor"):
        iter(loader(tinygrad_edu, num_workers=1, prefetch_factor=0))
