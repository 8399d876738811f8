"""`python -m benchmarks memory`: the most memory that a training step takes, and whether it grows.

Each measurement has a process of its own. What is told is by how much the process grows, at most,
from before the model is made to after three steps: for both libraries what the system says (VmHWM
in /proc), because PyTorch's memory is not Python's. Beside it stands the sum of what must be kept:
weights, gradients, Adam's two moments, the batch, and what PyTorch saves for the backward pass.
"""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from tinygrad_edu.app.output import say

from . import footprint
from .record import Record, Row, Target
from .report import quartiles, say_targets, table
from .texts import LSTM, TRANSFORMER
from .training import CNN_8, CNN_28, COURSE, MLP
from .workers import MODULES, OURS, TORCH, Worker

NAME = "memory"
KEPT = "what must be kept"
ROOM = "benchmarks.footprint"


class Plan(NamedTuple):
    """Which jobs, how often, and between which of the course's steps growth is looked for."""

    jobs: tuple[str, ...]
    rounds: int
    first: int
    last: int


FULL = Plan((MLP, CNN_28, CNN_8, TRANSFORMER, LSTM), 3, 2_000, 10_000)
QUICK = Plan((CNN_28,), 1, 500, 1_000)


class Question(NamedTuple):
    """A job of `footprint`, which returns a number, and the library that it asks about."""

    library: str
    job: str
    arguments: tuple[object, ...]


def asked(questions: list[Question]) -> list[float]:
    """The numbers, each from a process of its own, all at once: none sees another's memory."""
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Worker(MODULES[q.library], 1)) for q in questions]
        for worker, question in zip(workers, questions, strict=True):
            worker.prepare(ROOM, question.job, *question.arguments)
        return [worker.value() for worker in workers]


def measure(record: Record, job: str, rounds: int) -> Row:
    """The peaks of one job."""
    ours, theirs = ([Question(library, "peak", (job,))] * rounds for library in (OURS, TORCH))
    *peaks, kept = asked([*ours, *theirs, Question(TORCH, "kept", (job,))])
    values = {OURS: peaks[:rounds], TORCH: peaks[rounds:], KEPT: [kept] * rounds}
    return record.add(NAME, job, 1, values, unit="B")


def measure_growth(record: Record, plan: Plan) -> Row:
    """How many times as large a process is after the last step as after the first that counts."""
    steps = (plan.first, plan.last)
    ours, theirs = ([Question(who, "resident", steps)] * plan.rounds for who in (OURS, TORCH))
    grown = asked([*ours, *theirs])
    values = {OURS: grown[: plan.rounds], TORCH: grown[plan.rounds :]}
    name = f"{COURSE}: after {plan.last:,} steps / after {plan.first:,}"
    return record.add(NAME, name, 1, values, unit="x")


def cells(row: Row) -> list[str]:
    """A row as it is printed."""
    return [
        row.name,
        *(f"{1e-6 * row.values[name].median:.2f}" for name in (OURS, TORCH, KEPT)),
        *(quartiles(row.ratios[name]) for name in (TORCH, KEPT)),
    ]


def main(record: Record, plan: Plan = FULL) -> None:
    """Measure and print."""
    if not footprint.is_told():
        say("memory: this system does not tell a process's memory as Linux does; not measured")
        return
    say("The most memory that training takes, beyond the libraries, in MB; 1 thread each\n")
    rows = [measure(record, job, plan.rounds) for job in plan.jobs]
    say(table(["", OURS, TORCH, KEPT, f"/ {TORCH}", "/ kept"], [cells(row) for row in rows]))
    growth = measure_growth(record, plan)
    ours, theirs = (growth.values[name].median for name in (OURS, TORCH))
    say(f"\nMemory of the process, {growth.name}: {OURS} {ours:.4f}, {TORCH} {theirs:.4f}")
    peaks = [
        Target(f"{row.name}: peak memory at most 1.1x {TORCH}", row.ratios[TORCH].median, 1.1)
        for row in rows
        if row.name in (CNN_28, CNN_8)
    ]
    text = f"memory after {plan.last:,} steps: at most 1.001x that after {plan.first:,}"
    say_targets(record, [*peaks, Target(text, ours, 1.001)])
