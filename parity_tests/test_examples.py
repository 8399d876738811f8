"""Tests that draw their cases get as many as they want, the same each time; faults get simple."""

import inspect
import re

import pytest
from hypothesis import assume
from hypothesis import strategies as st

from .examples import drawn
from .seeds import Seed
from .test_scoreboard import run_suite

NUMBERS = st.integers(0, 999)


def seen(count=None, **parameters):
    """The numbers that a test draws."""
    numbers = []

    @drawn(count)
    def test(data, **_):
        numbers.append(data.draw(NUMBERS))

    test(**parameters)
    return numbers


def test_the_first_is_the_simplest_and_there_are_as_many_as_were_asked_for():
    numbers = seen(200)
    assert len(numbers) == 200
    assert numbers[0] == 0
    assert min(numbers) < 50 and max(numbers) > 950
    assert len({*numbers}) > 150


def test_without_a_count_there_are_as_many_as_for_hypothesis(request):
    assert len(seen()) == (request.config.getoption("--examples") or 25)


def test_they_depend_on_the_test_and_the_seed_alone(monkeypatch):
    drawn_by = {}
    for name, seed in (("one", ""), ("two", ""), ("one", "3"), ("one", "4"), ("one", "")):
        monkeypatch.setenv("PYTEST_CURRENT_TEST", f"{name} (call)")
        monkeypatch.setattr(Seed, "drawn", seed)
        numbers = seen(20)
        assert drawn_by.setdefault((name, seed), numbers) == numbers
    assert len({*map(tuple, drawn_by.values())}) == 4


def test_arguments_are_passed_on_and_data_is_none_of_them():
    given = []

    @drawn(2)
    def test(row, dtype, data):
        """Its words."""
        given.append((row, dtype, data.draw(st.just(3))))

    assert [*inspect.signature(test).parameters] == ["row", "dtype"]
    assert test.__doc__ == "Its words."
    test(row="add", dtype="f64")
    assert given == [("add", "f64", 3)] * 2


def test_what_fails_is_made_as_simple_as_it_can_be():
    @drawn(50)
    def test(data):
        numbers = data.draw(st.lists(NUMBERS, max_size=5))
        assert sum(numbers) < 100, numbers

    with pytest.raises(AssertionError, match=re.escape("[100]")) as raised:
        test()
    assert "Draw 1: [100]" in "\n".join(raised.value.__notes__)


def test_a_fault_that_is_gone_when_it_is_looked_for_is_told_all_the_same():
    calls = []

    @drawn(5)
    def test(data):
        calls.append(data.draw(NUMBERS))
        assert len(calls) != 3, "the third"

    with pytest.raises(AssertionError, match="the third"):
        test()


def test_what_is_assumed_is_not_counted():
    numbers = []

    @drawn(20)
    def test(data):
        number = data.draw(NUMBERS)
        assume(number % 2)
        numbers.append(number)

    test()
    assert len(numbers) == 20
    assert all(number % 2 for number in numbers)


def test_to_see_none_at_all_is_a_failure():
    @drawn(3)
    def test(data):
        assume(data.draw(NUMBERS) > 2000)

    with pytest.raises(AssertionError, match="no example could be drawn"):
        test()


def test_a_test_may_be_left_out():
    @drawn(3)
    def test(data):
        pytest.skip("for a reason")

    with pytest.raises(pytest.skip.Exception, match="for a reason"):
        test()


TESTS = """
from hypothesis import strategies as st
from parity_tests.examples import drawn

@drawn()
def test_numbers(data):
    print("drew", data.draw(st.integers(0, 999)))
"""


def test_options_of_the_suite_choose_them(tmp_path):
    found = []
    for number, options in enumerate(([], ["--seed", "1"], ["--seed", "1", "--examples", "3"])):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = run_suite(folder, "-n", "0", "-s", *options, tests=TESTS)
        assert done.returncode == 0, done.stdout
        found.append(re.findall(r"drew (\d+)", done.stdout))
    without, first, few = found
    assert len(without) == len(first) == 25
    assert without != first
    assert few == first[:3]
