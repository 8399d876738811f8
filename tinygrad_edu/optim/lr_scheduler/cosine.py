"""Schedules along a cosine: slow at first, then faster, and slow again at the end.

References
----------
.. [1] I. Loshchilov and F. Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR
   2017, equation 5.
"""

from __future__ import annotations

import math

from ..optimizer import Optimizer
from .base import LearningRates, LRScheduler


class CosineAnnealingLR(LRScheduler):
    """Half a cosine from the initial rate to `eta_min`, and back, and so on.

    ``lr_t = eta_min + (lr_0 - eta_min) (1 + cos(pi t / T_max)) / 2``, as a recursion: the distance
    from `eta_min` is multiplied by the ratio of two such terms.

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    T_max : int
        Epochs from the largest rate to the smallest.
    eta_min : float
        The smallest rate.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _next_lr(self) -> LearningRates:
        if self._is_initial:
            return self._current_lr()
        groups = self.optimizer.param_groups
        if self._step_count == 1 and self.last_epoch > 0:
            angle = self.last_epoch * math.pi / self.T_max
            return [half_wave(lr, self.eta_min, angle) for lr in self.base_lrs]
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:
            # The epoch before was at the lowest point, from which no factor leads away.
            rise = 1 - math.cos(math.pi / self.T_max)
            return [
                group["lr"] + (lr - self.eta_min) * rise / 2
                for lr, group in zip(self.base_lrs, groups, strict=True)
            ]
        height = 1 + math.cos(math.pi * self.last_epoch / self.T_max)
        height_before = 1 + math.cos(math.pi * (self.last_epoch - 1) / self.T_max)
        return [
            height / height_before * (group["lr"] - self.eta_min) + self.eta_min for group in groups
        ]

    def _get_closed_form_lr(self) -> LearningRates:
        angle = math.pi * self.last_epoch / self.T_max
        return [half_wave(lr, self.eta_min, angle) for lr in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine from the initial rate to `eta_min`, again and again from the start.

    ``lr = eta_min + (lr_0 - eta_min) (1 + cos(pi T_cur / T_i)) / 2``, where ``T_cur`` counts the
    epochs since the last restart and ``T_i`` is the length of the cycle.

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    T_0 : int
        Epochs of the first cycle, positive.
    T_mult : int
        How many times as long each cycle is as the one before; at least 1.
    eta_min : float
        The smallest rate.

    Raises
    ------
    ValueError
        If a number is out of its range or no int.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(
                f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}"
            )
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def _next_lr(self) -> LearningRates:
        angle = math.pi * self.T_cur / self.T_i
        return [half_wave(lr, self.eta_min, angle) for lr in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go to the next epoch, or to `epoch`, and set its learning rates.

        Parameters
        ----------
        epoch : float, optional
            Not negative. A fraction, as in ``epoch + batch / batches``, sets the rates of a batch.
        """
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            self._find_cycle(epoch)
        self.last_epoch = math.floor(epoch)
        self._set_lr(self._within_step(self.get_lr))

    def _find_cycle(self, epoch: float) -> None:
        """Set `T_i` and `T_cur` to those of any epoch."""
        if epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        if epoch < self.T_0:
            self.T_i = self.T_0
            self.T_cur = epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:  # n cycles take T_0 (1 + T_mult + T_mult^2 + ...) = T_0 (T_mult^n - 1) / (T_mult - 1)
            n = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**n - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**n


def half_wave(lr: float, eta_min: float, angle: float) -> float:
    """From `lr` at angle 0 to `eta_min` at pi."""
    return eta_min + (lr - eta_min) * (1 + math.cos(angle)) / 2
