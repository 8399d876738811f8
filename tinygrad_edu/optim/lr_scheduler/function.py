"""Schedules that are functions of the user."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .base import LearningRates, LRScheduler

Factor = Callable[[int], float]


class FunctionLR(LRScheduler):
    """A schedule with one function for each group.

    A function's code is not saved. An object that is called like one is saved by its attributes.
    """

    lr_lambdas: list[Any]

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int
    ) -> None:
        groups = len(optimizer.param_groups)
        if not isinstance(lr_lambda, (list, tuple)):
            self.lr_lambdas = [lr_lambda] * groups
        elif len(lr_lambda) != groups:
            raise ValueError(f"Expected {groups} lr_lambdas, but got {len(lr_lambda)}")
        else:
            self.lr_lambdas = list(lr_lambda)
        self._check_functions()
        super().__init__(optimizer, last_epoch)

    def _check_functions(self) -> None:
        """Raise if one of them cannot be called."""

    def state_dict(self) -> dict[str, Any]:
        """As in `LRScheduler`; of each function None, of any other object its attributes."""
        return self._state_with("lr_lambdas", [attributes(f) for f in self.lr_lambdas])

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As in `LRScheduler`; the functions stay, with the attributes that were saved of them."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "lr_lambdas"})
        for function, saved in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if saved is not None:
                function.__dict__.update(saved)


class LambdaLR(FunctionLR):
    """``lr_t = f(t) lr_0``.

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    lr_lambda : callable or list of callable
        ``f``, for all groups or one for each.

    Raises
    ------
    ValueError
        If there are more or fewer functions than groups.
    """

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1
    ) -> None:
        super().__init__(optimizer, lr_lambda, last_epoch)

    def _next_lr(self) -> LearningRates:
        return [
            lr * function(self.last_epoch)
            for function, lr in zip(self.lr_lambdas, self.base_lrs, strict=True)
        ]


class MultiplicativeLR(FunctionLR):
    """``lr_t = f(t) lr_{t-1}``.

    Parameters
    ----------
    optimizer, last_epoch
        As in `LRScheduler`.
    lr_lambda : callable or list of callable
        ``f``, for all groups or one for each.

    Raises
    ------
    ValueError
        If there are more or fewer functions than groups.
    TypeError
        If one of them cannot be called.
    """

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1
    ) -> None:
        super().__init__(optimizer, lr_lambda, last_epoch)

    def _check_functions(self) -> None:
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(
                    f"lr_lambda should be a function, but got {type(function).__name__}"
                )

    def _next_lr(self) -> LearningRates:
        if self._is_initial:
            return self._current_lr()
        return [
            group["lr"] * function(self.last_epoch)
            for function, group in zip(self.lr_lambdas, self.optimizer.param_groups, strict=True)
        ]


def attributes(function: Any) -> dict[str, Any] | None:
    """What to save of a function, or of an object that is called like one."""
    return None if isinstance(function, types.FunctionType) else function.__dict__.copy()
