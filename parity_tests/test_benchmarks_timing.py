"""Contestants take turns fairly: in both orders, and each when the one before is at rest."""

from __future__ import annotations

import json
import signal
import sys
from types import SimpleNamespace

import pytest

import tinygrad_edu
from benchmarks import timing, train, workers
from benchmarks.commands import first_warm
from benchmarks.record import Record
from benchmarks.timing import Contestant, Effort, interleave, spread
from benchmarks.training import COURSE
from benchmarks.workers import OURS, TORCH, Worker


def test_every_other_round_goes_the_other_way_round():
    turns = []

    def contestant(name):
        return Contestant(name, lambda count: turns.append(name) or 1.0)

    seconds = interleave([contestant(name) for name in "abc"], 3, 0, warm_up=1)
    assert "".join(turns) == "abc" + "abc" + "cba" + "abc"  # the first is the warm-up
    assert seconds == {name: [1.0] * 3 for name in "abc"}


def test_a_single_round_of_a_command_is_not_warmed_up_and_has_no_spread():
    counts = []
    it = Contestant("it", lambda count: counts.append(count) or 2.0)
    (seconds,) = first_warm([it], Effort(1, 0)).values()
    assert (counts, spread(seconds)) == ([1], (2.0, 2.0, 2.0))
    first_warm([it], Effort(2, 0))
    assert counts == [1, 1, 1, 1]  # of these the second is the first run of two rounds


@pytest.mark.parametrize(
    ("worked", "pauses"),
    [
        ([0.0], 1),
        ([2e-3, 1.9e-3, 1e-3, 4e-4, 9e-3], 4),  # until they worked less than a quarter of a pause
        ([2e-3] * 20, 10),  # what never rests is waited for for a while only
    ],
)
def test_rest_is_waited_for(monkeypatch, worked, pauses):
    clock, slept = [0.0], []

    def sleep(seconds):
        clock.append(clock[-1] + worked[len(slept)])
        slept.append(seconds)

    fake = SimpleNamespace(process_time=lambda: clock[-1], sleep=sleep)
    monkeypatch.setattr(timing, "time", fake)
    timing.rest(at_most=0.02, pause=0.002)
    assert slept == [0.002] * pauses


def test_behind_what_was_timed_a_worker_rests(monkeypatch, capsys):
    rests = []
    monkeypatch.setattr(workers, "rest", lambda: rests.append("rest"))
    job = {"module": "benchmarks.training", "job": "step_by_hand", "arguments": []}
    monkeypatch.setattr(sys, "stdin", map(json.dumps, [job, {"time": 2}]))
    workers.serve(tinygrad_edu)
    prepared, seconds = map(json.loads, capsys.readouterr().out.splitlines())
    assert prepared == 0 < seconds and rests == ["rest"]


def test_pytorchs_defaults_are_those_of_its_number_of_threads(monkeypatch):
    record = Record({})
    times = {name: [1.0, 1.0] for name in (OURS, *train.AT, train.NUMPY)}
    rows = [record.add("train", COURSE, threads, times) for threads in (1, 2, 8)]
    at_defaults = f"{COURSE}: at most 0.22x {TORCH} at its defaults, threads "
    for default, said in ((8, ["8"]), (2, ["2"]), (4, [])):
        monkeypatch.setattr(train, "default_threads", lambda n=default: n)
        texts = [target.text for target in train.course_targets(rows)]
        found = [text.removeprefix(at_defaults) for text in texts if text.startswith(at_defaults)]
        assert found == said


def test_a_worker_that_has_ended_says_so_and_one_in_the_middle_is_not_waited_for():
    with pytest.raises(RuntimeError, match="exit code -9"), Worker("time", 1) as worker:
        worker.process.kill()
        worker.process.wait()
        worker.value()
    with pytest.raises(KeyboardInterrupt), Worker("time", 1) as busy:
        busy.process.send_signal(signal.SIGINT)  # as Ctrl-C sends it to all
        busy.process.stdin.write('{"module": "parity_tests.test_benchmarks_timing", ')
        busy.process.stdin.write('"job": "run_for_an_hour", "arguments": []}\n')
        busy.process.stdin.flush()
        raise KeyboardInterrupt
    assert busy.process.returncode in (-signal.SIGKILL, -signal.SIGINT)


def run_for_an_hour(library):
    """What a worker is asked for that is not waited for."""
    library.sleep(3600)
