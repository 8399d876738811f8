"""Momentum that goes down while the learning rate goes up, and the other way round.

It is an optimizer's option "momentum", or the first of its "betas".
"""

from __future__ import annotations

from typing import Any

from ..optimizer import Optimizer, ParamGroup
from .base import one_for_each_group


def has_betas(optimizer: Optimizer) -> bool:
    """Whether it is the first of its betas.

    Raises
    ------
    ValueError
        If the optimizer has neither option.
    """
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError(
            "optimizer must support momentum or beta1 with `cycle_momentum` option enabled, but "
            f"{type(optimizer).__name__} has neither; pass cycle_momentum=False"
        )
    return "betas" in optimizer.defaults


def begin_cycle(
    optimizer: Optimizer, base_momentum: Any, max_momentum: Any, last_epoch: int
) -> tuple[list[Any], list[Any]]:
    """The smallest and largest momentum of each group; a new run starts with the largest."""
    base = one_for_each_group("base_momentum", optimizer, base_momentum)
    largest = one_for_each_group("max_momentum", optimizer, max_momentum)
    if last_epoch == -1:
        for group, low, high in zip(optimizer.param_groups, base, largest, strict=True):
            set_momentum(group, high)
            group["max_momentum"] = high
            group["base_momentum"] = low
    return base, largest


def set_momentum(group: ParamGroup, momentum: float) -> None:
    """Set whichever of the two options the group has."""
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum
