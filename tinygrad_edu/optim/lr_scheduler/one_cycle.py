"""OneCycleLR: up once, and down to almost nothing.

References
----------
.. [1] L. N. Smith and N. Topin, "Super-convergence: Very fast training of neural networks using
   large learning rates", arXiv:1708.07120 (2018).
.. [2] L. N. Smith, "A disciplined approach to neural network hyper-parameters: Part 1",
   arXiv:1803.09820 (2018), section 4.3: the 1cycle policy, with three phases. The default of two
   phases and of a cosine is fastai's.
"""

from __future__ import annotations

import math
from typing import Any

from ..optimizer import Optimizer
from .base import LearningRates, LRScheduler, check_optimizer, one_for_each_group
from .momentum import begin_cycle, has_betas, set_momentum


class OneCycleLR(LRScheduler):
    """Up from ``max_lr / div_factor`` to `max_lr`, and down far below; `step` after each batch.

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    max_lr : float or list of float
        For all groups, or one for each.
    total_steps : int, optional
        Steps of the whole cycle; if not given, ``epochs * steps_per_epoch``.
    epochs, steps_per_epoch : int, optional
    pct_start : float
        Which part of the steps goes upwards, in [0, 1].
    anneal_strategy : {"cos", "linear"}
        Along half a cosine, or a straight line.
    cycle_momentum : bool
        Let momentum, or the first of the betas, go from `max_momentum` to `base_momentum` and back.
    base_momentum, max_momentum : float or list of float
    div_factor : float
        How many times smaller the first rate is than `max_lr`.
    final_div_factor : float
        How many times smaller the last rate is than the first.
    three_phase : bool
        Come down to the first rate as fast as it went up, and to the last in a third phase.

    Raises
    ------
    TypeError
        If `optimizer` is none.
    ValueError
        If the number of steps is not given or not positive, `pct_start` is no float in its range,
        there is no such strategy, lists are of another length than there are groups, the optimizer
        has no momentum to cycle, or, by `step`, if the cycle is over.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        self.total_steps = count_steps(total_steps, epochs, steps_per_epoch)
        self._schedule_phases = make_phases(self.total_steps, pct_start, three_phase)
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_func_type = anneal_strategy

        max_lrs = one_for_each_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, largest in zip(optimizer.param_groups, max_lrs, strict=True):
                group["initial_lr"] = largest / div_factor
                group["max_lr"] = largest
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = has_betas(optimizer)
            begin_cycle(optimizer, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def _next_lr(self) -> LearningRates:
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"Tried to step {step} times. The specified number of total steps is "
                f"{self.total_steps}"
            )
        start, phase = 0.0, self._schedule_phases[0]
        for following in self._schedule_phases[1:]:
            if step <= phase["end_step"]:
                break
            start, phase = phase["end_step"], following
        progress = (step - start) / (phase["end_step"] - start)

        anneal = along_cosine if self._anneal_func_type == "cos" else along_line
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(anneal(group[phase["start_lr"]], group[phase["end_lr"]], progress))
            if self.cycle_momentum:
                ends = group[phase["start_momentum"]], group[phase["end_momentum"]]
                set_momentum(group, anneal(*ends, progress))
        return rates


def count_steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    """The steps of the cycle, given in one of two ways."""
    if total_steps is not None:
        check_positive("total_steps", total_steps)
        return total_steps
    if epochs is None or steps_per_epoch is None:
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    check_positive("epochs", epochs)
    check_positive("steps_per_epoch", steps_per_epoch)
    return epochs * steps_per_epoch


def check_positive(name: str, value: int) -> None:
    """Raise unless it is a positive int."""
    if not isinstance(value, int) or value <= 0:
        raise ValueError(f"Expected positive integer {name}, but got {value}")


def make_phases(total_steps: int, pct_start: float, three_phase: bool) -> list[dict[str, Any]]:
    """For each phase the step at which it ends, and the options between which it goes."""
    up = {
        "end_step": float(pct_start * total_steps) - 1,
        "start_lr": "initial_lr",
        "end_lr": "max_lr",
        "start_momentum": "max_momentum",
        "end_momentum": "base_momentum",
    }
    down = {
        "end_step": total_steps - 1,
        "start_lr": "max_lr",
        "end_lr": "min_lr",
        "start_momentum": "base_momentum",
        "end_momentum": "max_momentum",
    }
    if not three_phase:
        return [up, down]
    back = {**down, "end_step": float(2 * pct_start * total_steps) - 2, "end_lr": "initial_lr"}
    fade = {**down, "start_lr": "initial_lr", "start_momentum": "max_momentum"}
    return [up, back, fade]


def along_cosine(start: Any, end: Any, progress: float) -> Any:
    """From `start` at 0 to `end` at 1, slow at both ends."""
    return end + (start - end) / 2.0 * (math.cos(math.pi * progress) + 1)


def along_line(start: Any, end: Any, progress: float) -> Any:
    """From `start` at 0 to `end` at 1."""
    return (end - start) * progress + start
