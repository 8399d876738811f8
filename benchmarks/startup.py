"""`python -m benchmarks startup`: an import, from the start of a new process to its end."""

from __future__ import annotations

from tinygrad_edu.app.output import say

from .commands import first_warm, to_the_end
from .record import Record, Target
from .report import quartiles, say_targets, table
from .timing import Effort, ratios
from .workers import OURS, TORCH

NAME = "startup"
EMPTY, NUMPY = "an empty program", "NumPy"
PROGRAMS = {
    OURS: "import tinygrad_edu",
    NUMPY: "import numpy",
    TORCH: "import torch",
    EMPTY: "pass",
}
FULL, QUICK = Effort(11, 0), Effort(1, 0)


def main(record: Record, effort: Effort = FULL) -> None:
    """Measure and print."""
    say("A new process that imports, from its start to its end, in seconds\n")

    contestants = [to_the_end(name, ["-c", text]) for name, text in PROGRAMS.items()]
    seconds = first_warm(contestants, effort)
    row = record.add(NAME, "import", 1, seconds)
    lines = [
        [
            name,
            f"{s.median:.3f}",
            f"{s.low:.3f}-{s.high:.3f}",
            quartiles(ratios(seconds, OURS, name)),
        ]
        for name, s in row.values.items()
    ]
    say(table(["", "seconds", "quartiles", f"{OURS} / it"], lines))
    limit = Target("import: at most 1.5x import numpy", row.ratios[NUMPY].median, 1.5)
    say_targets(record, [limit])
