"""Run a script on tinygrad_edu and record it, for ``tinygrad-edu compare``.

The other side is ``torch_ref/record.py``. Here the script's ``torch`` is this library.
"""

import sys
from collections.abc import Sequence

import tinygrad_edu

from ..scripts import absent, aliases
from .record_task import Task, main


def record(task: Task) -> int:
    """Run and record a script, and return its exit code."""
    aliases.install()
    return task.run(tinygrad_edu, absent.remark)


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments of a child process say, see `record_task.main`."""
    return main(record, arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
