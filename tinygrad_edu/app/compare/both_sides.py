"""Runs a script on both libraries, each in a process of its own, one after the other.

Both get the same arguments, environment, folder and input; what they print goes to files. (At the
same time they would be done sooner. But a script that saves a model and loads it again would
find what the other side is just writing, and each would slow the other down.)
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from ..errors import InputError

#: How a side is called, and what runs it.
SIDES = {"tinygrad_edu": "tinygrad_edu.app.compare.record", "PyTorch": "torch_ref.record"}

#: The first entry of sys.path is the script's folder later; until then nothing there is to be
#: taken for a module of Python's, or of ours.
COMMAND = (
    "import sys; sys.path[0] = sys.argv.pop(1); from {} import run; sys.exit(run(sys.argv[1:]))"
)

CHUNK = 65536

#: Where an object lies, in the texts that Python makes of it; it is elsewhere in each process.
ADDRESS = re.compile(r"(?<= at )0x[0-9a-fA-F]+")


class Start(NamedTuple):
    """What a side begins with.

    Attributes
    ----------
    seed : int
        Of both libraries' random numbers, and of Python's and NumPy's.
    dtype : str
        PyTorch's default dtype.
    moved : bool
        Whether each gradient is moved by an eps when it has been recorded, see `recorder`.
    """

    seed: int = 0
    dtype: str = "float32"
    moved: bool = False


class Ran(NamedTuple):
    """How a side ended.

    Attributes
    ----------
    name : str
        "tinygrad_edu" or "PyTorch".
    code : int
        Its exit code; below 0 the number of the signal that ended it.
    stdout, stderr : str
        What it wrote, with "0x..." for the addresses of objects.
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


class Runner:
    """Runs one script, with the same arguments, environment, folder and input each time.

    Parameters
    ----------
    script, arguments
        See `record_task.Task`.
    limit : int
        Of each record, in bytes.
    timeout : float, optional
        After how many seconds a side is ended.
    folder : Path
        An empty one, where files may be put.
    """

    def __init__(
        self, script: str, arguments: list[str], limit: int, timeout: float | None, folder: Path
    ) -> None:
        self.limit, self.timeout, self.folder = str(limit), timeout, folder
        self.script = [script, *arguments]
        self.environment = {"PYTHONHASHSEED": "0", **os.environ}  # it decides the order of sets
        self.input = StandardInput()
        self.runs = 0

    def run(self, name: str, start: Start) -> Ran:
        """Run the script on a side.

        Parameters
        ----------
        name : str
            "tinygrad_edu" or "PyTorch".
        start : Start

        Raises
        ------
        InputError
            If it did not get as far as to begin the script, or could not record it.
        """
        self.runs += 1
        record = self.folder / f"{self.runs}.record"
        options = [str(record), self.limit, *map(str, start), *self.script]
        command = command_of(SIDES[name], options)
        child = Child(name, command, self.environment, self.folder / str(self.runs), record)
        try:
            self.input.feed(child.process)
            child.wait(self.timeout)
        finally:
            child.end()
        return child.result()


def command_of(module: str, options: list[str]) -> list[str]:
    """The command of a process that calls the function `run` of a module."""
    root = str(Path(__file__).resolve().parents[3])
    return [sys.executable, "-c", COMMAND.format(module), root, *options]


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
    """What a process wrote, addresses left out; bytes that are no text are shown as numbers."""
    text = path.read_bytes().decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return ADDRESS.sub("0x...", text)


class StandardInput:
    """Our standard input, for several processes, each of which gets all of it.

    It is read in the background, as it arrives: a script may not read it, and whoever called us
    not close it.
    """

    def __init__(self) -> None:
        self.chunks: list[bytes] = []  # at its end an empty one
        self.arrived = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        """Read until the end."""
        with suppress(OSError, AttributeError, ValueError):  # closed, or none
            source = sys.stdin.fileno()
            while chunk := os.read(source, CHUNK):
                self.add(chunk)
        self.add(b"")

    def add(self, chunk: bytes) -> None:
        """Take a chunk, and wake up who waits for it."""
        with self.arrived:
            self.chunks.append(chunk)
            self.arrived.notify_all()

    def feed(self, process: subprocess.Popen[bytes]) -> None:
        """Give a process all of it, in the background, as long as it reads."""
        threading.Thread(target=self.write, args=(process.stdin,), daemon=True).start()

    def write(self, pipe: IO[bytes]) -> None:
        """Write all of it to a pipe."""
        with suppress(BrokenPipeError), pipe:
            for number in itertools.count():
                with self.arrived:
                    while len(self.chunks) <= number:
                        self.arrived.wait()
                if not self.chunks[number]:
                    return
                pipe.write(self.chunks[number])
                pipe.flush()
