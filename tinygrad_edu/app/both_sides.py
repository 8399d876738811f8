"""Runs a script on both libraries at once, each in a process of its own.

Both get the same arguments, environment, folder and input; what they print goes to files. They
have as many threads each as the environment says.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from .errors import InputError

#: What runs a side, and how it is called.
SIDES = {"tinygrad_edu.app.record": "tinygrad_edu", "torch_ref.record": "PyTorch"}

#: The first entry of sys.path is the script's folder later; until then nothing there is to be
#: taken for a module of Python's, or of ours.
COMMAND = (
    "import sys; sys.path[0] = sys.argv.pop(1); from {} import run; sys.exit(run(sys.argv[1:]))"
)

CHUNK = 65536


class Start(NamedTuple):
    """What both sides begin with.

    Attributes
    ----------
    seed : int
        Of both libraries' random numbers, and of Python's and NumPy's.
    dtype : str
        PyTorch's default dtype.
    """

    seed: int = 0
    dtype: str = "float32"


class Ran(NamedTuple):
    """How a side ended.

    Attributes
    ----------
    name : str
        "tinygrad_edu" or "PyTorch".
    code : int
        Its exit code; below 0 the number of the signal that ended it.
    stdout, stderr : str
    record : Path
        See `records`.
    seconds : float
    stopped : bool
        Whether it was ended because it took too long.
    """

    name: str
    code: int
    stdout: str
    stderr: str
    record: Path
    seconds: float
    stopped: bool


def run_both(
    script: str, arguments: list[str], start: Start, limit: int, timeout: float | None, folder: Path
) -> list[Ran]:
    """Run a script on tinygrad_edu and on PyTorch.

    Parameters
    ----------
    script, arguments
        See `recorder.Task`.
    start : Start
    limit : int
        Of each record, in bytes.
    timeout : float, optional
        After how many seconds both are ended.
    folder : Path
        An empty one, where files may be put.

    Returns
    -------
    list of Ran
        tinygrad_edu first.

    Raises
    ------
    InputError
        If a side did not get as far as to begin the script, or could not record it.
    """
    root = str(Path(__file__).resolve().parents[2])
    environment = {"PYTHONHASHSEED": "0", **os.environ}  # it decides the order of sets
    children: list[Child] = []
    try:
        for number, (module, name) in enumerate(SIDES.items()):
            record = folder / f"{number}.record"
            options = [root, str(record), str(limit), *map(str, start), script, *arguments]
            command = [sys.executable, "-c", COMMAND.format(module), *options]
            children.append(Child(name, command, environment, folder / str(number), record))
        feed([child.process for child in children])
        end = None if timeout is None else time.monotonic() + timeout
        # Each is waited for in a thread, so that each has its own time.
        waiting = [threading.Thread(target=child.wait, args=(end,)) for child in children]
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join()
        return [child.result() for child in children]
    finally:
        for child in children:
            child.end()


class Child:
    """A side that runs."""

    def __init__(
        self, name: str, command: list[str], environment: dict[str, str], output: Path, record: Path
    ) -> None:
        self.name, self.output, self.record = name, output, record
        self.start, self.seconds, self.stopped = time.monotonic(), 0.0, False
        with self.stdout.open("wb") as out, self.stderr.open("wb") as err:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                env=environment,
                start_new_session=True,  # so that what it starts can be ended with it
            )

    @property
    def stdout(self) -> Path:
        """The file of its standard output."""
        return self.output.with_suffix(".out")

    @property
    def stderr(self) -> Path:
        """The file of its standard error."""
        return self.output.with_suffix(".err")

    def wait(self, end: float | None) -> None:
        """Wait until it has ended, or until `end`."""
        try:
            self.process.wait(None if end is None else max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.stopped = True
            self.end()
        self.seconds = time.monotonic() - self.start

    def end(self) -> None:
        """End it, and all processes that it has started."""
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()

    def result(self) -> Ran:
        """How it ended.

        Raises
        ------
        InputError
            If the script was not begun, or the recorder failed.
        """
        out, err = (read_text(path) for path in (self.stdout, self.stderr))
        if not self.record.exists() and not self.stopped:
            last = err.rstrip().rpartition("\n")[2] or f"exit code {self.process.returncode}"
            raise InputError(f"{self.name} could not be recorded: {last}")
        return Ran(
            self.name, self.process.returncode, out, err, self.record, self.seconds, self.stopped
        )


def read_text(path: Path) -> str:
    """What a process wrote; bytes that are no text are shown as their numbers."""
    return path.read_bytes().decode("utf-8", "backslashreplace").replace("\r\n", "\n")


# Standard input -----------------------------------------------------------------------------------


def feed(processes: list[subprocess.Popen[bytes]]) -> None:
    """Give each process what arrives at our standard input, as it arrives."""
    pipes = [process.stdin for process in processes]
    queues: list[queue.SimpleQueue[bytes]] = [queue.SimpleQueue() for _ in pipes]
    for pipe, chunks in zip(pipes, queues, strict=True):
        threading.Thread(target=pass_on, args=(chunks, pipe), daemon=True).start()
    threading.Thread(target=read_input, args=(queues,), daemon=True).start()


def read_input(queues: list[queue.SimpleQueue[bytes]]) -> None:
    """Put our input into the queues, and at its end nothing."""
    with suppress(OSError, AttributeError, ValueError):  # closed, or none
        source = sys.stdin.fileno()
        while chunk := os.read(source, CHUNK):
            for chunks in queues:
                chunks.put(chunk)
    for chunks in queues:
        chunks.put(b"")


def pass_on(chunks: queue.SimpleQueue[bytes], pipe: Any) -> None:
    """Write chunks into a pipe until an empty one, or until nobody reads."""
    with suppress(BrokenPipeError), pipe:
        while chunk := chunks.get():
            pipe.write(chunk)
            pipe.flush()
