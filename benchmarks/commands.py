"""Commands that are timed as a user waits for them: each in a new process of Python."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from .timing import Contestant, Effort, interleave, timed


def environment() -> dict[str, str]:
    """The variables of such a process.

    Modules are compiled in the first run and not in each, as those are that pip installed; and a
    line is seen when it is printed.
    """
    ours = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return ours | {"PYTHONUNBUFFERED": "1"}


def first_warm(contestants: list[Contestant], effort: Effort) -> dict[str, list[float]]:
    """`interleave`, after a first run of each, in which modules are compiled; but a single round
    is not worth that."""
    return interleave(contestants, *effort, warm_up=min(1, effort.rounds - 1))


def to_the_end(name: str, arguments: list[str]) -> Contestant:
    """A contestant that runs Python with `arguments`, to the end of the process."""
    command = [sys.executable, *arguments]

    def run() -> None:
        subprocess.run(command, check=True, capture_output=True, env=environment())

    return Contestant(name, timed(run))


def until_line(name: str, arguments: list[str], word: str) -> Contestant:
    """A contestant that runs Python with `arguments`, until a line with that word is printed.

    Raises
    ------
    RuntimeError
        While it is run: if no such line comes.
    """
    command = [sys.executable, *arguments]

    def seconds(count: int) -> float:
        return sum(once() for _ in range(count)) / count

    def once() -> float:
        start = time.perf_counter()
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment()
        ) as process:
            for line in process.stdout or ():
                if word in line.lower():
                    end = time.perf_counter()
                    break
            else:
                raise RuntimeError(f"{' '.join(command)} printed no line with {word!r}")
            process.communicate()
        return end - start

    return Contestant(name, seconds)
