"""Averages of a model's weights over training: often better than the weights it ends with.

*Stochastic weight averaging* takes the plain mean of the weights after each epoch, while the
learning rate stays large enough to move about (`SWALR`); an *exponential moving average* forgets
the older ones.

References
----------
.. [1] P. Izmailov, D. Podoprikhin, T. Garipov, D. Vetrov and A. G. Wilson, "Averaging weights leads
   to wider optima and better generalization", UAI 2018, algorithm 1.
.. [2] B. T. Polyak and A. B. Juditsky, "Acceleration of stochastic approximation by averaging",
   SIAM J. Control Optim. 30 (1992).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from ..autograd.grad_mode import no_grad
from ..creation import tensor
from ..dtypes import int64
from ..nn.module import Module
from ..nn.normalization import _BatchNorm
from ..size import device as Device
from ..size import require_cpu
from ..tensor import Tensor
from .lr_scheduler.base import LearningRates, LRScheduler, one_for_each_group
from .optimizer import Optimizer

Average = Callable[[Tensor, Tensor, Any], Tensor]
MultiAverage = Callable[[list[Tensor], list[Tensor], Any], None]


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of those that the model has had.

    Parameters
    ----------
    model : Module
        Copied, as `module`.
    device : str or device, optional
        There is only the CPU here.
    avg_fn : callable, optional
        ``avg_fn(averaged, current, n_averaged)`` returns the new average of a parameter. By default
        the mean of all.
    multi_avg_fn : callable, optional
        ``multi_avg_fn(averaged, current, n_averaged)`` changes a list of averages in place.
    use_buffers : bool
        Average buffers as well. Otherwise they are those of the model.

    Attributes
    ----------
    n_averaged : Tensor
        How many models are in the average.

    Raises
    ------
    AssertionError
        If both functions are given.
    RuntimeError
        If `device` is not the CPU.
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: str | Device | None = None,
        avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        if device is not None:
            require_cpu(device)
        self.module = copy.deepcopy(model)
        self.register_buffer("n_averaged", tensor(0, dtype=int64))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take the parameters that `model` has now into the averages."""
        averaged = [t.detach() for t in self._tensors(self.module)]
        current = [t.detach() for t in self._tensors(model)]
        if self.n_averaged.item() == 0:
            for average, value in zip(averaged, current, strict=True):
                average.copy_(value)
        elif self.multi_avg_fn is not None:
            self.multi_avg_fn(averaged, current, self.n_averaged)
        else:
            avg_fn = self.avg_fn or get_swa_avg_fn()
            for average, value in zip(averaged, current, strict=True):
                average.copy_(avg_fn(average, value, self.n_averaged))
        if not self.use_buffers:
            for own, buffer in zip(self.module.buffers(), model.buffers(), strict=True):
                own.copy_(buffer)
        self.n_averaged.add_(1)

    def _tensors(self, model: Module) -> Iterable[Tensor]:
        return (
            chain(model.parameters(), model.buffers()) if self.use_buffers else (model.parameters())
        )


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """An `avg_fn` for the exponential moving average, ``decay a + (1 - decay) p``.

    Raises
    ------
    ValueError
        If `decay` is not in [0, 1].
    """
    check_decay(decay)

    @no_grad()
    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Average:
    """An `avg_fn` for the mean, ``a + (p - a) / (n + 1)``."""

    @no_grad()
    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        change: Tensor = (current_param - averaged_param) / (num_averaged + 1)
        return averaged_param + change

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    """A `multi_avg_fn` for the exponential moving average; see `get_ema_avg_fn`."""
    check_decay(decay)

    def ema_update(
        ema_param_list: list[Tensor], current_param_list: list[Tensor], num_averaged: Any
    ) -> None:
        move_all(ema_param_list, current_param_list, 1 - decay)

    return ema_update


def get_swa_multi_avg_fn() -> MultiAverage:
    """A `multi_avg_fn` for the mean; see `get_swa_avg_fn`."""

    def swa_update(
        averaged_param_list: list[Tensor], current_param_list: list[Tensor], num_averaged: Any
    ) -> None:
        move_all(averaged_param_list, current_param_list, float(1 / (num_averaged + 1)))

    return swa_update


@no_grad()
def move_all(averages: list[Tensor], current: list[Tensor], weight: float) -> None:
    """``a <- a + weight (p - a)`` for each pair, from the nearer end."""
    for average, value in zip(averages, current, strict=True):
        distance = value - average
        moved = average + weight * distance if weight < 0.5 else value - (1 - weight) * distance
        average.copy_(moved)


def check_decay(decay: float) -> None:
    """Raise unless it is a part of 1."""
    if decay < 0.0 or decay > 1.0:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )


class SWALR(LRScheduler):
    """From the current learning rates to `swa_lr`, which then stay.

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    swa_lr : float or list of float
        For all groups, or one for each.
    anneal_epochs : int
        How long it takes, not negative.
    anneal_strategy : {"cos", "linear"}

    Raises
    ------
    ValueError
        If `anneal_epochs` is out of its range or no int, there is no such strategy, or there are
        more or fewer rates than groups.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        rates = one_for_each_group("swa_lr", optimizer, swa_lr)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _next_lr(self) -> LearningRates:
        """``alpha swa_lr + (1 - alpha) lr_0``, in which ``lr_0`` is found from the rate before."""
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, alpha = self._progress(step - 1), self._progress(step)
        return [
            group["swa_lr"] * alpha + first_lr(group["lr"], group["swa_lr"], before) * (1 - alpha)
            for group in self.optimizer.param_groups
        ]

    def _progress(self, step: int) -> float:
        """From 0 to 1, along a line or half a cosine."""
        t = max(0, min(1, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t


def first_lr(lr: float, swa_lr: float, alpha: float) -> float:
    """The rate from which `lr` is `alpha` of the way to `swa_lr`."""
    return swa_lr if alpha == 1 else (lr - alpha * swa_lr) / (1 - alpha)


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: str | Device | None = None) -> None:
    """Measure anew, over all batches of `loader`, the means and variances of every batch norm.

    Averaged weights give other activations than those that the statistics were measured on.

    Parameters
    ----------
    loader : iterable of Tensor, or of list or tuple that begins with one
        The inputs of `model`.
    model : Module
        Its modes stay as they are.
    device : str or device, optional
        There is only the CPU here.
    """
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over all batches
    was_training = model.training
    model.train()
    for batch in loader:
        input = batch[0] if isinstance(batch, list | tuple) else batch
        model(input if device is None else input.to(device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.train(was_training)
