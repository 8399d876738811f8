"""The scoreboard: what it counts and measures, what it leaves out, and the page that is made of it.

The suite's own options are tried on a small test file, in a process and a folder of their own.
"""

import json
import subprocess
import sys
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

from .cases import Case
from .conftest import keep_a_scoreboard
from .copied_runs import ROOT, run_pytest
from .judge import Evidence, check, count_deviation
from .modules import compare_module
from .runner import compare_errors
from .scoreboard.board import Board, comparing, kind_of
from .scoreboard.page import eps_text, page
from .scoreboard.plugin import from_listed, listed

EPS = np.finfo(np.float32).eps

TESTS = """
import pytest
import torch
import tinygrad_edu
from parity_tests.cases import Case
from parity_tests.judge import check
from parity_tests.runner import judge_case

@pytest.mark.parametrize("seed", range(3))
def test_case(seed):
    judge_case(Case.parse(f"exp/f32/3x4/transposed,contiguous/g/normal/{seed}/{{}}"))

def test_relu_of_three_numbers():
    check(tinygrad_edu.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.0, 3.0]))

def test_that_the_judge_convicts():
    with pytest.raises(AssertionError):
        check(tinygrad_edu.tensor([1.0]), torch.tensor([2.0]))

def test_broken():
    check(tinygrad_edu.tensor([1.0, 4.0]), torch.tensor([1.0, 4.0 + 2**-10]), "gradient of <x>")
"""


def run_suite(folder, *options, tests=TESTS):
    """Run pytest on a file of tests beside a copy of the suite's conftest."""
    suite = folder / "suite"
    suite.mkdir()
    (suite / "conftest.py").write_text("from parity_tests.conftest import *  # noqa: F403\n")
    (suite / "test_small.py").write_text(tests)
    return run_pytest(*options, str(suite))


BROKEN_AROUND = """
import pytest

@pytest.fixture
def before():
    raise ValueError("in the set-up")

@pytest.fixture
def after():
    yield
    raise ValueError("in the tear-down")

def test_one(before):
    pass

def test_two(after):
    pass
"""


def test_a_worker_reports_what_goes_wrong_before_and_after_a_test(tmp_path):
    done = run_suite(tmp_path, "-n", "1", tests=BROKEN_AROUND)
    assert done.returncode == 1
    assert "1 passed, 2 errors" in done.stdout
    assert "in the set-up" in done.stdout and "in the tear-down" in done.stdout


LEAVING = """
import pytest
import torch

@pytest.mark.skip(reason="the first of all")
def test_nothing():
    pass

def test_leaves():
    torch.set_grad_enabled(False)

def test_puts_back():
    torch.set_grad_enabled(True)
"""


def test_what_leaves_a_mode_behind_fails(tmp_path):
    done = run_suite(tmp_path, "-n", "0", tests=LEAVING)
    assert done.returncode == 1
    assert "2 passed, 1 skipped, 2 errors" in done.stdout
    assert "test_leaves leaves the modes [False, True," in done.stdout


def test_what_hands_out_the_tests_loads_no_pytorch():
    program = "import sys, parity_tests.conftest; print({'torch', 'hypothesis'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


@pytest.fixture
def board(monkeypatch):
    """A board of one's own, in a test that is about ``op``."""
    mine = Board()
    monkeypatch.setattr(Board, "current", mine)
    mine.begin("op")
    return mine


def scores(board):
    """By op, dtype, layout and kind: passed, not passed, failed, and the largest error."""
    return {
        tuple(key): (score.passed, score.deviating, score.failed, score.worst)
        for key, score in board.scores.items()
    }


def near(value, off):
    """`off` eps of 4 away from it, which float32 has exactly."""
    return tg.tensor([1.0, value + off * 4 * EPS])


def test_errors_are_counted_in_eps_of_the_largest_number(board):
    check(near(4.0, 3), torch.tensor([1.0, 4.0]))
    check(near(4.0, 1), torch.tensor([1.0, 4.0]))
    check(near(4.0, 2), torch.tensor([1.0, 4.0]), "gradient of argument 0")
    check(tg.tensor([1, 2]), torch.tensor([1, 2]))
    board.end(passed=True)
    assert scores(board) == {
        ("op", "float32", "contiguous", "forward"): (2, 0, 0, 3.0),
        ("op", "float32", "contiguous", "gradient"): (1, 0, 0, 2.0),
        ("op", "int64", "contiguous", "forward"): (1, 0, 0, None),
    }


