"""CyclicLR: up and down along straight lines.

References
----------
.. [1] L. N. Smith, "Cyclical learning rates for training neural networks", WACV 2017, section 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .base import LearningRates, LRScheduler, check_optimizer, one_for_each_group, set_value
from .function import attributes
from .momentum import begin_cycle, has_betas, set_momentum

MODES = ("triangular", "triangular2", "exp_range")


class CyclicLR(LRScheduler):
    """Go from `base_lr` to `max_lr` and back, again and again; `step` is called after each batch.

    With ``x`` from 0 to 1 and back in each cycle, ``lr = base_lr + (max_lr - base_lr) x scale``.
    The scale of cycle ``c`` = 1, 2, ... (or of iteration ``i``) is 1 for "triangular",
    ``1 / 2^(c - 1)`` for "triangular2", ``gamma^i`` for "exp_range".

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    base_lr, max_lr : float or list of float
        For all groups, or one for each.
    step_size_up, step_size_down : int
        Iterations from the smallest to the largest rate, and back (by default as many).
    mode : {"triangular", "triangular2", "exp_range"}
    gamma : float
    scale_fn : callable, optional
        Used in place of the scale that `mode` gives.
    scale_mode : {"cycle", "iterations"}
        Of what `scale_fn` is a function.
    cycle_momentum : bool
        Let momentum, or the first of the betas, go from `max_momentum` to `base_momentum` and back.
    base_momentum, max_momentum : float or list of float

    Raises
    ------
    TypeError
        If `optimizer` is none.
    ValueError
        If there is no such mode, lists are of another length than there are groups, or the
        optimizer has no momentum to cycle.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: float = 2000,
        step_size_down: float | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        base_lrs = one_for_each_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, base_lrs, strict=True):
                set_value(group, "lr", lr)
        self.max_lrs = one_for_each_group("max_lr", optimizer, max_lr)

        step_size_up = float(step_size_up)
        step_size_down = step_size_up if step_size_down is None else float(step_size_down)
        self.total_size = step_size_up + step_size_down
        self.step_ratio = step_size_up / self.total_size
        if mode not in MODES and scale_fn is None:
            raise ValueError(f"mode is invalid and scale_fn is None: {mode!r} is none of {MODES}")
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode
        if scale_fn is None:
            self.scale_mode = "iterations" if mode == "exp_range" else "cycle"

        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = has_betas(optimizer)
            self.base_momentums, self.max_momentums = begin_cycle(
                optimizer, base_momentum, max_momentum, last_epoch
            )
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The scale of a cycle, or of an iteration; `scale_mode` says of which."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular2":
            return float(1 / 2.0 ** (x - 1))
        return self.gamma**x if self.mode == "exp_range" else 1.0

    def _next_lr(self) -> LearningRates:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        if x <= self.step_ratio:
            height = x / self.step_ratio
        else:
            height = (x - 1) / (self.step_ratio - 1)

        def scale() -> float:
            return self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)

        rates = [
            base + (largest - base) * height * scale()
            for base, largest in zip(self.base_lrs, self.max_lrs, strict=True)
        ]
        if self.cycle_momentum:
            momentums = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (base, largest) in zip(self.optimizer.param_groups, momentums, strict=True):
                set_momentum(group, largest - (largest - base) * height * scale())
        return rates

    def state_dict(self) -> dict[str, Any]:
        """As in `LRScheduler`; of `scale_fn` nothing, or, of an object, its attributes."""
        custom = self._scale_fn_custom
        saved = None if custom is None else attributes(custom)
        return self._state_with("_scale_fn_custom", saved)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As in `LRScheduler`; `scale_fn` stays, with the attributes that were saved of it."""
        saved = state_dict["_scale_fn_custom"]
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_scale_fn_custom"})
        if saved is not None:
            self._scale_fn_custom.__dict__.update(saved)
