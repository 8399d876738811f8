"""The benchmarks measure the same work on both sides, and each runs to its end.

What a time is, no test can say: of the numbers only their form is looked at.
"""

import platform
import re

import pytest
import torch

import tinygrad_edu
from benchmarks import conv, sequences, startup, train
from benchmarks.report import KERNELS, machine
from benchmarks.training import COURSE, JOBS, step, step_by_hand
from benchmarks.workers import MODULES, Worker


@pytest.mark.parametrize("name", [COURSE, *JOBS])
def test_both_libraries_take_the_same_steps(name):
    runs = [step(library, name) for library in (tinygrad_edu, torch)]
    if name == COURSE:
        runs.append(step_by_hand(tinygrad_edu))
    for _ in range(4):
        ours, *others = [run().item() for run in runs]
        assert others == pytest.approx([ours] * len(others), rel=1e-5)


SMALL = {
    "train": (lambda: train.main(2, 0), "classifier 10-16-8-1, batch 32", 2),
    "sequences": (lambda: sequences.main(2, 0), "LSTM", 2),
    "startup": (lambda: startup.main(2), "import tinygrad_edu", 1),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_benchmark_prints_its_rows_and_its_targets(name, capsys):
    main, row, count = SMALL[name]
    main()
    text = capsys.readouterr().out
    assert len(re.findall(rf"^{re.escape(row)}.* \d+\.\d+", text, re.MULTILINE)) >= count
    assert re.search(r"^(met    |NOT MET) .*: \d+\.\d\d$", text, re.MULTILINE), text


def test_a_convolution_is_timed_on_both_sides():
    case = min(conv.cases(), key=lambda case: case.n * case.c * case.h)
    with Worker("tinygrad_edu", 1) as ours, Worker("torch", 1) as theirs:
        workers = dict(zip(MODULES, (ours, theirs), strict=True))
        for backward in (False, True):
            seconds = conv.measure(workers, case, backward, rounds=2)
            assert list(seconds) == list(MODULES)
            assert all(len(times) == 2 and min(times) > 0 for times in seconds.values())


def test_a_worker_that_ends_says_so():
    with Worker("no_such_library", 1) as worker, pytest.raises(RuntimeError, match="exit code 1"):
        worker.seconds(1)


def test_it_says_what_keeps_a_library_from_its_best_kernels(monkeypatch):
    for name in KERNELS:
        monkeypatch.delenv(name, raising=False)
    assert machine().endswith(platform.machine())
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    assert machine().endswith(f"{platform.machine()}, OPENBLAS_CORETYPE=Haswell")
