"""`python -m benchmarks scale`: how time grows with the depth of a graph, with uses, with rows.

For each a power law ``time = c * size**p`` is fitted to the two last powers of ten, where what a
call costs at least weighs least: linear work has an exponent p of about 1.
"""

from __future__ import annotations

from typing import NamedTuple

from tinygrad_edu.app.output import say

from .fits import exponent
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


FULL = Plan(10**6, Effort(5, 0.05))
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
    say(f"\nExponent of growth, over the {LAST} largest sizes\n")
    fitted = {GROWTHS[name].what: exponents(found) for name, found in rows.items()}
    lines = [[what, *(f"{p[name]:.2f}" for name in (OURS, TORCH))] for what, p in fitted.items()]
    say(table(["", OURS, TORCH], lines))
    say_targets(record, targets(rows))
