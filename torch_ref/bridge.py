"""Carry weights and optimizer state between tinygrad_edu and PyTorch, by way of NumPy.

Both have the same API and the same state_dict layout, so every function works in either
direction; the destination's namespace (``torch`` or ``tinygrad_edu``) says which one it is.
"""

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygrad_edu.app.training.checkpoint import merged


def to_numpy(tensor: Any) -> NDArray[Any]:
    """Return a copy of a tensor's values, whatever its framework and device."""
    return np.array(tensor.detach().cpu().numpy())


def convert(value: Any, framework: ModuleType) -> Any:
    """Return ``value`` with every tensor in it made anew in ``framework``, on the CPU.

    Dicts, lists and tuples are rebuilt; shapes, dtypes and everything that is no tensor stay.
    """
    if isinstance(value, dict):
        return {key: convert(entry, framework) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(convert(entry, framework) for entry in value)
    if hasattr(value, "detach"):
        return framework.tensor(to_numpy(value))
    return value


def copy_weights(source: Any, target: Any, framework: ModuleType) -> None:
    """Copy a module's parameters and buffers into a module of ``framework``.

    Raises
    ------
    RuntimeError
        If names or shapes differ (from the target's ``load_state_dict``).
    """
    target.load_state_dict(convert(source.state_dict(), framework))


def copy_optimizer_state(source: Any, target: Any, framework: ModuleType) -> None:
    """Copy an optimizer's buffers and options into an optimizer of ``framework``.

    Options that only the target has (PyTorch's ``foreach``, ``fused`` and the like choose an
    implementation, not a result) keep the target's values.

    Raises
    ------
    ValueError
        If the parameter groups differ.
    """
    state = convert(source.state_dict(), framework)
    own_groups = target.state_dict()["param_groups"]
    state["param_groups"] = merged(own_groups, state["param_groups"])
    target.load_state_dict(state)
