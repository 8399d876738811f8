"""``--seed N`` draws other cases, the same for each N; a failure tells how to draw them again."""

import re

import pytest
import torch

from .modules import draw
from .opinfo.samples import Sample, given_by
from .replay import Replay, replay_command
from .seeds import Seed, begin
from .steps import seeded
from .test_scoreboard import run_suite

TESTS = """
import torch
from hypothesis import given, strategies as st
from parity_tests.cases import cases
from parity_tests.judge import check
from parity_tests.ops import OPS
import tinygrad_edu

@given(data=st.data())
def test_drawn(data):
    print("drew", data.draw(cases(OPS["exp"], ("f32",))).id)

def test_fails():
    check(tinygrad_edu.tensor([1.0]), torch.tensor([2.0]))
"""


def test_without_the_option_a_seed_is_itself(monkeypatch):
    monkeypatch.setattr(Seed, "number", None)
    assert [begin(n) for n in (0, 1, 2**40)] == [0, 1, 2**40]


def test_a_seed_gives_other_numbers_and_always_the_same(monkeypatch):
    drawn = {}
    for number in (None, 3, 4, 3):
        monkeypatch.setattr(Seed, "number", number)
        sample = given_by(Sample("add", "f64", "given", 0)).input.tolist()
        new = (begin(0), begin(1), draw((2,), torch.float64).tolist(), seeded(5), sample)
        assert drawn.setdefault(number, new) == new
    for first, second, third in zip(*drawn.values(), strict=True):
        assert first != second != third != first


def test_hypothesis_draws_by_the_seed(tmp_path):
    drawn = []
    for number, options in enumerate(([], ["--seed", "1"], ["--seed", "1"], ["--seed", "2"])):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = run_suite(folder, "-n", "0", "-s", *options, tests=TESTS)
        assert done.returncode == 1
        drawn.append(re.findall("drew (.*)", done.stdout))
        (command,) = {*re.findall("replay   (python .*)", done.stdout)}
        assert command.split("test_fails")[1].split() == options
    without, first, again, second = drawn
    assert len(without) >= 25
    assert without != first == again != second != without


def test_with_examples_alone_hypothesis_draws_by_a_seed_that_is_told(tmp_path):
    """Others at each run; and the same for the options that its end, and each failure, tell."""

    def run(name, *options):
        folder = tmp_path / name
        folder.mkdir()
        done = run_suite(folder, "-s", "--examples", "9", *options, tests=TESTS)
        assert done.returncode == 1
        (command,) = {*re.findall("replay   (python .*)", done.stdout)}
        (told,) = re.findall("the same cases again: (.*)", done.stdout)
        assert command.endswith(f"::test_fails {told}")
        assert re.fullmatch(r"--hypothesis-seed \d+ --examples 9", told)
        return re.findall("drew (.*)", done.stdout), told.split()[:2]

    drawn, seed = run("first", "-n", "0")
    assert len(drawn) >= 9
    assert run("again", "-n", "0", *seed) == (drawn, seed)
    assert run("by a worker", "-n", "1")[1] != seed


@pytest.mark.parametrize(
    ("case_id", "options", "ends"),
    [
        (None, ("--seed", "1", "--examples", "9"), ["--seed", "1", "--examples", "9"]),
        ("a/opinfo/f64/reseeded/3", ("--seed", "1"), ["a/opinfo/f64/reseeded/3", "--seed", "1"]),
        ("a/opinfo/f64/reseeded/3", (), ["--case", "a/opinfo/f64/reseeded/3"]),
    ],
)
def test_a_command_has_what_is_needed(monkeypatch, case_id, options, ends):
    monkeypatch.setattr(Replay, "options" if case_id else "of_tests", options)
    monkeypatch.setattr(Replay, "case_id", case_id)
    words = replay_command().split()
    assert words[:5] == ["python", "-m", "pytest", "-n", "0"]
    assert words[-len(ends) :] == ends
