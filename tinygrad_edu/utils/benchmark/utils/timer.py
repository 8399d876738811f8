"""The timer: Python's `timeit`, with as many runs as it takes, and a number of threads."""

from __future__ import annotations

import enum
import statistics
import sys
import textwrap
import timeit
from collections.abc import Callable
from typing import Any, NoReturn

from .common import Measurement, TaskSpec, set_torch_threads

timer = timeit.default_timer

#: `timeit` counts no further.
MOST_RUNS = 2**31 - 1


class Language(enum.Enum):
    """In what a statement is written."""

    PYTHON = 0
    CPP = 1


class Timer:
    """Measures how long a statement takes.

    Parameters
    ----------
    stmt, setup : str
        What is measured, and what is run before.
    global_setup : str
        For other languages than Python.
    timer : callable
        The clock, in seconds.
    globals : dict, optional
        What names in the statement stand for; ``torch`` is there anyway.
    label, sub_label, description, env : str, optional
        By which the measurement is shown.
    num_threads : int
        How many are used meanwhile.
    language : Language or str
        Python.

    Raises
    ------
    ValueError
        If `stmt` is no str, there is a `global_setup`, or no such language.
    NotImplementedError
        If the language is C++.
    """

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: Language | str = Language.PYTHON,
    ) -> None:
        if not isinstance(stmt, str):
            raise ValueError("Currently only a `str` stmt is supported.")
        if language in (Language.CPP, "cpp", "c++"):
            raise NotImplementedError("there is no compiler: only Python is measured")
        if language not in (Language.PYTHON, "py", "python"):
            raise ValueError(f"Invalid language `{language}`.")
        if global_setup:
            raise ValueError(
                f"global_setup is C++ only, got `{global_setup}`. Most likely this code can "
                "simply be moved to `setup`."
            )
        stmt, setup = _dedented(stmt), _dedented(setup)
        names = {"torch": sys.modules[__name__.partition(".")[0]], **(globals or {})}
        self._timer = timeit.Timer(stmt, setup, timer, names)
        self._task_spec = TaskSpec(
            stmt, setup, global_setup, label, sub_label, description, env, num_threads
        )

    def _timeit(self, number: int) -> float:
        return max(self._timer.timeit(number), 1e-9)

    def timeit(self, number: int = 1000000) -> Measurement:
        """Run it so many times, after a hundredth of that for warming up."""
        with set_torch_threads(self._task_spec.num_threads):
            self._timeit(max(number // 100, 2))
            return Measurement(number, [self._timeit(number)], self._task_spec)

    def repeat(self, repeat: int = -1, number: int = -1) -> None:
        """What Python's timer does, is not done here."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def autorange(self, callback: Callable[[int, float], NoReturn] | None = None) -> None:
        """What Python's timer does, is not done here."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Run it in blocks that are long enough to measure, for at least so many seconds.

        Parameters
        ----------
        callback : callable, optional
            Is given the number of runs and the time of each block.
        min_run_time : float
        """
        number = self._block(min_run_time)
        return self._blocks(number, lambda done: True, min_run_time, None, callback)

    def adaptive_autorange(
        self,
        threshold: float = 0.1,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:
        """Run it in blocks until the quartiles of their times are this near to each other."""

        def is_enough(done: Measurement) -> bool:
            return len(done.raw_times) > 3 and done.meets_confidence(threshold)

        return self._blocks(self._block(0.05), is_enough, min_run_time, max_run_time, callback)

    def _block(self, min_run_time: float) -> int:
        """How many runs make a block, beside which looking at the clock takes no time."""
        with set_torch_threads(self._task_spec.num_threads):
            overhead = statistics.median(self._timeit(0) for _ in range(5))
            number = 1
            while True:
                taken = self._timeit(number)
                if overhead / taken <= 1e-4 and taken >= min_run_time / 1000:
                    return number
                if taken > min_run_time or number * 10 > MOST_RUNS:
                    return number
                number *= 10

    def _blocks(
        self,
        number: int,
        is_enough: Callable[[Measurement], bool],
        min_run_time: float,
        max_run_time: float | None,
        callback: Callable[[int, float], Any] | None,
    ) -> Measurement:
        done = Measurement(number, [], self._task_spec)
        with set_torch_threads(self._task_spec.num_threads):
            while sum(done.raw_times) < min_run_time or not is_enough(done):
                done.raw_times.append(self._timeit(number))
                if callback is not None:
                    callback(number, done.raw_times[-1])
                if max_run_time and sum(done.raw_times) > max_run_time:
                    break
        return done


def _dedented(code: str) -> str:
    return textwrap.dedent(code).removeprefix("\n").rstrip()
