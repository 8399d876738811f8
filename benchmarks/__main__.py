"""`python -m benchmarks [train|conv|sequences|startup]`: measure here and now; or all of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tinygrad_edu.app.cli import Parser
from tinygrad_edu.app.output import run, say

from . import conv, sequences, startup, train
from .report import machine

NAME = "python -m benchmarks"
BENCHMARKS = {
    "train": train.main,
    "conv": conv.main,
    "sequences": sequences.main,
    "startup": startup.main,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that the command line names, and return the exit code."""
    return run(NAME, lambda: measure(arguments))


def measure(arguments: Sequence[str] | None) -> int:
    """Do the work of `main`."""
    parser = Parser(prog=NAME, description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(BENCHMARKS)}")
    names = parser.parse_args(arguments).names or list(BENCHMARKS)
    for name in names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    say(machine())
    for name in names:
        say()
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
