"""The catalogue of mistakes fits the engine: each can be made, in one place, and Python runs it.

The mistakes are tried by ``python -m parity_tests.mutants``, which takes long, and not here.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import tinygrad_edu

from .mutants.__main__ import chosen
from .mutants.catalogue import BY_NAME, MUTANTS
from .mutants.layers import LISTED, OWN, TESTS, files_of
from .mutants.mutant import Mutant
from .mutants.trial import copy_of_the_tree, first_failure, selection

PACKAGE = Path(tinygrad_edu.__file__).parent
ROOMS = ("autograd", "ops", "nn", "optim", "utils", "dtypes.py", "random.py", "serialization.py")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_applies_in_one_place_and_changes_the_program(mutant):
    before = (PACKAGE / mutant.file).read_text()
    after = mutant.source(PACKAGE)
    assert ast.dump(ast.parse(before)) != ast.dump(ast.parse(after)), "a comment, or a docstring"
    assert mutant.mistake.endswith(".") and "\n" not in mutant.mistake


def import_changed() -> None:
    """Import every changed module, under its name, in a process that is good for nothing else."""
    for mutant in MUTANTS:
        importlib.import_module(mutant.module)
        spec = importlib.util.spec_from_file_location(mutant.module, PACKAGE / mutant.file)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        exec(compile(mutant.source(PACKAGE), mutant.file, "exec"), vars(module))


def test_each_changed_module_can_be_imported():
    code = "from parity_tests.test_mutants import import_changed; import_changed()"
    root = PACKAGE.parent
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_there_are_mistakes_in_every_room():
    assert len(BY_NAME) == len(MUTANTS) >= 60
    assert all(any(mutant.file.startswith(room) for mutant in MUTANTS) for room in ROOMS)


def test_tests_that_are_named_are_there():
    names = [name for layer in LISTED for name in files_of(layer)]
    there = {path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py")} - {OWN}
    assert sorted(names) == sorted(there)
    listed = [name for names in LISTED.values() for name in names.split()]
    assert len(listed) == len(set(listed)) and set(listed) <= there
    assert {test.partition(":")[0] for mutant in MUTANTS for test in mutant.tests} <= there


@pytest.mark.parametrize("source", ["x = 1", "x = 2\ny = 2"])
def test_a_text_that_is_not_there_once_is_refused(source):
    mutant = Mutant("n", "dtypes.py", "= 2", "= 3", "It is 3.", ("promotion",))
    assert mutant.changed("x = 2") == "x = 3"
    with pytest.raises(ValueError, match=f"this stands {source.count('= 2')} times"):
        mutant.changed(source)


def test_it_is_told_where_a_text_has_gone(tmp_path):
    (tmp_path / "a.py").write_text("x = 1")
    (tmp_path / "b.py").write_text("x = 2")
    for file in ("a.py", "gone.py"):
        mutant = Mutant("n", file, "= 2", "= 3", "It is 3.", ("promotion",))
        with pytest.raises(ValueError, match=r"It stands in b\.py\."):
            mutant.source(tmp_path)


def test_a_mistake_is_made_in_a_copy_and_there_only():
    mutant = BY_NAME["grad-overwritten"]
    original = (PACKAGE / mutant.file).read_text()
    with copy_of_the_tree(mutant) as tree:
        copied = {
            path.relative_to(tree / "tinygrad_edu"): path.read_text()
            for path in (tree / "tinygrad_edu").rglob("*.py")
        }
        assert (tree / "parity_tests" / "test_ops.py").exists()
    assert not tree.exists()
    changed = [str(path) for path, text in copied.items() if text != (PACKAGE / path).read_text()]
    assert changed == [mutant.file]
    assert copied[Path(mutant.file)] == mutant.changed(original)


def test_a_sample_is_taken_from_all_rooms():
    assert chosen(["adam-t-shared"], None) == [BY_NAME["adam-t-shared"]]
    assert chosen([], None) == list(MUTANTS) == chosen([], 1000)
    sample = chosen([], 10)
    assert len(set(sample)) == 10
    assert len({mutant.file.partition("/")[0] for mutant in sample}) >= 4


def test_what_pytest_is_told():
    assert selection("optim") == ["parity_tests/test_optim.py"]
    assert selection("ops:sum") == ["parity_tests/test_ops.py", "-k", "sum"]


def test_the_first_failure_is_read_from_a_report(tmp_path):
    suite = ElementTree.Element("testsuite")
    for name, outcome in (("test_a", ""), ("test_b[1-x]", "failure"), ("test_c", "error")):
        case = ElementTree.SubElement(suite, "testcase", classname="parity_tests.test_z", name=name)
        if outcome:
            ElementTree.SubElement(case, outcome)
    report = tmp_path / "report.xml"
    ElementTree.ElementTree(suite).write(report)
    assert first_failure(report) == "parity_tests/test_z.py::test_b[1-x]"
