"""How much a run of the suite has compared, in all its processes, and how the end of it says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

#: What the reason begins with for which a test is left out with ``--device cuda``.
ON_CPU = "compared on the CPU alone: "

#: What `Tally` counts, summed up over the processes.
TOTALS = dict.fromkeys(("cases", "tensors", "deviating", "left_out"), 0)

#: Of what a device has not: how many cases, by reason.
LEFT_OUT: Counter[str] = Counter()

#: Of what differs on a device alone: how many cases, by reason.
DIFFERENCES_THERE: Counter[str] = Counter()

#: What is to be said of the PyTorch that is installed: each process says the same.
REMARKS: dict[str, None] = {}


def add(compared: Mapping[str, Any]) -> None:
    """What one process says at its end; see `each_process`."""
    for count in TOTALS:
        TOTALS[count] += compared[count]
    LEFT_OUT.update(compared["reasons"])
    DIFFERENCES_THERE.update(compared["differences"])
    REMARKS.update(dict.fromkeys(compared["remarks"]))


def told(skipped: Iterable[str]) -> Iterator[str]:
    """The lines at the end of a run, of which these tests were left out, for these reasons."""
    yield f"{TOTALS['cases']:,} parity cases, {TOTALS['tensors']:,} tensors compared with PyTorch"
    if TOTALS["deviating"] or TOTALS["left_out"]:
        there = ", and in gpu_differences.py" if DIFFERENCES_THERE else ""
        yield (
            f"of these, {TOTALS['deviating']:,} cases not passed, for the reasons in "
            f"opinfo/unsupported.py and the deviations.py of opinfo and edges{there}; "
            f"{TOTALS['left_out']:,} samples more are left out by rule"
        )
    for reason, number in LEFT_OUT.most_common():
        yield f"left out, {number:,} cases: {reason}"
    for reason, number in Counter(skipped).most_common():
        yield f"left out, {number:,} tests: {reason}"
    for reason, number in DIFFERENCES_THERE.most_common():
        yield f"not passed on a GPU, {number:,} cases: {reason}"
    yield from REMARKS
