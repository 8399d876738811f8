"""The board: for each op, dtype, layout and kind of comparison, how many passed, and how exactly.

The judge tells the board of every comparison, if there is a board. What it is about, the code that
runs a case says with `comparing`; where nobody says it, the test's own name may, and else the test
file stands for the op.

A comparison that fails in a test that passes was meant to fail: it is a test of the judge. So the
board keeps what happens in a test apart until the test has ended, and then drops all of that test.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import NamedTuple

import torch

from ..cases import DTYPES, Case
from ..replay import Replay, replay_command

KINDS = ("forward", "gradient", "second order", "error")


class Key(NamedTuple):
    """What a score is of.

    Attributes
    ----------
    op : str
        A row of the table, an op of `op_db`, a layer, a loss, an optimizer; or a test file.
    dtype : str
        That in the eps of which errors are counted: of the tensor that was compared or, if fewer
        digits were given, of these. Of an error: of the arguments; "mixed"; or "any".
    layout : str
        That of the arguments and upstream gradients which are not contiguous, "several" if there
        is more than one; "contiguous" if all are, or if nothing is known about it.
    kind : {"forward", "gradient", "second order", "error"}
        What was compared: a result, a gradient, a gradient of gradients, the type of an exception.
    """

    op: str
    dtype: str
    layout: str
    kind: str


class Score:
    """How many comparisons ended how, and the one with the largest error."""

    def __init__(self) -> None:
        self.passed = self.deviating = self.failed = 0
        self.worst: float | None = None  # in eps; None: nothing was compared that is rounded
        self.case_id: str | None = None  # of the one with the largest error, if it has one
        self.replay = ""  # the command for it; while a test runs, that is written at its end
        self.failing = ""  # the command for the first that failed

    def add(self, other: Score) -> None:
        """Count in what another process, or another test, has counted."""
        if other.worst is not None and (self.worst is None or other.worst > self.worst):
            self.worst, self.replay = other.worst, other.replay
        self.failing = self.failing or other.failing
        self.passed += other.passed
        self.deviating += other.deviating
        self.failed += other.failed


class Board:
    """The scores of one process."""

    #: The board of this process; None without ``--scoreboard``.
    current: Board | None = None

    def __init__(self) -> None:
        self.scores: dict[Key, Score] = {}
        self.test = ""  # what stands for the op, where nothing else does
        self.of_test: dict[Key, Score] = {}
        #: In the running test, those that are not excused: how far off, and how to replay them.
        self.failures: list[tuple[Key, float | None, str]] = []
        self.noted: BaseException | None = None  # the last that was counted
        self._eps: float | None = None  # in the comparison that is going on

    def measure(self, eps: float) -> None:
        """In the comparison that is going on, this is the largest error.

        In units of one eps of the scale that the judge uses: which is how large the numbers are or,
        if PyTorch's own rounding errors are larger than that warrants, as large as it takes for
        these. So what may pass is `judge.C`, whatever was compared.
        """
        self._eps = min(eps, sys.float_info.max)  # JSON has no infinity

    def passed(self, kind: str, dtype: str) -> None:
        """The comparison passed."""
        score = self._score(Key(Now.name or self.test, dtype, Now.layout, kind))
        score.passed += 1
        if self._eps is not None and (score.worst is None or self._eps > score.worst):
            score.worst, score.case_id, score.replay = self._eps, Replay.case_id, ""
        self._eps = None

    def failed(self, error: BaseException, kind: str, dtype: str) -> None:
        """The comparison failed, and raises `error`."""
        key = Key(Now.name or self.test, dtype, Now.layout, kind)
        score = self._score(key)
        command = replay_command()
        score.failing = score.failing or command
        score.failed += 1
        self.failures.append((key, self._eps, command))
        self._eps, self.noted = None, error

    def excuse(self) -> None:
        """The failure that was counted last has a reason that is written down."""
        if self.failures:
            score = self.of_test[self.failures.pop()[0]]
            score.failed -= 1
            score.deviating += 1
            score.failing = score.failing if score.failed else ""

    def begin(self, test: str) -> None:
        """A test begins, the comparisons of which are about `test` where nobody says else."""
        self.test, self.of_test, self.failures, self.noted = test, {}, [], None

    def end(self, passed: bool) -> None:
        """The test has ended; failures in one that passed are tests of the judge."""
        if not (passed and self.failures):
            for key, eps, command in self.failures:
                score = self.of_test[key]
                if eps is not None and (score.worst is None or eps > score.worst):
                    score.worst, score.replay = eps, command
            for score in self.of_test.values():
                if score.worst is not None:
                    score.replay = score.replay or replay_command(score.case_id)
            self.merge(self.of_test.items())
        self.begin("")

    def merge(self, scores: Iterable[tuple[Key, Score]]) -> None:
        """Count in the scores of a test, or of another process."""
        for key, score in scores:
            self.scores.setdefault(key, Score()).add(score)

    def _score(self, key: Key) -> Score:
        score = self.of_test.get(key)
        if score is None:
            score = self.of_test[key] = Score()
        return score


class Now:
    """What is being compared, as far as somebody has said it."""

    name: str | None = None
    case: Case | None = None
    layout = "contiguous"  # of the case, in one word


class comparing:
    """A block in which everything that is compared is about one op.

    Parameters
    ----------
    name : str, optional
        Of the op; by default what it was before.
    case : Case, optional
        The dtypes and layouts of the arguments; by default what they were before.
    kind : str, optional
        If the block is itself one comparison, that passes unless it raises: of which kind.
    """

    def __init__(
        self, name: str | None = None, case: Case | None = None, kind: str | None = None
    ) -> None:
        self.name, self.case, self.kind = name, case, kind

    def __enter__(self) -> None:
        self.before = Now.name, Now.case, Now.layout
        Now.name, Now.case = self.name or Now.name, self.case or Now.case
        if Board.current is not None and self.case is not None:
            Now.layout = layout_of(self.case)

    def __exit__(
        self,
        _: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        board = Board.current
        if board is not None:
            if error is None and self.kind:
                board.passed(self.kind, dtype_of(Now.case))
            # What else is wrong, as with an argument that was changed, is about the call itself.
            counts = isinstance(error, Exception if self.kind else AssertionError)
            if counts and error is not board.noted:
                board.failed(error, self.kind or "forward", dtype_of(Now.case))
        Now.name, Now.case, Now.layout = self.before


def kind_of(what: str) -> str:
    """The kind of a comparison, by what the judge is told to call the tensor."""
    if what.startswith("second"):
        return "second order"
    return "gradient" if "gradient" in what or what.endswith(".grad") else "forward"


def layout_of(case: Case) -> str:
    """The layout of a case in one word."""
    others = {layout for layout in case.layouts if layout != "contiguous"}
    return "contiguous" if not others else others.pop() if len(others) == 1 else "several"


def dtype_of(case: Case | None) -> str:
    """The dtype of a case's arguments in one word."""
    codes = set(case.dtypes) if case else set()
    return "any" if not codes else name_of(DTYPES[codes.pop()]) if len(codes) == 1 else "mixed"


@functools.cache
def name_of(dtype: torch.dtype) -> str:
    """As in ``float32``."""
    return str(dtype).removeprefix("torch.")
