"""Timing that survives a noisy machine: everything interleaved, ratios taken round by round.

A machine's speed drifts, so two times measured a minute apart cannot be compared. Here every
round runs each contestant for a short block, one after the other; a ratio is taken within a round,
where both saw the same machine, and the median over the rounds is what is reported, with the
quartiles for its spread. Every other round goes the other way round, and a block begins when the
threads of the one before are at rest, so that nobody profits from a neighbour.
"""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol


class Contestant(NamedTuple):
    """One way to do the job.

    Attributes
    ----------
    name : str
    seconds : callable
        Does the job so many times, and returns how long one took: see `timed`.
    prepare : callable
        Called, untimed, before each block, to set what belongs to the process (thread counts).
    """

    name: str
    seconds: Callable[[int], float]
    prepare: Callable[[], object] = lambda: None


class Effort(NamedTuple):
    """How long to measure a thing.

    Attributes
    ----------
    rounds : int
        How often all contestants take their turn; one is enough to see that it works.
    block_seconds : float
        How long a turn is, and one run at least.
    """

    rounds: int
    block_seconds: float


class Spread(NamedTuple):
    """The median of some numbers, and the quartiles on both sides of it."""

    low: float
    median: float
    high: float


def spread(values: list[float]) -> Spread:
    """The quartiles of `values`."""
    if len(values) == 1:
        return Spread(*values * 3)
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(low, median, high)


def interleave(
    contestants: list[Contestant], rounds: int, block_seconds: float, warm_up: int = 10
) -> dict[str, list[float]]:
    """Seconds for one run of each contestant, once for each round.

    Parameters
    ----------
    contestants : list of Contestant
    rounds : int
    block_seconds : float
        How long each contestant runs in a round, at least once; 0 is once.
    warm_up : int
        How many runs come first; 0 only if `block_seconds` is.

    Returns
    -------
    dict of str to list of float
    """
    counts = {}
    for name, seconds_of, prepare in contestants:
        prepare()
        if warm_up:
            seconds_of(warm_up)
        counts[name] = max(1, round(block_seconds / seconds_of(warm_up))) if block_seconds else 1
    seconds: dict[str, list[float]] = {c.name: [] for c in contestants}
    for number in range(rounds):
        for name, seconds_of, prepare in contestants[:: -1 if number % 2 else 1]:
            prepare()
            seconds[name].append(seconds_of(counts[name]))
    return seconds


def timed(run: Callable[[], object]) -> Callable[[int], float]:
    """What `Contestant` needs, for a job that is done in this process."""
    return functools.partial(block, run)


def block(run: Callable[[], object], count: int) -> float:
    """Seconds that one of `count` runs took."""
    start = time.perf_counter()
    for _ in range(count):
        run()
    return (time.perf_counter() - start) / count


def rest(at_most: float = 1.0, pause: float = 0.002) -> None:
    """Wait until no thread of this process works any more, so that its cores are free for others.

    The threads of matrix products wait for the next one in a loop: OpenBLAS's for 25 ms.

    Parameters
    ----------
    at_most : float
        For how many seconds.
    pause : float
        That they are at rest is seen from a pause of so many seconds, of which they worked less
        than a quarter.
    """
    for _ in range(round(at_most / pause)):
        before = time.process_time()
        time.sleep(pause)
        if time.process_time() - before < pause / 4:
            return


class Event(Protocol):
    """A point in a device's work at which it notes the time, as `torch.cuda.Event` does."""

    def record(self) -> None:
        """Let the device note the time when it has done what it was given before."""

    def synchronize(self) -> None:
        """Wait until it has."""

    def elapsed_time(self, end_event: Any) -> float:
        """Milliseconds between the two notes."""


def block_on_device(run: Callable[[], object], event: Callable[[], Event], count: int) -> float:
    """Seconds that one of `count` runs took, by a device's own clock.

    A device works on while Python has already gone on; only its own notes tell when it was done.
    """
    start, end = event(), event()
    start.record()
    for _ in range(count):
        run()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / 1e3 / count


def ratios(seconds: dict[str, list[float]], name: str, reference: str) -> Spread:
    """How many times as long `name` took as `reference`, from the ratio of each round."""
    pairs = zip(seconds[name], seconds[reference], strict=True)
    return spread([a / b for a, b in pairs])
