"""One script on both libraries, and whether they agree: what ``tinygrad-edu compare`` does.

The script runs twice, in two processes: on tinygrad_edu, and on PyTorch. Both start from the same
seed. What they print is compared line by line; the losses, gradients and parameters
as `differences` tells. They agree if the printed lines, the exit codes and what was raised are the
same, and all tensors are within their tolerance; printed fractions may differ by rounding, which is
said. (What is written to stderr is shown, and does not count: warnings have other words and places
in another library.)

Where they do not agree, PyTorch runs once more, with its gradients moved by an eps, as a control:
what that changes in PyTorch, rounding alone may change here.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import tempfile
from decimal import Decimal
from importlib.machinery import PathFinder
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from ...version import package_version
from ..errors import InputError, first_line
from .both_sides import SIDES, Ran, Runner, Start
from .differences import MARGIN, Differences
from .measure import TOLERANCE
from .records import read

LIMIT = 256 * 2**20  # bytes of a record, and at most a part of what is free on the disk
PART = 8

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")

DECIMALS = 3  # of so many and more, the last one may be one more on one side
CHAOS = 0.1  # no control allows that fractions are farther apart than that, relative to their size


class Lines(NamedTuple):
    """The first line in which two texts differ.

    Attributes
    ----------
    number : int
        From 1.
    ours, theirs : str or None
        None where a text has ended.
    """

    number: int
    ours: str | None
    theirs: str | None


class Comparison(NamedTuple):
    """A script that ran on both sides, and what differs.

    Attributes
    ----------
    script : str
    source : str
    start : Start
    ours, theirs : Ran
    differences : Differences
    stdout : Lines or None
        Where they differ.
    moved : Ran or None
        PyTorch's with moved gradients, if that was run.
    """

    script: str
    source: str
    start: Start
    ours: Ran
    theirs: Ran
    differences: Differences
    stdout: Lines | None
    moved: Ran | None = None

    @property
    def passed(self) -> bool:
        """Whether the two sides agree."""
        return not self.faults

    @property
    def rounding(self) -> float | None:
        """If what they print differs by rounding alone, the largest relative difference.

        Then words and whole numbers are the same, and fractions as near to each other as a tensor
        of the default dtype must be, or as a control allows.
        """
        if self.stdout is None:
            return None
        shares = gaps(self.ours.stdout, self.theirs.stdout)
        moved = gaps(self.moved.stdout, self.theirs.stdout) if self.moved is not None else None
        if shares is None:
            return None
        allowed = TOLERANCE[self.start.dtype]
        for share, control in zip(shares, moved or [0.0] * len(shares), strict=True):
            allowed = max(allowed, min(MARGIN * control, CHAOS))
            if share > allowed:
                return None
        return max(shares)

    @property
    def undecided(self) -> bool:
        """Whether something is out of tolerance that may be so by rounding."""
        if self.differences.first_failed is not None:
            return True
        if self.stdout is None or self.rounding is not None:
            return False
        return gaps(self.ours.stdout, self.theirs.stdout) is not None

    @property
    def faults(self) -> list[str]:
        """What they do not agree in, in words, the most telling first."""
        found = []
        for side in (self.ours, self.theirs):
            if side.stopped:
                found.append(f"{side.name} was not done after {side.seconds:.0f} s")
        if self.stdout is not None and self.rounding is None:
            found.append(f"stdout differs from line {self.stdout.number} on")
        if self.ours.code != self.theirs.code:
            found.append(f"exit code {self.ours.code}, PyTorch's {self.theirs.code}")
        event = self.differences.first_failed
        if event is not None and event.failed is not None:
            place = f", line {event.line}" if event.line else ""
            found.append(
                f"{event.failed.label} is out of tolerance at "
                f"{event.title} (event {event.number}{place})"
            )
        if self.differences.parted:
            found.append(f"they part at {self.differences.parted}")
        return found


def compare(
    script: str,
    arguments: list[str],
    start: Start,
    timeout: float | None = None,
    control: bool = True,
) -> Comparison:
    """Run a script on both sides and compare them.

    Parameters
    ----------
    script : str
        The path of a file.
    arguments : list of str
        What the script finds behind its name in ``sys.argv``.
    start : Start
    timeout : float, optional
        After how many seconds a side is ended.
    control : bool
        Whether, if they are out of tolerance, PyTorch runs once more, with its gradients moved by
        an eps, to see what that changes.

    Raises
    ------
    InputError
        If there is no such script, or no PyTorch.
    """
    source = source_of(script)
    check_torch()
    with tempfile.TemporaryDirectory(prefix="tinygrad-edu-") as name:
        limit = min(LIMIT, shutil.disk_usage(name).free // PART)
        runner = Runner(script, arguments, limit, timeout, Path(name))
        ours, theirs = (runner.run(side, start) for side in SIDES)
        result = judged(script, source, start, ours, theirs)
        if control and result.undecided:
            moved = runner.run("PyTorch", start._replace(moved=True))
            result = judged(script, source, start, ours, theirs, moved)
        return result


def source_of(script: str) -> str:
    """The text of a script.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return Path(script).read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise InputError(f"the script {script!r} cannot be read: {first_line(error)}") from error


