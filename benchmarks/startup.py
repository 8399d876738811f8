"""`python -m benchmarks startup`: the import, and the whole training job, each a new process."""

from __future__ import annotations

import os
import subprocess
import sys

from tinygrad_edu.app.output import say

from .report import Target, print_targets, table
from .timing import Contestant, interleave, ratios, spread, timed

JOBS = {
    "python -c pass": ["-c", "pass"],
    "import numpy": ["-c", "import numpy"],
    "import tinygrad_edu": ["-c", "import tinygrad_edu"],
    "python -m tinygrad_edu train": ["-m", "tinygrad_edu", "train"],
    "python -m torch_ref train": ["-m", "torch_ref", "train"],
}


def process(arguments: list[str]) -> Contestant:
    """A contestant that runs Python with `arguments`, to its end."""
    name = next(n for n, a in JOBS.items() if a == arguments)

    # Modules are compiled in the first run and not in each, as those are that pip installed.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def run() -> None:
        subprocess.run(
            [sys.executable, *arguments], check=True, capture_output=True, env=environment
        )

    return Contestant(name, timed(run))


def main(rounds: int = 7) -> None:
    """Measure and print."""
    seconds: dict[str, list[float]] = {}
    for names in (list(JOBS)[:3], list(JOBS)[3:]):
        contestants = [process(JOBS[name]) for name in names]
        seconds |= interleave(contestants, rounds, block_seconds=0, warm_up=1)
    rows = [
        [name, f"{s.median:.3f}", f"{s.low:.3f}-{s.high:.3f}"]
        for name, s in ((name, spread(times)) for name, times in seconds.items())
    ]
    say("A new process, from its start to its end\n")
    say(table(["", "seconds", "quartiles"], rows))
    _, numpy, ours, train, torch_train = JOBS
    print_targets(
        [
            Target("import at most 1.5x import numpy", ratios(seconds, ours, numpy).median, 1.5),
            Target(
                "train at most 0.3x torch_ref's", ratios(seconds, train, torch_train).median, 0.3
            ),
        ]
    )
