"""Runs a script that finds PyTorch, or a module as a program, in a process of `servers`."""

from __future__ import annotations

import io
import os
import runpy
import sys
from typing import NamedTuple

from tinygrad_edu.app.scripts.run import run_script


class Task(NamedTuple):
    """What follows ``python``; nothing is recorded.

    Attributes
    ----------
    record : str
    words : list of str
        A script and its arguments, or ``-m`` and a module and its.
    output : str
        What a shell is told about standard output: "> /dev/full", ">&-" or "| true".
    unbuffered : bool
        Whether standard output is, as with ``python -u``.
    """

    record: str
    words: list[str]
    output: str = ""
    unbuffered: bool = False


def record(task: Task) -> int:
    """Run what is to run, and return its exit code."""
    if task.output:
        redirect(task.output, task.unbuffered)
    if task.words[0] != "-m":
        return run_script(task.words[0], task.words[1:])
    sys.argv[1:] = task.words[2:]
    runpy.run_module(task.words[1], run_name="__main__", alter_sys=True)
    return 0


def redirect(output: str, unbuffered: bool) -> None:
    """Make standard output what it is in a process that a shell begins."""
    if output == ">&-":
        os.close(1)
        sys.stdout = None  # type: ignore[assignment]  # as it is then
        return
    if output == "| true":
        reader, end = os.pipe()
        os.close(reader)
    else:
        end = os.open(output.removeprefix("> "), os.O_WRONLY)
    os.dup2(end, 1)
    os.close(end)
    if unbuffered:
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
    else:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115  # until the process ends