def test_where_pytorch_rounds_more_its_errors_are_the_scale(board):
    """PyTorch is 100 eps of 4 away from the truth: as far is then 8 eps, and four times that 32."""
    theirs, truth = torch.tensor([1.0, 4.0 + 400 * float(EPS)]), torch.tensor([1.0, 4.0]).double()
    check(near(4.0, 100), Evidence(theirs, truth))
    board.end(passed=True)
    assert scores(board)["op", "float32", "contiguous", "forward"] == (1, 0, 0, 8.0)


def test_what_is_compared_is_said_by_the_code_that_compares(board):
    case = Case.parse("mul/f32,i64/3,3/contiguous,sliced,contiguous/gg/normal/0/{}")
    with comparing("mul", case):
        compare_errors(ValueError(), ValueError())
        check(tg.tensor(1.0), torch.tensor(1.0))
        with comparing("LSTM", kind="second order"):
            pass
    check(tg.tensor(1.0), torch.tensor(1.0))
    board.end(passed=True)
    assert scores(board) == {
        ("mul", "mixed", "sliced", "error"): (1, 0, 0, None),
        ("mul", "float32", "sliced", "forward"): (1, 0, 0, 0.0),
        ("LSTM", "mixed", "sliced", "second order"): (1, 0, 0, None),
        ("op", "float32", "contiguous", "forward"): (1, 0, 0, 0.0),
    }


def failing():
    with pytest.raises(AssertionError):
        check(near(4.0, 50), torch.tensor([1.0, 4.0]))


def test_a_failure_in_a_test_that_fails_counts(board):
    failing()
    check(near(4.0, 1), torch.tensor([1.0, 4.0]))
    board.end(passed=False)
    assert scores(board) == {("op", "float32", "contiguous", "forward"): (1, 0, 1, 50.0)}


def test_an_error_beyond_all_numbers_is_one(board):
    """Of 0 the smallest number is allowed, and 1e300 is more of these than float64 can count."""
    with pytest.raises(AssertionError, match="off by 1e"):
        check(tg.tensor([1e300], dtype=tg.float64), torch.zeros(1).double())
    board.end(passed=False)
    most = sys.float_info.max
    assert scores(board) == {("op", "float64", "contiguous", "forward"): (0, 0, 1, most)}


def test_a_failure_in_a_test_that_passes_was_meant(board):
    failing()
    board.end(passed=True)
    assert scores(board) == {}


def test_a_failure_for_a_written_reason_is_not_passed(board, monkeypatch):
    monkeypatch.setattr("parity_tests.judge.Tally.deviating", 0)
    failing()
    count_deviation()
    check(near(4.0, 1), torch.tensor([1.0, 4.0]))
    board.end(passed=True)
    assert scores(board) == {("op", "float32", "contiguous", "forward"): (1, 1, 0, 1.0)}


def test_a_failure_that_is_told_with_its_module_counts_once(board):
    with pytest.raises(AssertionError, match="Softsign"):
        compare_module(
            lambda library: library.nn.Softsign(),
            torch.ones(2),
            use=lambda module, x: module(x) + (type(x) is tg.Tensor),
        )
    board.end(passed=False)
    (((op, *_), counts),) = scores(board).items()
    assert op == "Softsign" and counts[:3] == (0, 0, 1)


def test_what_else_is_wrong_with_a_call_counts_once(board):
    for raised in (lambda: compare_errors(None, ValueError()), lambda: None):
        with pytest.raises(AssertionError), comparing("mul"):
            raised()
            raise AssertionError("an argument was changed")
    board.end(passed=False)
    assert scores(board) == {
        ("mul", "any", "contiguous", "error"): (0, 0, 1, None),
        ("mul", "any", "contiguous", "forward"): (0, 0, 1, None),
    }


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("result 0", "forward"),
        ("gradient of argument 0 with create_graph", "gradient"),
        ("second-order gradient of upstream gradient 0", "second order"),
        ("t3.grad", "gradient"),
        ("exp_avg of parameter 0", "forward"),
    ],
)
def test_kinds(what, kind):
    assert kind_of(what) == kind


def test_processes_are_added_up():
    whole = Board()
    for eps, command in ((2.0, "a"), (5.0, "b"), (3.0, "c")):
        part = Board()
        part.begin("op")
        part.measure(eps)
        part.passed("forward", "float32")
        part.end(passed=True)
        entries = json.loads(json.dumps(listed(part)))  # as it is sent
        whole.merge(map(from_listed, [entry | {"replay": command} for entry in entries]))
    (entry,) = listed(whole)
    assert (entry["passed"], entry["worst_eps"], entry["replay"]) == (3, 5.0, "b")


