"""Runs a script on both libraries, each in a process of its own, one after the other.

Both get the same arguments, environment, folder and input; what they print goes to files. (At the
same time they would be done sooner. But a script that saves a model and loads it again would
find what the other side is just writing, and each would slow the other down.)
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
from typing import IO, NamedTuple, TypeAlias

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
        After how many seconds a side is ended.
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
    inputs = standard_input(len(SIDES))
    results = []
    for number, (module, name) in enumerate(SIDES.items()):
        record = folder / f"{number}.record"
        options = [root, str(record), str(limit), *map(str, start), script, *arguments]
        command = [sys.executable, "-c", COMMAND.format(module), *options]
        child = Child(name, command, environment, folder / str(number), record)
        try:
            feed(child.process, inputs[number])
            child.wait(timeout)
        finally:
            child.end()
        results.append(child.result())
    return results


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

    def wait(self, timeout: float | None) -> None:
        """Wait until it has ended, or end it after so many seconds."""
        try:
            self.process.wait(timeout)
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

Chunks: TypeAlias = queue.SimpleQueue[bytes]


def standard_input(readers: int) -> list[Chunks]:
    """For each reader what arrives at our standard input, as it arrives; at its end nothing.

    It is read in the background: a script may not read it, and whoever called us not close it.
    """
    queues: list[Chunks] = [queue.SimpleQueue() for _ in range(readers)]

    def read() -> None:
        with suppress(OSError, AttributeError, ValueError):  # closed, or none
            source = sys.stdin.fileno()
            while chunk := os.read(source, CHUNK):
                for chunks in queues:
                    chunks.put(chunk)
        for chunks in queues:
            chunks.put(b"")

    threading.Thread(target=read, daemon=True).start()
    return queues


def feed(process: subprocess.Popen[bytes], chunks: Chunks) -> None:
    """Give a process its input, in the background, until there is no more or nobody reads."""

    def write(pipe: IO[bytes]) -> None:
        with suppress(BrokenPipeError), pipe:
            while chunk := chunks.get():
                pipe.write(chunk)
                pipe.flush()

    threading.Thread(target=write, args=(process.stdin,), daemon=True).start()
