"""How what is being judged can be run again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence


class Replay:
    """What is needed to run something again.

    Attributes
    ----------
    case_id : str or None
        The id of the case that is being judged, if it has one.
    options : sequence of str
        Options of this run on which the numbers of a case depend.
    of_tests : sequence of str
        Those on which it depends what a test draws.
    """

    case_id: str | None = None
    options: Sequence[str] = ()
    of_tests: Sequence[str] = ()


def running() -> str:
    """The id of the case that is being judged or, if it has none, the name of the test."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "parity_tests").removesuffix(" (call)")
    return Replay.case_id or test


def replay_command(case_id: str | None = None) -> str:
    """One command that runs just this again: the case with this id, or what is being judged."""
    case_id = case_id or Replay.case_id
    if case_id is not None:
        what, options = ("parity_tests", "--case", case_id), Replay.options
    else:
        what, options = (running(),), Replay.of_tests
    return shlex.join(["python", "-m", "pytest", "-n", "0", *what, *options])
