"""`python -m benchmarks train`: training steps, and a whole job, against PyTorch and NumPy by hand.

Each works in a process of its own. All have the same number of threads, NumPy's matrix products
(OpenBLAS) too: first one, then two, and then as many as PyTorch takes by default. PyTorch's
optimizer can make its step in three ways; each is measured, and the quickest of them is PyTorch at
its best.
"""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import torch

from tinygrad_edu.app.output import say

from .commands import first_warm, until_line
from .record import Record, Row, Target
from .report import quartiles, say_targets, table
from .texts import GRU, LSTM, RNN, TRANSFORMER
from .timing import Contestant, Effort, interleave
from .training import CHOICES, CNN_8, CNN_28, COURSE, MLP
from .workers import MODULES, OURS, TORCH, Worker

NAME = "train"
NUMPY = "NumPy by hand"
DEFAULT, *_ = AT = [f"{TORCH}, {choice}" for choice in CHOICES]
WHOLE_JOB = "the whole course job, to its accuracy"

#: Of PyTorch's time at its best, on as many threads.
LIMITS = {MLP: 1.05, CNN_28: 1.0, CNN_8: 1.0, TRANSFORMER: 1.3, LSTM: 1.3}


class Plan(NamedTuple):
    """What is measured for how long: each job on each number of threads, and the whole job.

    The options are the whole job's; without any it is the course's, of which there is a target.
    """

    jobs: tuple[str, ...]
    threads: tuple[int, ...]
    effort: Effort
    whole_job: Effort
    options: tuple[str, ...] = ()


def default_threads() -> int:
    """How many threads PyTorch takes by itself."""
    return torch.get_num_threads()


FULL = Plan(
    (COURSE, MLP, CNN_28, CNN_8, TRANSFORMER, LSTM, GRU, RNN),
    tuple(sorted({1, 2, default_threads()})),
    Effort(32, 0.04),
    Effort(5, 0),
)
QUICK = Plan((COURSE, CNN_8), (1,), Effort(3, 0.01), Effort(1, 0), ("--epochs", "1"))


def measure(record: Record, plan: Plan, threads: int) -> None:
    """Each job, for so many threads."""
    with contextlib.ExitStack() as stack:

        def worker(name: str) -> Worker:
            return stack.enter_context(Worker(MODULES[name], threads))

        ours, by_hand = worker(OURS), worker(OURS)
        theirs = {name: worker(TORCH) for name in AT}
        for job in plan.jobs:
            ours.prepare("benchmarks.training", "step", job)
            for process, choice in zip(theirs.values(), CHOICES, strict=True):
                process.prepare("benchmarks.training", "step", job, choice)
            workers = {OURS: ours, **theirs}
            if job == COURSE:
                by_hand.prepare("benchmarks.training", "step_by_hand")
                workers[NUMPY] = by_hand
            contestants = [Contestant(who, process.seconds) for who, process in workers.items()]
            record.add(NAME, job, threads, interleave(contestants, *plan.effort, warm_up=3))


def measure_whole_job(record: Record, plan: Plan) -> Row:
    """The course's training from the start of its process to the line with its accuracy."""
    contestants = [
        until_line(OURS, ["-m", "tinygrad_edu", "train", *plan.options], "accuracy"),
        until_line(TORCH, ["-m", "torch_ref", "train", *plan.options], "accuracy"),
    ]
    seconds = first_warm(contestants, plan.whole_job)
    return record.add(NAME, WHOLE_JOB, default_threads(), seconds)


def best(row: Row) -> str:
    """Which of PyTorch's ways took the least time."""
    return min(AT, key=lambda name: row.values[name].median)


def cells(row: Row) -> list[str]:
    """A row as it is printed."""
    quickest = best(row)
    return [
        *(row.name, str(row.threads)),
        *(f"{1e3 * row.values[name].median:.3f}" for name in (OURS, DEFAULT, quickest)),
        quickest.removeprefix(f"{TORCH}, "),
        quartiles(row.ratios[DEFAULT]),
        quartiles(row.ratios[quickest]),
        quartiles(row.ratios[NUMPY]) if NUMPY in row.ratios else "",
    ]


def course_targets(rows: list[Row]) -> list[Target]:
    """What the step of the course's classifier has to reach, whose rows these are, by threads."""
    at_defaults = [
        Target(
            f"{COURSE}: at most 0.22x {TORCH} at its defaults, threads {row.threads}",
            row.ratios[DEFAULT].median,
            0.22,
        )
        for row in rows
        if row.threads == default_threads()
    ]
    best_setting = max(row.ratios[best(row)].median for row in rows)
    by_hand = max(row.ratios[NUMPY].median for row in rows)
    return [
        *at_defaults,
        Target(f"{COURSE}: at most 0.35x {TORCH} at its best setting", best_setting, 0.35),
        Target(f"{COURSE}: at most 2.0x {NUMPY}", by_hand, 2.0),
    ]


def targets(rows: list[Row]) -> list[Target]:
    """All that the steps have to reach."""
    course = [row for row in rows if row.name == COURSE]
    return course_targets(course) + [
        Target(
            f"{row.name}: at most {LIMITS[row.name]}x {TORCH}, threads {row.threads}",
            row.ratios[best(row)].median,
            LIMITS[row.name],
        )
        for row in rows
        if row.name in LIMITS
    ]


def main(record: Record, plan: Plan = FULL) -> None:
    """Measure and print."""
    say("A training step: zero_grad, forward, loss, backward, Adam; medians, in ms, and the ratios")
    say(f"of {OURS} to each, with quartiles. Best: {TORCH} with its quickest optimizer")
    say(f"Threads of each: as many as said ({TORCH}'s default: {default_threads()})\n")
    for threads in plan.threads:
        measure(record, plan, threads)
    rows = record.of(NAME)
    header = ["", "threads", OURS, TORCH, "best", "is", "/ default", "/ best", f"/ {NUMPY}"]
    say(table(header, [cells(row) for row in rows]))
    whole = measure_whole_job(record, plan)
    ours, theirs = (whole.values[name].median for name in (OURS, TORCH))
    ratio = whole.ratios[TORCH]
    say(
        f"\n{' '.join((WHOLE_JOB, *plan.options))}: {ours:.3f} s, {TORCH} {theirs:.3f} s, "
        f"ratio {quartiles(ratio)}; threads as each takes by itself ({TORCH}: {whole.threads})"
    )
    limit = Target(f"{WHOLE_JOB}: at most 0.2x {TORCH}", ratio.median, 0.2)
    say_targets(record, [*targets(rows), *([] if plan.options else [limit])])
