"""What a child process of ``tinygrad-edu compare`` does: run a script, and record it.

Which library the script finds as ``torch`` is decided by ``record.py`` here and by
``torch_ref/record.py``; all else is the same on both sides.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import NamedTuple

import numpy as np

from ..scripts.run import Remark, run_script
from .recorder import Recorder
from .records import RecordFile


class Task(NamedTuple):
    """What a child process is to do.

    Attributes
    ----------
    record : str
        The file to record in.
    limit : int
        How large it may get, see `records`.
    seed : int
        From which the random numbers start, unless the script says another.
    dtype : str
        PyTorch's default dtype when the script begins, as "float32".
    moved : bool
        Whether each gradient is moved by an eps when it has been recorded, see `Recorder`.
    script : str
    arguments : list of str
        What the script finds behind its name in ``sys.argv``.
    """

    record: str
    limit: int
    seed: int
    dtype: str
    moved: bool
    script: str
    arguments: list[str]

    def run(self, framework: ModuleType, remark: Remark | None = None) -> int:
        """Run the script with a recorder beside it, and return its exit code.

        Parameters
        ----------
        framework : module
            Which library the script finds as ``torch``: torch or tinygrad_edu. That it does find
            this one is the caller's business.
        remark : callable, optional
            As in `run_script`.
        """
        file = RecordFile(self.record, self.limit)
        name = os.path.join(os.getcwd(), self.script)
        recorder = Recorder(framework, file, name, self.moved)
        recorder.install()
        begin(framework, self.seed, self.dtype)

        def at_end(error: BaseException) -> None:
            recorder.note_end(error)
            if remark is not None:
                remark(error)

        return run_script(self.script, self.arguments, at_end)


def begin(framework: ModuleType, seed: int, dtype: str = "float32") -> None:
    """Set all that a script begins with: a library's default dtype, and all random numbers."""
    framework.set_default_dtype(getattr(framework, dtype))
    framework.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)


def main(record: Callable[[Task], int], arguments: Sequence[str]) -> int:
    """Do the task that the arguments of a child process say: a `Task`, one value after another."""
    path, limit, seed, dtype, moved, script, *rest = arguments
    return record(Task(path, int(limit), int(seed), dtype, moved == "True", script, rest))
