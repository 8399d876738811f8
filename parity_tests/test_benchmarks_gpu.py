"""What is measured on a GPU, and in several processes.

Here the CPU is the device, and notes the time as a GPU's events do.
"""

import re
import subprocess
import tempfile
import time
from types import SimpleNamespace

import pytest
import torch

import tinygrad_edu
from benchmarks import __main__ as program
from benchmarks import gpu, processes, workers
from benchmarks.__main__ import BENCHMARKS, Benchmark
from benchmarks.__main__ import main as benchmarks
from benchmarks.gpu import Device, overtaking, told
from benchmarks.record import Record
from benchmarks.report import machine
from benchmarks.timing import Effort, block_on_device
from benchmarks.training import LADDERS, step_with
from parity_tests.copied_runs import Piped


@pytest.mark.parametrize("name", LADDERS)
def test_so_they_do_for_each_size_of_a_batch(name):
    for rows in (1, 5):
        runs = [step_with(library, name, rows) for library in (tinygrad_edu, torch)]
        for _ in range(3):
            ours, theirs = [run().item() for run in runs]
            assert theirs == pytest.approx(ours, rel=1e-5)


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


def test_the_steps_on_a_device_are_measured_beside_those_on_the_cpu(
    capsys, monkeypatch, tf32_may_change
):
    copied = SimpleNamespace(Popen=Piped, PIPE=subprocess.PIPE)  # workers that start at once
    monkeypatch.setattr(workers, "subprocess", copied)
    record, plan = Record({}), gpu.Plan((1, 3), Effort(2, 0))
    gpu.main(record, plan, Device("cpu", "a clock", Noted))
    assert [row.place.size for row in record.rows] == 3 * [1, 3]
    assert all(list(row.values)[-1] == gpu.GPU for row in record.rows)
    text = capsys.readouterr().out
    assert text.startswith("A training step on a clock, against the CPU with ")
    for name in LADDERS:
        for batch in (1, 3):
            row = rf"^{name} +{batch}( +\d+\.\d{{3}} ms){{3}} +\d+\.\d\d+ \(.*\)$"
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
    other = Benchmark(lambda record, plan: print("measured"), None, None, (1, 1))
    monkeypatch.setattr(program, "BENCHMARKS", {"conv": other, "gpu": BENCHMARKS["gpu"]})
    assert benchmarks(["conv", "gpu", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{machine()}\n\nconv: at most about 1 s\n\nmeasured\n")
    assert f"\n{gpu.why_not()}\n" in out
    text = (tmp_path / "benchmarks.md").read_text()
    assert text == f"```console\n$ python -m benchmarks conv gpu\n{out}```\n"


def test_a_gpu_that_there_is_is_taken(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Some GPU")
    monkeypatch.setattr(torch.version, "cuda", "12.6")
    assert gpu.why_not() == ""
    device, name, event = gpu.found()
    assert (device, name) == ("cuda", "Some GPU, CUDA 12.6")
    assert event.func is torch.cuda.Event and event.keywords == {"enable_timing": True}


# Several processes --------------------------------------------------------------------------------


def copied_torchrun(command, **options):
    """torchrun, and what it starts, as copies of a process that has imported PyTorch."""
    python, dash_m, module, *words = command
    assert module == "torch.distributed.run"
    return Piped([python, dash_m, "parity_tests.torchrun", *words], **options)


@pytest.fixture
def quick_torchrun(monkeypatch):
    copied = SimpleNamespace(Popen=copied_torchrun, PIPE=subprocess.PIPE)
    monkeypatch.setattr(processes, "subprocess", copied)
    monkeypatch.setattr(tempfile, "TemporaryFile", tempfile.NamedTemporaryFile)


def test_training_in_several_processes_is_timed(capsys, monkeypatch, quick_torchrun):
    """Once; each round is told the same time."""
    run, times = processes.seconds_of_an_epoch, []

    def seconds_of_an_epoch(*arguments):
        times.append(times[0] if times else run(*arguments))
        return times[-1]

    monkeypatch.setattr(processes, "seconds_of_an_epoch", seconds_of_an_epoch)
    processes.main(Record({}), processes.Plan(2, (processes.Way(2, 1),), 2, 128, (32,)))
    row = r"^CNN 28x28, batch 32 +2 x 1 +\d+ +1\.00 \(1\.00-1\.00\)$"
    assert re.search(row, capsys.readouterr().out, re.MULTILINE)
    assert len(times) == 2 and times[0] > 0


def test_a_run_that_fails_says_why(tmp_path, quick_torchrun):
    job = processes.Job("none", ["--data", str(tmp_path / "none.npz")], 1)
    with pytest.raises(RuntimeError, match=r"(?s)exit code 1:.*none\.npz"):
        processes.seconds_of_an_epoch(job, processes.Way(1, 1), 2)
