"""`python -m benchmarks ops`: 70 ops for many sizes, against PyTorch and bare NumPy.

Each works in a process of its own, on one thread: NumPy has no other for what is not a product.
Over the sizes a line is fitted, ``overhead + slope * elements``: what a call costs at least, and
what each element adds. A time that jumps, as where arrays no longer fit the cache, is on no such
line; so it is said how far the largest size is from it.
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
LIMIT = 1.1  # of bare NumPy's time
FORWARD, BOTH = "forward", "forward and backward"


class Plan(NamedTuple):
    """The ops, for how many elements, and how long."""

    ops: tuple[str, ...]
    sizes: tuple[int, ...]
    effort: Effort


FULL = Plan(tuple(OPERATIONS), tuple(10**k for k in range(1, 8)), Effort(4, 0.003))
QUICK = Plan(tuple(OPERATIONS)[::4], (10, LARGE), Effort(2, 0.0005))


def panel_of(what: str) -> str:
    """The field of a plot: its title, and what lies on its x axis."""
    return f"{what}: elements"


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
        place = Place(f"ops, {OPERATIONS[op].family}", panel_of(what), op, size)
        record.add(NAME, name_of(op, size, what), 1, seconds, place=place)


def rows_of(record: Record, op: str, what: str) -> list[Row]:
    """The rows of an op, size by size."""
    return [
        row
        for row in record.of(NAME)
        if row.place and (row.place.line, row.place.panel) == (op, panel_of(what))
    ]


def fitted(rows: list[Row]) -> dict[str, Line]:
    """For each who did it the line through the times, which are these of one op."""
    sizes = [row.place.size for row in rows if row.place]
    return {name: line(sizes, [row.values[name].median for row in rows]) for name in rows[0].values}


def compared_at(plan: Plan) -> list[int]:
    """The sizes for which ratios are printed: that of the target, and the largest."""
    return sorted({LARGE, plan.sizes[-1]})


def cells(op: str, rows: list[Row], whom: list[str], sizes: list[int]) -> list[str]:
    """An op as it is printed: overheads in us, slopes in ns, and the ratios for these sizes."""
    lines = fitted(rows)
    shown = [lines.get(name) for name in whom]
    compared = [row for row in rows if row.place and row.place.size in sizes]
    return [
        op,
        *("" if fit is None else f"{1e6 * fit.overhead:.2f}" for fit in shown),
        *("" if fit is None else f"{1e9 * fit.slope:.3f}" for fit in shown),
        *(
            f"{row.ratios[name].median:.2f}" if name in row.ratios else ""
            for row in compared
            for name in whom[1:]
        ),
    ]


def off_the_lines(found: list[list[Row]], whom: list[str]) -> str:
    """How far the times for the largest size are from the lines, which do not show it."""
    told = []
    for name in whom:
        multiples = [
            rows[-1].values[name].median / fitted(rows)[name].seconds(rows[-1].place.size)
            for rows in found
            if rows[-1].place and name in rows[-1].values
        ]
        told.append(f"{name} {statistics.median(multiples):.2f}")
    return f"so many times what its line says, in the median: {', '.join(told)}"


def say_table(record: Record, plan: Plan, what: str, whom: list[str]) -> None:
    """Print what was found for one of the two ways to measure."""
    sizes = compared_at(plan)
    say(f"{what[0].upper()}{what[1:]}: overhead in us, slope in ns for each element,")
    say(f"and the ratios at {' and '.join(f'{size:,}' for size in sizes)} elements, ours to each\n")
    header = ["", *(f"{name}, us" for name in whom), *(f"{name}, ns" for name in whom)]
    header += [f"/ {name} {size:.0e}".replace("e+0", "e") for size in sizes for name in whom[1:]]
    rows = [(op, rows_of(record, op, what)) for op in plan.ops]
    say(table(header, [cells(op, found, whom, sizes) for op, found in rows]))
    say(f"A line through all sizes hides a jump: at {sizes[-1]:,} elements the time is")
    say(off_the_lines([found for _, found in rows], whom))
    for name in whom[1:]:
        found = [
            row.ratios[name].median for _, of_op in rows for row in of_op if name in row.ratios
        ]
        say(f"Geometric mean of all ratios to {name}: {statistics.geometric_mean(found):.2f}")


def elementwise(record: Record) -> list[tuple[float, str]]:
    """Each elementwise op's multiple of bare NumPy's time, and its name; the largest first."""
    found = [
        (row.ratios[NUMPY].median, row.place.line)
        for row in record.of(NAME)
        if row.place and row.place.size == LARGE and NUMPY in row.ratios
        if OPERATIONS[row.place.line].family in (ONE, TWO)
    ]
    return sorted(found, reverse=True)


def say_above(record: Record) -> None:
    """Name all elementwise ops that miss the target, of which its line names but the worst."""
    found = elementwise(record)
    above = [f"{op}: {ratio:.2f}" for ratio, op in found if ratio > LIMIT]
    say(f"{len(above)} of {len(found)} elementwise ops above {LIMIT}x {NUMPY}, {LARGE:,} elements")
    for i in range(0, len(above), 6):
        say(f"  {', '.join(above[i : i + 6])}")


def targets(record: Record) -> list[Target]:
    """What elementwise ops have to reach: each of them, and so the one that is furthest off."""
    found = elementwise(record)
    if not found:
        return []
    ratio, op = found[0]
    text = f"elementwise ops, {LARGE:,} elements: at most {LIMIT}x {NUMPY} forward; the worst, {op}"
    return [Target(text, ratio, LIMIT)]


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
    say()
    say_above(record)
    say_targets(record, targets(record))
