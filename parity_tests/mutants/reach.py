"""Which tests reach which lines, found out once by running them all.

A test that does not come by a line cannot notice what is wrong there. So the tests of each file are
run under `sys.settrace`, and of each is kept which lines it has come by, one bit for each line of
the engine and of `torch_ref`, and how long it took. That is kept outside of the working tree, in
`FOLDER`. A test file that changes is measured anew. For all else, delete the folder; until then,
those that came by any line of a source file that has changed since are taken to come by each.

What a test runs in a process of its own is not seen, nor what happens while a module is imported.
"""

from __future__ import annotations

import ast
import hashlib
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import settings

from .layers import OWN
from .mutant import ENGINE, REFERENCE, path_of
from .swap import IS_FUNCTION
from .warm import Run, in_a_copy, run_pytest

FOLDER = "parity_tests-reach"  # for temporary files
LIMIT = 3600  # seconds for one file
EXAMPLES = 5  # random ones of each test; more hardly come by other lines
CALLS = 50  # of a function that are looked at in a test; likewise


class Stretch(NamedTuple):
    """The bits for a source file, and what the file was: its digest."""

    start: int
    end: int
    digest: str


def stretches(root: Path) -> dict[str, Stretch]:
    """By source file, where its bits are. The bit of line 1 is the second."""
    found, start = {}, 0
    for file in sources(root):
        path = path_of(root, file)
        end = start + path.read_text().count("\n") + 2
        found[file] = Stretch(start, end, digest(path))
        start = end
    return found


def sources(root: Path) -> Iterator[str]:
    """The source files in which there may be mistakes, named as in `Mutant`."""
    for name, above in ((ENGINE, root / ENGINE), (REFERENCE, root)):
        for path in sorted((root / name).rglob("*.py")):
            yield str(path.relative_to(above))


