"""Scripts recorded on both sides and compared, as ``tinygrad-edu compare`` does it, at little cost.

Of a process that runs a script, most of the time goes into importing PyTorch. So there are two
processes that import a library each, and for every script each makes a copy of itself, which runs
it and ends. The tests share the two, in the fixture `servers`::

    result = Recorders(servers).compare("script.py")
    assert result.passed, result.faults
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

from tinygrad_edu.app.compare.both_sides import SIDES, Ran, Start, read_text
from tinygrad_edu.app.compare.comparison import LIMIT, Comparison, judged, source_of

ROOT = Path(__file__).parents[1]
START = Start()
COMMAND = "import sys; sys.path[0] = {!r}; from parity_tests.recorded import serve; serve({!r})"

#: By side, the module that records the steps of a script, for ``tinygrad-edu step``.
STEPS = {"tinygrad_edu": "parity_tests.beside_ours", "PyTorch": "torch_ref.beside"}

#: By side, what its process imports: what records, and what scripts would import that are recorded.
#: (An optimizer of PyTorch imports ``torch._dynamo``, which takes longer than all else.)
LOADED = {
    "tinygrad_edu": ["numpy.random", "tinygrad_edu.optim", "tinygrad_edu.utils.data"],
    "PyTorch": ["torch._dynamo"],
}


class Servers:
    """A process for each side, from when it is needed on until this is closed."""

    def __init__(self) -> None:
        self.servers: dict[str, subprocess.Popen[str]] = {}

    def server(self, side: str) -> subprocess.Popen[str]:
        """The process of a side."""
        if side not in self.servers:
            modules = [SIDES[side], STEPS[side], *LOADED[side], "sklearn.datasets"]
            self.servers[side] = subprocess.Popen(
                [sys.executable, "-c", COMMAND.format(str(ROOT), modules)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
                text=True,
            )
        return self.servers[side]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        for server in self.servers.values():
            server.communicate()

    def begin(
        self,
        side: str,
        recorder: str,
        place: Path,
        task: Sequence[Any],
        stdin: str = "",
        folder: str | os.PathLike[str] | None = None,
    ) -> None:
        """Have a script recorded.

        Parameters
        ----------
        side : str
        recorder : str
            The module that does it, such as ``torch_ref.record``.
        place : Path
            A folder to make, for all files.
        task : sequence
            All of the module's `Task` but the file to record in.
        stdin : str
            What the script can read.
        folder : path, optional
            In which it runs; by default in an empty one of its own.
        """
        place.mkdir()
        (place / "in").write_text(stdin)
        (place / "empty").mkdir()
        where = str(place / "empty" if folder is None else folder)
        job = [recorder, str(place), where, [str(place / "record"), *task]]
        print(json.dumps(job), file=self.server(side).stdin, flush=True)

    def end(self, side: str, place: Path) -> Ran:
        """Wait for it."""
        begun, answers = time.monotonic(), self.server(side).stdout
        assert answers is not None
        code = int(answers.readline())
        out, err = read_text(place / "out"), read_text(place / "err")
        assert (place / "record").exists(), f"{side} did not record the script: {err}"
        return Ran(side, code, out, err, place / "record", time.monotonic() - begun, False)


class Recorders:
    """Both sides of a comparison.

    Parameters
    ----------
    servers : Servers
    as_printed : callable
        The text that the PyTorch which is installed prints in place of one of 2.13.
    """

    def __init__(self, servers: Servers, as_printed: Callable[[str], str] = str) -> None:
        self.servers, self.as_printed = servers, as_printed

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

            def begin(side: str, place: Path, start: Start) -> None:
                self.servers.begin(side, SIDES[side], place, [limit, *start, *rest], stdin, folder)

            for side in SIDES:
                begin(side, places[side], start)
            ours, theirs = (self.servers.end(side, places[side]) for side in SIDES)
            ours = ours._replace(stdout=self.as_printed(ours.stdout))
            result = judged(path, source, start, ours, theirs)
            if control and result.undecided:
                begin("PyTorch", places["moved"], start._replace(moved=True))
                moved = self.servers.end("PyTorch", places["moved"])
                result = judged(path, source, start, ours, theirs, moved)
            return result


def serve(modules: Sequence[str]) -> None:
    """Import modules, and then record scripts, as long as the input has lines.

    Each line says which module records, such as ``torch_ref.record``, where the output goes, the
    folder to run in, and the `Task`. What is written for each is the exit code.
    """
    atexit.register(leave)  # as the first, so that it is called as the last
    for module in modules:
        importlib.import_module(module)
    gc.freeze()  # a copy that ends need not look through all that was imported
    for line in sys.stdin:
        module, place, folder, task = json.loads(line)
        process = os.fork()
        if process == 0:
            run_in(place, folder, partial(record, sys.modules[module], task))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def record(recorder: Any, task: Sequence[Any]) -> int:
    """Record a script, and return its exit code."""
    return recorder.record(recorder.Task(*task))  # type: ignore[no-any-return]


def run_in(place: str, folder: str, run: Callable[[], int]) -> None:
    """Run a script with files for its input and output, and end the process as Python does."""
    for number, (name, mode) in enumerate([("in", "r"), ("out", "w"), ("err", "w")]):
        with open(os.path.join(place, name), mode) as file:
            os.dup2(file.fileno(), number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  # the other one had read ahead
    os.chdir(folder)
    LEFT_WITH.append(run())
    sys.exit(LEFT_WITH[0])


#: The exit code of a script that has ended.
LEFT_WITH: list[int] = []


def leave() -> None:
    """End the process of a script that ran on PyTorch, when all has been done that can be seen.

    Python would take PyTorch's modules apart now, which takes longer than most scripts; of ours it
    does.
    """
    if LEFT_WITH and "torch._C" in sys.modules:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(LEFT_WITH[0])
