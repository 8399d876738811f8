"""`python -m benchmarks conv`: convolutions forward and backward, against PyTorch.

Each library works in a process of its own. The gradients are those for input and weight.
"""

from __future__ import annotations

import statistics
import sys

from tinygrad_edu.app.output import say

from .convolving import Case, cases
from .report import Target, print_targets, table
from .timing import Contestant, interleave, ratios, spread
from .workers import MODULES, OURS, TORCH, Worker

LIMITS = {1: 1.0, 2: 1.3}


def measure(
    workers: dict[str, Worker], case: Case, backward: bool, rounds: int
) -> dict[str, list[float]]:
    """Seconds of one convolution, round by round."""
    for worker in workers.values():
        worker.prepare("benchmarks.convolving", "convolution", case, backward)
    contestants = [Contestant(name, worker.seconds) for name, worker in workers.items()]
    return interleave(contestants, rounds, block_seconds=0.02, warm_up=1)


def report(threads: int, rounds: int) -> None:
    """Measure and print, for so many threads."""
    say(f"Convolutions on {threads} thread{'s' * (threads > 1)}, ms\n")
    header = ["n, c, h, out, k", "padding", "stride"]
    header += [text for what in ("forward", "both") for text in (what, TORCH, "ratio")]
    rows = []
    medians: dict[bool, list[float]] = {False: [], True: []}
    with Worker(MODULES[OURS], threads) as ours, Worker(MODULES[TORCH], threads) as theirs:
        workers = {OURS: ours, TORCH: theirs}
        for case in cases():
            row = [", ".join(map(str, case[:5])), str(case.padding), str(case.stride)]
            for backward in (False, True):
                seconds = measure(workers, case, backward, rounds)
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
        report(threads, rounds)
        say()


if __name__ == "__main__":
    report(*map(int, sys.argv[1:]))
