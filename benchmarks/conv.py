"""`python -m benchmarks conv`: convolutions forward and backward, against PyTorch.

Each library works in a process of its own. The gradients are those for input and weight. Beside a
time stands what it comes to in GFLOP/s, multiplications and additions counted as the definition has
them, and ours also as a share of the machine's rate: what the quicker of the two libraries reaches
in a product of large matrices. That is a measure and no limit: a convolution that multiplies less
than the definition, or has a better kernel than the product, can reach more.
"""

from __future__ import annotations

import statistics
from typing import NamedTuple

from tinygrad_edu.app.output import say

from .convolving import Case, cases
from .record import Record, Row, Target
from .report import say_targets, table
from .timing import Contestant, Effort, Spread, interleave
from .workers import MODULES, OURS, TORCH, Worker

NAME = "conv"
ROOM = "benchmarks.convolving"
SIDE = 1024  # of the matrices
LIMITS = {1: 1.0, 2: 1.2}
FORWARD, BOTH = "forward", "both"


class Plan(NamedTuple):
    """Which convolutions are measured, on how many threads, for how long."""

    cases: tuple[Case, ...]
    threads: tuple[int, ...]
    effort: Effort


FULL = Plan(tuple(cases()), (1, 2), Effort(15, 0.02))
QUICK = Plan(tuple(case for case in cases() if case.c < 64 and case.padding), (1,), Effort(3, 0))


def flops(case: Case, what: str) -> int:
    """Multiplications and additions of what is measured."""
    return case.flops * (3 if what == BOTH else 1)


def name_of(case: Case, what: str) -> str:
    """How a row is called."""
    shape = ", ".join(map(str, case[:5]))
    return f"{shape}, padding {case.padding}, stride {case.stride}, {what}"


def measure(
    record: Record, workers: dict[str, Worker], threads: int, case: Case, what: str, effort: Effort
) -> Row:
    """One convolution."""
    for worker in workers.values():
        worker.prepare(ROOM, "convolution", case, what == BOTH)
    contestants = [Contestant(name, worker.seconds) for name, worker in workers.items()]
    seconds = interleave(contestants, *effort, warm_up=1)
    return record.add(NAME, name_of(case, what), threads, seconds)


def measure_product(
    record: Record, workers: dict[str, Worker], threads: int, effort: Effort
) -> Row:
    """The product of two large matrices."""
    for worker in workers.values():
        worker.prepare(ROOM, "product", SIDE)
    contestants = [Contestant(name, worker.seconds) for name, worker in workers.items()]
    seconds = interleave(contestants, *effort, warm_up=2)
    return record.add(NAME, f"product of matrices, {SIDE} x {SIDE}", threads, seconds)


def rate(count: int, seconds: Spread) -> str:
    """GFLOP/s."""
    return f"{1e-9 * count / seconds.median:.1f}"


def quickest(row: Row) -> float:
    """The seconds of whoever took the least."""
    return min(spread.median for spread in row.values.values())


def share(case: Case, what: str, row: Row, product: Row) -> float:
    """What we reach, as a share of the machine's rate, which is that of the quicker product."""
    machine = 2 * SIDE**3 / quickest(product)
    return flops(case, what) / row.values[OURS].median / machine


def cells(case: Case, rows: dict[str, Row], product: Row) -> list[str]:
    """A convolution as it is printed."""
    row = [", ".join(map(str, case[:5])), str(case.padding), str(case.stride)]
    for what, found in rows.items():
        row += [f"{1e3 * found.values[name].median:.2f}" for name in (OURS, TORCH)]
        row += [f"{found.ratios[TORCH].median:.2f}"]
        row += [rate(flops(case, what), found.values[name]) for name in (OURS, TORCH)]
        row += [f"{share(case, what, found, product):.0%}"]
    return row


def report(record: Record, plan: Plan, threads: int) -> Target:
    """Measure and print, for so many threads, and return what this has to reach."""
    say(f"Convolutions on {threads} thread{'s' * (threads > 1)}: ms, ratio, GFLOP/s, and the share")
    say("that ours has of the machine's rate: that of the quicker product of matrices below\n")
    header = ["n, c, h, out, k", "padding", "stride"]
    for what in (FORWARD, BOTH):
        header += [what, TORCH, "ratio", "GFLOP/s", TORCH, "share"]
    lines = []
    medians: dict[str, list[float]] = {FORWARD: [], BOTH: []}
    with Worker(MODULES[OURS], threads) as ours, Worker(MODULES[TORCH], threads) as theirs:
        workers = {OURS: ours, TORCH: theirs}
        product = measure_product(record, workers, threads, plan.effort)
        for case in plan.cases:
            rows = {
                what: measure(record, workers, threads, case, what, plan.effort)
                for what in (FORWARD, BOTH)
            }
            for what, row in rows.items():
                medians[what].append(row.ratios[TORCH].median)
            lines.append(cells(case, rows, product))
    say(table(header, lines))
    rates = [rate(2 * SIDE**3, product.values[name]) for name in (OURS, TORCH)]
    say(f"\nA product of matrices {SIDE} x {SIDE}: {rates[0]} GFLOP/s; {TORCH} {rates[1]}")
    forward, both = (statistics.geometric_mean(medians[what]) for what in (FORWARD, BOTH))
    say(f"Geometric mean of the ratios: forward {forward:.2f}, forward and backward {both:.2f}\n")
    text = f"convolutions, forward and backward: geometric mean at most {LIMITS[threads]}x {TORCH}"
    return Target(f"{text}, threads {threads}", both, LIMITS[threads])


def main(record: Record, plan: Plan = FULL) -> None:
    """Measure and print for each number of threads."""
    say_targets(record, [report(record, plan, threads) for threads in plan.threads])