# The whole of it ----------------------------------------------------------------------------------


class Page(HTMLParser):
    """Whether elements are closed in order, and what is in the page."""

    VOID = ("meta", "input", "wbr")

    def __init__(self):
        super().__init__()
        self.open, self.rows, self.text = [], {}, []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        assert not {"src", "href"} & values.keys(), "the page needs another file"
        if values.get("class") == "op":
            self.rows[values["data-name"]] = values
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(text):
    parser = Page()
    parser.feed(text)
    parser.close()
    assert not parser.open
    return parser


@pytest.mark.parametrize("processes", ["0", "1"])
def test_a_run_with_a_failure(tmp_path, processes):
    done = run_suite(tmp_path, "--scoreboard", str(tmp_path / "board.json"), "-n", processes)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "5 passed" in done.stdout and "1 failed" in done.stdout
    results = json.loads((tmp_path / "board.json").read_text())
    found = {
        (s["op"], s["dtype"], s["layout"], s["kind"]): (s["passed"], s["deviating"], s["failed"])
        for s in results["scores"]
    }
    assert found == {
        ("exp", "float32", "transposed", "forward"): (3, 0, 0),
        ("exp", "float32", "transposed", "gradient"): (6, 0, 0),
        ("exp", "float32", "transposed", "second order"): (6, 0, 0),
        ("relu", "float32", "contiguous", "forward"): (1, 0, 0),
        ("(test_small.py)", "float32", "contiguous", "gradient"): (0, 0, 1),
    }
    (failed,) = [s for s in results["scores"] if s["failed"]]
    assert failed["worst_eps"] == pytest.approx(2**-10 / (4 + 2**-10) / EPS)
    assert failed["replay_failure"].endswith("test_small.py::test_broken")
    (worst,) = [s for s in results["scores"] if s["op"] == "exp" and s["kind"] == "gradient"]
    assert 0 < worst["worst_eps"] < 32
    assert "--case exp/f32/3x4/transposed,contiguous/g/normal/" in worst["replay"].replace("'", "")
    assert [test.split("::")[1] for test in results["failed_tests"]] == ["test_broken"]
    assert results["totals"]["cases"] == 3 and results["totals"]["tests_passed"] == 5
    assert results["about"]["pytorch"] == torch.__version__
    assert "the 10 ops with the largest errors" in done.stdout

    shown = parsed((tmp_path / "board.html").read_text(encoding="utf-8"))
    assert list(shown.rows) == ["(test_small.py)", "exp", "relu"]
    assert [row["data-failed"] for row in shown.rows.values()] == ["1", "0", "0"]
    text = "".join(shown.text)
    assert torch.__version__ in text and "\u2717" in text and worst["replay"] in text
    assert "python -m pytest -n 0 test_small.py::test_broken" in text


def test_names_are_escaped():
    entry = {
        "op": "<script>&", "dtype": "float32", "layout": "several", "kind": "forward", "passed": 1,
        "deviating": 0, "failed": 0, "worst_eps": 0.25, "replay": "<b>", "replay_failure": "",
    }  # fmt: skip
    names = ("version", "pytorch", "device", "date", "seconds", "numpy", "python", "machine",
             "options", "allowed_eps")  # fmt: skip
    results = {
        "about": {name: f"<{name}>" for name in names},
        "totals": {"cases": 1, "left_out": 0, "tests_passed": 1},
        "failed_tests": [],
        "crashed_processes": 0,
        "scores": [entry],
    }
    shown = parsed(page(results))
    assert list(shown.rows) == ["<script>&"]
    assert "<b>" in shown.text and "b" not in shown.open


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0.0, "0"), (0.25, "0.25"), (1.234, "1.2"), (31.6, "32"), (8381.0, "8381"),
     (3.43e12, "3e12"), (0.0004, "~0")],
)  # fmt: skip
def test_numbers_are_short(value, text):
    assert eps_text(value) == text


@pytest.mark.parametrize("path", ["board.html", "no/such/folder/board.json"])
def test_a_file_that_cannot_be_written_is_refused_at_once(tmp_path, path):
    config = SimpleNamespace(getoption=lambda name: tmp_path / path)
    with pytest.raises(pytest.UsageError, match=r"not a \.json file in a folder that exists"):
        keep_a_scoreboard(config)


def test_without_the_option_nothing_is_kept(request):
    if request.config.getoption("--scoreboard") is None:
        assert Board.current is None
