"""Lines through measurements: what a thing costs at least, what each element adds, how it grows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Line(NamedTuple):
    """Seconds at no elements, and seconds that each element adds."""

    overhead: float
    slope: float

    def seconds(self, size: int) -> float:
        """What it says of a size."""
        return self.overhead + self.slope * size


def line(sizes: Sequence[int], seconds: Sequence[float]) -> Line:
    """The line ``overhead + slope * size`` whose relative errors are the smallest.

    Times reach over many powers of ten, so it is (overhead + slope * size) / seconds - 1 of which
    the squares are summed: each size then has the same say.
    """
    times = np.array(seconds)
    columns = np.stack([1 / times, np.array(sizes) / times], axis=1)
    overhead, slope = np.linalg.lstsq(columns, np.ones(len(times)))[0]
    return Line(float(overhead), float(slope))


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The p of ``seconds = c * size**p``: the slope of the line through their logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


class Stretch(NamedTuple):
    """How time grows from one size to the next."""

    exponent: float
    start: int
    end: int


def steepest(sizes: Sequence[int], seconds: Sequence[float]) -> Stretch:
    """Where time grows the most between neighbouring sizes, which one line through all hides."""
    return max(
        Stretch(exponent(sizes[i : i + 2], seconds[i : i + 2]), *sizes[i : i + 2])
        for i in range(len(sizes) - 1)
    )
