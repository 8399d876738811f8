"""`python -m benchmarks processes`: one run of training in several processes on this CPU.

The command is `torchrun --nproc-per-node P -m torch_ref train`, which trains on the same batches in
the same order with any P: each process takes its share of a batch. What is timed is the training
itself, from the line that tells the loss of the first epoch to that of the last one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tinygrad_edu.app.output import say

from .record import Record
from .report import quartiles, table
from .timing import ratios, spread


class Job(NamedTuple):
    """What is trained: images of one channel, in batches of one size.

    Attributes
    ----------
    name : str
    arguments : list of str
        Of `torch_ref train`.
    rows : int
        How many images an epoch has.
    """

    name: str
    arguments: list[str]
    rows: int


class Way(NamedTuple):
    """How many processes, and how many threads each of them has."""

    processes: int
    threads: int

    def __str__(self) -> str:
        return f"{self.processes} x {self.threads}"


class Plan(NamedTuple):
    """How often, in which ways, and what: epochs of so many images, in batches of each size."""

    rounds: int
    ways: tuple[Way, ...]
    epochs: int
    rows: int
    batches: tuple[int, ...]


NAME = "processes"
WAYS = (Way(1, 1), Way(2, 1), Way(4, 1), Way(1, os.cpu_count() or 1))
FULL = Plan(5, WAYS, 4, 2048, (32, 256))
QUICK = Plan(2, WAYS[:2], 2, 256, (32,))


def jobs(folder: Path, rows: int, batches: Sequence[int]) -> list[Job]:
    """The CNN on images of 28 x 28, made up and written to a folder, in batches of each size."""
    rng = np.random.default_rng(0)
    path = folder / "images.npz"
    images = rng.integers(0, 256, (rows + 10, 28, 28), dtype=np.uint8)
    labels = np.arange(rows + 10) % 10
    np.savez(
        path,
        x_train=images[:rows], y_train=labels[:rows], x_test=images[rows:], y_test=labels[rows:],
    )  # fmt: skip
    return [
        Job(f"CNN 28x28, batch {batch}", ["--data", str(path), "--batch-size", str(batch)], rows)
        for batch in batches
    ]


def seconds_of_an_epoch(job: Job, way: Way, epochs: int) -> float:
    """Train, and return how long an epoch took, the first one left out.

    Raises
    ------
    RuntimeError
        If the training does not end well.
    """
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*torchrun, f"--nproc-per-node={way.processes}", "-m", "torch_ref", "train"]
    command += [*job.arguments, "--epochs", str(epochs)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": str(way.threads)}
    times = []
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        for line in process.stdout or ():
            if line.startswith("Epoch ["):
                times.append(time.perf_counter())
        if process.wait() or len(times) != epochs:
            errors.seek(0)
            told = f"{' '.join(command)} ended with exit code {process.returncode}"
            raise RuntimeError(f"{told}:\n{errors.read()}")
    return (times[-1] - times[0]) / (epochs - 1)


def main(record: Record, plan: Plan = FULL) -> None:
    """Measure and print."""
    first, *_ = plan.ways
    say("torchrun -m torch_ref train: images a second, by processes x threads of each")
    say(f"Medians of {plan.rounds} runs; quartiles of how many times as fast as {first}\n")
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for job in jobs(Path(folder), plan.rows, plan.batches):
            seconds: dict[str, list[float]] = {str(way): [] for way in plan.ways}
            for _ in range(plan.rounds):
                for way in plan.ways:
                    seconds[str(way)].append(seconds_of_an_epoch(job, way, plan.epochs))
            record.add(NAME, f"{job.name}, an epoch, by processes x threads", 1, seconds)
            for way in map(str, plan.ways):
                speed = job.rows / spread(seconds[way]).median
                faster = quartiles(ratios(seconds, str(first), way))
                lines.append([job.name, way, f"{speed:.0f}", faster])
    say(table(["", "processes", "images/s", "times as fast"], lines))
