"""Which check against differences runs which derivatives, as ``differentiated.txt`` says.

``python -m parity_tests.differentiated`` runs these checks, and writes that file anew: for each
derivative one check.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

LIST = Path(__file__).with_suffix(".txt")
TESTS = ("test_numerical_truth.py", "test_numerical_samples.py")


def read(text: str) -> dict[str, list[str]]:
    """By check, the derivatives that are written behind it."""
    lines = (line.split() for line in text.splitlines())
    return {check.removesuffix(":"): names for check, *names in lines}


#: What is written down.
DIFFERENTIATED = read(LIST.read_text())


def chosen(run: dict[str, Counter[str]]) -> dict[str, list[str]]:
    """For each derivative a check that runs it in many of the cases that are drawn, and little
    else."""

    def rank(check: str, name: str) -> tuple[bool, int, str]:
        seldom = check.startswith("row/") and run[check][name] < 5
        return seldom, len(run[check]), check

    by_check: dict[str, list[str]] = {}
    for name in sorted({name for count in run.values() for name in count}):
        check = min((c for c in run if name in run[c]), key=lambda c: rank(c, name))
        by_check.setdefault(check, []).append(name)
    return by_check


def main() -> int:
    """Run the checks, and write down what they run."""
    folder = Path(__file__).parent
    pytest.main(["-n", "0", "-k", "derivatives", *(str(folder / test) for test in TESTS)])
    from .differences import RUN  # only now, so that pytest finds nothing imported before it

    lines = (f"{check}: {' '.join(names)}" for check, names in sorted(chosen(RUN).items()))
    LIST.write_text("".join(f"{line}\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
