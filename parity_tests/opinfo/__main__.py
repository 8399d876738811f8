"""``python -m parity_tests.opinfo``: how much of `op_db` is compared; ``--write``: the table."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from tinygrad_edu.app.output import run, say

from .database import database, differentiable, listed, samples, wrong_samples
from .samples import FORMS, reason_left_out, seed_of
from .unsupported import REASONS

HEAD = '''"""The ops of `op_db` that the engine has: name, variant, and dtypes with samples.

Written by ``python -m parity_tests.opinfo --write``; a test compares it with what is installed.
"""

from __future__ import annotations

from .database import Op

LINES = """
'''
TAIL = '''"""

TABLE = tuple(Op(*line.split("|")) for line in LINES.split())
'''


def text() -> str:
    """The source of `table`: in each line name, variant, and codes of dtypes."""
    return HEAD + "".join(f"{name}|{variant}|{codes}\n" for name, variant, codes in listed()) + TAIL


def count() -> None:
    """Print how many ops and samples there are."""
    ops = listed()
    say(f"{len(database())} ops in op_db, {len(ops)} of them here")
    say(f"{sum(differentiable(database()[op.id], 'f64') for op in ops)} with gradients")
    left: Counter[str] = Counter()
    total = wrong = 0
    for op in ops:
        for code in op.codes.split(","):
            for form in FORMS:
                given = samples(op.id, code, seed_of(form))
                total += len(given)
                left.update(filter(None, map(reason_left_out, given)))
        erring = [error.sample_input for error in wrong_samples(op.id)]
        wrong += len(erring)
        left.update(filter(None, map(reason_left_out, erring)))
    say(f"{total:,} samples, in {len(FORMS)} forms, and {wrong:,} calls for which PyTorch raises")
    for reason, number in left.most_common():
        say(f"{number:,} left out: {reason}")


def absent() -> list[str]:
    """The ops of `op_db` that the engine lacks."""
    here = {op.id for op in listed()}
    return [name for name in database() if name not in here]


def main() -> int:
    """Print the counts, or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write table.py anew")
    parser.add_argument(
        "--missing", action="store_true", help="list the ops that are not here, and why"
    )
    arguments = parser.parse_args()
    if arguments.write:
        Path(__file__).with_name("table.py").write_text(text())
    elif arguments.missing:
        for reason, ops in REASONS.items():
            say(f"{reason}: {' '.join(ops.split())}")
    else:
        count()
    return 0


if __name__ == "__main__":
    sys.exit(run("python -m parity_tests.opinfo", main))
