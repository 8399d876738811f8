"""An optimizer's state as it is saved: in PyTorch's layout, so that a run may go on in either.

A file knows no tensors by identity, so a parameter is known there by its number, counted through
all groups.
"""

from __future__ import annotations

import copy
import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ..creation import tensor
from ..tensor import Tensor
from .bucket import COUNTERS
from .checks import check_implementation

Groups: TypeAlias = Sequence[dict[str, Any]]


def by_number(state: Mapping[Any, dict[str, Any]], param_groups: Groups) -> dict[str, Any]:
    """State and groups with a number in place of each parameter: a state dict."""
    parameters = itertools.chain.from_iterable(group["params"] for group in param_groups)
    numbers: dict[Tensor, int] = {}
    for number, parameter in enumerate(parameters):
        numbers.setdefault(parameter, number)
    return {
        "state": {
            numbers[key] if isinstance(key, Tensor) else key: entries
            for key, entries in state.items()
        },
        "param_groups": [
            {
                **{key: value for key, value in group.items() if key != "params"},
                "params": [numbers[p] for p in group["params"]],
            }
            for group in param_groups
        ],
    }


def by_parameter(
    state_dict: Mapping[str, Any], own_groups: Groups, defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """The state and the groups in `state_dict`, for an optimizer with `own_groups`.

    Parameters are matched by their order. Options that a group lacks are filled in from `defaults`.

    Returns
    -------
    dict
        "state", by parameter, and "param_groups".

    Raises
    ------
    ValueError
        If the numbers of groups, or of parameters in a group, differ.
    """
    groups = copy.deepcopy(state_dict["param_groups"])
    if len(groups) != len(own_groups):
        raise ValueError(
            "loaded state dict has a different number of parameter groups: "
            f"{len(groups)}, not {len(own_groups)}"
        )
    numbered: dict[int, Tensor] = {}
    for group, own in zip(groups, own_groups, strict=True):
        if len(group["params"]) != len(own["params"]):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                f"optimizer's group: {len(group['params'])} parameters, not {len(own['params'])}"
            )
        numbered.update(zip(group["params"], own["params"], strict=True))
        group["params"] = own["params"]
        if "param_names" in own:
            group.setdefault("param_names", own["param_names"])
        for option, default in defaults.items():
            group.setdefault(option, default)
        check_implementation(group)
    loaded: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
    for key, entries in state_dict["state"].items():
        if key in numbered:
            parameter = numbered[key]
            loaded[parameter] = {k: matched(v, parameter, k) for k, v in entries.items()}
        else:  # what an algorithm remembers of no parameter in particular
            loaded[key] = entries
    return {"state": loaded, "param_groups": groups}


def numbers_as_tensors(entries: dict[str, Any]) -> None:
    """Make tensors of what were plain numbers in the state dicts of old PyTorch."""
    for name in COUNTERS & entries.keys():
        if not isinstance(entries[name], Tensor):
            entries[name] = tensor(float(entries[name]))


def matched(value: Any, parameter: Tensor, key: str = "") -> Any:
    """A state's entry, with tensors in the dtype of its parameter; the step count keeps its own.

    Lists, tuples and dicts are rebuilt, and what is in them is matched as well.
    """
    if isinstance(value, Tensor):
        return value if key == "step" else value.to(parameter.dtype)
    if isinstance(value, dict):
        return {k: matched(v, parameter, k) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(matched(v, parameter) for v in value)
    return copy.deepcopy(value)
