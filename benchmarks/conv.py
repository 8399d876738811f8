"""`python -m benchmarks conv`: convolutions forward and backward, against PyTorch.

Each number of threads is measured in a process of its own, because NumPy's matrix products take
theirs from the environment when they are loaded. The gradients are those for input and weight.
"""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import NamedTuple

import numpy as np
import torch

import tinygrad_edu
from tinygrad_edu.app.output import say

from .report import Target, print_targets, table
from .timing import Contestant, interleave, ratios, spread

OURS, TORCH = "tinygrad_edu", "PyTorch"
LIBRARIES = {OURS: tinygrad_edu, TORCH: torch}
LIMITS = {1: 1.0, 2: 1.3}


class Case(NamedTuple):
    """Images (n, c, h, h), filters (out, c, k, k), and how these move."""

    n: int
    c: int
    h: int
    out: int
    k: int
    padding: int
    stride: int


SHAPES = (
    (64, 1, 28, 16, 3),
    (64, 16, 28, 32, 3),
    (32, 64, 32, 64, 3),
    (32, 3, 64, 32, 5),
    (8, 128, 56, 128, 3),
)


def cases() -> Iterator[Case]:
    """Every shape with and without padding and stride."""
    for shape, padding, stride in itertools.product(SHAPES, (0, 1), (1, 2)):
        yield Case(*shape, padding, stride)


def job(library: ModuleType, case: Case, backward: bool) -> Callable[[], object]:
    """One convolution, written the same for both libraries."""
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return rng.standard_normal(shape, dtype=np.float32)

    x = library.from_numpy(draw(case.n, case.c, case.h, case.h))
    weight = library.from_numpy(draw(case.out, case.c, case.k, case.k))
    convolve = library.nn.functional.conv2d
    options = {"padding": case.padding, "stride": case.stride}
    upstream = library.from_numpy(draw(*convolve(x, weight, **options).shape))
    if not backward:
        return lambda: convolve(x, weight, **options)
    x.requires_grad_()
    weight.requires_grad_()
    return lambda: library.autograd.grad(convolve(x, weight, **options), (x, weight), upstream)


def measure(case: Case, backward: bool, rounds: int) -> dict[str, list[float]]:
    """Seconds of one convolution, round by round."""
    contestants = [Contestant(n, job(lib, case, backward)) for n, lib in LIBRARIES.items()]
    return interleave(contestants, rounds, block_seconds=0.02, warm_up=1)


def report(threads: int, rounds: int) -> None:
    """Measure and print, in a process that may use so many threads."""
    for library in LIBRARIES.values():
        library.set_num_threads(threads)
    say(f"Convolutions on {threads} thread{'s' * (threads > 1)}, ms\n")
    header = ["n, c, h, out, k", "padding", "stride"]
    header += [text for what in ("forward", "both") for text in (what, TORCH, "ratio")]
    rows = []
    medians: dict[bool, list[float]] = {False: [], True: []}
    for case in cases():
        row = [", ".join(map(str, case[:5])), str(case.padding), str(case.stride)]
        for backward in (False, True):
            seconds = measure(case, backward, rounds)
            row += [f"{1e3 * spread(times).median:.2f}" for times in seconds.values()]
            medians[backward].append(ratios(seconds, OURS, TORCH).median)
            row.append(f"{medians[backward][-1]:.2f}")
        rows.append(row)
    say(table(header, rows))
    forward, both = (statistics.geometric_mean(medians[backward]) for backward in (False, True))
    say(f"\nGeometric mean of the ratios: forward {forward:.2f}, forward and backward {both:.2f}")
    limit = LIMITS[threads]
    name = f"forward and backward at most {limit}x PyTorch on {threads} thread{'s'[: threads - 1]}"
    print_targets([Target(name, both, limit)])


def main(rounds: int = 15) -> None:
    """Measure and print for one thread and for two."""
    for threads in LIMITS:
        environment = os.environ | {f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "MKL")}
        if threads == 1:
            environment["OPENBLAS_NUM_THREADS"] = "1"
        command = [sys.executable, "-m", "benchmarks.conv", str(threads), str(rounds)]
        subprocess.run(command, check=True, env=environment)
        say()


if __name__ == "__main__":
    report(*map(int, sys.argv[1:]))
