"""How far two records of one script are apart: for ``tinygrad-edu compare``.

Events are compared in the order in which they were recorded, as long as both sides do the same
things in the same order. In each event a tensor is compared with the one of the same name.

What a tensor is allowed is told in `measure`. But where training decides by a last digit, right
programs part for good: ReLU and max-pooling by which element is larger, Adam's first steps
(``lr g / (|g| + eps)``) by the sign of a gradient that is 0 but for rounding. In float32 this is to
be expected after some hundred steps. It shows as a growth of the difference, where a mistake is a
jump; in float64 it comes much later; and PyTorch parts from itself as soon, if its gradients are
moved by an eps. So that can be measured: where a record of such a run is given, `MARGIN` times
what it is apart from PyTorch's is allowed, too.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from .measure import EPS, INF, TOLERANCE, Measured, measure, unlike
from .records import NAMELESS, Entry, Event

#: In eight scripts that train for hundreds of steps, the tensors that were more than 100 eps from
#: PyTorch's were at most 8.3 times as far as those of PyTorch with moved gradients, if these moved.
MARGIN = 30


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


class Followed:
    """What was seen of one tensor in the course of a run.

    Attributes
    ----------
    events : int
        In how many it was.
    worst : Measured
    at : Compared
        Where it was that.
    first_failed : Compared, optional
    excused : bool
        Whether it passed only by what a control allows.
    peaks : list of (int, float)
        Each difference that was the largest so far, with the number of its event.
    """

    def __init__(self, worst: Measured, at: Compared) -> None:
        self.events = 0
        self.worst, self.at = worst, at
        self.first_failed: Compared | None = None
        self.excused = False
        self.peaks: list[tuple[int, float]] = []

    def add(self, measured: Measured, at: Compared) -> None:
        """Take an event into account."""
        self.events += 1
        if measured.eps < INF and measured.eps > self.apart(at.number):
            self.peaks.append((at.number, measured.eps))
        self.excused |= measured.excused
        if measured.eps > self.worst.eps:
            self.worst, self.at = measured, at
        if self.first_failed is None and not measured.passed:
            self.first_failed = at

    def apart(self, number: int) -> float:
        """The largest finite difference until an event, in eps."""
        place = bisect_right(self.peaks, (number, INF))
        return self.peaks[place - 1][1] if place else 0.0


class Differences:
    """All that two records differ in.

    Parameters
    ----------
    ours, theirs : iterable of Event
    control : Differences, optional
        Between PyTorch with moved gradients and PyTorch.

    Attributes
    ----------
    events : list of Compared
    tensors : dict
        By role and name, each a `Followed`.
    parted : str
        Where one side did another thing than the other, in words; or nothing.
    place : str
        The event of `parted`.
    notes : dict of str to str
        What could not be compared, in words; by a key for what is said only once.
    """

    def __init__(
        self, ours: Iterable[Event], theirs: Iterable[Event], control: Differences | None = None
    ) -> None:
        self.control = control
        self.events: list[Compared] = []
        self.tensors: dict[tuple[str, str], Followed] = {}
        self.parted, self.place = "", ""
        self.notes: dict[str, str] = {}
        self.largest = {"loss": 0.0, "gradient": 0.0, "parameter": 0.0}
        self.times = dict.fromkeys(self.largest, 0)
        self.coarsest = "float64"
        self.counts = dict.fromkeys(("backward", "grad", "step", "end"), 0)
        for number, (mine, other) in enumerate(itertools.zip_longest(ours, theirs), 1):
            if mine is None or other is None or doing(mine) != doing(other):
                self.place = f"event {number}"
                self.parted = (
                    f"event {number}: tinygrad_edu {in_words(mine)}, PyTorch {in_words(other)}"
                )
                break
            self.counts[mine.kind] += 1
            if mine.kind != "end":
                self.compare(number, mine, other)

    def excuse(self, measured: Measured, number: int) -> Measured:
        """The same with what is allowed at an event, if these are the differences of a control."""
        tensor = self.tensors.get((measured.role, measured.name))
        apart = 0.0 if tensor is None else tensor.apart(number)
        allowed = max(measured.allowed, MARGIN * apart)
        excused = measured.allowed < measured.eps <= allowed
        return measured._replace(allowed=allowed, excused=excused)

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
        if self.control is not None:
            measured = [self.control.excuse(m, number) for m in measured]
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
            self.tensors.setdefault((m.role, m.name), Followed(m, event)).add(m, event)

    def measure_all(self, ours: list[Entry], theirs: list[Entry]) -> Iterable[Measured]:
        """Measure each tensor of an event, in the order of PyTorch's side."""
        for role in {entry.role for entry in theirs}:
            self.times[role] += 1
        for entry in theirs:
            if entry.role in self.largest and entry.dtype in EPS:
                self.coarsest = max(self.coarsest, entry.dtype, key=TOLERANCE.__getitem__)
                self.largest[entry.role] = max(self.largest[entry.role], entry.largest)
        steepness = max((e.largest for e in theirs if e.role == "gradient"), default=0.0)
        mine = {(e.role, e.name): e for e in ours}
        for given in theirs:
            other = self.named_here(given, mine)
            if other is None:
                continue
            if (other.role, other.name) not in mine:
                yield unlike(other, "only PyTorch has it")
                continue
            entry = mine.pop((other.role, other.name))
            if entry.values is None is other.values and entry.dtype == other.dtype != "none":
                text = f"the {other.role} {other.name} could not be read: {other.dtype}"
                self.notes.setdefault(text, text)
            else:
                terms = self.largest[other.role]
                if other.role == "loss":
                    terms = max(terms, steepness)
                walk = math.sqrt(self.times[other.role])
                yield measure(entry, other, walk * terms, self.coarsest)
        for entry in mine.values():
            yield unlike(entry, "only tinygrad_edu has it")

    def named_here(self, other: Entry, mine: dict[tuple[str, str], Entry]) -> Entry | None:
        """A tensor, if it has no name, by the name of the first here that is like it, if any."""
        if not is_nameless(other):
            return other
        for entry in mine.values():
            if is_nameless(entry) and (entry.shape, entry.dtype) == (other.shape, other.dtype):
                return other._replace(name=entry.name)
        text = "gradients of leaves that nobody but the graph holds any more are not compared"
        self.notes.setdefault(text, text)
        return None


def is_nameless(entry: Entry) -> bool:
    """Whether it is the gradient of a leaf for which no name was found, as of one that the script
    has let go: PyTorch's graph keeps it alive, this library's only if an op has saved it."""
    return entry.role == "gradient" and entry.name.partition(" ")[0] == NAMELESS


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
