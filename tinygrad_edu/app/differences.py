"""How far two records of one script are apart: for ``tinygrad-edu compare``.

Events are compared in the order in which they were recorded, as long as both sides do the same
things in the same order. In each event a tensor is compared with the one of the same name.

Tolerances
----------
The two runs are free: nothing is copied from one to the other, as ``train --check`` does. So what
they are apart at a step is the rounding of all steps before, magnified by all that the training
magnifies, and there is no bound that all right programs keep. The allowance is generous against
rounding and small against any mistake in a formula: a difference may be as large as `TOLERANCE`
says, as a fraction of the largest magnitude in PyTorch's tensor.

Two things round more than that without being wrong. A gradient may be the sum of terms that
cancel (that of a bias in front of a batch normalization is 0 but for rounding), and near a minimum
all gradients are. What is left has the size of an eps of the terms, and it walks at random from one
step to the next. So after n steps a tensor is not held to less than ``TERMS sqrt(n)`` eps of the
largest magnitude that losses, gradients or parameters, each for themselves, had so far.

And where training decides by a last digit, right programs part for good: ReLU and max-pooling by
which element is larger, Adam's first steps (``lr g / (|g| + eps)``) by the sign of a gradient that
is 0 but for rounding. In float32 this is to be expected after some hundred steps. It shows as a
slow growth of the difference, where a mistake is a jump; and in float64 it is gone.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from .records import Entry, Event

#: By dtype, the largest difference that passes, as a fraction of the largest magnitude.
TOLERANCE = {"float64": 1e-9, "float32": 1e-4, "float16": 0.03, "bfloat16": 0.25}

EPS = {"bfloat16": 2.0**-7} | {
    name: float(np.finfo(name).eps) for name in ("float64", "float32", "float16")
}

TERMS = 8

INF = math.inf


class Measured(NamedTuple):
    """A tensor on both sides, and how far they are apart.

    Attributes
    ----------
    role, name : str
    dtype : str
        On PyTorch's side.
    shape : tuple of int
    eps : float
        The largest difference, in eps of the dtype times the scale; infinite if the tensors cannot
        be compared.
    allowed : float
        How many eps pass.
    remark : str
        The elements that are farthest apart, or why they cannot be compared.
    """

    role: str
    name: str
    dtype: str
    shape: tuple[int, ...]
    eps: float
    allowed: float
    remark: str

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return self.name if self.role == "loss" else f"{self.role} {self.name}"

    @property
    def passed(self) -> bool:
        """Whether it is within its tolerance."""
        return self.eps <= self.allowed


class Compared(NamedTuple):
    """An event of both sides.

    Attributes
    ----------
    number : int
        Which of all events, from 1.
    nth : int
        Which of its kind, from 1.
    kind, what : str
    line : int
        See `records.Event`.
    losses : tuple of float, optional
        Of both sides, if it has one of one element.
    worst : dict of str to Measured
        By role, the tensor with the largest difference.
    failed : Measured, optional
        The first tensor that is out of tolerance.
    """

    number: int
    nth: int
    kind: str
    what: str
    line: int
    losses: tuple[float, float] | None
    worst: dict[str, Measured]
    failed: Measured | None

    @property
    def title(self) -> str:
        """What it is, in words."""
        call = {"backward": "backward", "grad": "autograd.grad", "step": "step"}[self.kind]
        return f"{call} {self.nth}"


class Tensor:
    """What was seen of one tensor in the course of a run."""

    def __init__(self, worst: Measured, at: Compared) -> None:
        self.events = 0
        self.worst, self.at = worst, at
        self.first_failed: Compared | None = None

    def add(self, measured: Measured, at: Compared) -> None:
        """Take an event into account."""
        self.events += 1
        if measured.eps > self.worst.eps:
            self.worst, self.at = measured, at
        if self.first_failed is None and not measured.passed:
            self.first_failed = at


class Differences:
    """All that two records differ in.

    Parameters
    ----------
    ours, theirs : iterable of Event

    Attributes
    ----------
    events : list of Compared
    tensors : dict
        By role and name, each a `Tensor`.
    parted : str
        Where one side did another thing than the other, in words; or nothing.
    notes : dict of str to str
        What could not be compared, in words; by a key for what is said only once.
    """

    def __init__(self, ours: Iterable[Event], theirs: Iterable[Event]) -> None:
        self.events: list[Compared] = []
        self.tensors: dict[tuple[str, str], Tensor] = {}
        self.parted = ""
        self.notes: dict[str, str] = {}
        self.largest = {"loss": 0.0, "gradient": 0.0, "parameter": 0.0}
        self.times = dict.fromkeys(self.largest, 0)
        self.counts = dict.fromkeys(("backward", "grad", "step", "end"), 0)
        for number, (mine, other) in enumerate(itertools.zip_longest(ours, theirs), 1):
            if mine is None or other is None or doing(mine) != doing(other):
                self.parted = (
                    f"event {number}: tinygrad_edu {in_words(mine)}, PyTorch {in_words(other)}"
                )
                break
            self.counts[mine.kind] += 1
            if mine.kind != "end":
                self.compare(number, mine, other)

    @property
    def first_failed(self) -> Compared | None:
        """The first event with a tensor out of tolerance."""
        return next((event for event in self.events if event.failed is not None), None)

    @property
    def passed(self) -> bool:
        """Whether both did the same, and all is within tolerance."""
        return not self.parted and self.first_failed is None

    def compare(self, number: int, mine: Event, other: Event) -> None:
        """Compare the tensors of an event that both sides have."""
        if mine.full or other.full:
            text = f"from event {number} on the record was full: no values were compared"
            self.notes.setdefault("full", text)
        elif not all(e.whole for e in (*mine.entries, *other.entries)):
            text = f"from event {number} on only samples of the larger tensors were compared"
            self.notes.setdefault("sampled", text)
        measured = list(self.measure_all(mine.entries, other.entries))
        worst: dict[str, Measured] = {}
        for m in measured:
            if m.role not in worst or m.eps > worst[m.role].eps:
                worst[m.role] = m
        event = Compared(
            number,
            self.counts[mine.kind],
            mine.kind,
            other.what,
            other.line,
            losses_of(mine, other),
            worst,
            next((m for m in measured if not m.passed), None),
        )
        self.events.append(event)
        for m in measured:
            self.tensors.setdefault((m.role, m.name), Tensor(m, event)).add(m, event)

    def measure_all(self, ours: list[Entry], theirs: list[Entry]) -> Iterable[Measured]:
        """Measure each tensor of an event, in the order of PyTorch's side."""
        for role in {entry.role for entry in theirs}:
            self.times[role] += 1
        for entry in theirs:
            if entry.role in self.largest and entry.dtype in EPS:
                self.largest[entry.role] = max(self.largest[entry.role], entry.largest)
        mine = {(e.role, e.name): e for e in ours}
        for other in theirs:
            if (other.role, other.name) not in mine:
                yield unlike(other, "only PyTorch has it")
                continue
            entry = mine.pop((other.role, other.name))
            if entry.values is None is other.values and entry.dtype == other.dtype != "none":
                text = f"the {other.role} {other.name} could not be read: {other.dtype}"
                self.notes.setdefault(text, text)
            else:
                walk = math.sqrt(self.times[other.role])
                yield measure(entry, other, walk * self.largest[other.role])
        for entry in mine.values():
            yield unlike(entry, "only tinygrad_edu has it")


