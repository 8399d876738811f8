"""Data sets and loaders: PyTorch's batches in PyTorch's order, and its generator left behind."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.utils.data
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu
from parity_tests.judge import check, count_case

BOTH: tuple[Any, Any] = (tinygrad_edu, torch)
Point = namedtuple("Point", ["x", "y"])

seeds = st.integers(0, 2**64 - 1)


def ours_state() -> bytes:
    return tinygrad_edu.get_rng_state().numpy().tobytes()


def theirs_state() -> bytes:
    return bytes(torch.get_rng_state().numpy().tobytes())


def same(ours: Any, theirs: Any) -> None:
    """Tensors are equal, and so is all that holds them, in type and content."""
    if isinstance(theirs, torch.Tensor):
        check(ours, theirs, exact=True)
        return
    assert type(ours) is type(theirs)
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        same(list(ours.values()), list(theirs.values()))
    elif isinstance(theirs, tuple | list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            same(one, other)
    else:
        assert ours == theirs


def go_through(make: Callable[[Any], Any], seed: int, passes: int = 2) -> None:
    """Loop over what `make(framework)` returns: same items, same random state after each."""
    count_case()
    made = []
    for f in BOTH:
        f.manual_seed(seed)
        made.append(make(f))
    assert ours_state() == theirs_state()
    assert len(made[0]) == len(made[1])
    for _ in range(passes):
        ours, theirs = (iter(m) for m in made)
        assert ours_state() == theirs_state()
        count = 0
        for expected in theirs:
            same(next(ours), expected)
            assert ours_state() == theirs_state()
            count += 1
        with pytest.raises(StopIteration):
            next(ours)
        assert count == len(made[0])
        assert ours_state() == theirs_state()


def table(f: Any, size: int) -> Any:
    """A TensorDataset of three tensors of `size` rows."""
    x = np.arange(3 * size, dtype=np.float32).reshape(size, 3)
    tensors = (f.tensor(x), f.tensor(np.arange(size)), f.tensor(x.T.copy()).T)
    return f.utils.data.TensorDataset(*tensors)


class Rows:
    """A data set of dicts, which are collated one by one."""

    def __init__(self, f: Any, size: int) -> None:
        self.f, self.size = f, size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, i: int) -> Any:
        if not 0 <= i < self.size:
            raise IndexError(i)
        return {
            "x": self.f.tensor([i, 2.0 * i]),
            "n": i,
            "pair": (i / 2, np.int16(i)),
            "id": str(i),
        }


@given(
    seed=seeds,
    size=st.integers(1, 70),
    batch_size=st.integers(1, 40),
    shuffle=st.booleans(),
    drop_last=st.booleans(),
    dataset=st.sampled_from([table, Rows]),
)
def test_loader(
    seed: int, size: int, batch_size: int, shuffle: bool, drop_last: bool, dataset: Any
) -> None:
    go_through(
        lambda f: f.utils.data.DataLoader(
            dataset(f, size), batch_size, shuffle, drop_last=drop_last
        ),
        seed,
    )


@pytest.mark.parametrize("size", [1, 2, 31, 32, 33, 400, 1000])
@pytest.mark.parametrize("seed", [0, 1, 42, 2**63])
def test_course_loader(seed: int, size: int) -> None:
    go_through(
        lambda f: f.utils.data.DataLoader(table(f, size), batch_size=32, shuffle=True), seed, 3
    )


@given(seed=seeds, size=st.integers(1, 40), shuffle=st.booleans())
def test_loader_with_a_generator_of_its_own(seed: int, size: int, shuffle: bool) -> None:
    generators = []

    def make(f: Any) -> Any:
        generators.append(f.Generator().manual_seed(seed))
        return f.utils.data.DataLoader(table(f, size), 4, shuffle=shuffle, generator=generators[-1])

    go_through(make, 0)
    assert (
        generators[0].get_state().numpy().tobytes() == generators[1].get_state().numpy().tobytes()
    )


@given(
    seed=seeds,
    size=st.integers(1, 50),
    replacement=st.booleans(),
    num_samples=st.one_of(st.none(), st.integers(1, 120)),
    own=st.booleans(),
)
def test_random_sampler(
    seed: int, size: int, replacement: bool, num_samples: int | None, own: bool
) -> None:
    generators: list[Any] = []

    def make(f: Any) -> Any:
        generators.append(f.Generator().manual_seed(seed) if own else None)
        return f.utils.data.RandomSampler(
            range(size), replacement, num_samples, generator=generators[-1]
        )

    go_through(make, seed)
    if own:
        assert (
            generators[0].get_state().numpy().tobytes()
            == generators[1].get_state().numpy().tobytes()
        )


@given(
    size=st.integers(1, 30), replicas=st.integers(1, 8), shuffle=st.booleans(),
    drop_last=st.booleans(), seed=st.integers(0, 2**40), epochs=st.integers(1, 3),
)  # fmt: skip
def test_distributed_sampler(
    size: int, replicas: int, shuffle: bool, drop_last: bool, seed: int, epochs: int
) -> None:
    for rank in range(replicas):
        orders = []
        for f in (tinygrad_edu, torch):
            sampler = f.utils.data.DistributedSampler(
                range(size), replicas, rank, shuffle, seed, drop_last
            )
            parts = [len(sampler), sampler.num_samples, sampler.total_size]
            for epoch in range(epochs):
                sampler.set_epoch(epoch)
                parts.append(list(sampler))
                parts.append([b.tolist() for b in f.utils.data.DataLoader(
                    range(size), 3, sampler=sampler)])  # fmt: skip
            orders.append(parts)
        assert orders[0] == orders[1]


def test_samplers_of_ones_own() -> None:
    def by_sampler(f: Any) -> Any:
        return f.utils.data.DataLoader(table(f, 9), 2, sampler=[3, 1, 8, 1, -1])

    def by_batches(f: Any) -> Any:
        return f.utils.data.DataLoader(table(f, 9), batch_sampler=[[0, 1], [8], [2, 2, 2]])

    def by_nested(f: Any) -> Any:
        d = f.utils.data
        sampler = d.BatchSampler(d.SequentialSampler(range(7)), 3, True)
        return d.DataLoader(table(f, 9), batch_size=None, sampler=sampler)

    def one_by_one(f: Any) -> Any:
        return f.utils.data.DataLoader(Rows(f, 5), batch_size=None, shuffle=True)

    def collated(f: Any) -> Any:
        return f.utils.data.DataLoader(table(f, 5), 2, collate_fn=lambda rows: list(rows))

    for make in (by_sampler, by_batches, by_nested, one_by_one, collated):
        go_through(make, 7)


def test_a_batch_of_tensors_at_once_is_the_batch_of_its_samples() -> None:
    data = table(tinygrad_edu, 50)
    part = tinygrad_edu.utils.data.Subset(data, list(range(40, 5, -1)))
    for dataset in (data, part, tinygrad_edu.utils.data.Subset(part, [1, 1, 0])):
        slow = tinygrad_edu.utils.data.DataLoader(
            dataset, 8, collate_fn=lambda rows: tinygrad_edu.utils.data.default_collate(rows)
        )
        quick = tinygrad_edu.utils.data.DataLoader(dataset, 8)
        for a, b in zip(quick, slow, strict=True):
            for x, y in zip(a, b, strict=True):
                assert x.dtype is y.dtype
                np.testing.assert_array_equal(x.array, y.array)
                assert not np.shares_memory(x.array, data.tensors[0].array)


def test_overridden_samples_are_not_passed_by() -> None:
    for f in BOTH:

        class Doubled(f.utils.data.TensorDataset):  # type: ignore[misc, name-defined]
            def __getitem__(self, index: Any) -> Any:
                return tuple(2 * t for t in super().__getitem__(index))

        class Quick(Rows):
            def __getitems__(self, indices: list[int]) -> list[int]:
                return [100 * i for i in indices]

        (batch,) = f.utils.data.DataLoader(Doubled(f.tensor([1.0, 2.0])), 2)
        assert batch[0].tolist() == [2.0, 4.0]
        (batch,) = f.utils.data.DataLoader(Quick(f, 3), 3)
        assert batch.tolist() == [0, 100, 200]
        (batch,) = f.utils.data.DataLoader(f.utils.data.Subset(Quick(f, 3), [2, 1]), 2)
        assert batch.tolist() == [200, 100]


@given(seed=seeds, lengths=st.lists(st.integers(0, 20), min_size=1, max_size=5))
def test_random_split_by_lengths(seed: int, lengths: list[int]) -> None:
    if sum(lengths) == 1:  # both take these for parts
        lengths.append(1)
    go_through(lambda f: subsets(f, sum(lengths), lengths, None), seed, passes=1)


def subsets(f: Any, size: int, lengths: list[Any], seed: int | None) -> Any:
    generator = None if seed is None else f.Generator().manual_seed(seed)
    parts = f.utils.data.random_split(range(size), lengths, generator=generator)
    return [list(part.indices) for part in parts]


@pytest.mark.parametrize("seed", [None, 0, 5])
@pytest.mark.parametrize("size", [10, 17, 101])
@pytest.mark.parametrize(
    "lengths", [[0.8, 0.2], [0.5, 0.25, 0.25], [1 / 3, 1 / 3, 1 / 3], [0.1] * 10, [1.0]]
)
def test_random_split_by_parts(lengths: list[float], size: int, seed: int | None) -> None:
    go_through(lambda f: subsets(f, size, lengths, seed), 3, passes=1)


def test_random_split_warns_of_an_empty_part() -> None:
    for f in BOTH:
        with pytest.warns(UserWarning, match="Length of split at index 1 is 0"):
            parts = f.utils.data.random_split(range(3), [0.99, 0.01])
        assert [len(part) for part in parts] == [3, 0]


def test_split_then_load() -> None:
    def make(f: Any) -> Any:
        train, _ = f.utils.data.random_split(table(f, 100), [0.8, 0.2])
        return f.utils.data.DataLoader(train, batch_size=16, shuffle=True)

    for seed in range(5):
        go_through(make, seed)


COLLATED: dict[str, Callable[[Any], list[Any]]] = {
    "tensors": lambda f: [f.ones(2, 3), f.zeros(2, 3)],
    "tensors without dimensions": lambda f: [f.tensor(1), f.tensor(2)],
    "bool tensors": lambda f: [f.tensor([True]), f.tensor([False])],
    "arrays": lambda f: [np.ones((2, 2), np.float16), np.zeros((2, 2), np.float16)],
    "arrays without dimensions": lambda f: [np.array(3), np.array(4)],
    "numbers of NumPy, float64": lambda f: [np.float64(1.5), np.float64(2)],
    "numbers of NumPy, float32": lambda f: [np.float32(1.5), np.float32(2)],
    "numbers of NumPy, uint8": lambda f: [np.uint8(1), np.uint8(255)],
    "numbers of NumPy, bool": lambda f: [np.bool_(True), np.bool_(False)],
    "floats": lambda f: [1.5, 2.0, float("inf")],
    "floats and ints": lambda f: [1.5, 2],
    "ints": lambda f: [1, 2, 3],
    "bools": lambda f: [True, False],
    "text": lambda f: ["a", "b"],
    "bytes": lambda f: [b"a", b"b"],
    "tuples": lambda f: [(1, 2.0, "x"), (3, 4.0, "y")],
    "lists": lambda f: [[1, f.ones(2)], [3, f.zeros(2)]],
    "named tuples": lambda f: [Point(0, 1.0), Point(2, 3.0)],
    "dicts": lambda f: [{"a": 1, "b": (1, 2)}, {"b": (3, 4), "a": 2}],
    "ordered dicts": lambda f: [OrderedDict(a=1), OrderedDict(a=2)],
    "default dicts": lambda f: [defaultdict(int, a=1), defaultdict(int, a=2)],
    "nested": lambda f: [{"a": [Point(1, {"b": f.ones(1)})]}, {"a": [Point(2, {"b": f.ones(1)})]}],
    "empty": lambda f: [(), ()],
}


@pytest.mark.parametrize("what", COLLATED)
def test_default_collate(what: str) -> None:
    count_case()
    same(*(f.utils.data.default_collate(COLLATED[what](f)) for f in BOTH))


@pytest.mark.parametrize("what", COLLATED)
def test_default_convert(what: str) -> None:
    count_case()
    for samples in zip(*(COLLATED[what](f) for f in BOTH), strict=True):
        pairs = zip(samples, BOTH, strict=True)
        same(*(f.utils.data.default_convert(sample) for sample, f in pairs))


def loaded(f: Any, *samples: Any) -> None:
    f.utils.data.default_collate(list(samples))


def loader(f: Any, **options: Any) -> Any:
    return f.utils.data.DataLoader(range(5), **options)


WRONG: dict[str, tuple[type[Exception], Callable[[Any], Any]]] = {
    "no batch": (ValueError, lambda f: loader(f, batch_size=0)),
    "negative batch": (ValueError, lambda f: loader(f, batch_size=-3)),
    "half a batch": (ValueError, lambda f: loader(f, batch_size=1.5)),
    "true batch": (ValueError, lambda f: loader(f, batch_size=True)),
    "shuffle and sampler": (ValueError, lambda f: loader(f, shuffle=True, sampler=[1])),
    "batch_sampler and batch_size": (
        ValueError,
        lambda f: loader(f, batch_size=2, batch_sampler=[[1]]),
    ),
    "batch_sampler and shuffle": (ValueError, lambda f: loader(f, shuffle=True, batch_sampler=[])),
    "batch_sampler and sampler": (ValueError, lambda f: loader(f, sampler=[], batch_sampler=[])),
    "batch_sampler and drop_last": (
        ValueError,
        lambda f: loader(f, drop_last=True, batch_sampler=[]),
    ),
    "no batches and drop_last": (
        ValueError,
        lambda f: loader(f, batch_size=None, drop_last=True),
    ),
    "drop_last of 1": (ValueError, lambda f: loader(f, drop_last=1)),
    "negative num_workers": (ValueError, lambda f: loader(f, num_workers=-1)),
    "nothing to shuffle": (ValueError, lambda f: f.utils.data.DataLoader([], shuffle=True)),
    "a new batch size": (ValueError, lambda f: setattr(loader(f), "batch_size", 3)),
    "a new data set": (ValueError, lambda f: setattr(loader(f), "dataset", [1])),
    "rank 2 of 2": (ValueError, lambda f: f.utils.data.DistributedSampler(range(3), 2, 2)),
    "rank -1": (ValueError, lambda f: f.utils.data.DistributedSampler(range(3), 2, -1)),
    "no rank": (ValueError, lambda f: f.utils.data.DistributedSampler(range(3), 2)),
    "no replicas": (ValueError, lambda f: f.utils.data.DistributedSampler(range(3), rank=0)),
    "no samples": (ValueError, lambda f: f.utils.data.RandomSampler(range(3), num_samples=0)),
    "half a sample": (ValueError, lambda f: f.utils.data.RandomSampler(range(3), num_samples=0.5)),
    "replacement of 1": (TypeError, lambda f: f.utils.data.RandomSampler(range(3), 1)),
    "rows that differ": (
        AssertionError,
        lambda f: f.utils.data.TensorDataset(f.zeros(3), f.zeros(4)),
    ),
    "a row too far": (IndexError, lambda f: table(f, 3)[3]),
    "a sampler too far": (
        IndexError,
        lambda f: list(f.utils.data.DataLoader(table(f, 3), sampler=[5])),
    ),
    "a data set without samples": (NotImplementedError, lambda f: f.utils.data.Dataset()[0]),
    "lengths that do not add up": (
        ValueError,
        lambda f: f.utils.data.random_split(range(5), [2, 2]),
    ),
    "parts that do not add up": (
        ValueError,
        lambda f: f.utils.data.random_split(range(5), [0.5, 0.4]),
    ),
    "a part above 1": (ValueError, lambda f: f.utils.data.random_split(range(5), [1.5, -0.5])),
    "tensors of two shapes": (RuntimeError, lambda f: loaded(f, f.zeros(2), f.zeros(3))),
    "arrays of two shapes": (RuntimeError, lambda f: loaded(f, np.zeros(2), np.zeros(3))),
    "tuples of two lengths": (RuntimeError, lambda f: loaded(f, (1, 2), (1,))),
    "arrays of text": (TypeError, lambda f: loaded(f, np.array(["a"]))),
    "None": (TypeError, lambda f: loaded(f, None)),
    "a set": (TypeError, lambda f: loaded(f, {1})),
    "dicts of other keys": (KeyError, lambda f: loaded(f, {"a": 1}, {"b": 1})),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_raises(what: str) -> None:
    exception, act = WRONG[what]
    for f in BOTH:
        with pytest.raises(exception):
            act(f)


def test_an_abandoned_pass_leaves_pytorchs_state() -> None:
    for f in BOTH:
        f.manual_seed(11)
        many = f.utils.data.DataLoader(table(f, 20), 5, shuffle=True)
        for number, _ in enumerate(many):
            if number == 1:
                break
        for _ in zip(many, many, strict=True):  # two passes at once
            pass
    assert ours_state() == theirs_state()
