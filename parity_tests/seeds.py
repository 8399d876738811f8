"""Where random numbers begin: always at one place or, with ``--seed N``, at another for each N.

What a case's id names does not depend on it, for the id holds the seed of its numbers.
"""

from __future__ import annotations

import numpy as np


class Seed:
    """What ``--seed`` was given, and by what examples are drawn: that, or a seed of their own."""

    number: int | None = None
    drawn: str = ""


def begin(seed: int) -> int:
    """`seed` itself, or, with ``--seed``, a number from 0 to 2^32 - 1 that comes of both."""
    if Seed.number is None:
        return seed
    return int(np.random.SeedSequence([Seed.number, seed]).generate_state(1)[0])
