"""`--against FILE`: this run beside an earlier one.

Two runs see two states of a machine, so times alone say little. Beside our own stands what became
of the others', which nobody has changed: the middle of their ratios is what the machine did. So it
is ours as a multiple of theirs, taken round by round, of which is said whether it is more or less.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple

from tinygrad_edu.app.output import say

from .record import UNITS, Record, Row
from .report import table
from .timing import Spread


class Change(NamedTuple):
    """What became of a row.

    Attributes
    ----------
    row, earlier : Row
    ours : float
        Our value now as a multiple of the one before.
    others : float
        The same for the others, their geometric mean; nan where there are none in both.
    relative : float
        The same for our ratios to the others; for our value where there are none in both.
    beyond : str
        "more" or "less" where the quartiles of both runs are apart, those of the ratio to each of
        the others, or of our value where there are none; otherwise empty.
    """

    row: Row
    earlier: Row
    ours: float
    others: float
    relative: float
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
    ours, *others = both(row.values, earlier.values)
    judged = both(row.ratios, earlier.ratios) or [ours]
    relative = statistics.geometric_mean(multiple(*pair) for pair in judged)
    words = {apart(*pair) for pair in judged}
    told = len(words) == 1 and printed(relative) != printed(1.0)
    return Change(
        row,
        earlier,
        multiple(*ours),
        statistics.geometric_mean(multiple(*pair) for pair in others) if others else math.nan,
        relative,
        words.pop() if told else "",
    )


def both(now: dict[str, Spread], before: dict[str, Spread]) -> list[tuple[Spread, Spread]]:
    """What there is now and was before, for each who is in both, ours first."""
    return [(now[name], before[name]) for name in now if name in before]


def multiple(now: Spread, before: Spread) -> float:
    """The median now as a multiple of the one before."""
    return now.median / before.median


def printed(number: float) -> str:
    """A multiple as the table has it."""
    return f"{number:.2f}"


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
        printed(found.ours),
        "" if math.isnan(found.others) else printed(found.others),
        printed(found.relative),
        found.beyond,
    ]


def differences(now: dict[str, Any], before: dict[str, Any], of: str = "") -> Iterator[str]:
    """What both runs tell of themselves, and do not tell alike; a line for each."""
    for name in [name for name in now if name in before and now[name] != before[name]]:
        if isinstance(now[name], dict) and isinstance(before[name], dict):
            whole = dict.fromkeys([*now[name], *before[name]], "")
            yield from differences(whole | now[name], whole | before[name], f"{name}, ")
        else:
            yield f"{of}{name}: {now[name] or 'none'}; before {before[name] or 'none'}"


def main(record: Record, earlier: Record) -> None:
    """Print the comparison."""
    found = changes(record, earlier)
    say(
        "Against an earlier run: now / before for our own, for the others in the same rows, and for"
    )
    say("our ratios to them, of which it is `more` or `less` where the quartiles of both runs, and")
    say("for each of the others, are apart\n")
    for line in differences(record.about, earlier.about):
        say(line)
    if not found:
        say("No row is in both")
        return
    header = ["", "threads", "before", "now", "ours", "others", "ours / others", ""]
    say(table(header, [cells(c) for c in found]))
    for word in ("more", "less"):
        say(f"{sum(c.beyond == word for c in found)} of {len(found)} rows: {word}")
