"""How mistakes are tried: made in a copy of the working tree, where the tests are run."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import NamedTuple

from .layers import OWN
from .mutant import path_of
from .warm import Run, Suite, import_what_is_slow, run_anew

ROOT = Path(__file__).parents[2]
NOT_COPIED = shutil.ignore_patterns(".*", "build", "*.egg-info", "*.pyc.*")  # half-written ones


class Job(NamedTuple):
    """A mistake, and the runs to be done with it.

    Attributes
    ----------
    name : str
    file : str
        As in `Mutant`.
    source : str
        Its text, with the mistake in it.
    runs : sequence of Run
    """

    name: str
    file: str
    source: str
    runs: Sequence[Run]


class Verdict(NamedTuple):
    """What came of a job.

    Attributes
    ----------
    name : str
    caught_by : list of str
        For each run the test that failed; "" if none did, "time" if it did not come to an end, and
        "crash" if Python did not survive it.
    seconds : float
    """

    name: str
    caught_by: list[str]
    seconds: float

    @property
    def first(self) -> str:
        """What failed in the first run in which anything did."""
        return next(filter(None, self.caught_by), "")


@contextmanager
def copy_of_the_tree() -> Iterator[Path]:
    """A temporary copy of the working tree."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve() / "tree"
        shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
        yield copy


@contextmanager
def mistake(tree: Path, job: Job) -> Iterator[Path]:
    """The mistake, in a copy of the tree, for a while."""
    path = path_of(tree, job.file)
    original = path.read_bytes()
    try:
        forget_bytecode(path)
        path.write_text(job.source)
        yield path
    finally:
        path.write_bytes(original)
        forget_bytecode(path)


def forget_bytecode(path: Path) -> None:
    """Python takes it for that of another text of the same length, written in the same second."""
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()


def test_files(tree: Path) -> list[str]:
    """All test files, but for the one about mistakes, which fails wherever there is one."""
    paths = sorted((tree / "parity_tests").glob("test_*.py"))
    return [f"parity_tests/{path.name}" for path in paths if path.stem != f"test_{OWN}"]


def try_job(tree: Path, suite: Suite, job: Job) -> Verdict:
    """Do each run of a job: in place where that is possible, and else with all imported anew."""
    start = time.perf_counter()
    before = path_of(tree, job.file).read_text()
    with mistake(tree, job) as path:
        caught_by: list[str] = []
        for run in job.runs:
            failed = suite.run(path, before, job.source, run) if run.tests else ""
            if failed is None:
                break
            caught_by.append(failed)
        if len(caught_by) < len(job.runs):
            files = dict.fromkeys(test.partition("::")[0] for run in job.runs for test in run.tests)
            caught_by = run_anew(tree, [*files], job.runs)
    return Verdict(job.name, caught_by, time.perf_counter() - start)


def try_all(
    make_jobs: Callable[[Sequence[str]], Sequence[Job]],
    processes: int,
    files: Sequence[str] | None = None,
) -> Iterator[Verdict]:
    """Try jobs, in several processes, each with a copy of the tree of its own.

    Parameters
    ----------
    make_jobs : callable
        The jobs, given the ids of all tests.
    processes : int
    files : sequence of str, optional
        The test files that are needed; by default all.
    """
    import_what_is_slow()
    context = get_context("fork")
    connections: list[Connection] = []
    workers = []
    for i in range(processes):
        ours, theirs = context.Pipe()
        worker = context.Process(target=work, args=(make_jobs, i, processes, files, theirs))
        worker.start()
        theirs.close()
        connections.append(ours)
        workers.append(worker)
    while connections:
        for connection in wait(connections):
            assert isinstance(connection, Connection)
            try:
                yield connection.recv()
            except EOFError:
                connections.remove(connection)
    for worker in workers:
        worker.join()
        if worker.exitcode:
            raise RuntimeError("a process has failed; see above")


def work(
    make_jobs: Callable[[Sequence[str]], Sequence[Job]],
    first: int,
    step: int,
    files: Sequence[str] | None,
    results: Connection,
) -> None:
    """Try every `step`-th job, beginning with the one of number `first`."""
    with copy_of_the_tree() as tree:
        suite = Suite(tree, files or test_files(tree))
        try:
            for job in make_jobs(suite.tests)[first::step]:
                results.send(try_job(tree, suite, job))
        finally:
            suite.close()


def wrongly_failing(tests: Iterable[str]) -> str:
    """Of tests that have noticed mistakes, the first that fails without any; "" if none does.

    What fails in the copy without a mistake, too, has noticed nothing.
    """
    wanted = [test for test in dict.fromkeys(tests) if "::" in test]
    files = [*dict.fromkeys(test.partition("::")[0] for test in wanted)]
    with copy_of_the_tree() as tree:
        return run_anew(tree, files, [Run(wanted, 3600)])[0] if wanted else ""
