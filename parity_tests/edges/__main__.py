"""``python -m parity_tests.edges``: how many rows there are of each kind, and in each family."""

from __future__ import annotations

import sys
from collections import Counter

from tinygrad_edu.app.output import run, say

from .deviations import DEVIATIONS, deviation_of
from .edge import KINDS
from .judging import CASES
from .table import FAMILIES, ROWS


def main() -> int:
    """Print the counts."""
    kinds = Counter(row.kind for row in ROWS)
    for kind in sorted(KINDS, key=lambda kind: -kinds[kind]):
        say(f"{kinds[kind]:5}  {kind:14} {KINDS[kind]}")
    say("")
    for family, rows in FAMILIES.items():
        say(f"{len(rows):5}  {family:14} {len({row.op for row in rows})} ops")
    wrong = sum(row.wrong for row in ROWS)
    deviating = sum(deviation_of(case_id) is not None for case_id in CASES)
    say(
        f"\n{len(ROWS)} rows of {len({row.op for row in ROWS})} ops, of which {wrong} raise; "
        f"{len(CASES)} cases, of which {deviating} differ for {len(DEVIATIONS)} written reasons"
    )
    return 0


if __name__ == "__main__":
    sys.exit(run("python -m parity_tests.edges", main))
