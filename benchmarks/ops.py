"""`python -m benchmarks ops`: some 70 ops for many sizes, against PyTorch and bare NumPy.

Each works in a process of its own, on one thread: NumPy has no other for what is not a product.
Over the sizes a line is fitted, ``overhead + slope * elements``: what a call costs at least, and
what each element adds.
"""

from __future__ import annotations

import statistics
from typing import NamedTuple

from tinygrad_edu.app.output import say

from .fits import Line, line
from .operations import ONE, OPERATIONS, TWO
from .record import Place, Record, Row, Target
from .report import say_targets, table
from .timing import Contestant, Effort, interleave
from .workers import MODULES, OURS, TORCH, Worker

NAME = "ops"
NUMPY = "bare NumPy"
LARGE = 10**6  # elements of the target; from here on a run is its own warm-up
FORWARD, BOTH = "forward", "forward and backward"


class Plan(NamedTuple):
    """The ops, for how many elements, and how long."""

    ops: tuple[str, ...]
    sizes: tuple[int, ...]
    effort: Effort


FULL = Plan(tuple(OPERATIONS), tuple(10**k for k in range(1, 8)), Effort(5, 0.003))
QUICK = Plan(tuple(OPERATIONS), (10, 10**4, LARGE), Effort(2, 0.0005))


def name_of(op: str, size: int, what: str) -> str:
    """How a row is called."""
    return f"{op}, {size:.0e} elements, {what}".replace("e+0", "e")


def measure(record: Record, workers: dict[str, Worker], op: str, size: int, effort: Effort) -> None:
    """One op for one size: forward alone, and with the gradients."""
    room = "benchmarks.operations"
    for what in (FORWARD, BOTH):
        running = {name: workers[name] for name in (OURS, TORCH)}
        for worker in running.values():
            worker.prepare(room, "operation", op, size, what == BOTH)
        if what == FORWARD and OPERATIONS[op].bare:
            workers[NUMPY].prepare(room, "bare", op, size)
            running[NUMPY] = workers[NUMPY]
        contestants = [Contestant(name, worker.seconds) for name, worker in running.items()]
        seconds = interleave(contestants, *effort, warm_up=1 if size >= LARGE else 3)
        place = Place(f"ops, {OPERATIONS[op].family}", what, op, size)
        record.add(NAME, name_of(op, size, what), 1, seconds, place=place)


def rows_of(record: Record, op: str, what: str) -> list[Row]:
    """The rows of an op, size by size."""
    return [
        row
        for row in record.of(NAME)
        if row.place and (row.place.line, row.place.panel) == (op, what)
    ]


def fitted(rows: list[Row]) -> dict[str, Line]:
    """For each who did it the line through the times, which are these of one op."""
    sizes = [row.place.size for row in rows if row.place]
    return {name: line(sizes, [row.values[name].median for row in rows]) for name in rows[0].values}


def cells(op: str, rows: list[Row], whom: list[str]) -> list[str]:
    """An op as it is printed: overheads in us, slopes in ns, and the ratios for the largest."""
    lines = fitted(rows)
    shown = [lines.get(name) for name in whom]
    last = rows[-1]
    return [
        op,
        *("" if fit is None else f"{1e6 * fit.overhead:.2f}" for fit in shown),
        *("" if fit is None else f"{1e9 * fit.slope:.3f}" for fit in shown),
        *(f"{last.ratios[name].median:.2f}" if name in last.ratios else "" for name in whom[1:]),
    ]


def say_table(record: Record, plan: Plan, what: str, whom: list[str]) -> None:
    """Print what was found for one of the two ways to measure."""
    say(f"{what[0].upper()}{what[1:]}: overhead in us, slope in ns for each element,")
    say(f"and the ratio at {plan.sizes[-1]:,} elements, ours to each\n")
    header = ["", *(f"{name}, us" for name in whom), *(f"{name}, ns" for name in whom)]
    header += [f"/ {name}" for name in whom[1:]]
    rows = [(op, rows_of(record, op, what)) for op in plan.ops]
    say(table(header, [cells(op, found, whom) for op, found in rows]))
    for name in whom[1:]:
        found = [
            row.ratios[name].median for _, of_op in rows for row in of_op if name in row.ratios
        ]
        say(f"Geometric mean of all ratios to {name}: {statistics.geometric_mean(found):.2f}")


def targets(record: Record) -> list[Target]:
    """What elementwise ops have to reach: each of them, and so the one that is furthest off."""
    found = [
        (row.ratios[NUMPY].median, row.place.line)
        for row in record.of(NAME)
        if row.place and row.place.size == LARGE and NUMPY in row.ratios
        if OPERATIONS[row.place.line].family in (ONE, TWO)
    ]
    if not found:
        return []
    ratio, op = max(found)
    text = f"elementwise ops, {LARGE:,} elements: at most 1.1x {NUMPY} forward; the worst, {op}"
    return [Target(text, ratio, 1.1)]


def main(record: Record, plan: Plan = FULL) -> None:
    """Measure and print."""
    say("Ops for many sizes, on 1 thread each; medians\n")
    with (
        Worker(MODULES[OURS], 1) as ours,
        Worker(MODULES[OURS], 1) as numpy,
        Worker(MODULES[TORCH], 1) as theirs,
    ):
        workers = {OURS: ours, TORCH: theirs, NUMPY: numpy}
        for op in plan.ops:
            for size in plan.sizes:
                measure(record, workers, op, size, plan.effort)
    say_table(record, plan, FORWARD, [OURS, TORCH, NUMPY])
    say()
    say_table(record, plan, BOTH, [OURS, TORCH])
    say_targets(record, targets(record))
