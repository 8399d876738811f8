"""``torch_ref`` in several processes: it is the run of one, and of tinygrad_edu."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch.distributed as dist

import tinygrad_edu
from parity_tests.copied_runs import ROOT, Python
from tinygrad_edu import __main__ as command
from tinygrad_edu.app.side import SIDE as OURS
from tinygrad_edu.app.training.choices import MODELS
from tinygrad_edu.app.training.data import load, prepare
from tinygrad_edu.app.training.train import Job, Training
from torch_ref.training import number_of_start

LIMIT = 120  # seconds
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def true_torchrun(words, folder):
    """torchrun as a user has it."""
    command = [sys.executable, "-m", "torch.distributed.run", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, text=True, **pipes)


def quick_torchrun(words, folder):
    """The same in a fraction of the time."""
    return Python(["parity_tests.torchrun", *words], folder)


def start(processes, *arguments, folder, options=("--standalone",), torchrun=quick_torchrun):
    """Start a module in several processes."""
    words = [f"--nproc-per-node={processes}", *options, "-m", *map(str, arguments)]
    return torchrun(words, folder)


def run(processes, *arguments, **options):
    """Run a module in several processes, and return what is printed."""
    with start(processes, *arguments, **options) as process:
        return ended_well(process).splitlines()


def ended_well(process):
    """Wait for the processes, and return what was printed."""
    try:
        out, err = process.communicate(timeout=LIMIT)
    finally:
        process.terminate()  # if it has not ended; then it ends those that it has started, too
    assert process.returncode == 0, err
    return out


def ours(*arguments, capsys):
    """Run ``tinygrad-edu train``, and return what it prints."""
    assert command.main(["train", *map(str, arguments)]) == 0
    return capsys.readouterr().out.splitlines()


def losses(lines):
    """The lines that tell losses, without how many epochs there shall be in all."""
    return [line.partition("/")[0] + line.partition("]")[2] for line in lines if "Loss" in line]


def assert_the_same(one, other, atol=1e-12):
    """Two files with the same run."""
    mine, theirs = (safetensors.numpy.load_file(path) for path in (one, other))
    assert mine.keys() == theirs.keys()
    for name, values in theirs.items():
        np.testing.assert_allclose(mine[name], values, rtol=0, atol=atol, err_msg=name)


#: With 2 processes and 5 rows one has 3 of them; with 4 processes and 3 rows, one has none.
STEPS = {2: ["classifier:5:whole", "cnn:1:shard"], 4: ["cnn:3:whole", "classifier:32:shard"]}


@pytest.mark.parametrize("processes", STEPS)
def test_the_gradients_are_those_of_the_whole_batch(processes, tmp_path):
    jobs = STEPS[processes]
    run(processes, "parity_tests.parallel_step", ".", *jobs, folder=tmp_path)
    for job in jobs:
        model, rows, _ = job.split(":")
        found = dict(np.load(tmp_path / f"{job}.npz"))
        choice = MODELS[model]
        split = prepare(load(choice.data, None), choice.answer)
        training = Training(OURS, Job(model=model, dtype="float64"), split)
        loss = training.step(tinygrad_edu.arange(int(rows)))
        assert found.pop("processes") == processes
        assert found.pop("loss") == pytest.approx(loss, rel=1e-14)
        parameters = dict(training.model.named_parameters())
        assert found.keys() == parameters.keys()
        for name, parameter in parameters.items():
            gradient = parameter.grad.numpy()
            np.testing.assert_allclose(found[name], gradient, rtol=1e-12, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("shard", [False, True])
def test_a_run_goes_to_several_processes_and_back(shard, tmp_path, capsys):
    job = ["--data", "moons", "--dtype", "float64", "--batch-size", "33", "--lr-decay", "0.9"]
    whole = ours(*job, "--epochs", 30, "--save", tmp_path / "whole.safetensors", capsys=capsys)
    first, second, third = (tmp_path / f"{name}.safetensors" for name in "abc")
    ours(*job, "--epochs", 10, "--save", first, capsys=capsys)
    arguments = ["--resume", first, "--epochs", 20, "--save", second, *["--shard"] * shard]
    how = quick_torchrun if shard else true_torchrun
    in_the_middle = run(2, "torch_ref", "train", *arguments, folder=tmp_path, torchrun=how)
    last = ours("--resume", second, "--epochs", 30, "--save", third, capsys=capsys)
    assert losses(in_the_middle) == losses(whole)[1:2]
    assert losses(last) == losses(whole)[2:]
    assert last[-1] == whole[-1]
    assert in_the_middle[0] == whole[0] == last[0]
    assert_the_same(third, tmp_path / "whole.safetensors", atol=1e-9)


def children(parent):
    """The numbers of the processes that a process has started."""
    numbers = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            after_name = status.read_text().rpartition(")")[2].split()
            if int(after_name[1]) == parent:
                numbers.append(int(status.parent.name))
    return sorted(numbers)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it looks for processes in /proc")
def test_a_process_that_dies_is_started_again_from_the_last_file(tmp_path):
    job = ["torch_ref", "train", "--data", "moons", "--epochs", 40, "--save-every", 1, "--save"]
    run(2, *job, "undisturbed.safetensors", folder=tmp_path)
    saved = tmp_path / "disturbed.safetensors"
    with start(
        2, *job, saved.name, folder=tmp_path, options=["--standalone", "--max-restarts=1"]
    ) as process:
        deadline = time.monotonic() + LIMIT
        while not saved.exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(children(process.pid)[-1], signal.SIGKILL)
        out = ended_well(process)
    assert "Epoch [40/40]" in out and out.count("SimpleClassifier(") == 2
    assert_the_same(saved, tmp_path / "undisturbed.safetensors", atol=0)


# Several machines: here each is a folder, and a torchrun of its own -------------------------------


@contextlib.contextmanager
def machines(folders, *arguments, options=()):
    """Inside, a module runs in a process on each of several machines."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    words = [f"--nnodes={len(folders)}", "--rdzv-backend=c10d", f"--rdzv-endpoint=localhost:{port}"]
    words += ["--rdzv-id=test", "--local-addr=localhost", *options]
    with contextlib.ExitStack() as stack:
        started = []
        for folder in folders:
            folder.mkdir(exist_ok=True)
            started.append(stack.enter_context(start(1, *arguments, folder=folder, options=words)))
            stack.callback(started[-1].terminate)
        yield started


