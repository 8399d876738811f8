"""`python -m benchmarks gpu`: from which batch size on a GPU takes less time than the CPU.

A training step of three models, for a ladder of batch sizes: on the GPU with PyTorch, timed by the
GPU's own events and in float32 without TF32, and on the CPU with both libraries, each in a process
of its own. Weights and batches are where the step is done, so that nothing is copied.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

from tinygrad_edu.app.output import say
from torch_ref.precision import full_precision

from .record import Place, Record
from .report import quartiles, table
from .timing import Contestant, Effort, Event, block_on_device, interleave, ratios, spread
from .training import LADDERS, step_with
from .workers import MODULES, OURS, TORCH, Worker

NAME = "gpu"
GPU = "PyTorch, GPU"


class Plan(NamedTuple):
    """The sizes of a batch, rising, and how long each is measured."""

    ladder: tuple[int, ...]
    effort: Effort


FULL = Plan((1, 4, 16, 64, 256, 1024), Effort(7, 0.05))
QUICK = Plan((1, 64), Effort(2, 0.01))


class Device(NamedTuple):
    """Where PyTorch computes, besides the CPU.

    Attributes
    ----------
    device : str
        As PyTorch calls it.
    name : str
        As a reader does.
    event : callable
        Makes an event of the device's, by which it is timed.
    """

    device: str
    name: str
    event: Callable[[], Event]


def found() -> Device | None:
    """The GPU of this machine that PyTorch can use, or None."""
    if not torch.cuda.is_available():
        return None
    name = f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}"
    return Device("cuda", name, functools.partial(torch.cuda.Event, enable_timing=True))


def why_not() -> str:
    """Why nothing is measured; empty if something can be."""
    return "" if found() else "gpu: PyTorch finds no GPU on this machine, so nothing is measured"


def measure(
    device: Device, model: str, rows: int, workers: dict[str, Worker], effort: Effort
) -> dict[str, list[float]]:
    """Seconds of a step with so many rows, in each place, round by round."""
    for worker in workers.values():
        worker.prepare("benchmarks.training", "step_with", model, rows)
    step = step_with(torch, model, rows, device.device)
    on_device = functools.partial(block_on_device, step, device.event)
    contestants = [Contestant(name, worker.seconds) for name, worker in workers.items()]
    contestants.append(Contestant(GPU, on_device))
    return interleave(contestants, *effort, warm_up=3)


def overtaking(ladder: Sequence[int], times: Sequence[float]) -> float | None:
    """The batch size at which a device's time has fallen to that of another.

    Parameters
    ----------
    ladder : sequence of int
        Batch sizes, rising.
    times : sequence of float
        For each, the device's time as a multiple of the other's.

    Returns
    -------
    float or None
        Where a straight line between the first rung at which the multiple is at most 1 and the one
        before, in logarithms of both, is at 1; the first rung if it is at most 1 there already;
        None if it never is.
    """
    heights = [math.log(multiple) for multiple in times]
    for i, height in enumerate(heights):
        if height <= 0 and i == 0:
            return ladder[0]
        if height <= 0:
            share = heights[i - 1] / (heights[i - 1] - height)
            return ladder[i - 1] * (ladder[i] / ladder[i - 1]) ** share
    return None


def told(other: str, ladder: Sequence[int], times: Sequence[float]) -> str:
    """When the device overtakes another, in words."""
    rows = overtaking(ladder, times)
    if rows is None:
        return f"does not overtake {other} up to batch {ladder[-1]}"
    if rows == ladder[0]:
        return f"is ahead of {other} at batch {ladder[0]}, the smallest here"
    return f"overtakes {other} at batch {rows:.0f}"


def main(record: Record, plan: Plan = FULL, device: Device | None = None) -> None:
    """Measure and print; or say that there is nothing to measure on."""
    device = device or found()
    if device is None:
        say(why_not())
        return
    full_precision()
    threads = torch.get_num_threads()
    say(f"A training step on {device.name}, against the CPU with {threads} threads")
    say(f"zero_grad, forward, backward, Adam; medians, and quartiles of the ratio GPU / {OURS}")
    say("float32 without TF32; weights and batches are on the device already\n")
    header = ["", "batch", OURS, f"{TORCH}, CPU", GPU, "ratio"]
    rows, lines = [], []
    with Worker(MODULES[OURS], threads) as ours, Worker(MODULES[TORCH], threads) as theirs:
        workers = {OURS: ours, f"{TORCH}, CPU": theirs}
        for model in LADDERS:
            multiples: dict[str, list[float]] = {name: [] for name in workers}
            for batch in plan.ladder:
                seconds = measure(device, model, batch, workers, plan.effort)
                place = Place(NAME, f"{model}, samples in a batch", model, batch)
                record.add(NAME, f"{model}, batch {batch}", threads, seconds, place=place)
                for name, of_name in multiples.items():
                    of_name.append(ratios(seconds, GPU, name).median)
                rows.append(
                    [
                        *(model, str(batch)),
                        *(f"{1e3 * spread(times).median:.3f} ms" for times in seconds.values()),
                        quartiles(ratios(seconds, GPU, OURS)),
                    ]
                )
            overtaken = [told(name, plan.ladder, times) for name, times in multiples.items()]
            lines.append(f"{model}: the GPU {'; it '.join(overtaken)}")
    say(table(header, rows))
    say("\nRead off between the batch sizes above, on a straight line in logarithms:")
    for line in lines:
        say(line)
