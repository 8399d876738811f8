"""What a data set sees in a DataLoader's workers: who it is, its own copy, and its own numbers."""

from __future__ import annotations

import random

import numpy as np
import pytest

from .both import BOTH, both

pytestmark = [
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning"),
]


@pytest.fixture(autouse=True)
def no_long_wait(monkeypatch):
    """So long PyTorch waits for a worker that does not end, as it happens at times."""
    monkeypatch.setattr("torch.utils.data._utils.MP_STATUS_CHECK_INTERVAL", 0.5)


def as_lists(batches):
    return [batch.tolist() for batch in batches]


def numbers(lib, count):
    """A stream of the first `count` integers, of which a worker gives its share, if told."""

    class Numbers(lib.utils.data.IterableDataset):
        start, stop, shared = 0, count, False

        def __iter__(self):
            info = lib.utils.data.get_worker_info()
            if info is None or not self.shared:
                return iter(range(self.start, self.stop))
            return iter(range(self.start + info.id, self.stop, info.num_workers))

    return Numbers()


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("batch_size", [None, 1, 2, 3])
@pytest.mark.parametrize("persistent", [False, True])
def test_each_worker_goes_through_its_copy_of_a_stream(workers, shared, batch_size, persistent):
    def run(lib):
        dataset = numbers(lib, 7)
        dataset.shared = shared
        options = {"num_workers": workers, "persistent_workers": persistent and workers > 0}
        loader = lib.utils.data.DataLoader(dataset, batch_size, **options)
        return [[np.asarray(batch).tolist() for batch in loader] for _ in range(2)]

    first, second = both(run)
    assert first == second


