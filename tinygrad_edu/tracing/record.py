"""`record`: everything that the engine does in a ``with`` block, written down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from .curve import Curve
from .recorder import Recorder
from .seams import look_on
from .traces import Trace
from .values import LARGEST


class _Now:
    recorder: Recorder | None = None


def begin(
    largest: int,
    stack: ExitStack,
    *,
    skips_preparation: bool = False,
    step: int = 0,
    curve: Curve | None = None,
) -> Recorder:
    """Begin to record; what undoes it is put on `stack`. The rest as in `Recorder`.

    Raises
    ------
    RuntimeError
        If a recording runs already.
    """
    if _Now.recorder is not None:
        raise RuntimeError("a trace is being recorded already: record() does not nest")
    recorder = _Now.recorder = Recorder(
        largest, skips_preparation=skips_preparation, step=step, curve=curve
    )
    stack.enter_context(look_on(recorder))
    return recorder


def end(recorder: Recorder, stack: ExitStack) -> Trace:
    """End what `begin` began, and return what was recorded."""
    stack.close()
    _Now.recorder = None
    recorder.finish()
    return Trace.of(recorder)


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
    stack = ExitStack()
    recorder = begin(largest, stack)
    trace = Trace([], [], {})
    try:
        yield trace
    finally:
        vars(trace).update(vars(end(recorder, stack)))
