"""`python -m benchmarks scale`: how time grows with the depth of a graph, with uses, with rows.

For each a power law ``time = c * size**p`` is fitted to the two last powers of ten, where what a
call costs at least weighs least: linear work has an exponent p of about 1. Beside it stands the
largest exponent between two neighbouring sizes, wherever they are: a jump that the fit leaves out.
"""

from __future__ import annotations

from typing import NamedTuple

from tinygrad_edu.app.output import say

from .fits import Stretch, exponent, steepest
from .growing import GROWTHS
from .record import Place, Record, Row, Target
from .report import quartiles, say_targets, table
from .timing import Contestant, Effort, interleave
from .workers import MODULES, OURS, TORCH, Worker

NAME = "scale"
CHAIN = 10**6  # nodes of the target
LAST = 3  # sizes that the exponent is fitted to


class Plan(NamedTuple):
    """Up to which size each grows, and how long it is measured."""

    largest: int
    effort: Effort


FULL = Plan(10**6, Effort(3, 0.05))
QUICK = Plan(10**3, Effort(2, 0.002))


def measure(
    record: Record, workers: dict[str, Worker], name: str, size: int, effort: Effort
) -> Row:
    """One kind of work, of one size."""
    for worker in workers.values():
        worker.prepare("benchmarks.growing", "job", name, size)
    contestants = [Contestant(who, worker.seconds) for who, worker in workers.items()]
    seconds = interleave(contestants, *effort, warm_up=1)
    what = GROWTHS[name].what
    return record.add(NAME, f"{size:,} {what}", 1, seconds, place=Place(NAME, what, name, size))


def exponents(rows: list[Row]) -> dict[str, float]:
    """How the time of each who did it grows with the size, at the end."""
    last = rows[-LAST:]
    sizes = [row.place.size for row in last if row.place]
    return {
        name: exponent(sizes, [row.values[name].median for row in last]) for name in rows[0].values
    }


def stretches(rows: list[Row]) -> dict[str, Stretch]:
    """Where the time of each who did it grows the most."""
    sizes = [row.place.size for row in rows if row.place]
    return {
        name: steepest(sizes, [row.values[name].median for row in rows]) for name in rows[0].values
    }


def growth_cells(what: str, rows: list[Row]) -> list[str]:
    """How one kind of work grows, as it is printed."""
    fitted, steep = exponents(rows), stretches(rows)
    line = [what]
    for name in (OURS, TORCH):
        line += [
            f"{fitted[name]:.2f}",
            f"{steep[name].exponent:.2f}",
            f"{steep[name].start:,} to {steep[name].end:,}",
        ]
    return line


def cells(row: Row) -> list[str]:
    """A row as it is printed, with the time of each node, use, parameter or row of a batch."""
    size = row.place.size if row.place else 1
    ours, theirs = (row.values[name].median for name in (OURS, TORCH))
    return [
        row.name,
        *(f"{1e3 * seconds:.3f}" for seconds in (ours, theirs)),
        *(f"{1e6 * seconds / size:.3f}" for seconds in (ours, theirs)),
        quartiles(row.ratios[TORCH]),
    ]


def targets(rows: dict[str, list[Row]]) -> list[Target]:
    """What a chain of a million nodes has to reach."""
    return [
        Target(
            f"a chain of {CHAIN:,} nodes, forward and backward: at most 2x {TORCH} a node",
            row.ratios[TORCH].median,
            2.0,
        )
        for row in rows["depth"]
        if row.place and row.place.size == CHAIN
    ]


def main(record: Record, plan: Plan = FULL) -> None:
    """Measure and print."""
    say("How work grows, on 1 thread each; medians, in ms, and in us for each one\n")
    with Worker(MODULES[OURS], 1) as ours, Worker(MODULES[TORCH], 1) as theirs:
        workers = {OURS: ours, TORCH: theirs}
        rows = {
            name: [
                measure(record, workers, name, size, plan.effort)
                for size in growth.sizes
                if size <= plan.largest
            ]
            for name, growth in GROWTHS.items()
        }
    header = ["", f"{OURS}, ms", f"{TORCH}, ms", "us each", "us each", "ratio"]
    say(table(header, [cells(row) for of_name in rows.values() for row in of_name]))
    say(f"\nExponent of growth: fitted to the {LAST} largest sizes; and the largest between two")
    say("neighbouring sizes, and which these are\n")
    lines = [growth_cells(GROWTHS[name].what, found) for name, found in rows.items()]
    say(table(["", OURS, "largest", "from", TORCH, "largest", "from"], lines))
    say_targets(record, targets(rows))
