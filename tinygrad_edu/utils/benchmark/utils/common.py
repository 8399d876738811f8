"""What was measured, what of, and how it is shown."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ....threads import get_num_threads, set_num_threads

#: More digits are not shown; times closer than this (in seconds) are not told apart.
MOST_DIGITS, CLOSEST = 4, 25e-9
#: From which share of the median on the distance of the quartiles is warned of, and gravely.
ODD, GRAVE = 0.1, 0.25


@dataclasses.dataclass(frozen=True)
class TaskSpec:
    """What is measured, and by which words it is told from others."""

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """The label, or else the statement."""
        more = f": {self.sub_label}" if self.sub_label else ""
        if self.label is not None:
            return self.label + more
        if "\n" not in self.stmt:
            return self.stmt + more
        more = f" ({self.sub_label})" if self.sub_label else ""
        return f"stmt:{more}\n{textwrap.indent(self.stmt, '  ')}"

    def setup_str(self) -> str:
        """What is run before, as it is shown."""
        if not self.setup or self.setup == "pass":
            return ""
        if "\n" in self.setup:
            return f"setup:\n{textwrap.indent(self.setup, '  ')}"
        return f"setup: {self.setup}"

    def summarize(self) -> str:
        """All of it, as it is shown."""
        sections = [self.title, self.description or "", self.setup_str()]
        return "\n".join(f"{s}\n" if "\n" in s else s for s in sections if s)


@dataclasses.dataclass(repr=False)
class Measurement:
    """How long a statement took.

    Parameters
    ----------
    number_per_run : int
        How often it ran in each measurement.
    raw_times : list of float
        How long each measurement took, in seconds.
    task_spec : TaskSpec
        Whose fields are attributes of this, too.
    metadata : dict, optional
    """

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec
    metadata: dict[Any, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        if name in TaskSpec.__dataclass_fields__:
            return getattr(self.task_spec, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def times(self) -> list[float]:
        """How long one run took, in seconds, in each measurement."""
        return [t / self.number_per_run for t in self.raw_times]

    def _share(self, quantile: float) -> float:
        return float(np.quantile(self.times, quantile)) if self.raw_times else -1.0

    @property
    def median(self) -> float:
        """Of the times of one run."""
        return self._share(0.5)

    @property
    def mean(self) -> float:
        """Of the times of one run."""
        return float(np.mean(self.times)) if self.raw_times else -1.0

    @property
    def iqr(self) -> float:
        """How far the quartiles are from each other."""
        return self._share(0.75) - self._share(0.25)

    @property
    def significant_figures(self) -> int:
        """How many digits of the median mean something: by the 90 % interval of the mean of the
        middle half, if that were normally distributed."""
        times = sorted(self.times)
        middle = times[len(times) // 4 : math.ceil(3 * len(times) / 4)]
        interval = max(1.645 * float(np.std(middle)) / math.sqrt(len(middle)), CLOSEST)
        digits = math.floor(math.log10(self.median / interval))
        return min(max(digits, 1), MOST_DIGITS)

    @property
    def has_warnings(self) -> bool:
        """Whether the times are far apart."""
        return bool(self._warnings())

    def _warnings(self) -> list[str]:
        if not self.raw_times or self.meets_confidence(ODD):
            return []
        grave = not self.meets_confidence(GRAVE)
        cause = "This suggests significant environmental influence."
        share = self.iqr / self.median * 100
        return [
            f"  WARNING: Interquartile range is {share:.1f}% of the median measurement.",
            f"           {cause if grave else 'This could indicate system fluctuation.'}",
        ]

    def meets_confidence(self, threshold: float = ODD) -> bool:
        """Whether the quartiles are nearer to each other than this share of the median."""
        return self.iqr / self.median < threshold

    @property
    def title(self) -> str:
        """That of the task."""
        return self.task_spec.title

    @property
    def as_row_name(self) -> str:
        """By what a table would name it."""
        return self.sub_label or self.stmt or "[Unknown]"

    def __repr__(self) -> str:
        n, (unit, scale) = len(self.raw_times), select_unit(self.median)
        several = n > 1
        lines = [
            f"<torch.utils.benchmark.utils.common.Measurement object at {id(self):#x}>",
            self.task_spec.summarize(),
            f"  {'Median: ' if several else ''}{self.median / scale:.2f} {unit}",
        ]
        if n >= 4:
            low, high = (self._share(q) / scale for q in (0.25, 0.75))
            lines.append(f"  IQR:    {self.iqr / scale:.2f} {unit} ({low:.2f} to {high:.2f})")
        each = "per measurement," if several else ","
        threads = f"{self.num_threads} thread{'s' if self.num_threads > 1 else ''}"
        measured = f"{n} measurement{'s' if several else ''}"
        lines.append(f"  {measured}, {self.number_per_run} runs {each} {threads}")
        return "\n".join([*lines, *self._warnings()]).strip()

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """Those of equal tasks as one."""
        groups: dict[TaskSpec, list[float]] = {}
        for measurement in measurements:
            groups.setdefault(measurement.task_spec, []).extend(measurement.times)
        return [Measurement(1, times, task) for task, times in groups.items()]


def select_unit(t: float) -> tuple[str, float]:
    """The unit in which a time in seconds is shown, and how many seconds it has."""
    power = int(math.log10(t) // 3) if t > 0 else 0
    unit = {-3: "ns", -2: "us", -1: "ms"}.get(power, "s")
    return unit, {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}[unit]


def unit_to_english(u: str) -> str:
    """The name of a unit."""
    return {"ns": "nanosecond", "us": "microsecond", "ms": "millisecond", "s": "second"}[u]


def trim_sigfig(x: float, n: int) -> float:
    """`x`, rounded to `n` digits."""
    if n != int(n):
        raise AssertionError("Number of significant figures must be an integer")
    scale = 10.0 ** (math.ceil(math.log10(abs(x))) - n)
    return float(np.float32(np.round(np.float32(x / scale)) * np.float32(scale)))


def ordered_unique(elements: Iterable[Any]) -> list[Any]:
    """The elements, each once."""
    return list(dict.fromkeys(elements))


@contextlib.contextmanager
def set_torch_threads(n: int) -> Iterator[None]:
    """Use so many threads inside."""
    before = get_num_threads()
    try:
        set_num_threads(n)
        yield
    finally:
        set_num_threads(before)
