"""Schedules made of schedules: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, set_value, values_of
from .plateau import ReduceLROnPlateau


class CombinedLR(LRScheduler):
    """A schedule that consists of others, for the same optimizer."""

    _schedulers: Sequence[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        """As in `LRScheduler`, with the states of all schedulers."""
        states = [scheduler.state_dict() for scheduler in self._schedulers]
        return self._state_with("_schedulers", states)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As in `LRScheduler`, of all schedulers."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_schedulers"})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)

    def _check(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer) -> None:
        """Raise unless all can be stepped together."""
        name = type(self).__name__
        for number, scheduler in enumerate(schedulers):
            kind = type(scheduler).__name__
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(
                    f"{name} at index {number} should have `optimizer` as its attribute, but got "
                    f"{kind}"
                )
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name} does not support `ReduceLROnPlateau`, whose `step` needs a metric; "
                    f"there is one at index {number}"
                )
            if scheduler.optimizer != optimizer:
                raise ValueError(
                    f"{name} expects all schedulers to belong to the same optimizer, but {kind} at "
                    f"index {number} has another {type(scheduler.optimizer).__name__}"
                )


class SequentialLR(CombinedLR):
    """One schedule after the other; each begins anew at its milestone.

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    schedulers : list of LRScheduler
        For this optimizer. What they have set so far is undone.
    milestones : list of int
        The epochs at which the second, third, ... begin.

    Raises
    ------
    ValueError
        If there are no schedulers, or not one more of them than milestones; if one is for another
        optimizer, or a `ReduceLROnPlateau`.
    TypeError
        If one is no scheduler.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        if len(schedulers) < 1:
            raise ValueError(f"{type(self).__name__} expects at least one scheduler, but got none")
        self._check(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"expected one milestone less than schedulers, but got {len(milestones)} "
                f"milestones for {len(schedulers)} schedulers"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            set_value(group, "lr", group["initial_lr"])
        undo_first_step(self)
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Go to the next epoch, and set its learning rates."""
        self.last_epoch += 1
        number = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[number]
        if number > 0 and self._milestones[number - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(CombinedLR):
    """All schedules at once: each goes on from the rates that the one before has set.

    Parameters
    ----------
    schedulers : sequence of LRScheduler
    optimizer : Optimizer, optional
        That of the schedulers.

    Raises
    ------
    ValueError
        If there are no schedulers; if one is for another optimizer, or a `ReduceLROnPlateau`.
    TypeError
        If one is no scheduler.
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        if len(schedulers) < 1:
            raise ValueError(f"{type(self).__name__} expects at least one scheduler, but got none")
        optimizer = optimizer or schedulers[0].optimizer
        self._check(schedulers, optimizer)
        self._schedulers = schedulers
        self.optimizer = optimizer
        self._last_lr = values_of(optimizer, "lr")

    def step(self) -> None:  # type: ignore[override]
        """Step all schedulers, one after the other."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._current_lr()


def undo_first_step(scheduler: LRScheduler) -> None:
    """Let every scheduler in it be one epoch back, before the first."""
    if isinstance(scheduler, CombinedLR):
        for part in scheduler._schedulers:
            undo_first_step(part)
    else:
        scheduler.last_epoch -= 1
