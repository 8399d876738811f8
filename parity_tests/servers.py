"""Scripts and commands that each run in a process of their own, at little cost.

Of a process that runs a script, most of the time goes into importing PyTorch. So there are two
processes that import a library each, and for every script each makes a copy of itself, which runs
it and ends. All test files share the two, in the fixture `servers`.
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
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

from tinygrad_edu.app.compare.both_sides import SIDES, Ran, read_text

from .script_runs import Done, environment

ROOT = Path(__file__).parents[1]
COMMAND = "import sys; sys.path[0] = {!r}; from parity_tests.servers import serve; serve({!r})"

#: By side, what runs a command there, and what records the steps of a script, as ``step`` does.
COMMANDS = {"tinygrad_edu": "parity_tests.command_ours", "PyTorch": "parity_tests.command_torch"}
STEPS = {"tinygrad_edu": "parity_tests.beside_ours", "PyTorch": "torch_ref.beside"}

#: By side, what else its process imports, as scripts do. (An optimizer of PyTorch imports
#: ``torch._dynamo``, which takes longer than all else.)
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
            modules = [part[side] for part in (SIDES, STEPS, COMMANDS)]
            modules += [*LOADED[side], "sklearn.datasets"]
            self.servers[side] = subprocess.Popen(
                [sys.executable, "-c", COMMAND.format(str(ROOT), modules)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**environment(), "PYTHONHASHSEED": "0"},
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

    def run(
        self, side: str, *words: str | Path, cwd: Path, given: str = "", options: Sequence[Any] = ()
    ) -> Done:
        """What a command does.

        Parameters
        ----------
        side : str
        words : str
            On tinygrad_edu what follows ``tinygrad-edu``; on PyTorch, what follows ``python``: a
            script and its arguments, or ``-m`` and a module and its.
        cwd : Path
            The folder in which it runs.
        given : str
            What it can read.
        options : sequence
            What else is in the `Task` of that side's module in `COMMANDS`.
        """
        with tempfile.TemporaryDirectory() as name:
            place = Path(name, "files")
            self.begin(side, COMMANDS[side], place, [[*map(str, words)], *options], given, cwd)
            code = self.code(side)
            return Done(code, (place / "out").read_text(), (place / "err").read_text())

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
        begun = time.monotonic()
        code = self.code(side)
        out, err = read_text(place / "out"), read_text(place / "err")
        assert (place / "record").exists(), f"{side} did not record the script: {err}"
        return Ran(side, code, out, err, place / "record", time.monotonic() - begun, False)

    def code(self, side: str) -> int:
        """Wait for what was begun, and return its exit code."""
        answers = self.server(side).stdout
        assert answers is not None
        return int(answers.readline())


def serve(modules: Sequence[str]) -> None:
    """Import modules, and then record scripts, as long as the input has lines.

    Each line says which module records, such as ``torch_ref.record``, where the output goes, the
    folder to run in, and the `Task`. What is written for each is the exit code.
    """
    atexit.register(leave)  # as the first, so that it is called as the last
    for module in modules:
        importlib.import_module(module)
    gc.freeze()  # a copy that ends need not look through all that was imported,
    for library in weakref.finalize._registry:  # type: ignore[attr-defined]
        library.atexit = False  # nor PyTorch there take back thousands of kernels
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
    """End the process of a script, when all has been done that can be seen.

    Python would take all modules apart now, which takes longer than most scripts: PyTorch's, and
    scikit-learn's. Only the script's own is, and what nobody holds then says so if it wants to.
    """
    if not LEFT_WITH:
        return
    sys.modules.pop("__main__", None)
    gc.collect()
    try:
        for output in (sys.stdout, sys.stderr):
            if output is not None:
                output.flush()
    except (OSError, ValueError):
        return  # Python comes to it, too, and tells
    os._exit(LEFT_WITH[0])