def judged(
    script: str, source: str, start: Start, ours: Ran, theirs: Ran, moved: Ran | None = None
) -> Comparison:
    """What a script's two runs differ in; `moved` is PyTorch's with moved gradients."""
    control = None
    if moved is not None:
        control = Differences(read(moved.record), read(theirs.record))
    return Comparison(
        script,
        source,
        start,
        ours,
        theirs,
        Differences(read(ours.record), read(theirs.record), control),
        first_difference(ours.stdout, theirs.stdout),
        moved,
    )


def check_torch(what: str = "compare") -> None:
    """Raise InputError unless PyTorch is installed, which `what` needs; it is not loaded in this
    process."""
    if not has_torch():
        raise InputError(
            f'{what} needs torch, which is not installed: pip install "tinygrad_edu[torch]"'
        )


def has_torch() -> bool:
    """Whether PyTorch is installed; it is not loaded, nor what stands for it here."""
    return PathFinder.find_spec("torch") is not None


def first_difference(ours: str, theirs: str) -> Lines | None:
    """The first line in which two texts differ, if they do; its end is a part of a line."""
    pairs = zip_longest(ours.splitlines(True), theirs.splitlines(True))
    for number, (mine, other) in enumerate(pairs, 1):
        if mine != other:
            return Lines(number, mine, other)
    return None


def gaps(ours: str, theirs: str) -> list[float] | None:
    """If two texts have the same words and whole numbers: of each number, how far the two are
    apart, relative to the larger; 0 for one that was rounded up in one text and down in the other.
    """
    if NUMBER.sub("0", ours) != NUMBER.sub("0", theirs):
        return None
    found = []
    for mine, other in zip(NUMBER.findall(ours), NUMBER.findall(theirs), strict=True):
        a, b = Decimal(mine), Decimal(other)
        if mine != other and (mine.lstrip("+-").isdigit() or other.lstrip("+-").isdigit()):
            return None
        same = a == b or one_rounded_twice(a, b)
        found.append(0.0 if same else float(abs(a - b) / max(abs(a), abs(b))))
    return found


def one_rounded_twice(a: Decimal, b: Decimal) -> bool:
    """Whether two numbers differ by one in their last decimal, as if a number was rounded up on
    one side and down on the other; of few decimals that would be much."""
    place = a.as_tuple().exponent
    if place != b.as_tuple().exponent or -int(place) < DECIMALS:
        return False
    return abs(a - b) == Decimal(1).scaleb(int(place))


def versions() -> tuple[str, str]:
    """The versions of tinygrad_edu and of PyTorch."""
    return package_version, importlib.metadata.version("torch")


def threads() -> str:
    """How many threads the two sides were given, in words."""
    number = os.environ.get("OMP_NUM_THREADS")
    return f"OMP_NUM_THREADS={number}" if number else "threads as each library chooses"
