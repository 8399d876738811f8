"""`record`: everything that the engine does in a ``with`` block, written down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .recorder import Recorder
from .seams import look_on
from .traces import Trace
from .values import LARGEST


class _Now:
    recorder: Recorder | None = None


@contextmanager
def record(largest: int = LARGEST) -> Iterator[Trace]:
    """Record what the engine does inside, with ``with``.

    Recording changes no number: the engine's own functions run, and are looked at.

    Parameters
    ----------
    largest : int
        Of an array of more elements only its shape, its extremes, its mean and its norm are kept.
        (And if 20 million elements are held already, of those of more than 100.)

    Yields
    ------
    Trace
        Empty until the block ends.

    Raises
    ------
    RuntimeError
        If a recording runs already.

    Examples
    --------
    >>> with tinygrad_edu.trace.record() as trace:
    ...     loss = loss_function(model(x), y)
    ...     loss.backward()
    >>> print(trace.explain(model.weight))
    """
    if _Now.recorder is not None:
        raise RuntimeError("a trace is being recorded already: record() does not nest")
    recorder = _Now.recorder = Recorder(largest)
    trace = Trace(recorder.events, recorder.values.all, recorder.sources)
    try:
        with look_on(recorder):
            yield trace
    finally:
        _Now.recorder = None
        recorder.finish()
        trace.take(recorder)