class Tracer:
    """A plugin of pytest that notes the lines each test has come by."""

    def __init__(self, root: Path) -> None:
        self.seen: set[int] = set()
        self.calls: dict[CodeType, int] = {}
        self.tests: list[str] = []
        self.seconds: list[float] = []
        self.rows: list[np.ndarray] = []
        self.imported = np.zeros(0, np.uint8)
        self.files = stretches(root)
        self.local = {
            str(path_of(root, file)): self._note_lines(stretch.start)
            for file, stretch in self.files.items()
        }

    def _note_lines(self, start: int) -> Callable[..., Any]:
        note = self.seen.add

        def trace(frame: FrameType, event: str, arg: Any) -> Any:
            note(start + frame.f_lineno)
            return trace

        return trace

    def trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        """What Python calls for each call: it returns who wants to know of the lines."""
        code = frame.f_code
        local = self.local.get(code.co_filename)
        if local is None or not code.co_flags & IS_FUNCTION:
            return None
        self.calls[code] = calls = self.calls.get(code, 0) + 1
        return local if calls <= CALLS else None

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        settings.register_profile("reach", settings.default, max_examples=EXAMPLES)
        settings.load_profile("reach")

    def pytest_collection_finish(self) -> None:
        """What is seen up to now was run while modules were imported."""
        sys.settrace(None)
        self.imported = self.bits()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        self.seen.clear()
        self.calls.clear()
        start = processor_time()
        threading.settrace(self.trace)
        sys.settrace(self.trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            self.tests.append(item.nodeid)
            self.seconds.append(processor_time() - start)
            self.rows.append(self.bits())

    def bits(self) -> np.ndarray:
        """What is seen, one bit for each line."""
        row = np.zeros(max(stretch.end for stretch in self.files.values()), bool)
        row[[*self.seen]] = True
        return np.packbits(row)


def processor_time() -> float:
    """Seconds of the processor's time, here and in processes that have ended."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def digest(path: Path) -> str:
    """Of the text of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def kept_at(path: Path) -> Path:
    """Where what is measured of a test file is kept."""
    name = path.stem.removeprefix("test_")
    return Path(tempfile.gettempdir()) / FOLDER / f"{name}-{digest(path)}.npz"


def measure(root: Path, say: Callable[[str], None]) -> None:
    """Measure each test file of the tree that is not measured yet."""
    (Path(tempfile.gettempdir()) / FOLDER).mkdir(exist_ok=True)
    paths = sorted((root / "parity_tests").glob("test_*.py"))
    paths.sort(key=lambda path: "app_" in path.name)  # last, as they come by everything, slowly
    for path in paths:
        if path.stem == f"test_{OWN}" or kept_at(path).exists():
            continue
        start = time.perf_counter()
        done = in_a_copy(lambda: _measure(root, path), LIMIT)  # noqa: B023
        say(f"{path.name:34} {time.perf_counter() - start:6.1f} s  {done}")


def _measure(root: Path, path: Path) -> str:
    """Run a test file, and write what was seen; return how much that is."""
    tracer = Tracer(root)
    sys.settrace(tracer.trace)
    run_pytest(root, [str(path.relative_to(root))], tracer)
    written = kept_at(path).with_suffix(".part.npz")
    np.savez_compressed(
        written,
        files=[*tracer.files],
        stretches=[*tracer.files.values()],
        tests=tracer.tests,
        seconds=tracer.seconds,
        reached=np.array(tracer.rows),
        imported=tracer.imported,
    )
    written.rename(kept_at(path))
    return f"{len(tracer.tests)} tests"


class Part:
    """What was measured of a test file: see `Tracer`, which has gathered it."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as kept:
            self.tests = [str(test) for test in kept["tests"]]
            self.seconds = kept["seconds"]
            self.rows = np.vstack((kept["imported"], *kept["reached"]))
            self.files = {
                str(file): Stretch(int(start), int(end), str(digest))
                for file, (start, end, digest) in zip(kept["files"], kept["stretches"], strict=True)
            }

    def by_lines(self, file: str, now: str, first: int, last: int) -> np.ndarray:
        """How many of these lines were run at import, and then by each of the tests; `now`: the
        file's digest."""
        start, end, digested = self.files.get(file, Stretch(0, 0, ""))
        if now == digested:
            start, end = start + first, start + last + 1
        columns = np.arange(start, end)
        bits = self.rows[:, columns >> 3] & (128 >> (columns & 7)).astype(np.uint8)
        reached: np.ndarray = np.count_nonzero(bits, axis=1)
        return reached


class Reach:
    """What was measured of a tree.

    Attributes
    ----------
    tests : list of str
        Their ids.
    seconds : array, shape (tests,)

    Raises
    ------
    FileNotFoundError
        If that is nothing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        paths = map(kept_at, sorted((root / "parity_tests").glob("test_*.py")))
        self.parts = [Part(path) for path in paths if path.exists()]
        if not self.parts:
            raise FileNotFoundError("nothing is measured yet: --measure")
        self.tests = [test for part in self.parts for test in part.tests]
        self.seconds = np.concatenate([part.seconds for part in self.parts])

    def by_lines(self, file: str, first: int, last: int) -> tuple[bool, np.ndarray]:
        """Whether these lines are run at import, and the numbers of the tests that run them."""
        now = digest(path_of(self.root, file))
        found = [part.by_lines(file, now, first, last) for part in self.parts]
        tests = np.concatenate([reached[1:] for reached in found])
        return any(reached[0] for reached in found), np.flatnonzero(tests)

    def lines_of(self, file: str) -> np.ndarray:
        """By how many lines of a file each test comes."""
        path = path_of(self.root, file)
        now, count = digest(path), path.read_text().count("\n") + 1
        return np.concatenate([part.by_lines(file, now, 1, count)[1:] for part in self.parts])

    def tests_for(self, file: str, first: int, last: int) -> list[int]:
        """The numbers of the tests that come by these lines: first the quick ones, those that come
        by little else in the file, and various ones.

        If none does, it is those that come by the function around them, or the class, or the file.
        For what is done when a module is imported, nobody comes by again: it is all of the file.
        """
        source = path_of(self.root, file).read_text()
        around = [
            (node.lineno, node.end_lineno or node.lineno)
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and node.lineno <= last
            and first <= (node.end_lineno or node.lineno)
        ]
        around.sort(key=lambda lines: lines[1] - lines[0])
        tried = [(first, last), *around, (1, source.count("\n") + 1)]
        if self.by_lines(file, first, last)[0]:
            tried = tried[-1:]
        for lines in tried:
            _, found = self.by_lines(file, *lines)
            if found.size:
                return self.in_order(found, self.lines_of(file))
        return []

    def in_order(
        self, numbers: Sequence[int] | np.ndarray, lines: np.ndarray | None = None
    ) -> list[int]:
        """The quickest first; one that comes by twice as many `lines` counts as twice as long, and
        of one function's tests each as longer than the one before."""
        weights = self.seconds if lines is None else self.seconds * lines
        seen: Counter[str] = Counter()
        ranked = []
        for number in sorted(numbers, key=weights.__getitem__):
            function = self.tests[number].partition("[")[0]
            seen[function] += 1
            ranked.append((seen[function] * weights[number], int(number)))
        return [number for _, number in sorted(ranked)]

    def run(self, numbers: Sequence[int], budget: float) -> Run:
        """As many of these tests, in this order, as take `budget` seconds."""
        chosen, spent = [], 0.0
        for number in numbers:
            spent += self.seconds[number]
            if spent > budget and chosen:
                break
            chosen.append(self.tests[number])
        return Run(chosen, 10 + 10 * budget, len(chosen) < len(numbers))
