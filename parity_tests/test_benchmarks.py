"""The benchmarks measure the same work on both sides, and each runs to its end.

What a time is, no test can say: of the numbers only their form is looked at.
"""

import platform
import re
import time

import pytest
import torch

import tinygrad_edu
from benchmarks import conv, gpu, processes, sequences, startup, train
from benchmarks.__main__ import BENCHMARKS
from benchmarks.__main__ import main as benchmarks
from benchmarks.gpu import Device, overtaking, told
from benchmarks.report import KERNELS, machine
from benchmarks.timing import block_on_device
from benchmarks.training import COURSE, JOBS, LADDERS, step, step_by_hand, step_with
from benchmarks.workers import MODULES, Worker


@pytest.mark.parametrize("name", [COURSE, *JOBS])
def test_both_libraries_take_the_same_steps(name):
    runs = [step(library, name) for library in (tinygrad_edu, torch)]
    if name == COURSE:
        runs.append(step_by_hand(tinygrad_edu))
    for _ in range(4):
        ours, *others = [run().item() for run in runs]
        assert others == pytest.approx([ours] * len(others), rel=1e-5)


@pytest.mark.parametrize("name", LADDERS)
def test_so_they_do_for_each_size_of_a_batch(name):
    for rows in (1, 5):
        runs = [step_with(library, name, rows) for library in (tinygrad_edu, torch)]
        for _ in range(3):
            ours, theirs = [run().item() for run in runs]
            assert theirs == pytest.approx(ours, rel=1e-5)


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


# What is measured on a GPU: here the CPU is the device, and notes the time as a GPU's events do.


class Noted:
    """An event of a device that has done everything at once."""

    def __init__(self):
        self.at, self.waited = None, False

    def record(self):
        assert self.at is None
        self.at = time.perf_counter()

    def synchronize(self):
        assert self.at is not None
        self.waited = True

    def elapsed_time(self, end):
        assert end.waited, "it may not be done yet"
        return 1e3 * (end.at - self.at)


def test_a_device_tells_how_long_its_work_took(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def run():
        now[0] += 2.5

    assert block_on_device(run, Noted, 4) == pytest.approx(2.5)
    assert now == [10.0]


def test_the_steps_on_a_device_are_measured_beside_those_on_the_cpu(capsys):
    gpu.main(Device("cpu", "a clock", Noted), ladder=(1, 3), rounds=2, block_seconds=0)
    text = capsys.readouterr().out
    assert text.startswith("A training step on a clock, against the CPU with ")
    for name in LADDERS:
        for batch in (1, 3):
            row = rf"^{name} +{batch}( +\d+\.\d{{3}} ms){{3}} +\d+\.\d\d \(.*\)$"
            assert re.search(row, text, re.MULTILINE), text
        last = rf"^{name}: the GPU .*tinygrad_edu .*\d.*; it .*PyTorch, CPU .*\d"
        assert re.search(last, text, re.MULTILINE), text


def test_where_a_device_overtakes_is_read_off_between_two_rungs():
    ladder = (1, 4, 16, 64)
    assert overtaking(ladder, (4, 2, 0.5, 0.25)) == pytest.approx(8)
    assert overtaking(ladder, (4, 1, 2, 0.5)) == pytest.approx(4)
    assert overtaking(ladder, (8, 4, 2, 0.25)) == pytest.approx(16 * 4 ** (1 / 3))
    assert overtaking(ladder, (0.5, 2, 0.5, 0.25)) == 1
    assert overtaking(ladder, (4, 3, 2, 1.01)) is None
    assert told("it", ladder, (4, 2, 0.5, 0.25)) == "overtakes it at batch 8"
    assert told("it", ladder, (1, 1, 1, 1)) == "is ahead of it at batch 1, the smallest here"
    assert told("it", ladder, (4, 3, 2, 1.01)) == "does not overtake it up to batch 64"


def test_without_a_gpu_there_is_one_line_and_exit_code_2(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert benchmarks(["gpu"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "python -m benchmarks: error: "
        "gpu: PyTorch finds no GPU on this machine, so nothing is measured\n"
    )


def test_among_others_it_is_the_line_alone(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setitem(BENCHMARKS, "conv", lambda: print("measured"))
    path = tmp_path / "out.md"
    assert benchmarks(["conv", "gpu", "--out", str(path)]) == 0
    out = capsys.readouterr().out
    assert out == f"{machine()}\n\nmeasured\n\n{gpu.why_not()}\n"
    assert path.read_text() == f"```console\n$ python -m benchmarks conv gpu\n{out}```\n"


def test_a_gpu_that_there_is_is_taken(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Some GPU")
    monkeypatch.setattr(torch.version, "cuda", "12.6")
    assert gpu.why_not() == ""
    device, name, event = gpu.found()
    assert (device, name) == ("cuda", "Some GPU, CUDA 12.6")
    assert event.func is torch.cuda.Event and event.keywords == {"enable_timing": True}


def test_a_name_or_a_file_that_will_not_do_is_told(capsys, tmp_path):
    assert benchmarks(["gqu"]) == 2
    assert "there is no benchmark 'gqu'" in capsys.readouterr().err
    assert benchmarks(["conv", "--out", str(tmp_path / "no" / "file.md")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1) and "--out: there is no folder" in err


# And several processes.


def test_training_in_several_processes_is_timed(capsys):
    processes.main(rounds=2, ways=(processes.Way(2, 1),), epochs=2, rows=128, batches=(32,))
    row = r"^CNN 28x28, batch 32 +2 x 1 +\d+ +1\.00 \(1\.00-1\.00\)$"
    assert re.search(row, capsys.readouterr().out, re.MULTILINE)


def test_a_run_that_fails_says_why(tmp_path):
    job = processes.Job("none", ["--data", str(tmp_path / "none.npz")], 1)
    with pytest.raises(RuntimeError, match=r"(?s)exit code 1:.*none\.npz"):
        processes.seconds_of_an_epoch(job, processes.Way(1, 1), 2)
