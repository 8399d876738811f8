"""Scripts recorded on both sides and compared, as ``tinygrad-edu compare`` does it, at little cost.

Of a process that runs a script, most of the time goes into importing PyTorch. So there are two
processes that import a library each, and for every script each makes a copy of itself, which runs
it and ends::

    with Recorders() as recorders:
        result = recorders.compare("script.py")
    assert result.passed, result.faults
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from tinygrad_edu.app.compare.both_sides import SIDES, Ran, Start, read_text
from tinygrad_edu.app.compare.comparison import LIMIT, Comparison, judged, source_of

ROOT = Path(__file__).parents[1]
START = Start()
COMMAND = "import sys; sys.path[0] = {!r}; from parity_tests.recorded import serve; serve({!r})"


class Servers:
    """Processes that record scripts until this is closed.

    Parameters
    ----------
    modules : dict of str to str
        By a name of its own, what each imports: such as ``torch_ref.record``.
    """

    def __init__(self, modules: dict[str, str]) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
        self.servers = {
            side: subprocess.Popen(
                [sys.executable, "-c", COMMAND.format(str(ROOT), module)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                text=True,
            )
            for side, module in modules.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        for server in self.servers.values():
            server.communicate()

    def begin(
        self, side: str, place: Path, stdin: str, folder: str | os.PathLike[str] | None, task: Any
    ) -> None:
        """Have a process begin; `task` is all of a `Task` but the file to record in."""
        place.mkdir()
        (place / "in").write_text(stdin)
        (place / "empty").mkdir()
        where = str(place / "empty" if folder is None else folder)
        job = [str(place), where, [str(place / "record"), *task]]
        print(json.dumps(job), file=self.servers[side].stdin, flush=True)

    def end(self, side: str, place: Path) -> Ran:
        """Wait for it."""
        begun, answers = time.monotonic(), self.servers[side].stdout
        assert answers is not None
        code = int(answers.readline())
        out, err = read_text(place / "out"), read_text(place / "err")
        assert (place / "record").exists(), f"{side} did not record the script: {err}"
        return Ran(side, code, out, err, place / "record", time.monotonic() - begun, False)


class Recorders(Servers):
    """A process for each side of a comparison.

    Parameters
    ----------
    as_printed : callable
        The text that the PyTorch which is installed prints in place of one of 2.13.
    """

    def __init__(self, as_printed: Callable[[str], str] = str) -> None:
        super().__init__(SIDES)
        self.as_printed = as_printed

    def compare(
        self,
        script: str | os.PathLike[str],
        arguments: Sequence[str] = (),
        *,
        start: Start = START,
        stdin: str = "",
        folder: str | os.PathLike[str] | None = None,
        limit: int = LIMIT,
        control: bool = True,
    ) -> Comparison:
        """Run a script on both sides, and compare them; see
        `tinygrad_edu.app.compare.comparison.compare`.

        Parameters
        ----------
        script : path
        arguments : sequence of str
        start : Start
        stdin : str
            What the script can read.
        folder : path, optional
            In which both run; by default each has an empty one of its own.
        limit : int
            Of each record, in bytes.
        control : bool
        """
        path = os.path.abspath(script)
        source = source_of(path)
        rest = [path, list(arguments)]
        with tempfile.TemporaryDirectory() as name:
            places = {side: Path(name, side) for side in (*SIDES, "moved")}
            for side in SIDES:
                self.begin(side, places[side], stdin, folder, [limit, *start, *rest])
            ours, theirs = (self.end(side, places[side]) for side in SIDES)
            ours = ours._replace(stdout=self.as_printed(ours.stdout))
            result = judged(path, source, start, ours, theirs)
            if control and result.undecided:
                moved = [limit, *start._replace(moved=True), *rest]
                self.begin("PyTorch", places["moved"], stdin, folder, moved)
                moved_run = self.end("PyTorch", places["moved"])
                result = judged(path, source, start, ours, theirs, moved_run)
            return result


def serve(module: str) -> None:
    """Record scripts with a module such as ``torch_ref.record``, as long as the input has lines.

    Each line says where the output goes, the folder to run in, and the `Task`. What is written for
    each is the exit code.
    """
    recorder = importlib.import_module(module)
    for line in sys.stdin:
        place, folder, task = json.loads(line)
        process = os.fork()
        if process == 0:
            run_in(place, folder, lambda task=task: recorder.record(recorder.Task(*task)))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run_in(place: str, folder: str, run: Any) -> None:
    """Run a script with files for its input and output, and end the process as Python does."""
    for number, (name, mode) in enumerate([("in", "r"), ("out", "w"), ("err", "w")]):
        with open(os.path.join(place, name), mode) as file:
            os.dup2(file.fileno(), number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  # the other one had read ahead
    os.chdir(folder)
    sys.exit(run())
