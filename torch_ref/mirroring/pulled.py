"""The way back: what was trained in PyTorch, into the model of tinygrad_edu it mirrors."""

from __future__ import annotations

from typing import Any

import torch

import tinygrad_edu
from tinygrad_edu import Tensor, nn, optim

from ..bridge import convert, copy_optimizer_state, to_numpy
from .errors import MirrorError
from .optimizers import SCHEDULERS

PLAIN = bool | int | float | str | None


def pull(source: Any, target: Any) -> None:
    """Bring what PyTorch has trained back into what `mirror` was given.

    Parameters
    ----------
    source : torch.nn.Module, torch.optim.Optimizer, or one of PyTorch's schedulers
        On any device, and of any floating point dtype.
    target : Module, Optimizer, or scheduler of tinygrad_edu
        Of a module: parameters, buffers, their gradients, train/eval state, what is frozen, and
        attributes that are numbers, strings or None, as a count of steps; dtypes stay. Of an
        optimizer: options and state. Of a scheduler: its state.

    Raises
    ------
    MirrorError
        If these are not of one kind, or do not have the same parts; the message names the part.
    """
    if isinstance(target, nn.Module) and isinstance(source, torch.nn.Module):
        _pull_module(source, target, "")
    elif isinstance(target, optim.Optimizer) and isinstance(source, torch.optim.Optimizer):
        _pull_optimizer(source, target)
    elif isinstance(target, SCHEDULERS) and hasattr(source, "optimizer"):
        _pull_scheduler(source, target)
    else:
        raise MirrorError(
            f"pull(source, target) is from PyTorch to tinygrad_edu, between things of one kind; "
            f"not from {_kind(source)} to {_kind(target)}"
        )


def _kind(value: Any) -> str:
    return f"{type(value).__module__.partition('.')[0]}'s {type(value).__name__}"


def _pull_module(source: torch.nn.Module, target: nn.Module, path: str) -> None:
    for name, kind in target._kinds.items():
        place = f"{path}.{name}" if path else name
        mine = vars(target)[name]
        try:
            theirs = getattr(source, name)
        except AttributeError:
            raise MirrorError(f"{place}: PyTorch's {type(source).__name__} has none") from None
        if mine is None or theirs is None:
            if mine is not theirs:
                raise MirrorError(f"{place}: it is None on one side only")
        elif kind == "module":
            _pull_module(theirs, mine, place)
        else:
            _pull_tensor(theirs, mine, place)
    for name, mine in list(vars(target).items()):
        theirs = vars(source).get(name)
        if name in target._kinds or name not in vars(source):
            continue
        if isinstance(mine, Tensor) and isinstance(theirs, torch.Tensor):
            _pull_tensor(theirs, mine, f"{path}.{name}" if path else name)
        elif isinstance(mine, PLAIN) and isinstance(theirs, PLAIN):
            setattr(target, name, theirs)


def _pull_tensor(source: torch.Tensor, target: Tensor, place: str) -> None:
    lazy = torch.nn.parameter.is_lazy(source), nn.parameter.is_lazy(target)
    if all(lazy):
        return
    if any(lazy):
        raise MirrorError(
            f"{place}: {_kind(source if lazy[0] else target)} has no values yet, and the other "
            "side's has; call the lazy module with a batch first"
        )
    if tuple(source.shape) != tuple(target.shape):
        raise MirrorError(
            f"{place}: its shape is {tuple(source.shape)} in PyTorch, and here "
            f"{tuple(target.shape)}"
        )
    with tinygrad_edu.no_grad():
        target.copy_(_converted(source, target))
    target.requires_grad = source.requires_grad
    target.grad = None if source.grad is None else _converted(source.grad, target)


def _converted(source: torch.Tensor, target: Tensor) -> Tensor:
    dtype = getattr(torch, str(target.dtype).removeprefix("torch."))
    return tinygrad_edu.from_numpy(to_numpy(source.detach().to(dtype)))


def _pull_optimizer(source: torch.optim.Optimizer, target: optim.Optimizer) -> None:
    if len(source.param_groups) != len(target.param_groups):
        raise MirrorError("param_groups: the numbers of groups differ")
    groups = zip(source.param_groups, target.param_groups, strict=True)
    for number, (theirs, mine) in enumerate(groups):
        if len(theirs["params"]) != len(mine["params"]):
            raise MirrorError(f"param_groups[{number}]: the numbers of parameters differ")
    copy_optimizer_state(source, target, tinygrad_edu)


def _pull_scheduler(source: Any, target: Any) -> None:
    if type(source).__name__ != type(target).__name__:
        raise MirrorError(f"{_kind(source)} is no {type(target).__name__}")
    target.load_state_dict(convert(source.state_dict(), tinygrad_edu))
