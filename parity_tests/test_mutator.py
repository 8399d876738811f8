"""The suite's own ground: what the rules make of a source, and how a mistake is run."""

from __future__ import annotations

import os
import signal
import sys
import time
import types

import pytest

from .mutants.generic import changes_in, sample
from .mutants.reach import Reach, measure
from .mutants.swap import swap
from .mutants.warm import Run, Suite, in_a_copy, run_anew


def made_of(source, rule):
    """What a rule makes of a source; of the first that differs, the lines."""
    return [c.applied_to(source) for c in changes_in("a.py", source) if c.rule == rule]


@pytest.mark.parametrize(
    ("rule", "source", "changed"),
    [
        ("operator", "x = a + b", ["x = (a - b)"]),
        ("operator", "x = a - b", ["x = (a + b)"]),
        ("operator", "x = a * b", ["x = (a / b)"]),
        ("operator", "x = a / b", ["x = (a * b)"]),
        ("operator", "x = a // b % c", ["x = (a // b // c)", "x = (a * b) % c"]),
        ("operator", "x = a ** b", ["x = (a * b)"]),
        ("operator", "x = a & b | c", ["x = (a & b & c)", "x = (a | b) | c"]),
        ("operator", "x += y", ["x -= y"]),
        ("operator", "x = a @ b << c", []),
        ("comparison", "x = a < b <= c", ["x = (a <= b <= c)", "x = (a < b < c)"]),
        ("comparison", "x = a > b >= c", ["x = (a >= b >= c)", "x = (a > b > c)"]),
        ("comparison", "x = a == b != c", ["x = (a != b != c)", "x = (a == b == c)"]),
        ("comparison", "x = a is b", ["x = (a is not b)"]),
        ("comparison", "x = a not in b", ["x = (a in b)"]),
        ("and/or", "x = a and b or c", ["x = ((a and b) and c)", "x = (a or b) or c"]),
        ("not", "if not x:\n    y", ["if x:\n    y"]),
        ("sign", "x = -a", ["x = a"]),
        ("sign", "f(dim=-1)", ["f(dim=1)"]),
        ("constant", "f(dim=-1)", []),
        ("constant", "f(dim=-2)", ["f(dim=-3)"]),
        ("constant", "x = a[0, 1, 2:]", ["x = a[1, 1, 2:]", "x = a[0, 0, 2:]", "x = a[0, 1, 3:]"]),
        ("constant", "x = 0.0, 1.0, 0.5", ["x = 1.0, 1.0, 0.5", "x = 0.0, 0.0, 0.5",
                                           "x = 0.0, 1.0, 1.5"]),
        ("constant", "x = True, False", ["x = False, False", "x = True, True"]),
        ("constant", "x = None, 'a', ..., 1j", []),
        ("skipped", "x += y", ["pass"]),
        ("skipped", "raise E('a' + b)", ["pass"]),
        ("skipped", "f(x)", ["pass"]),
        ("skipped", "x.a = 1\nx[0] = y\nx = y", ["pass\nx[0] = y\nx = y", "x.a = 1\npass\nx = y"]),
        ("keyword", "f(a, b=c, d=e, **g)", ["f(a, d=e, **g)", "f(a, b=c, **g)"]),
        ("keyword", "zip(a, b, strict=True)", []),
        ("arguments", "f(a, b, c=d)", ["f(b, a, c=d)"]),
        ("arguments", "f(a, a)\nf(a)\nf(a, b, c)", []),
        ("result", "def f(a, b):\n    return b", ["def f(a, b):\n    return None",
                                                  "def f(a, b):\n    return a"]),
        ("result", "def f(self, a):\n    return a", ["def f(self, a):\n    return None"]),
        ("result", "def f(a):\n    return", []),
        ("assignment", "x += y", ["x = y"]),
        ("copy", "x = a.copy()", ["x = a"]),
        ("copy", "x = a.copy(b)", []),
        ("text", "def __repr__(self):\n    return 'ab' + f'c{d}'",
         ["def __repr__(self):\n    return 'a' + f'c{d}'",
          "def __repr__(self):\n    return 'ab' + f'{d}'"]),
        ("text", "def f(self):\n    return 'ab' + f'c{d}'", []),
    ],
)  # fmt: skip
def test_what_a_rule_makes_of_a_source(rule, source, changed):
    assert made_of(source, rule) == changed


@pytest.mark.parametrize(
    "source",
    [
        "'text'",
        "def f(a: Literal[1, -2] = b) -> A | B:\n    'text'",
        "x: ClassVar[A | B]",
        "__all__ = ['a'] + b",
        "if TYPE_CHECKING:\n    x = 1",
        "x = f'{a + b} and {c}'",
    ],
)
def test_what_is_left_alone(source):
    assert changes_in("a.py", source) == []


def test_of_an_error_only_that_it_is_raised_changes():
    assert made_of("raise E(f'{a}' + b, 1)", "operator") == []
    assert [c.rule for c in changes_in("a.py", "raise E(a + b, 1)")] == ["skipped"]


SOURCE = '''
@decorated(1)
class A:
    """Text, and Ä."""

    def f(self, a, b=2):
        if (a  # a comment
                > b):
            return "ö", a + b
'''


def test_a_change_says_where_it_is_and_what():
    found = {(c.rule, c.line, c.last_line, c.function): c for c in changes_in("a.py", SOURCE)}
    assert [*found] == [
        ("constant", 2, 3, "A"),
        ("constant", 6, 6, "A.f"),
        ("comparison", 7, 8, "A.f"),
        ("result", 9, 9, "A.f"),
        ("operator", 9, 9, "A.f"),
    ]
    *_, result, operator = found.values()
    assert (operator.before, operator.after) == ('return "ö", a + b', 'return "ö", (a - b)')
    assert operator.key == ("a.py", "A.f", operator.before, operator.after)
    assert operator.applied_to(SOURCE) == SOURCE.replace("a + b", "(a - b)")
    assert result.applied_to(SOURCE) == SOURCE.replace('"ö", a + b', "a")


def test_a_sample_is_even_and_depends_on_the_seed_only():
    changes = [
        change
        for file, source in (("a.py", "x = a + 1 - 2\n" * 9 + "f(a)"), ("b.py", "x = -2\n" * 9))
        for change in changes_in(file, source)
    ]
    drawn = sample(changes, 6, seed=1)
    assert drawn == sample(changes, 6, seed=1) != sample(changes, 6, seed=2)
    assert sorted(change.file for change in drawn) == ["a.py"] * 3 + ["b.py"] * 3
    assert {c.rule for c in drawn if c.file == "a.py"} == {"operator", "constant", "skipped"}
    assert sorted(sample(changes, 999, seed=1)) == sorted(changes)


BEFORE = """
def double(x, by=2):
    return x + x

def kept(f):
    def call(x):
        return f(x) + 0
    return call

@kept
def one(x):
    return x * 1
"""


@pytest.mark.parametrize(
    ("old", "new", "possible", "results"),
    [
        ("x + x", "3 * x", True, [15, 5]),
        ("x * 1", "x * 2", True, [10, 10]),
        ("f(x) + 0", "f(x) + 1", True, [10, 6]),  # in a function that was made before
        ("\n@kept", "\n\n@kept", True, [10, 5]),
        ("by=2", "by=3", False, []),  # done when the module was imported
        ("@kept\n", "", False, []),
        ("return call", "return f", False, []),  # called when the module was imported
    ],
)
def test_code_is_replaced_in_place_where_that_suffices(old, new, possible, results):
    module = types.ModuleType("replaced")
    called = set()
    sys.settrace(lambda frame, event, arg: called.add(frame.f_code))
    exec(compile(BEFORE, "replaced.py", "exec"), vars(module))
    sys.settrace(None)
    functions = [module.double, module.kept, module.one, module.one.__closure__[0].cell_contents]
    assert BEFORE.count(old) == 1
    after = BEFORE.replace(old, new)
    assert swap("replaced.py", BEFORE, after, functions, called) == possible
    if possible:
        assert [module.double(5), module.one(5)] == results


