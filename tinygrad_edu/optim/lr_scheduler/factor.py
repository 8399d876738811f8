"""Schedules that multiply the learning rate by a factor, from time to time or each time."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

from ..optimizer import Optimizer
from .base import LearningRates, LRScheduler


class StepLR(LRScheduler):
    """Multiply by `gamma` every `step_size` epochs: ``lr_t = gamma^floor(t / step_size) lr_0``.

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    step_size : int
    gamma : float
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next_lr(self) -> LearningRates:
        if self.last_epoch == 0 or self.last_epoch % self.step_size != 0:
            return self._current_lr()
        return self._scaled_lr(self.gamma)

    def _get_closed_form_lr(self) -> LearningRates:
        return [lr * self.gamma ** (self.last_epoch // self.step_size) for lr in self.base_lrs]


class MultiStepLR(LRScheduler):
    """Multiply by `gamma` at each of the `milestones`; at one given twice, by its square.

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    milestones : iterable of int
        Epochs.
    gamma : float
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next_lr(self) -> LearningRates:
        if self.last_epoch not in self.milestones:
            return self._current_lr()
        return self._scaled_lr(self.gamma ** self.milestones[self.last_epoch])

    def _get_closed_form_lr(self) -> LearningRates:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [lr * self.gamma**passed for lr in self.base_lrs]


class ExponentialLR(LRScheduler):
    """Multiply by `gamma` each time: ``lr_t = gamma^t lr_0``.

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    gamma : float
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next_lr(self) -> LearningRates:
        return self._current_lr() if self._is_initial else self._scaled_lr(self.gamma)

    def _get_closed_form_lr(self) -> LearningRates:
        return [lr * self.gamma**self.last_epoch for lr in self.base_lrs]


class ConstantLR(LRScheduler):
    """A smaller rate for the first epochs: ``factor lr_0`` before epoch `total_iters`.

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    factor : float
        In [0, 1].
    total_iters : int

    Raises
    ------
    ValueError
        If `factor` is out of its range.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if factor > 1.0 or factor < 0:
            raise ValueError(f"factor must be between 0 and 1, but got {factor}")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _next_lr(self) -> LearningRates:
        if self.last_epoch == 0:
            return self._scaled_lr(self.factor)
        if self.last_epoch != self.total_iters:
            return self._current_lr()
        return self._scaled_lr(1.0 / self.factor)

    def _get_closed_form_lr(self) -> LearningRates:
        is_over = self.last_epoch >= self.total_iters
        return [lr * (self.factor + is_over * (1 - self.factor)) for lr in self.base_lrs]


class LinearLR(LRScheduler):
    """A factor that goes from `start_factor` to `end_factor` along a line, and stays there.

    ``lr_t = (s + (e - s) min(t, n) / n) lr_0``, with ``n`` for `total_iters`. Good to warm up.

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    start_factor : float
        ``s``, above 0 and at most 1.
    end_factor : float
        ``e``, in [0, 1].
    total_iters : int

    Raises
    ------
    ValueError
        If a factor is out of its range.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if start_factor > 1.0 or start_factor <= 0:
            raise ValueError(
                f"start_factor must be greater than 0 and at most 1, but got {start_factor}"
            )
        if end_factor > 1.0 or end_factor < 0:
            raise ValueError(f"end_factor must be between 0 and 1, but got {end_factor}")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _next_lr(self) -> LearningRates:
        if self.last_epoch == 0:
            return self._scaled_lr(self.start_factor)
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._current_lr()
        # From factor f to f + rise / n is a factor of 1 + rise / (n f); n f = n s + (t - 1) rise.
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return self._scaled_lr(1.0 + rise / before)

    def _get_closed_form_lr(self) -> LearningRates:
        rise = self.end_factor - self.start_factor
        passed = min(self.total_iters, self.last_epoch)
        factor = self.start_factor + rise * passed / self.total_iters
        return [lr * factor for lr in self.base_lrs]


class PolynomialLR(LRScheduler):
    """A factor that goes to 0 like a power: ``lr_t = (1 - min(t, n) / n)^power lr_0``.

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    total_iters : int
        ``n``.
    power : float
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _next_lr(self) -> LearningRates:
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._current_lr()
        left = 1.0 - self.last_epoch / self.total_iters
        left_before = 1.0 - (self.last_epoch - 1) / self.total_iters
        return self._scaled_lr((left / left_before) ** self.power)

    def _get_closed_form_lr(self) -> LearningRates:
        passed = min(self.total_iters, self.last_epoch) / self.total_iters
        return [lr * (1.0 - passed) ** self.power for lr in self.base_lrs]
