"""How a mutant is tried: in a copy of the working tree, by the tests that are there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from .layers import LISTED, files_of, layer_of
from .mutant import Mutant

ROOT = Path(__file__).parents[2]
NOT_COPIED = shutil.ignore_patterns(".*", "build", "*.egg-info", "*.pyc.*")  # half-written ones
LIMIT = 3600  # seconds for one run of pytest; a mistake may well be a loop without an end


class Verdict(NamedTuple):
    """What came of a mutant.

    Attributes
    ----------
    mutant : Mutant
    caught_by : str
        The first test that failed, as pytest names it; empty: none did.
    seconds : float
        How long it took to find out.
    """

    mutant: Mutant
    caught_by: str
    seconds: float

    @property
    def layer(self) -> str:
        """The layer of the test that failed."""
        return layer_of(Path(self.caught_by.partition("::")[0]).stem.removeprefix("test_"))


@contextmanager
def copy_of_the_tree(mutant: Mutant | None = None) -> Iterator[Path]:
    """A temporary copy of the working tree, with the mistake in it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
        if mutant is not None:
            package = copy / "tinygrad_edu"
            source = mutant.source(package)
            (package / mutant.file).write_text(source)
            shutil.rmtree((package / mutant.file).parent / "__pycache__", ignore_errors=True)
        yield copy


def run_pytest(tree: Path, arguments: Sequence[str]) -> str:
    """Run tests in a copy of the tree until one fails, and say which; "" if none does.

    Raises
    ------
    RuntimeError
        If pytest did not get as far as a test.
    """
    report = tree / "report.xml"
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "--tb=no"]
    done = subprocess.run(
        [*command, f"--junitxml={report}", *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    if done.returncode == 0:
        return ""
    failed = first_failure(report) if report.exists() else ""
    if not failed:
        raise RuntimeError(f"pytest {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
    return failed


def first_failure(report: Path) -> str:
    """The first test in a JUnit report that has failed, as pytest names it."""
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            module, name = case.get("classname", ""), case.get("name", "")
            return f"{module.replace('.', '/')}.py::{name}" if module else name
    return ""


def file_of(name: str) -> str:
    """The path of a test file."""
    return f"parity_tests/test_{name}.py"


def paths_of(layer: str, tree: Path) -> list[str]:
    """The paths of a layer's test files that are in a copy of the tree."""
    return [file_of(name) for name in files_of(layer, tree / "parity_tests")]


def selection(test: str) -> list[str]:
    """pytest's arguments for one of a mutant's `tests`."""
    name, _, words = test.partition(":")
    return [file_of(name), *(["-k", words] if words else [])]


def try_mutant(mutant: Mutant, likely_only: bool, processes: int) -> Verdict:
    """Run the tests that are likely to notice, and then, unless `likely_only`, all others."""
    start, caught_by = time.perf_counter(), ""
    with copy_of_the_tree(mutant) as tree:
        rounds = [selection(test) for test in mutant.tests]
        if not likely_only:
            rounds += [[path for layer in LISTED for path in paths_of(layer, tree)]]
        for arguments in rounds:
            caught_by = caught_by or run_pytest(tree, [*arguments, "-n", str(processes)])
    return Verdict(mutant, caught_by, time.perf_counter() - start)


def try_each_layer(mutant: Mutant, processes: int) -> dict[str, Verdict]:
    """Run every layer until a test of it notices."""
    verdicts = {}
    with copy_of_the_tree(mutant) as tree:
        for layer in LISTED:
            start = time.perf_counter()
            caught_by = run_pytest(tree, [*paths_of(layer, tree), "-n", str(processes)])
            verdicts[layer] = Verdict(mutant, caught_by, time.perf_counter() - start)
    return verdicts


def wrongly_failing(tests: Sequence[str]) -> str:
    """Of tests that have noticed mistakes, the first that fails without any; "" if none does.

    What fails in the copy without a mistake, too, has noticed nothing.
    """
    with copy_of_the_tree() as tree:
        return run_pytest(tree, [*dict.fromkeys(tests), "-n", "0"]) if tests else ""
