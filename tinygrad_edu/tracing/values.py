"""Values as they were: copies of arrays, or, of large ones, what can be said of them in short."""

from __future__ import annotations

from typing import Any

import numpy as np

from .events import Summary, Value, ValueKind

#: An array of more elements is summarised.
LARGEST = 65_536
#: When all values together hold more, those of more than `SMALL` elements are summarised.
ALTOGETHER = 20_000_000
SMALL = 100


class Values:
    """The values of a trace, as they are collected.

    Parameters
    ----------
    largest : int
        How many elements an array may have to be kept whole.
    """

    def __init__(self, largest: int = LARGEST) -> None:
        self.largest = largest
        self.all: list[Value] = []
        self.held = 0  # elements

    def add(
        self,
        array: np.ndarray[Any, Any],
        kind: ValueKind,
        *,
        name: str = "",
        born: int = -1,
        of: int | None = None,
    ) -> Value:
        """A new value: what `array` holds now."""
        whole = array.size <= (self.largest if self.held <= ALTOGETHER else SMALL)
        copy = None
        if whole:
            copy = np.array(array, order="C")
            copy.flags.writeable = False
            self.held += copy.size
        value = Value(
            len(self.all), kind, array.shape, array.dtype.name, copy, summary_of(array), name, born,
            of,
        )  # fmt: skip
        self.all.append(value)
        return value


def summary_of(array: np.ndarray[Any, Any]) -> Summary:
    """What is said of all elements of an array."""
    numbers = np.asarray(array, np.float64).ravel()
    finite = numbers[np.isfinite(numbers)]
    nans = int(np.isnan(numbers).sum())
    infinities = numbers.size - finite.size - nans
    if not finite.size:
        nothing = float("nan")
        return Summary(nothing, nothing, nothing, nothing, nans, infinities)
    with np.errstate(over="ignore"):
        norm = float(np.sqrt(np.square(finite).sum()))
        mean = float(finite.mean())
    if not np.isfinite(mean):  # the sum is beyond float64, the mean is not
        mean = float((finite / finite.size).sum())
    return Summary(float(finite.min()), float(finite.max()), mean, norm, nans, infinities)
