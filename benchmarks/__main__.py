"""`python -m benchmarks [train|startup]`: measure here and now; without a name, everything."""

from __future__ import annotations

import argparse

from . import startup, train
from .report import machine

BENCHMARKS = {"train": train.main, "startup": startup.main}


def main() -> None:
    """Run the benchmarks that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(BENCHMARKS)}")
    names = parser.parse_args().names or list(BENCHMARKS)
    for name in names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    print(machine())
    for name in names:
        print()
        BENCHMARKS[name]()


if __name__ == "__main__":
    main()