def test_two_machines_train_together_and_one_of_them_saves(tmp_path, capsys):
    folders = [tmp_path / "first", tmp_path / "second"]
    job = ["--data", "moons", "--dtype", "float64", "--epochs", "20", "--save"]
    with machines(folders, "torch_ref", "train", *job, "run.safetensors") as started:
        printed = [ended_well(process).splitlines() for process in started]
    whole = ours(*job, tmp_path / "one.safetensors", capsys=capsys)
    assert sorted(printed) == [[], whole]
    writer = folders[printed.index(whole)]
    assert [folder for folder in folders if any(folder.iterdir())] == [writer]
    assert_the_same(writer / "run.safetensors", tmp_path / "one.safetensors", atol=1e-9)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it looks for processes in /proc")
def test_machines_start_again_together_from_a_file_that_they_share(tmp_path, capsys):
    """torchrun counts a failure on one of them only, or on both, as it happens."""
    job = ["--data", "moons", "--dtype", "float64", "--epochs", "40", "--save"]
    saved, whole = tmp_path / "run.safetensors", tmp_path / "whole.safetensors"
    words = ["torch_ref", "train", *job, saved.name, "--save-every", 1]
    with machines([tmp_path, tmp_path], *words, options=["--max-restarts=2"]) as started:
        deadline = time.monotonic() + LIMIT
        while not saved.exists():
            assert all(process.poll() is None for process in started)
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(children(started[0].pid)[-1], signal.SIGKILL)
        printed = "".join(ended_well(process) for process in started)
    assert printed.count("SimpleClassifier(") == 2 and "Epoch [40/40]" in printed
    ours(*job, whole, capsys=capsys)
    assert_the_same(saved, whole, atol=1e-9)


def test_machines_that_go_on_from_different_files_say_so(tmp_path, capsys):
    folders = [tmp_path / "first", tmp_path / "second"]
    for epochs, folder in zip((1, 2), folders, strict=True):
        folder.mkdir()
        ours("--epochs", epochs, "--save", folder / "run.safetensors", capsys=capsys)
    job = ["--resume", "run.safetensors", "--epochs", "9"]
    with machines(folders, "torch_ref", "train", *job) as started:
        told = [process.communicate(timeout=LIMIT)[1] for process in started]
    assert all(process.returncode for process in started)
    line = "torch_ref: error: some processes have 2 epochs behind them, and others 1: "
    assert any(line in text for text in told)


def test_a_start_has_the_same_number_for_all(monkeypatch):
    store = dist.HashStore()
    for start in (1, 2, 3):
        assert [number_of_start(store, rank) for rank in (0, 1, 2)] == [start] * 3
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "5")  # some have died before they came
    assert [number_of_start(store, rank) for rank in (0, 1)] == [6, 6]
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "0")  # and nobody did on this machine
    assert number_of_start(store, 2) == 6


def test_the_others_wait_for_the_first():
    store = dist.HashStore()
    with ThreadPoolExecutor() as pool:
        for start in (1, 2):
            waiting = [pool.submit(number_of_start, store, rank) for rank in (1, 2)]
            time.sleep(0.05)
            assert not any(one.done() for one in waiting)
            assert number_of_start(store, 0) == start
            assert [one.result(LIMIT) for one in waiting] == [start, start]
