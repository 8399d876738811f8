"""A module's attributes as PyTorch has them, which keeps its members in dicts of their own.

So they are in a file of a whole module that PyTorch has written, or is to read.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

KINDS = {"_parameters": "parameter", "_buffers": "buffer", "_modules": "module"}

#: The attributes in which PyTorch has a module's hooks; each is a dict.
HOOKS = (
    "_backward_pre_hooks", "_backward_hooks", "_forward_hooks", "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called", "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs",
    "_state_dict_hooks", "_state_dict_pre_hooks", "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)  # fmt: skip


def to_torch_form(own: dict[str, Any]) -> dict[str, Any]:
    """PyTorch's attributes of a module, from those that it has here."""
    kinds = own["_kinds"]
    others = {
        n: v for n, v in own.items() if n not in kinds and n not in ("_kinds", "_not_in_state")
    }
    members = {
        place: {name: own[name] for name, found in kinds.items() if found == kind}
        for place, kind in KINDS.items()
    }
    kept = {"_non_persistent_buffers_set": set(own["_not_in_state"])}
    hooks = {name: OrderedDict[int, Any]() for name in HOOKS}
    return {**hooks, "_is_full_backward_hook": None, **members, **kept, **others}


def to_own_form(state: dict[str, Any]) -> dict[str, Any]:
    """The attributes that a module has here, from PyTorch's.

    Raises
    ------
    NotImplementedError
        If it has hooks.
    """
    if hooks := [name for name in HOOKS if state.get(name)]:
        raise NotImplementedError(f"a module of PyTorch's with hooks ({hooks[0]}) cannot be loaded")
    places = {*KINDS, *HOOKS, "_is_full_backward_hook", "_non_persistent_buffers_set"}
    own: dict[str, Any] = {n: v for n, v in state.items() if n not in places}
    own["_kinds"], own["_not_in_state"] = {}, set(state.get("_non_persistent_buffers_set", ()))
    for place, kind in KINDS.items():
        own.update(state[place])
        own["_kinds"].update(dict.fromkeys(state[place], kind))
    return own
