"""Recording some of the training steps of whatever runs, and ending it after the last of them.

A training step ends when an optimizer's does. Of those before the first that is wanted only the
loss and the size of the gradients are noted. In a loop that has no optimizer it ends when the loop
comes round, which only a recording notices: such a one begins with the first step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from ..autograd import api
from ..optim.lbfgs import LBFGS
from ..optim.optimizer import Optimizer
from .curve import Curve
from .record import begin, end
from .recorder import Recorder
from .seams import Wrapped, replaced
from .traces import Trace
from .values import LARGEST


class Enough(SystemExit):
    """Ends a script whose wanted steps have been recorded."""


class Steps:
    """Counts training steps, and records those from `first` to before `last`.

    Parameters
    ----------
    first, last : int
        Counted from 0.
    largest : int
        As in `record`.
    """

    def __init__(self, first: int, last: int, largest: int = LARGEST) -> None:
        self.first, self.last, self.largest = first, last, largest
        self.count = 0
        self.curve = Curve()
        self.trace: Trace | None = None
        self.recorder: Recorder | None = None
        self._looking = ExitStack()

    def begin_if_due(self) -> None:
        """Begin to record if the next step is the first that is wanted."""
        if self.count == self.first and self.recorder is None:
            self.recorder = begin(self.largest, self._looking, waits=True, step=self.first)
            self.recorder.rounds.came_round = self.came_round

    def end(self) -> None:
        """End the recording, if one runs."""
        if self.recorder is not None and self.trace is None:
            self.trace = end(self.recorder, self._looking)
            self.trace.curve = self.curve.named(self.recorder.modules)

    def came_round(self) -> None:
        """Count a step of a loop that has no optimizer.

        Raises
        ------
        Enough
            After the last that is wanted.
        """
        self._count()
        if self.recorder is not None:
            self.recorder.step = self.count

    def step_ended(self, optimizer: Any) -> None:
        """Count a step.

        Raises
        ------
        Enough
            After the last that is wanted.
        """
        self.curve.note_step(optimizer)
        self._count()
        self.begin_if_due()

    def _count(self) -> None:
        self.count += 1
        if self.count == self.last:
            self.end()
            raise Enough


@contextmanager
def recorded(steps: Steps) -> Iterator[None]:
    """Count and record the steps that are taken inside."""

    def counted(step: Wrapped) -> Wrapped:
        def counted_step(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = step(self, *args, **kwargs)
            steps.step_ended(self)
            return result

        return counted_step

    def with_loss(seeds: Wrapped) -> Wrapped:
        def noted_seeds(tensors: Any, *args: Any) -> Any:
            steps.curve.note_loss(tensors[0].array if len(tensors) else None)
            return seeds(tensors, *args)

        return noted_seeds

    with ExitStack() as stack:
        for owner in (Optimizer, LBFGS):
            stack.enter_context(replaced(owner, "step", counted(owner.__dict__["step"])))
        stack.enter_context(replaced(api, "_seeds", with_loss(api._seeds)))
        steps.begin_if_due()
        try:
            yield
        finally:
            steps.end()
