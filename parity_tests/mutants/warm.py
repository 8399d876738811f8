"""Runs tests quickly, by copies of a process that has already imported what takes long.

To start Python, import PyTorch and collect the suite takes far longer than most mistakes need to be
noticed. So one process does it once, and then copies itself (``os.fork``) for every run: the copy
runs some tests, says which one failed, and is gone with all that it has changed. There are two
kinds of such processes:

- `import_what_is_slow` imports PyTorch and pytest, but nothing of ours. A copy of it that runs
  pytest imports engine and tests as they are on disk at that time.
- `Suite` is a copy in which pytest has collected tests and now waits. For every run it copies
  itself again, so that not even the tests need to be imported.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import pytest

from .swap import swap

#: What a run may take of memory, in bytes: a wrong size must not stop the machine.
MEMORY = 12 << 30
OURS = ("tinygrad_edu", "torch_ref", "parity_tests", "benchmarks")


class Run(NamedTuple):
    """Tests to be run in this order until one fails, within so many seconds.

    `cut`: whether there were more, and no time for them.
    """

    tests: Sequence[str]
    limit: float
    cut: bool = False


def import_what_is_slow() -> None:
    """What every run would import, apart from ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import hypothesis  # noqa: F401
        import torch.testing._internal.common_methods_invocations  # noqa: F401


def in_a_copy(work: Callable[[], Any], limit: float) -> Any:
    """What `work` returns in a copy of this process; "time" if it takes more than `limit` seconds
    of the processor's time, and "crash" if the copy ends before it does.

    All that the copy has started ends with it; what it prints is lost.

    Raises
    ------
    RuntimeError
        With the traceback, if `work` raises.
    """
    here, there = Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            here.close()
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 2))
            there.send((work(), ""))
        except BaseException:  # whatever it is, it is raised again in the original
            there.send((None, traceback.format_exc()))
        finally:
            os._exit(0)  # nothing that was to happen at the end of the original
    there.close()
    result, error = "crash", ""
    try:
        if here.poll(20 * limit):  # the processor may have much else to do
            result, error = here.recv()
        else:
            result = "time"  # it waits for something
    except EOFError:
        pass
    here.close()
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(child, signal.SIGKILL)  # so early that it is in our group still
    _, status = os.waitpid(child, 0)
    if error:
        raise RuntimeError(error)
    ran_out = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
    return "time" if ran_out else result


class Waiting:
    """A plugin of pytest: when all tests are collected, `work` gets them, and runs what it will."""

    def __init__(self, work: Callable[[Waiting], None]) -> None:
        self.work = work
        self.items: dict[str, pytest.Item] = {}
        self.broken = ""  # a file that cannot be imported
        self.failed = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken = self.broken or report.nodeid

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        self.work(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid

    def first_failure(self, tests: Sequence[str]) -> str:
        """Run these tests until one fails, and say which; "" if none does."""
        known = [self.items[test] for test in tests if test in self.items]
        for i, item in enumerate(known):
            after = known[i + 1] if i + 1 < len(known) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if self.failed:
                break
        return self.broken or self.failed


def run_pytest(tree: Path, files: Sequence[str], plugin: object) -> None:
    """Run pytest on test files of the tree, with a plugin; in a copy, which it changes for good."""
    warnings.resetwarnings()  # in a test they are errors, which a plugin that warns would end with
    os.chdir(tree)
    os.environ["PYTHONPATH"] = str(tree)
    sys.path.insert(0, str(tree))
    for name in [*sys.modules]:
        if name.partition(".")[0] in OURS:
            del sys.modules[name]
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    options = ["-n", "0", "-p", "no:cacheprovider", "--tb=no", f"--basetemp={tree}.tests"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of Hypothesis, imported before
    pytest.main([*options, *files], plugins=[plugin])


def stop_writing_bytecode() -> None:
    """Here and in what is started from here: what is compiled of a mistake must not stay."""
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def run_anew(tree: Path, files: Sequence[str], runs: Sequence[Run]) -> list[str]:
    """Import everything as it is in the tree now, and do each run: what failed in it."""
    results: list[str] = []

    def work(suite: Waiting) -> None:
        for run in runs:
            failed = suite.broken or in_a_copy(lambda: suite.first_failure(run.tests), run.limit)  # noqa: B023
            results.append(failed)

    def everything() -> list[str]:
        stop_writing_bytecode()
        run_pytest(tree, files, Waiting(work))
        return results

    done = in_a_copy(everything, 120 + sum(run.limit for run in runs))
    if isinstance(done, list) and done and len(done) < len(runs):
        raise RuntimeError("pytest has ended too early")
    return done if isinstance(done, list) and done else [done or "collection"] * len(runs)


class Suite:
    """A process that has collected test files of a tree, and runs tests on request.

    Parameters
    ----------
    tree : Path
    files : sequence of str
    """

    def __init__(self, tree: Path, files: Sequence[str]) -> None:
        self._ours, theirs = Pipe()
        self.process = os.fork()
        if self.process == 0:
            try:
                self._ours.close()
                called: set[CodeType] = set()
                sys.settrace(lambda frame, event, arg: called.add(frame.f_code))
                run_pytest(tree, files, Waiting(lambda suite: _serve(suite, called, theirs)))
            finally:
                os._exit(0)
        theirs.close()
        broken, self.tests = self._ours.recv()
        if broken:
            raise RuntimeError(f"cannot be collected: {broken}")

    def run(self, path: Path, before: str, after: str, run: Run) -> str | None:
        """Do a run with the code of a file replaced, and return which test failed.

        None: with this change that cannot be done in place; see `swap`.
        """
        self._ours.send((str(path), before, after, [*run.tests], run.limit))
        failed: str | None = self._ours.recv()
        return failed

    def close(self) -> None:
        """End the process."""
        self._ours.send(None)
        os.waitpid(self.process, 0)


def _serve(suite: Waiting, called: set[CodeType], requests: Connection) -> None:
    """Do what `Suite.run` asks for, until it asks for nothing."""
    sys.settrace(None)
    stop_writing_bytecode()
    gc.unfreeze()  # the test run has spared the collector most of them, and hidden them from this
    functions = [x for x in gc.get_objects() if type(x) is FunctionType]
    gc.collect()
    gc.freeze()  # no copy needs to look through all that is here
    requests.send((suite.broken, [*suite.items]))
    while request := requests.recv():
        path, before, after, tests, limit = request

        def work() -> str | None:
            possible = swap(path, before, after, functions, called)  # noqa: B023
            return suite.first_failure(tests) if possible else None  # noqa: B023

        requests.send(in_a_copy(work, limit))
