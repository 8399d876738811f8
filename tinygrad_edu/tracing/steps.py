"""Recording some of the training steps of whatever runs, and ending it after the last of them.

A training step ends when an optimizer's does. Of those before the first that is wanted only the
loss and the size of the gradients are noted. In a loop that has no optimizer it ends when the loop
comes round, which only a recording notices: such a one begins with the first step.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from ..autograd import api
from ..optim.optimizer import register_optimizer_step_post_hook
from .curve import Curve
from .record import begin, end
from .recorder import Recorder
from .seams import Wrapped, replaced
from .traces import Trace
from .values import LARGEST


class Enough(SystemExit):
    """Ends a script whose wanted steps have been recorded."""


class Steps:
    """Counts training steps, and records those from `first` to before `stop`.

    Parameters
    ----------
    first, stop : int
        Counted from 0.
    largest : int
        As in `record`.
    until : int
        Up to which step the run goes on behind them, only for the curve; if that is more than
        `stop`, and if an optimizer's steps are counted.
    """

    def __init__(self, first: int, stop: int, largest: int = LARGEST, until: int = 0) -> None:
        self.first, self.stop, self.largest = first, stop, largest
        self.until = max(until, stop)
        self.count = 0
        self.curve = Curve()
        self.trace: Trace | None = None
        self.recorder: Recorder | None = None
        self._looking = ExitStack()  # at the end of each step; while a recorder runs, that does

    def begin(self) -> None:
        """Begin to count, or to record if the first step is wanted."""
        self._look_on()
        self._begin_if_due()

    def _look_on(self) -> None:
        """Count steps that are not recorded."""
        self._looking.enter_context(register_optimizer_step_post_hook(self._step_ended))
        self._looking.enter_context(replaced(api, "_seeds", self._with_loss(api._seeds)))

    def _begin_if_due(self) -> None:
        """Begin to record if the next step is the first that is wanted."""
        if self.count == self.first and self.recorder is None:
            self._looking.close()
            recorder = self.recorder = begin(
                self.largest, self._looking, skips_preparation=True, step=self.first,
                curve=self.curve,
            )  # fmt: skip
            recorder.rounds.came_round = functools.partial(self._came_round, recorder)
            recorder.rounds.by_hand = self.count == 0  # an optimizer's steps were counted
            recorder.stepped = functools.partial(self._count, self.until)

    def end(self) -> None:
        """End the recording, if one runs, and the counting."""
        if self.recorder is not None and self.trace is None:
            self.trace = end(self.recorder, self._looking)
        self._looking.close()
        if self.recorder is not None and self.trace is not None:
            self.trace.curve = self.curve.named(self.recorder.modules)

    def _came_round(self, recorder: Recorder) -> None:
        """Count a step of a loop that has no optimizer."""
        self._count(self.stop)  # what comes behind it, nobody would count
        recorder.step = self.count

    def _step_ended(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """Count a step of an optimizer that is not recorded."""
        self.curve.note_step(optimizer)
        self._count(self.until)
        self._begin_if_due()

    def _with_loss(self, seeds: Wrapped) -> Wrapped:
        """What notes at which loss a backward pass begins."""

        def noted_seeds(tensors: Any, *args: Any) -> Any:
            self.curve.note_loss(tensors[0].array if len(tensors) else None)
            return seeds(tensors, *args)

        return noted_seeds

    def _count(self, until: int) -> None:
        """A step has ended.

        Raises
        ------
        Enough
            After the last that is wanted.
        """
        self.count += 1
        if self.count == self.stop:
            self.end()
            self._look_on()
        if self.count == until:
            self.end()
            raise Enough


@contextmanager
def recorded(steps: Steps) -> Iterator[None]:
    """Count and record the steps that are taken inside."""
    steps.begin()
    try:
        yield
    finally:
        steps.end()
