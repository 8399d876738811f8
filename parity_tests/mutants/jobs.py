"""What is run with which mistake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .generic import Change
from .layers import LISTED, layer_of
from .mutant import Mutant, path_of
from .reach import Reach
from .trial import Job
from .warm import Run

LIMIT = 3600  # seconds for tests that nobody has measured


def file_of(test: str) -> str:
    """The test file of one of a mutant's `tests`."""
    return f"parity_tests/test_{test.partition(':')[0]}.py"


def selected(test: str, ids: Sequence[str]) -> list[str]:
    """The ids of the tests that one of a mutant's `tests` means."""
    word = test.partition(":")[2]
    return [
        i for i in ids if i.partition("::")[0] == file_of(test) and word in i.partition("::")[2]
    ]


def likely(mutant: Mutant, root: Path, ids: Sequence[str], others: bool) -> Job:
    """Run the tests that are likely to notice, and then, if so wanted, all `others`."""
    tests = [i for test in mutant.tests for i in selected(test, ids)]
    if others:
        layers = [*LISTED]
        tests += sorted(ids, key=lambda i: layers.index(layer_of(i)))
    run = Run([*dict.fromkeys(tests)], LIMIT)
    return Job(mutant.name, mutant.file, mutant.source(root), [run])


def each_layer(mutant: Mutant, root: Path, reach: Reach, budget: float) -> Job:
    """Run of every layer the tests that come by the mistake, for `budget` seconds."""
    numbers = reach.tests_for(mutant.file, *mutant.lines(root))
    runs = [
        reach.run([n for n in numbers if layer_of(reach.tests[n]) == layer], budget)
        for layer in LISTED
    ]
    return Job(mutant.name, mutant.file, mutant.source(root), runs)


def of_change(name: str, change: Change, root: Path, reach: Reach, budget: float) -> Job:
    """Run the tests that come by a change, for `budget` seconds; first those that are called after
    what it changes, where that is at the top of a file: a table, or functions made by another; and
    those that compare signatures, which come by no line, where it is one."""
    numbers = reach.tests_for(change.file, change.line, change.last_line)
    if not change.function:
        words = change.before.partition("=")[0].replace(",", " ").split()
        named = [n for n, test in enumerate(reach.tests) if any(word in test for word in words)]
        numbers = [*dict.fromkeys([*reach.in_order(named), *numbers])]
    if " def " in f" {change.before}":
        compare = [n for n, test in enumerate(reach.tests) if file_of("signatures") in test]
        numbers = [*dict.fromkeys([*compare, *numbers])]
    run = reach.run(numbers, budget)
    return Job(name, change.file, change.applied_to(path_of(root, change.file).read_text()), [run])
