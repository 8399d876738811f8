"""``utils.benchmark``: what a timer runs and says; the times themselves are given or differ."""

from __future__ import annotations

import importlib
import itertools
import re
import timeit
from types import SimpleNamespace
from typing import Any

import pytest

from .both import BOTH, both, both_raise


def benchmark(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.utils.benchmark")


def ticking(step: float) -> Any:
    """A clock that goes on by so much each time that somebody looks."""
    times = itertools.count()
    return lambda: next(times) * step


def told(measurement: Any) -> str:
    return re.sub(r"object at 0x\w+", "object", repr(measurement))


TASKS = [
    {}, {"label": "A label"}, {"label": "A label", "sub_label": "and more"}, {"sub_label": "more"},
    {"stmt": "a = 1\nb = 2"}, {"stmt": "a = 1\nb = 2", "sub_label": "more"}, {"setup": "c = 3"},
    {"setup": "c = 3\nd = 4", "description": "what for"}, {"num_threads": 2},
]  # fmt: skip
TIMES = [
    [1.0], [0.5, 0.25], [1e-3, 2e-3, 3e-3], [1e-5] * 4, [1e-5, 1.01e-5, 1.02e-5, 1.1e-5],
    [1e-5, 1.1e-5, 1.2e-5, 1.3e-5, 1.31e-5], [1e-7, 2e-7, 3e-7, 9e-7], [3e3, 3.1e3, 3e3, 3e3, 3e3],
]  # fmt: skip


@pytest.mark.parametrize("times", TIMES, ids=str)
@pytest.mark.parametrize("task", TASKS, ids=str)
def test_what_a_measurement_says(task: dict[str, Any], times: list[float]) -> None:
    def run(lib: Any) -> Any:
        module = benchmark(lib)
        spec = module.TaskSpec(**{"stmt": "x + 1", "setup": "pass", **task})
        made = module.Measurement(10, [t * 10 for t in times], spec)
        numbers = [made.median, made.mean, made.iqr, *made.times]
        rounded = [f"{x:.6g}" for x in numbers]
        rest = [made.title, made.stmt, made.label, made.num_threads, made.as_row_name]
        checked = [made.has_warnings, made.meets_confidence(), made.meets_confidence(0.5)]
        figures = made.significant_figures if len(times) > 3 else None
        return [told(made), rounded, rest, checked, figures, spec.summarize()]

    both(run)


def test_merging() -> None:
    def run(lib: Any) -> Any:
        module = benchmark(lib)
        tasks = [module.TaskSpec(stmt, "pass") for stmt in ("a", "b", "a")]
        made = [module.Measurement(2, [1.0 * i + 1, 3.0], task) for i, task in enumerate(tasks)]
        return [(told(m), m.times) for m in module.Measurement.merge(made)]

    both(run)


def test_what_a_timer_runs() -> None:
    def run(lib: Any) -> Any:
        module, ran = benchmark(lib), []
        clock = module.Timer("ran.append(n)", "n = 3", timer=ticking(0.5), globals={"ran": ran})
        once = clock.timeit(300)
        return [ran == [3] * 303, told(once)]

    both(run)


def test_how_often_a_timer_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """By this clock a block takes as long however long it is, so that it grows to a billion runs.

    `timeit` is kept from doing them: it repeats nothing.
    """

    def run(lib: Any) -> Any:
        module, asked = benchmark(lib), []
        repeat = SimpleNamespace(repeat=lambda _, number: asked.append(number) or ())
        monkeypatch.setattr(timeit, "itertools", repeat)
        blocks: list[Any] = []
        slow = module.Timer("pass", timer=ticking(0.25), num_threads=1)
        several = slow.blocked_autorange(lambda *block: blocks.append(block), min_run_time=1.0)
        adaptive = slow.adaptive_autorange(min_run_time=0.1)
        assert several.number_per_run == 10**9 and 10**9 in asked
        return [told(several), blocks, told(adaptive), asked]

    both(run)


def test_a_true_measurement() -> None:
    """By a true clock, of a statement that needs the library by the name torch."""
    lib = BOTH[1]
    made = benchmark(lib).Timer("torch.ones(3).sum()").blocked_autorange(min_run_time=0.01)
    assert 1e-7 < made.median < 1e-2
    assert sum(made.raw_times) >= 0.01


@pytest.mark.parametrize(
    "line",
    ["Timer(3)", "Timer(global_setup='x')", "Timer(language='rust')", "Timer().repeat()",
     "Timer().autorange()", "Measurement(1, [1.0], TaskSpec('a', 'b')).nothing",
     "trim_sigfig(1.0, 1.5)"],
)  # fmt: skip
def test_errors(line: str) -> None:
    both_raise(lambda lib: eval(line, vars(benchmark(lib))), text=True)


def test_helpers() -> None:
    def run(lib: Any) -> Any:
        module = benchmark(lib)
        units = [module.select_unit(t) for t in (3e-10, 2e-8, 5e-5, 0.2, 1.0, 5000.0)]
        trimmed = [f"{module.trim_sigfig(x, 2):.5g}" for x in (123.0, 0.0456, 7.89, -5.55)]
        unique = module.ordered_unique([3, 1, 3, 2, 1])
        return units, trimmed, unique, module.unit_to_english("us"), module.Language.PYTHON.value

    both(run)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(NotImplementedError, match="only Python"):
        benchmark(BOTH[1]).Timer(language="c++")
    with pytest.raises(AttributeError, match="it could be, and is not yet"):
        benchmark(BOTH[1]).Compare  # noqa: B018
