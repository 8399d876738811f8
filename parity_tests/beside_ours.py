"""Records training steps as ``tinygrad-edu step`` does, in a process of `recorded.Servers`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

from tinygrad_edu.app.side import SIDE
from tinygrad_edu.app.step.recording import record_job, record_script
from tinygrad_edu.tracing.steps import Steps
from tinygrad_edu.tracing.values import LARGEST


class Task(NamedTuple):
    """The file to write, which steps, and of which script or model."""

    record: str
    first: int
    last: int
    script: str
    arguments: Sequence[str] = ()
    model: str = ""


def record(task: Task) -> int:
    """Record the steps, and return the exit code of the script."""
    steps = Steps(task.first, task.last, LARGEST)
    if task.model:
        found = record_job(task.model, None, steps, SIDE, sys.stdout)
    else:
        found = record_script(task.script, task.arguments, steps, 0, sys.stdout)
    found.trace.save(task.record)
    return found.code
