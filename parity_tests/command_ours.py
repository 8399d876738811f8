"""Runs ``tinygrad-edu`` in a process of `servers`."""

from __future__ import annotations

from typing import NamedTuple

from tinygrad_edu.__main__ import main
from tinygrad_edu.app import cli as cli
from tinygrad_edu.app.scripts import absent as absent
from tinygrad_edu.app.step import command as command

from .command_torch import redirect


class Task(NamedTuple):
    """What follows ``tinygrad-edu``, and whether PyTorch is installed; nothing is recorded.

    Output, and whether it is not buffered, are as in `command_torch`.
    """

    record: str
    words: list[str]
    with_torch: bool = True
    output: str = ""
    unbuffered: bool = False


def record(task: Task) -> int:
    """Run the command, and return its exit code."""
    if not task.with_torch:
        command.has_torch = lambda: False
    if task.output:
        redirect(task.output, task.unbuffered)
    return main(task.words)