def test_worker_init_fn_gives_each_worker_its_share():
    """As in the example of PyTorch's documentation of IterableDataset."""

    def run(lib):
        dataset = numbers(lib, 11)

        def share(worker):
            info = lib.utils.data.get_worker_info()
            assert (info.id, info.num_workers) == (worker, 3)
            size = -(-dataset.stop // info.num_workers)
            own = info.dataset
            own.start, own.stop = worker * size, min((worker + 1) * size, dataset.stop)

        loader = lib.utils.data.DataLoader(dataset, 2, num_workers=3, worker_init_fn=share)
        return as_lists(loader), (dataset.start, dataset.stop), lib.utils.data.get_worker_info()

    batches, ends, info = both(run)
    assert sorted(i for batch in batches for i in batch) == list(range(11))
    assert ends == (0, 11) and info is None


@pytest.mark.parametrize("persistent", [False, True])
def test_samples_know_their_worker_and_draw_its_numbers(persistent):
    def run(lib):
        class Drawn(lib.utils.data.Dataset):
            calls = 0

            def __len__(self):
                return 7

            def __getitem__(self, index):
                info = lib.utils.data.get_worker_info()
                self.calls += 1
                drawn = random.random(), random.gauss(0, 1), np.random.rand(), np.random.randn()
                seeds = info.seed, lib.initial_seed()
                who = index, info.id, info.num_workers, self.calls, info.dataset is self
                return (*who, *seeds, *drawn, lib.rand(1).item())

        lib.manual_seed(3)
        random.seed(5)
        np.random.seed(7)
        dataset = Drawn()
        options = {"num_workers": 2, "persistent_workers": persistent, "collate_fn": list}
        loader = lib.utils.data.DataLoader(dataset, 2, **options)
        passes = [list(loader) for _ in range(2)]
        after = random.random(), np.random.rand(), lib.rand(1).item(), dataset.calls
        return passes, after

    passes, after = both(run)
    assert after[-1] == 0
    assert len({row for batches in passes for batch in batches for row in batch}) == 14


def test_worker_init_fn_may_seed():
    """As in PyTorch's note on reproducibility."""

    def run(lib):
        class Drawn(lib.utils.data.Dataset):
            def __len__(self):
                return 6

            def __getitem__(self, index):
                return np.random.randint(1000), random.randrange(1000)

        def seed_worker(worker):
            seed = lib.initial_seed() % 2**32
            np.random.seed(seed)
            random.seed(seed)

        g = lib.Generator()
        g.manual_seed(0)
        loader = lib.utils.data.DataLoader(
            Drawn(), 2, num_workers=2, worker_init_fn=seed_worker, generator=g, collate_fn=list
        )
        return [list(loader) for _ in range(2)]

    first, second = both(run)
    assert first != second


@pytest.mark.parametrize("persistent", [False, True])
def test_worker_init_fn_is_called_once_for_each_worker(persistent):
    def run(lib):
        class Told(lib.utils.data.Dataset):
            def __len__(self):
                return 4

            def __getitem__(self, index):
                return self.told

        def tell(worker):
            own = lib.utils.data.get_worker_info().dataset
            own.told = [*getattr(own, "told", []), worker]

        options = {"num_workers": 2, "persistent_workers": persistent, "collate_fn": list}
        loader = lib.utils.data.DataLoader(Told(), 1, worker_init_fn=tell, **options)
        return [list(loader) for _ in range(2)]

    assert both(run)[1] == [[[0]], [[1]], [[0]], [[1]]]


def test_an_error_of_worker_init_fn():
    for lib in BOTH:

        def fail(worker):
            raise KeyError("lost")

        loader = lib.utils.data.DataLoader([1, 2], num_workers=1, worker_init_fn=fail)
        with pytest.raises(KeyError, match="lost"):
            list(loader)
        assert lib.utils.data.get_worker_info() is None


class TwoArguments(Exception):
    def __init__(self, what, where):
        super().__init__(f"{what} {where}")


ERRORS = {
    "value": ValueError("one\ntwo"), "type": TypeError("x"), "index": IndexError(3),
    "key": KeyError("absent"), "runtime": RuntimeError(), "assertion": AssertionError("no"),
    "of one's own": TwoArguments("lost", "here"), "of a file": FileNotFoundError(2, "gone", "f"),
}  # fmt: skip


def failing_rows(lib, error):
    class Rows(lib.utils.data.Dataset):
        def __len__(self):
            return 6

        def __getitem__(self, index):
            if index == 3:
                raise error
            return index

    return Rows()


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_in_a_worker_tells_where_it_was(case):
    """The same type, number of the worker, and error; and the pass goes on behind it."""

    def run(lib):
        passing = iter(lib.utils.data.DataLoader(failing_rows(lib, ERRORS[case]), 2, num_workers=2))
        before = next(passing).tolist()
        with pytest.raises(Exception) as caught:
            next(passing)
        lines = str(caught.value).splitlines()
        assert any(line.endswith("in __getitem__") for line in lines)
        ends = [line for line in lines if line[0] != " "]
        return before, type(caught.value), ends, next(passing).tolist(), list(passing)

    found = both(run)
    assert found[2][0].endswith("in DataLoader worker process 1.")
    assert found[2][1] == "Original Traceback (most recent call last):"


def test_without_workers_an_error_is_the_one_that_was_raised():
    for lib in BOTH:
        passing = iter(lib.utils.data.DataLoader(failing_rows(lib, ERRORS["key"]), 2))
        next(passing)
        with pytest.raises(KeyError) as caught:
            next(passing)
        assert caught.value is ERRORS["key"]


def test_a_stream_that_cannot_begin_is_told_of_with_the_first_batch():
    def run(lib):
        class Stream(lib.utils.data.IterableDataset):
            def __iter__(self):
                raise ValueError("dry")

        passing = iter(lib.utils.data.DataLoader(Stream(), num_workers=1))
        with pytest.raises(ValueError) as caught:
            next(passing)
        lines = str(caught.value).splitlines()
        return lines[:2] + lines[-1:]

    assert both(run)[0] == "Caught ValueError in DataLoader worker process 0."


def test_what_workers_are_told_cannot_be_changed():
    def run(lib):
        def look(worker):
            info = lib.utils.data.get_worker_info()
            with pytest.raises((AttributeError, RuntimeError)):
                info.id = 3

        return as_lists(lib.utils.data.DataLoader([1, 2], num_workers=1, worker_init_fn=look))

    assert both(run) == [[1], [2]]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_pass_knows_how_many_batches_it_has(workers):
    def run(lib):
        options = {"num_workers": workers}
        passing = iter(lib.utils.data.DataLoader(list(range(7)), 2, **options))
        lengths = [len(passing), next(passing).tolist(), len(passing), iter(passing) is passing]
        dropping = iter(lib.utils.data.DataLoader(list(range(7)), 2, drop_last=True, **options))
        single = iter(lib.utils.data.DataLoader(list(range(7)), None, **options))
        return lengths, len(dropping), len(single)

    assert both(run) == ([4, [0, 1], 4, True], 3, 7)


def test_a_pass_through_a_stream_does_not():
    for lib in BOTH:
        with pytest.raises(TypeError):
            len(iter(lib.utils.data.DataLoader(numbers(lib, 3))))