def test_code_of_functions_that_are_not_found_is_not_replaced():
    module = types.ModuleType("replaced")
    exec(compile(BEFORE, "replaced.py", "exec"), vars(module))
    after = BEFORE.replace("x + x", "3 * x")
    assert not swap("replaced.py", BEFORE, after, [module.kept], set())
    both = after.replace("f(x) + 0", "f(x) + 1")
    assert not swap("replaced.py", BEFORE, both, [module.kept], set())
    assert swap("replaced.py", BEFORE, both, [module.kept, module.double], set())


def test_a_copy_of_the_process_works_and_changes_nothing_here():
    here = []
    assert in_a_copy(lambda: here.append(1) or len(here), 9) == 1
    assert here == []


def test_how_a_copy_of_the_process_can_end():
    def run_forever():
        while True:
            pass

    start = time.perf_counter()
    assert in_a_copy(run_forever, 0.2) == "time"
    assert in_a_copy(lambda: time.sleep(60), 0.01) == "time"
    assert in_a_copy(lambda: os.kill(os.getpid(), signal.SIGKILL), 9) == "crash"
    assert time.perf_counter() - start < 30
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        in_a_copy(lambda: 1 / 0, 9)


ENGINE = """
def made():
    return 1

TABLE = made()

def f(x):
    if x:
        return TABLE
    return 2

class A:
    n = 3

    def g(self):
        return f(0) + self.n
"""
TESTS = """
from tinygrad_edu.a import A, f

def test_yes():
    assert f(1) == 1

def test_no():
    assert A().g() == 5

def test_other():
    pass
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A tree as ours, but small; what is measured of it is kept in it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name, text in (("tinygrad_edu/a.py", ENGINE), ("parity_tests/test_x.py", TESTS)):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(text)
        (path.parent / "__init__.py").touch()
    return tmp_path


def test_it_is_measured_who_comes_by_a_line(tree):
    said = []
    measure(tree, said.append)
    assert [line.split()[0] for line in said] == ["test_x.py"]
    measure(tree, said.append)
    assert len(said) == 1, "it was measured before"
    reach = Reach(tree)

    def names(*lines):
        return {reach.tests[n].partition("::")[2] for n in reach.tests_for("a.py", *lines)}

    assert names(8, 8) == names(7, 9) == {"test_yes", "test_no"}
    assert names(9, 9) == {"test_yes"}
    assert names(10, 10) == {"test_no"}
    assert names(13, 13) == {"test_no"}, "those that come by the class"
    assert names(5, 5) == {"test_yes", "test_no"}, "those that come by the file"
    assert names(3, 3) == {"test_yes", "test_no"}, "likewise, as it is done at import"
    run = reach.run(reach.tests_for("a.py", 8, 8), 999)
    assert len(run.tests) == 2 and not run.cut
    run = reach.run(reach.tests_for("a.py", 8, 8), 0)
    assert len(run.tests) == 1 and run.cut


IDS = [f"parity_tests/test_x.py::test_{name}" for name in ("other", "yes", "no")]


def test_the_first_test_that_fails_is_named(tree):
    path = tree / "tinygrad_edu" / "a.py"
    suite = Suite(tree, ["parity_tests/test_x.py"])
    assert sorted(suite.tests) == sorted(IDS)
    try:
        for after, of_all, of_one in (
            (ENGINE, "", ""),
            (ENGINE.replace("return 2", "return 4"), IDS[2], ""),
            (ENGINE.replace("return TABLE", "raise KeyError"), IDS[1], IDS[1]),
            (ENGINE.replace("return TABLE", "import os; os._exit(0)"), "crash", "crash"),
            (ENGINE.replace("return 1", "return 2"), None, None),
        ):
            assert suite.run(path, ENGINE, after, Run(IDS, 9)) == of_all
            assert suite.run(path, ENGINE, after, Run(IDS[1:2], 9)) == of_one
    finally:
        suite.close()


def test_everything_can_be_imported_anew(tree):
    runs = [Run(IDS, 9), Run(IDS[:1], 9), Run([], 9)]
    path = tree / "tinygrad_edu" / "a.py"
    for text, results in (
        (ENGINE.replace("return 1", "return 2"), [IDS[1], "", ""]),
        ("def f(", ["parity_tests/test_x.py"] * 3),
        ("import os; os._exit(0)", ["crash"] * 3),
    ):
        path.write_text(text)
        assert run_anew(tree, ["parity_tests/test_x.py"], runs) == results
