"""``python -m MODULE`` at little cost: as a copy of a process that has imported PyTorch.

Of a short run, most of the time goes into importing PyTorch. Here a process imports it once, and
`Python` and `Piped`, which are used as `subprocess.Popen` is, make a copy of that process, in which
a module is run. Not for what a test says of the start of a process itself.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import torch

ROOT = Path(__file__).parents[1]

#: What is imported once: the suite's helpers, and what training in several processes needs.
MODULES = [
    *("parity_tests.each_process", "torch._dynamo"),
    *("torch.distributed.run", "torch_ref.training", "torch_ref.side", "parity_tests.same_lines"),
    *("tinygrad_edu.nn", "tinygrad_edu.optim"),
]

COPIED = multiprocessing.get_context("forkserver")
COPIED.set_forkserver_preload(MODULES)


class Started:
    """A process of `multiprocessing`, as `subprocess` has it."""

    def __init__(self, process: Any) -> None:
        self.process = process
        process.start()
        self.pid: int = process.pid

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        code: int | None = self.process.exitcode
        return code

    returncode = property(poll)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until it ends, for so many seconds."""
        self.process.join(timeout)
        if self.poll() is None:
            raise subprocess.TimeoutExpired(self.process.name, timeout or 0.0)
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class Python(Started):
    """``python -m MODULE ...``, in a folder; what it prints goes into files elsewhere."""

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.files = [Path(self.place.name, name) for name in ("out", "err")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        arguments = (words, environment, folder, [os.devnull, *self.files])
        super().__init__(COPIED.Process(target=run_module, args=arguments))

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it has printed, when it has ended."""
        self.wait(timeout)
        out, err = (file.read_text() for file in self.files)
        return out, err

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.wait()
        self.place.cleanup()


class Piped(Started):
    """``python -m MODULE ...``, with pipes for its input and its output, in the place of `Popen`.

    Where no pipe is asked for its input, that has ended.

    Parameters
    ----------
    command : sequence of str
        All of it.
    env : dict of str to str
    stderr : file, optional
        One that has a name.
    options
        What else is asked of `Popen` for such pipes: there are no others.
    """

    def __init__(
        self, command: Sequence[str], env: dict[str, str], stderr: Any = None, **options: Any
    ) -> None:
        assert command[1] == "-m" and options.keys() <= {"stdin", "stdout", "text"}
        with tempfile.TemporaryDirectory() as place:
            files = [Path(place, name) for name in ("in", "out")]
            for file in files:
                os.mkfifo(file)
            errors = [] if stderr is None else [stderr.name]
            arguments = (command[2:], env, None, [*files, *errors])
            super().__init__(COPIED.Process(target=run_module, args=arguments))
            # Each waits until the other end is opened, too.
            self.stdin, self.stdout = open(files[0], "w"), open(files[1])  # noqa: SIM115
            if "stdin" not in options:
                self.stdin.close()

    def communicate(self) -> None:
        """End its input, and wait until it ends."""
        self.stdin.close()
        self.stdout.read()
        self.stdout.close()
        self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stdout.close()
        self.wait()


def run(words: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run ``python -m MODULE ...`` to its end."""
    with Python(words, folder) as process:
        out, err = process.communicate()
        return subprocess.CompletedProcess(words, process.returncode, out, err)


def run_pytest(*options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest to its end; it cannot rewrite the assertions of what has been imported."""
    words = ["pytest", "--assert=plain", "-p", "no:cacheprovider", *options]
    return run(words, ROOT)


def run_module(
    words: Sequence[str],
    environment: dict[str, str],
    folder: Path | None = None,
    files: Sequence[str | Path] = (),
) -> None:
    """Be that process; the files are for its input, its output and its errors."""
    for number, file in enumerate(files):
        writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(file, writing if number else os.O_RDONLY), number)
    if files:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115  # the other one was closed
    if folder is not None:
        os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    if "OMP_NUM_THREADS" in environment:  # PyTorch has looked for it already
        torch.set_num_threads(int(environment["OMP_NUM_THREADS"]))
    module, *sys.argv[1:] = words
    sys.path.insert(0, os.getcwd())
    runpy.run_module(module, run_name="__main__", alter_sys=True)
