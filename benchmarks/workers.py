"""Each library at work in a process of its own, as its users have it.

What one library does to its process is then not the other's: how many threads wait, and how much
freed memory is kept for the next array, which decides a good part of the time that large arrays
take. NumPy's and PyTorch's threads are set in the environment, which is read when they are loaded.

Run as `python -m benchmarks.workers LIBRARY THREADS`, it is such a process, and each line that it
reads is a request: to prepare a job; to run it so many times, and say how long one run took; or to
run it so many times, and say what the last run returned.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from .timing import block, rest

OURS, TORCH = "tinygrad_edu", "PyTorch"
MODULES = {OURS: "tinygrad_edu", TORCH: "torch"}


class Worker:
    """A process that does jobs with one library.

    Parameters
    ----------
    library : str
        The name of its module.
    threads : int
        How many it may use.
    environment : dict of str to str, optional
        Variables that it needs besides.
    """

    def __init__(
        self, library: str, threads: int, environment: dict[str, str] | None = None
    ) -> None:
        self.library = library
        names = ("OMP", "MKL", "OPENBLAS")
        environment = {
            **os.environ,
            **{f"{name}_NUM_THREADS": str(threads) for name in names},
            **(environment or {}),
        }
        command = [sys.executable, "-m", "benchmarks.workers", library, str(threads)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, env=environment
        )

    def prepare(self, module: str, job: str, *arguments: Any) -> None:
        """Make ready what ``job(library, *arguments)`` returns, a callable."""
        self._ask({"module": module, "job": job, "arguments": arguments})

    def seconds(self, count: int) -> float:
        """Run it so many times; what one took on average."""
        return float(self._ask({"time": count}))

    def value(self, count: int = 1) -> float:
        """Run it so many times; the number that the last one returned."""
        return float(self._ask({"value": count}))

    def _ask(self, request: Any) -> Any:
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the worker was started without pipes")
        answer = ""
        with contextlib.suppress(BrokenPipeError):  # it has ended
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the worker ended, with exit code {self.process.wait()}")
        return json.loads(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # These two have nothing to tidy up, and to take them down takes a while; what others leave
        # behind if they are ended, such as semaphores, would be complained of.
        if kind is not None or self.library in MODULES.values():
            self.process.kill()
        self.process.communicate()  # the end of its input is the end of its work


def serve(library: Any) -> None:
    """Do what the lines of the standard input ask for."""
    run: Callable[[], Any] = str
    for line in sys.stdin:
        request = json.loads(line)
        match request:
            case {"time": count}:
                answer = block(run, count)
                rest()
            case {"value": count}:
                answer = [run() for _ in range(count)][-1].item()
            case {"module": module, "job": job, "arguments": arguments}:
                run = str  # what the last job holds is freed first
                run = getattr(importlib.import_module(module), job)(library, *arguments)
                answer = 0.0
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks
    module = importlib.import_module(sys.argv[1])
    if hasattr(module, "set_num_threads"):  # the others read it from their environment
        module.set_num_threads(int(sys.argv[2]))
    with np.errstate(all="ignore"):
        serve(module)
