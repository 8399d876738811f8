"""Loading a module's state: every tensor copied to its place, or an error that names them all.

A module may have more to keep than tensors. Its class then defines `get_extra_state` and
`set_extra_state`, and what the one returns is in the state, under a key of its own, for the other.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..autograd.grad_mode import no_grad
from ..tensor import Tensor
from .parameter import Parameter, UninitializedTensorMixin

if TYPE_CHECKING:
    from .module import Module

EXTRA_STATE = "_extra_state"  # the name under which a module's extra state is kept
ASSIGN = "assign_to_params_buffers"  # says in a module's metadata that tensors are not copied
METADATA = "_metadata"  # the attribute of a state's OrderedDict that has each module's version


class _IncompatibleKeys(NamedTuple):
    """What `load_state_dict` returns: the keys that did not fit.

    Attributes
    ----------
    missing_keys : list of str
        Those that the module has and the given state has not.
    unexpected_keys : list of str
        Those that the given state has and the module has not.
    """

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"_IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


def load(
    module: Module, state_dict: Mapping[str, Any], strict: bool, assign: bool
) -> _IncompatibleKeys:
    """Do the work of `Module.load_state_dict`."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
    loading = Loading(getattr(state_dict, METADATA, {}), assign)
    loading.into(module, OrderedDict(state_dict), "")
    missing, unexpected, errors = loading.missing, loading.unexpected, loading.errors
    for what, keys in (("Unexpected", unexpected), ("Missing", missing)):
        if keys and strict:
            names = ", ".join(f'"{key}"' for key in keys)
            errors.insert(0, f"{what} key(s) in state_dict: {names}. ")
    if errors:
        lines = "\n\t".join(errors)
        raise RuntimeError(
            f"Error(s) in loading state_dict for {type(module).__name__}:\n\t{lines}"
        )
    return _IncompatibleKeys(missing, unexpected)


def by_position(
    args: tuple[Any, ...], destination: Any, prefix: str, keep_vars: bool
) -> tuple[Any, str, bool]:
    """What `Module.state_dict` was told by name, or else by position, of which this warns."""
    warnings.warn(
        "Positional args are being deprecated, use kwargs instead. Refer to "
        "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict "
        "for details.",
        FutureWarning,
        stacklevel=3,
    )
    by_name = (destination, prefix, keep_vars)
    given = (*args, *by_name[len(args) :])
    first, second, third = (
        value if name in (None, "", False) else name
        for value, name in zip(given, by_name, strict=True)
    )
    return first, second, third


class Loading:
    """One call of `Module.load_state_dict`, which goes down from module to module.

    Attributes
    ----------
    missing, unexpected : list of str
        The keys that did not fit so far.
    errors : list of str
        What else was wrong.
    """

    def __init__(self, metadata: Mapping[str, Any], assign: bool) -> None:
        self.metadata, self.assign = metadata, assign
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.errors: list[str] = []

    def into(self, owner: Module, state: dict[str, Any], prefix: str) -> None:
        """Load into one module, and all below it, what is under `prefix` in `state`."""
        missing, unexpected = self.missing, self.unexpected
        local_metadata = dict(self.metadata.get(prefix[:-1], {}))
        if self.assign:
            local_metadata[ASSIGN] = True
        owner._load_from_state_dict(
            state, prefix, local_metadata, True, missing, unexpected, self.errors
        )
        for name, child in owner._modules.items():
            if child is not None:
                below = f"{prefix}{name}."
                of_child = {key: value for key, value in state.items() if key.startswith(below)}
                self.into(child, of_child, below)
        for hook in tuple(owner._state_hooks.after_load.values()):
            if hook(owner, _IncompatibleKeys(missing, unexpected)) is not None:
                raise AssertionError(
                    "a hook of register_load_state_dict_post_hook is not expected to return new "
                    "values: it should change the lists of incompatible_keys in place"
                )


def load_own(
    owner: Module,
    state: Mapping[str, Any],
    prefix: str,
    local_metadata: Mapping[str, Any],
    strict: bool,
    missing: list[str],
    unexpected: list[str],
    errors: list[str],
) -> None:
    """Load into one module alone, and add to the three lists."""
    assign = local_metadata.get(ASSIGN, False)
    own = dict(owner._own_state())
    for name, tensor in own.items():
        key = prefix + name
        if key in state:
            errors += load_tensor(owner, name, key, tensor, state[key], assign)
        elif strict:
            missing.append(key)
    load_extra_state(owner, prefix + EXTRA_STATE, state, strict, missing, unexpected)
    for key in state if strict else ():
        if key.startswith(prefix) and key != prefix + EXTRA_STATE:
            name, dot, _ = key[len(prefix) :].partition(".")
            if name not in (owner._modules if dot else own):
                unexpected.append(key)


def load_extra_state(
    owner: Module,
    key: str,
    state_dict: Mapping[str, Any],
    strict: bool,
    missing: list[str],
    unexpected: list[str],
) -> None:
    """Hand a module the extra state that was saved, or note its key where the two do not fit."""
    if owner._defines("set_extra_state"):
        if key in state_dict:
            owner.set_extra_state(state_dict[key])
        elif strict:
            missing.append(key)
    elif strict and key in state_dict:
        unexpected.append(key)


def load_tensor(
    owner: Module, name: str, key: str, tensor: Tensor, value: Any, assign: bool
) -> list[str]:
    """Give one parameter or buffer its new values; returns what is wrong with them, if anything."""
    if not isinstance(value, Tensor):
        return [
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like '
            f"object from checkpoint but received {type(value)}"
        ]
    if isinstance(tensor, UninitializedTensorMixin):
        if isinstance(value, UninitializedTensorMixin):
            return []
        tensor.materialize(value.shape)
    if tensor.shape == () and value.shape == (1,):  # as PyTorch once saved single numbers
        value = value[0]
    if value.shape != tensor.shape:
        return [
            f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, "
            f"the shape in current model is {tensor.shape}."
        ]
    if assign:
        if isinstance(tensor, Parameter):
            value = Parameter(value.detach(), tensor.requires_grad)
        setattr(owner, name, value)
    else:
        with no_grad():
            tensor.copy_(value)
    return []