def doing(event: Event) -> tuple[str, str, int, str]:
    """What both sides must have in common."""
    return event.kind, event.what, event.line, event.error


def in_words(event: Event | None) -> str:
    """What a side did."""
    if event is None:
        return "has come to its end"
    place = f" (line {event.line})" if event.line else ""
    if event.kind == "end":
        return f"ends with {event.error}{place}"
    call = {
        "backward": "calls backward",
        "grad": "calls autograd.grad",
        "step": f"makes a step of {event.what}",
    }[event.kind]
    return f"{call}{place}" + (f", which raises {event.error}" if event.error else "")


def losses_of(ours: Event, theirs: Event) -> tuple[float, float] | None:
    """What was differentiated, if it is one number."""
    found = []
    for event in (ours, theirs):
        values = [e.values for e in event.entries if e.role == "loss"]
        if len(values) != 1 or values[0] is None or values[0].size != 1:
            return None
        found.append(float(values[0][0].real))
    return found[0], found[1]


def measure(ours: Entry, theirs: Entry, terms: float) -> Measured:
    """How far a tensor is from PyTorch's.

    Parameters
    ----------
    ours, theirs : Entry
    terms : float
        The magnitude of what is added up in it: no less is allowed than `TERMS` eps of that.
    """
    if (ours.dtype, ours.shape) != (theirs.dtype, theirs.shape):
        return unlike(theirs, f"{kind(ours)} in tinygrad_edu, {kind(theirs)} in PyTorch")
    if theirs.values is None or ours.values is None:  # both without a gradient
        return Measured(theirs.role, theirs.name, theirs.dtype, theirs.shape, 0.0, 0.0, "")
    a, b = ours.values, theirs.values
    equal = (a == b) | ((a != a) & (b != b))
    if equal.all():
        gap, remark = 0.0, ""
    else:
        with np.errstate(all="ignore"):
            gaps = np.where(equal, 0.0, np.abs(a.astype(np.float64) - b.astype(np.float64)))
        gaps = np.where(np.isnan(gaps), INF, gaps)
        place = int(gaps.argmax())
        gap = float(gaps[place])
        remark = f"{a[place]!s} in tinygrad_edu, {b[place]!s} in PyTorch"
        if theirs.whole and theirs.shape:
            where = ", ".join(map(str, np.unravel_index(place, theirs.shape)))
            remark = f"[{where}] is {remark}"
    if theirs.dtype not in EPS:  # integers are equal or wrong
        return Measured(*theirs[:4], 0.0 if equal.all() else INF, 0.0, remark)
    eps = EPS[theirs.dtype]
    allowed = TOLERANCE[theirs.dtype] / eps
    scale = max(theirs.largest, terms * TERMS / allowed)
    apart = 0.0 if gap == 0.0 else gap / (eps * scale) if scale > 0.0 else INF
    return Measured(*theirs[:4], apart, allowed, remark)


def unlike(entry: Entry, remark: str) -> Measured:
    """A tensor that cannot be compared with the other side's."""
    return Measured(*entry[:4], INF, 0.0, remark)


def kind(entry: Entry) -> str:
    """The dtype and shape of a tensor in words."""
    return "no gradient" if entry.dtype == "none" else f"{entry.dtype} of shape {entry.shape}"
