"""The catalogue of mistakes fits the program: each can be made, in one place, and Python runs it.

The mistakes are tried by ``python -m parity_tests.mutants``, which takes long, and not here.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
from dataclasses import replace

import pytest

from . import copied_runs
from .mutants.__main__ import by_layer, chosen, summary
from .mutants.catalogue import BY_NAME, MUTANTS
from .mutants.equivalent import EQUIVALENT, KEYS, read
from .mutants.generic import all_changes
from .mutants.jobs import likely, selected
from .mutants.layers import LISTED, OWN, TESTS, layer_of
from .mutants.mutant import ENGINE, Mutant, path_of
from .mutants.reach import digest, sources
from .mutants.trial import ROOT, Job, Verdict, copy_of_the_tree, mistake
from .mutants.warm import Run

ROOMS = ("autograd", "ops", "nn", "optim", "utils", "dtypes.py", "random.py", "serialization.py",
         "torch_ref")  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_applies_in_one_place_and_changes_the_program(mutant):
    before = path_of(ROOT, mutant.file).read_text()
    after = mutant.source(ROOT)
    assert ast.dump(ast.parse(before)) != ast.dump(ast.parse(after)), "a comment, or a docstring"
    assert mutant.mistake.endswith(".") and "\n" not in mutant.mistake


def import_changed() -> None:
    """Import every changed module, under its name, in a process that is good for nothing else."""
    for mutant in MUTANTS:
        importlib.import_module(mutant.module)
        spec = importlib.util.spec_from_file_location(mutant.module, path_of(ROOT, mutant.file))
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        exec(compile(mutant.source(ROOT), mutant.file, "exec"), vars(module))


def test_each_changed_module_can_be_imported(tmp_path):
    code = "from parity_tests.test_mutants import import_changed\n\nimport_changed()\n"
    (tmp_path / "changed.py").write_text(code)
    done = copied_runs.run(["changed"], tmp_path)
    assert done.returncode == 0, done.stderr


def test_there_are_mistakes_in_every_room():
    assert len(BY_NAME) == len(MUTANTS) >= 60
    assert all(any(mutant.file.startswith(room) for mutant in MUTANTS) for room in ROOMS)


def test_tests_that_are_named_are_there():
    there = {path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py")} - {OWN}
    listed = [name for names in LISTED.values() for name in names.split()]
    assert len(listed) == len(set(listed)) and set(listed) == there
    assert {test.partition(":")[0] for mutant in MUTANTS for test in mutant.tests} <= there
    assert layer_of("parity_tests/test_optim.py::test_x[1.py]") == layer_of("optim")
    assert layer_of("optim") == "nn and optim"
    assert layer_of("autograd") == "programs"


@pytest.mark.parametrize("source", ["x = 1", "x = 2\ny = 2"])
def test_a_text_that_is_not_there_once_is_refused(source):
    mutant = Mutant("n", "dtypes.py", "= 2", "= 3", "It is 3.", ("promotion",))
    assert mutant.changed("x = 2") == "x = 3"
    with pytest.raises(ValueError, match=f"this stands {source.count('= 2')} times"):
        mutant.changed(source)


def test_it_is_told_where_a_text_has_gone(tmp_path):
    for name, text in (("tinygrad_edu/a.py", "x = 1"), ("torch_ref/b.py", "x = 2")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    for file in ("a.py", "gone.py", "torch_ref/gone.py"):
        mutant = Mutant("n", file, "= 2", "= 3", "It is 3.", ("promotion",))
        with pytest.raises(ValueError, match=r"It stands in torch_ref/b\.py\."):
            mutant.source(tmp_path)


@pytest.mark.parametrize("name", ["grad-overwritten", "mirror-forgets-hooks"])
def test_a_mistake_is_made_in_a_copy_and_there_only(name):
    mutant = BY_NAME[name]
    original = path_of(ROOT, mutant.file).read_text()
    job = Job(mutant.name, mutant.file, mutant.source(ROOT), [])

    def changed(tree):
        return [f for f in sources(tree) if digest(path_of(tree, f)) != digest(path_of(ROOT, f))]

    with copy_of_the_tree() as tree:
        with mistake(tree, job) as path:
            assert changed(tree) == [mutant.file]
            assert path.read_text() == mutant.changed(original)
        assert changed(tree) == []
        assert (tree / "parity_tests" / "test_ops.py").exists()
    assert not tree.exists()


def test_the_lines_of_a_mistake_are_those_that_differ(tmp_path):
    (tmp_path / "tinygrad_edu").mkdir()
    (tmp_path / "tinygrad_edu" / "a.py").write_text("a\nb = 1\nc\nd = 2\n")
    for old, new, lines in (
        ("a\nb = 1\nc", "a\nb = 3\nc", (2, 2)),
        ("b = 1\nc\nd", "b = 3\nc\nf", (2, 4)),
        ("c\n", "c\ne\n", (4, 4)),
    ):
        assert Mutant("n", "a.py", old, new, "", ()).lines(tmp_path) == lines


def test_a_sample_is_drawn():
    assert chosen(["adam-t-shared"], None, 0) == [BY_NAME["adam-t-shared"]]
    assert chosen([], None, 0) == list(MUTANTS) == chosen([], 1000, 0)
    sample = chosen([], 20, 0)
    assert len(set(sample)) == 20 and sample == chosen([], 20, 0) != chosen([], 20, 1)
    assert len({mutant.file.partition("/")[0] for mutant in sample}) >= 4


def test_what_is_run():
    ids = [
        "parity_tests/test_ops.py::test_random_cases[sum-f64]",
        "parity_tests/test_ops.py::test_random_cases[add-f64]",
        "parity_tests/test_optim.py::test_x[sum]",
        "parity_tests/test_autograd.py::test_x",
    ]
    assert selected("optim", ids) == [ids[2]]
    assert selected("ops", ids) == ids[:2]
    assert selected("ops:sum", ids) == [ids[0]]
    mutant = replace(BY_NAME["grad-overwritten"], tests=("optim", "ops:sum"))
    (run,) = likely(mutant, ROOT, ids, others=False).runs
    assert run.tests == [ids[2], ids[0]]
    (run,) = likely(mutant, ROOT, ids, others=True).runs
    assert run.tests == [ids[2], ids[0], ids[1], ids[3]]


def test_what_a_layer_alone_has_noticed_is_counted():
    layers = [*LISTED]
    runs = [Run(["a"], 1), Run(["a"], 1), Run(["a"], 1, cut=True), Run([], 1)]
    runs += [Run([], 1)] * (len(layers) - 4)
    job = Job("n", "dtypes.py", "", runs)
    nothing = [""] * (len(layers) - 2)
    one = by_layer(job, Verdict("n", ["a", "", *nothing], 0))
    both = by_layer(job, Verdict("n", ["time", "a", *nothing], 0))
    assert [*one.values()][:4] == ["caught", "-", "cut", ""]
    assert [*both.values()][:4] == ["caught", "caught", "cut", ""]
    caught, alone, *_ = summary([one, both, both], 5).splitlines()
    assert caught.split()[3:5] == ["3", "2"]
    assert alone.split()[5:7] == ["1", "0"]


def test_what_is_said_to_change_nothing_can_still_be_changed_so():
    found = {change.key for change in all_changes(ROOT / ENGINE)}
    assert [entry.key for entry in EQUIVALENT if entry.key not in found] == []
    assert len(KEYS) == len(EQUIVALENT)
    assert all(entry.reason.endswith(".") for entry in EQUIVALENT)


def test_how_the_list_of_these_is_read():
    text = "a.py A.f\n- x = 1\n+ x = 2\nIt is\nso.\n\nb.py\n- -y\n+ y\nNo.\n"
    first, second = read(text)
    assert first == (("a.py", "A.f", "x = 1", "x = 2"), "It is so.")
    assert second == (("b.py", "", "-y", "y"), "No.")
