"""`--against FILE`: this run beside an earlier one.

Two runs see two states of a machine, so times alone say little. Beside our own stands what became
of the others', which nobody has changed: the middle of their ratios is what the machine did.
"""

from __future__ import annotations

import statistics
from typing import NamedTuple

from tinygrad_edu.app.output import say

from .record import Record, Row
from .report import table
from .timing import Spread

#: How a value is printed: by what it is multiplied, and the unit.
UNITS = {"s": (1e3, "ms"), "B": (1e-6, "MB"), "x": (1.0, "x")}


class Change(NamedTuple):
    """What became of a row.

    Attributes
    ----------
    row, earlier : Row
    ours : float
        Our value now as a multiple of the one before.
    others : float
        The same for the others, their geometric mean; nan where there are none in both.
    beyond : str
        "more" or "less" where the quartiles of both runs are apart, otherwise empty.
    """

    row: Row
    earlier: Row
    ours: float
    others: float
    beyond: str


def apart(now: Spread, before: Spread) -> str:
    """Whether the quartiles of now lie above those of before, "more", below, "less", or neither."""
    if now.low > before.high:
        return "more"
    if now.high < before.low:
        return "less"
    return ""


def change(row: Row, earlier: Row) -> Change:
    """Compare a row with that of an earlier run."""
    multiples = {
        name: spread.median / earlier.values[name].median
        for name, spread in row.values.items()
        if name in earlier.values
    }
    who, *_ = row.values
    others = [multiple for name, multiple in multiples.items() if name != who]
    return Change(
        row,
        earlier,
        multiples[who],
        statistics.geometric_mean(others) if others else float("nan"),
        apart(row.values[who], earlier.values[who]),
    )


def changes(record: Record, earlier: Record) -> list[Change]:
    """What became of each row that both runs have."""
    before = {row.key: row for row in earlier.rows}
    return [
        change(row, before[row.key])
        for row in record.rows
        if row.key in before and next(iter(row.values)) in before[row.key].values
    ]


def cells(found: Change) -> list[str]:
    """A change as it is printed."""
    row = found.row
    who = next(iter(row.values))
    scale, unit = UNITS[row.unit]
    return [
        f"{row.benchmark}: {row.name}",
        str(row.threads),
        f"{scale * found.earlier.values[who].median:.4g} {unit}",
        f"{scale * row.values[who].median:.4g} {unit}",
        f"{found.ours:.2f}",
        f"{found.others:.2f}",
        found.beyond,
    ]


def main(record: Record, earlier: Record) -> None:
    """Print the comparison."""
    found = changes(record, earlier)
    say("Against an earlier run: now / before for our own, and for the others in the same rows;")
    say("`more` and `less` where the quartiles of both runs are apart\n")
    for name, then in earlier.about.items():
        if then != record.about.get(name):
            say(f"{name}: {record.about.get(name)}; before {then}")
    if not found:
        say("No row is in both")
        return
    say(table(["", "threads", "before", "now", "ratio", "others", ""], [cells(c) for c in found]))
    for word in ("more", "less"):
        say(f"{sum(c.beyond == word for c in found)} of {len(found)} rows: {word}")
