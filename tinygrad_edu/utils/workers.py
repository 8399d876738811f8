"""What PyTorch's worker processes do, done in this one: the same batches from the same numbers.

Worker `i` of `n` fetches batches i, i + n, i + 2n ... and draws random numbers from a stream of its
own. Batches come in order, so that two things alone tell workers from none: which stream a data set
draws from, and that the indices of some batches are drawn before the first is asked for.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..random import Generator, default_generator


def fetched_ahead(
    fetch: Callable[[Any], Any], order: Iterator[Any], streams: Sequence[Generator], ahead: int
) -> Iterator[Any]:
    """The batches of a pass with workers; the first indices are drawn at once.

    Parameters
    ----------
    fetch : callable
        Makes a batch of indices; it ends the pass by StopIteration.
    order : iterator
        The indices of each batch.
    streams : sequence of Generator
        The workers'.
    ahead : int
        Of how many batches the indices are drawn ahead.
    """
    return in_turn(fetch, order, streams, deque(itertools.islice(order, ahead)))


def in_turn(
    fetch: Callable[[Any], Any],
    order: Iterator[Any],
    streams: Sequence[Generator],
    waiting: deque[Any],
) -> Iterator[Any]:
    """The batches of the indices in `waiting`, which is filled up with one of `order` each time."""
    for stream in itertools.cycle(streams):
        if not waiting:
            return
        try:
            with drawing_from(stream):
                batch = fetch(waiting.popleft())
        except StopIteration:
            return
        waiting.extend(itertools.islice(order, 1))
        yield batch


@contextmanager
def drawing_from(stream: Generator) -> Iterator[None]:
    """Let the default generator draw what `stream` would, which is then as far as it came."""
    kept = default_generator.get_state()
    default_generator.set_state(stream.get_state())
    try:
        yield
    finally:
        stream.set_state(default_generator.get_state())
        default_generator.set_state(kept)
