"""ReduceLROnPlateau: a smaller learning rate once the loss no longer falls."""

from __future__ import annotations

import math
from typing import Any, SupportsFloat

from ...advice import advised
from ..optimizer import Optimizer
from .base import LRScheduler, check_optimizer, set_value, values_of, warn_of_epoch


class ReduceLROnPlateau(LRScheduler):
    """Multiply the rates by `factor` after more than `patience` epochs without a better metric.

    Parameters
    ----------
    optimizer
        As in `LRScheduler`.
    mode : {"min", "max"}
        Whether the metric is to fall or to rise.
    factor : float
        Less than 1.
    patience : int
        How many bad epochs are borne.
    threshold : float
        By how much a metric must be better than the best so far.
    threshold_mode : {"rel", "abs"}
        Whether that is a part of the best, or added to it.
    cooldown : int
        For how many epochs after a reduction bad ones are not counted.
    min_lr : float or list of float
        The smallest rate, of all groups or one for each.
    eps : float
        Smaller reductions are not made.

    Raises
    ------
    TypeError
        If `optimizer` is none.
    ValueError
        If `factor` is not less than 1, there is no such mode, or `min_lr` has another length than
        there are groups.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: list[float] | float = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise ValueError(f"Factor should be < 1.0, but got {factor}")
        self.factor = factor
        check_optimizer(optimizer)
        self.optimizer = optimizer
        groups = len(optimizer.param_groups)
        self.default_min_lr: float | None = None
        if not isinstance(min_lr, (list, tuple)):
            self.default_min_lr = min_lr
            self.min_lrs = [min_lr] * groups
        elif len(min_lr) != groups:
            raise ValueError(f"expected {groups} min_lrs, got {len(min_lr)}")
        else:
            self.min_lrs = list(min_lr)
        if mode not in ("min", "max"):
            raise advised(ValueError(f"mode {mode} is unknown!"), "It must be 'min' or 'max'.")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f"threshold mode {threshold_mode} is unknown! It must be 'rel' or 'abs'"
            )
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.last_epoch = 0
        self._last_lr = values_of(optimizer, "lr")
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self.mode = mode
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self._reset()

    def _reset(self) -> None:
        """Forget all metrics."""
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    def step(  # type: ignore[override]
        self, metrics: SupportsFloat, epoch: int | None = None
    ) -> None:
        """Take note of an epoch's metric, and reduce the learning rates if it is time to.

        Parameters
        ----------
        metrics : float or Tensor of one element
            Usually the loss on the validation set.
        epoch : int, optional
            The epoch's number. Deprecated.
        """
        current = float(metrics)
        if epoch is not None:
            warn_of_epoch()
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(current):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self._current_lr()

    @property
    def in_cooldown(self) -> bool:
        """Whether bad epochs are not counted."""
        return self.cooldown_counter > 0

    def _is_better(self, current: float) -> bool:
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            target = self.best * (1.0 + sign * self.threshold)
        else:
            target = self.best + sign * self.threshold
        return current < target if self.mode == "min" else current > target

    def _reduce_lr(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"The number of param groups in the `optimizer` ({len(groups)}) differs from "
                    f"when `ReduceLROnPlateau` was initialized ({len(self.min_lrs)}); set "
                    "`min_lrs` to a list with one for each"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, smallest in zip(groups, self.min_lrs, strict=True):
            old: Any = float(group["lr"])
            new = max(old * self.factor, smallest)
            if old - new > self.eps:
                set_value(group, "lr", new)
