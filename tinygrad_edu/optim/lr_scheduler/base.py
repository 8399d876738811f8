"""LRScheduler: what all schedules share.

A schedule is a sequence of learning rates for each parameter group. It is written as a recursion:
`get_lr` makes the next rates, usually from those that the groups have now. So schedules can be
combined, and the user may change a rate by hand; a schedule goes on from there. Some also know a
closed form, the rate of any epoch, made from the first rate alone.

The rates of epoch 0 are set when a scheduler is made.
"""

from __future__ import annotations

import warnings
from typing import Any, TypeAlias

from ...tensor import Tensor
from ..optimizer import Optimizer, ParamGroup

#: One learning rate for each group; floats, or tensors where the optimizer was given a tensor.
LearningRates: TypeAlias = list[Any]


class LRScheduler:
    """Base of all schedules.

    Parameters
    ----------
    optimizer : Optimizer
        Each of its groups gets an option "initial_lr", if it has none yet.
    last_epoch : int
        The epoch after which a run goes on; -1 to start one. To go on, all groups must have
        "initial_lr", as they have after `Optimizer.load_state_dict`.

    Attributes
    ----------
    base_lrs : list
        The groups' initial learning rates.
    last_epoch : int
        The number of the current epoch.

    Raises
    ------
    TypeError
        If `optimizer` is none.
    KeyError
        If a group has no "initial_lr" and `last_epoch` is not -1.
    """

    _get_lr_called_within_step: bool = False
    _is_initial: bool = False
    _step_count: int
    _last_lr: LearningRates

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{number}] when resuming "
                    f"with last_epoch={last_epoch}; load the optimizer's state dict first, or "
                    "leave last_epoch at -1 to start a new run"
                )
        self.base_lrs: LearningRates = values_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        watch_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the rates of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch, and set its learning rates. Call it after the optimizer's `step`.

        Parameters
        ----------
        epoch : int, optional
            Go to this epoch instead, by the closed form where there is one. Deprecated.
        """
        if self._step_count == 1:
            warn_of_order(self.optimizer)
        self._step_count += 1
        if epoch is not None:
            warn_of_epoch()
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        if epoch is None:
            self.last_epoch += 1
            rates = self._within_step(self.get_lr)
        else:
            self.last_epoch = epoch
            rates = self._within_step(self._get_closed_form_lr)
        self._set_lr(rates)

    def _within_step(self, compute: Any) -> LearningRates:
        """What `compute` returns; to call `get_lr` is no mistake meanwhile."""
        self._get_lr_called_within_step = True
        try:
            rates: LearningRates = compute()
        finally:
            self._get_lr_called_within_step = False
        return rates

    def _set_lr(self, rates: LearningRates) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            set_value(group, "lr", rate)
        self._last_lr = values_of(self.optimizer, "lr")

    def get_last_lr(self) -> LearningRates:
        """The learning rates that were set last, one for each group."""
        return self._last_lr

    def get_lr(self) -> LearningRates:
        """The learning rates of epoch `last_epoch`, from those of the epoch before.

        A step of the recursion, for `step` to make; to look at the rates take `get_last_lr`.
        """
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use "
                "`get_last_lr()`.",
                stacklevel=2,
            )
        return self._next_lr()

    def _next_lr(self) -> LearningRates:
        raise NotImplementedError(f"{type(self).__name__} has neither _next_lr nor its own get_lr")

    def _get_closed_form_lr(self) -> LearningRates:
        """The rates of epoch `last_epoch`; without a closed form, a step of the recursion."""
        return self.get_lr()

    def _current_lr(self) -> LearningRates:
        return values_of(self.optimizer, "lr")

    def _scaled_lr(self, factor: float) -> LearningRates:
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def _state_with(self, name: str, value: Any) -> dict[str, Any]:
        """The same with another value in place of one attribute, and last."""
        state = LRScheduler.state_dict(self)
        state.pop(name, None)
        return {**state, name: value}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state of a scheduler of the same kind.

        The learning rates are the optimizer's: load its state dict, too.
        """
        self.__dict__.update(state_dict)


def check_optimizer(optimizer: Any) -> None:
    """Raise if it is none."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def copied(value: Any) -> Any:
    """A number, or a tensor of its own."""
    return value.clone() if isinstance(value, Tensor) else value


def values_of(optimizer: Optimizer, option: str) -> list[Any]:
    """The values of an option in all groups."""
    return [copied(group[option]) for group in optimizer.param_groups]


def one_for_each_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """`value`, a list or one for all groups, as a list.

    Raises
    ------
    ValueError
        If it is a list of another length; `name` says what it is.
    """
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [copied(value) for _ in range(groups)]
    if len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups: it has {len(value)} "
            f"values for {groups} groups"
        )
    return [copied(v) for v in value]


def set_value(group: ParamGroup, option: str, value: Any) -> None:
    """Set an option, of a tensor the value in place."""
    if isinstance(group[option], Tensor):
        group[option].fill_(value.squeeze() if isinstance(value, Tensor) else value)
    else:
        group[option] = value


def watch_steps(optimizer: Optimizer) -> None:
    """From now on, let the optimizer know whether it has stepped."""
    if not hasattr(optimizer, "_opt_called"):
        optimizer._opt_called = False  # type: ignore[attr-defined]
        optimizer.register_step_pre_hook(note_step)


def note_step(optimizer: Any, args: Any, kwargs: Any) -> None:
    """A hook of the optimizer's step."""
    optimizer._opt_called = True


def warn_of_order(optimizer: Optimizer) -> None:
    """Warn, for the first epoch's rates will be skipped, if the optimizer has not stepped yet."""
    if getattr(optimizer, "_opt_called", False):
        return
    if "step" in vars(optimizer):
        text = (
            "Seems like `optimizer.step()` has been overridden after learning rate scheduler "
            "initialization. Please, make sure to call `optimizer.step()` before "
            "`lr_scheduler.step()`. See more details at "
            "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
        )
    else:
        text = (
            "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 "
            "and later, you should call them in the opposite order: `optimizer.step()` before "
            "`lr_scheduler.step()`.  Failure to do this will result in PyTorch skipping the "
            "first value of the learning rate schedule. See more details at "
            "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
        )
    warnings.warn(text, stacklevel=3)


def warn_of_epoch() -> None:
    """Warn that an argument is deprecated."""
    warnings.warn(
        "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated "
        "where possible. Please use `scheduler.step()` to step the scheduler. During the "
        "deprecation, if epoch is different from None, the closed form is used instead of the "
        "new chainable form, where available. Please open an issue if you are unable to "
        "replicate your use case: https://github.com/pytorch/pytorch/issues/new/choose.",
        stacklevel=3,
    )


class _LRScheduler(LRScheduler):
    """What `LRScheduler` was once called, for programs that derive schedulers of their own."""
