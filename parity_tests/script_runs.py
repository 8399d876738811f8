"""A script run twice, each time in a process of its own: by Python, and by ``tinygrad-edu run``."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

#: How the two begin their command lines.
PYTHON = (sys.executable,)
RUN = (sys.executable, "-m", "tinygrad_edu", "run")


class Done(NamedTuple):
    """How a process ended, and what it printed."""

    code: int
    out: str
    err: str


def environment() -> dict[str, str]:
    """Where the library is found from any folder, and nothing waits for a thread."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}


def let_be_interrupted() -> None:
    """In a new process: end by Ctrl-C, which what a shell has started in the background ignores,
    and hands on to its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(
    start: Sequence[str],
    *arguments: str | Path,
    cwd: Path,
    given: bytes = b"",
    options: Sequence[str] = (),
) -> Done:
    """Run a script in one way.

    Parameters
    ----------
    start : sequence of str
        `PYTHON` or `RUN`.
    arguments : sequence of str
        The script and its arguments.
    cwd : Path
        The folder in which it runs.
    given : bytes
        What it can read from standard input.
    options : sequence of str
        Python's own.
    """
    command = [start[0], *options, *start[1:], *map(str, arguments)]
    done = subprocess.run(
        command, cwd=cwd, env=environment(), input=given, capture_output=True, timeout=120,
        preexec_fn=let_be_interrupted,
    )  # fmt: skip
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def both(*arguments: str | Path, cwd: Path, given: bytes = b"") -> tuple[Done, Done]:
    """Run a script in both ways, Python's first."""
    return (
        run(PYTHON, *arguments, cwd=cwd, given=given),
        run(RUN, *arguments, cwd=cwd, given=given),
    )


def steps(err: str, script: Path) -> list[str]:
    """The lines of a traceback that are about the script, and the last, without what is missing."""
    told = re.findall(rf'^ *File "{re.escape(str(script))}", (line \d+.*)', err, re.MULTILINE)
    return [*told, err.splitlines()[-1]]
