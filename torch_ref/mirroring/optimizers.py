"""Optimizers and learning-rate schedulers once more in PyTorch, for the mirrored parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.optim.lr_scheduler import CyclicLR, LRScheduler
from torch.optim.swa_utils import SWALR

from tinygrad_edu import optim
from tinygrad_edu.optim import lr_scheduler
from tinygrad_edu.optim.lr_scheduler.base import note_step

from ..bridge import copy_optimizer_state
from .counterparts import counterpart, is_ours

if TYPE_CHECKING:
    from .mirror import Mirror

#: Base classes of all schedulers.
SCHEDULERS = (lr_scheduler.LRScheduler, lr_scheduler.ReduceLROnPlateau)

#: The attributes by which tinygrad_edu's optimizers keep account.
OWN = {
    "defaults", "param_groups", "_state", "_state_was_seen", "_rounds", "_scratch", "_hooks",
    "_opt_called", "step",
}  # fmt: skip

#: How hooks are registered, by the names under which tinygrad_edu keeps them.
REGISTER = {
    "before_step": "register_step_pre_hook",
    "after_step": "register_step_post_hook",
    "before_saving": "register_state_dict_pre_hook",
    "after_saving": "register_state_dict_post_hook",
    "before_loading": "register_load_state_dict_pre_hook",
    "after_loading": "register_load_state_dict_post_hook",
}


def optimizer(mirror: Mirror, value: optim.Optimizer) -> torch.optim.Optimizer:
    """The counterpart of an optimizer: its options, state, hooks, and groups of parameters.

    Raises
    ------
    MirrorError
        If PyTorch does not take its options.
    """
    cls = type(value)
    library = next(base for base in cls.__mro__ if is_ours(base))
    theirs = counterpart(library)
    groups = [mirror.of(group) for group in value.param_groups]
    for group in groups:
        names = group.pop("param_names", None)
        if names is not None:
            group["params"] = list(zip(names, group["params"], strict=True))
    defaults = mirror.of(value.defaults)
    try:
        made: Any = theirs(groups, defaults) if theirs is torch.optim.Optimizer else theirs(groups)
    except (TypeError, ValueError, RuntimeError) as error:
        raise mirror.error(f"PyTorch makes no {library.__name__} of it: {error}") from error
    made.defaults.update(defaults)
    if cls is not library:
        made.__class__ = mirror.of(cls)
    mirror.remember(value, made)
    copy_optimizer_state(value, made, torch)
    for kind, register in REGISTER.items():
        for hook in getattr(value._hooks, kind).values():
            if hook is not note_step:  # in PyTorch, schedulers have another way, see `Watching`
                getattr(made, register)(mirror.of(hook))
    for name, attribute in vars(value).items():
        if name not in OWN:
            with mirror.at(name):
                vars(made)[name] = mirror.of(attribute)
    return made  # type: ignore[no-any-return]


def scheduler(mirror: Mirror, value: Any) -> Any:
    """The counterpart of a scheduler, of the optimizer's counterpart.

    It is not made by `__init__`, which would begin a schedule and set the rates.
    """
    cls = type(value)
    library = next(base for base in cls.__mro__ if is_ours(base))
    made = mirror.of(cls).__new__(mirror.of(cls))
    mirror.remember(value, made)
    for name, attribute in vars(value).items():
        with mirror.at(name):
            vars(made)[name] = mirror.of(attribute)
    if isinstance(made, CyclicLR):
        made._init_scale_fn()
    if isinstance(made, SWALR):
        made._set_anneal_func(made._anneal_strategy)
    if library is not lr_scheduler.ReduceLROnPlateau:
        Watching(made.optimizer)
        if getattr(value.optimizer, "_opt_called", False):
            made.optimizer._opt_called = True
    return made


class Watching(LRScheduler):
    """A schedule that does nothing, but arranges, as each does, that its optimizer tells schedules
    of its steps; they warn if there were none."""

    def _initial_step(self) -> None:
        pass
