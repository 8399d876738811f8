"""``torchrun`` whose processes are copies of it: ``python -m parity_tests.torchrun ...``.

What it would start with ``python -m``, which would import PyTorch again, is a copy of torchrun
itself. All else is as it is with the true one.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Sequence

from torch.distributed import run
from torch.distributed.elastic.multiprocessing.subprocess_handler import SubprocessHandler

from parity_tests.copied_runs import Started, run_module

COPY = multiprocessing.get_context("fork")


def popen(_: object, words: Sequence[str], environment: dict[str, str]) -> Started:
    """Start ``python -u -m MODULE ...`` as a copy of this process, in a group of its own."""
    started = Started(COPY.Process(target=worker, args=(words, environment)))
    os.setpgid(started.pid, started.pid)
    return started


def worker(words: Sequence[str], environment: dict[str, str]) -> None:
    """Be ``python -u -m MODULE ...``."""
    _, unbuffered, dash_m, *words = words
    assert (unbuffered, dash_m) == ("-u", "-m")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)  # which torchrun handles for itself
    run_module(words, environment)


if __name__ == "__main__":
    SubprocessHandler._popen = popen  # type: ignore[assignment, method-assign]
    run.main()
