"""Run a script on PyTorch and record it, for ``tinygrad-edu compare``.

What is recorded, and how, is the same on both sides: see
``tinygrad_edu/app/compare/recorder.py``. Here is only what is PyTorch's: that the script's
``torch`` is torch itself.
"""

import sys
from collections.abc import Sequence

import torch

from tinygrad_edu.app.compare.record_task import Task, main


def record(task: Task) -> int:
    """Run and record a script, and return its exit code."""
    return task.run(torch)


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments of a child process say, see `record_task.main`."""
    return main(record, arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
