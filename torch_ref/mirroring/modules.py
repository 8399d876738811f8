"""Modules once more in PyTorch.

PyTorch's class of the same name is made by its own `__init__`, whose arguments are read from the
attributes of the module at hand, since layers keep them under these names; where not, `SPECIAL`
tells. Then everything that belongs to the module takes the place of what was made: parameters,
buffers, parts, and other attributes. A module of a user's class is made as one of the class of the
library that it is derived from, and becomes one of the copy of its class; its `__init__` does not
run.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.utils import parametrizations

from tinygrad_edu import nn
from tinygrad_edu.nn.hooks import ModuleHooks
from tinygrad_edu.nn.state_hooks import NO_STATE_HOOKS
from tinygrad_edu.nn.utils import parametrize

from .counterparts import counterpart, is_ours
from .references import held

if TYPE_CHECKING:
    from .mirror import Mirror

#: The attributes by which tinygrad_edu's modules keep account.
OWN = {"_kinds", "_not_in_state", "_hooks", "_state_hooks"}

#: Of which the parts are all there is.
CONTAINERS = {
    "Module", "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict",
}  # fmt: skip

#: Which are not made by `__init__`, as it begins with what is not kept.
BARE = {
    torch.nn.utils.parametrize.ParametrizationList, torch.optim.swa_utils.AveragedModel,
    parametrizations._Orthogonal, parametrizations._SpectralNorm, parametrizations._WeightNorm,
}  # fmt: skip

#: Arguments that are no attributes of the same name. Sizes of 1 are of parts that are replaced.
SPECIAL: dict[str, Callable[[Mirror, Any], dict[str, Any]]] = {
    "AdaptiveLogSoftmaxWithLoss": lambda mirror, module: {"cutoffs": module.cutoffs[:-1]},
    "GRU": lambda mirror, module: {"proj_size": None},
    "LinearCrossEntropyLoss": lambda mirror, module: {"in_features": 1},
    "MultiheadAttention": lambda mirror, module: {
        "bias": module.in_proj_bias is not None,
        "add_bias_kv": module.bias_k is not None,
    },
    "PairwiseDistance": lambda mirror, module: {"p": module.norm},
    "RNN": lambda mirror, module: {"proj_size": None, "nonlinearity": module.nonlinearity},
    "RNNCellBase": lambda mirror, module: {
        "num_chunks": module.weight_ih.shape[0] // module.hidden_size
    },
    "Transformer": lambda mirror, module: {
        "custom_encoder": torch.nn.Identity(),
        "custom_decoder": torch.nn.Identity(),
    },
    "TransformerDecoder": lambda mirror, module: {"decoder_layer": mirror.of(module.layers[0])},
    "TransformerDecoderLayer": lambda mirror, module: _layer(module),
    "TransformerEncoder": lambda mirror, module: {"encoder_layer": _encoder_layer(mirror, module)},
    "TransformerEncoderLayer": lambda mirror, module: _layer(module),
}


def _layer(module: Any) -> dict[str, Any]:
    return {"d_model": 1, "nhead": 1, "dim_feedforward": 1, "dropout": 0.0}


def _encoder_layer(mirror: Mirror, module: Any) -> torch.nn.Module:
    """The first layer, of whose parts PyTorch asks whether nested tensors will do; not one in which
    the user has replaced these parts."""
    layer = mirror.of(module.layers[0])
    asked = {"self_attn": torch.nn.MultiheadAttention, "norm1": torch.nn.LayerNorm,
             "norm2": torch.nn.LayerNorm}  # fmt: skip
    parts = all(isinstance(getattr(layer, name, None), kind) for name, kind in asked.items())
    return layer if parts else torch.nn.Identity()


def module(mirror: Mirror, value: nn.Module) -> torch.nn.Module:
    """The counterpart of a module, and of everything in it.

    Raises
    ------
    MirrorError
        If it, or anything in it, has none.
    """
    cls = parametrize.type_before_parametrizations(value)
    library = next(base for base in cls.__mro__ if is_ours(base))
    theirs = counterpart(library)
    if theirs is None:
        raise mirror.error(f"PyTorch has no module {library.__name__}")
    if value._state_hooks is not NO_STATE_HOOKS:
        raise mirror.error(f"a {cls.__name__} with hooks of its state_dict is not moved")
    made: torch.nn.Module = _constructed(mirror, value, theirs)
    if cls is not library:
        if isinstance(made, torch.nn.modules.lazy.LazyModuleMixin):
            raise mirror.error(f"a {cls.__name__}, derived from a lazy layer, is not moved")
        plain, made = made, object.__new__(mirror.of(cls))
        vars(made).update(vars(plain))
    mirror.remember(value, made)
    _fill(mirror, value, made)
    if parametrize.is_parametrized(value):
        torch.nn.utils.parametrize._inject_new_class(made)
        for name in vars(value)["parametrizations"]:
            torch.nn.utils.parametrize._inject_property(made, name)
    if "_hooks" in vars(value):
        mirror.later(functools.partial(_hook, mirror, vars(value)["_hooks"], made))
    return made


def _constructed(mirror: Mirror, value: nn.Module, theirs: type[torch.nn.Module]) -> Any:
    """A module of PyTorch's class with the options of `value`, and without memory."""
    if theirs in BARE:
        made = theirs.__new__(theirs)
        torch.nn.Module.__init__(made)
        return made
    options = {} if theirs.__name__ in CONTAINERS else _options(mirror, value, theirs)
    try:
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is to be said, tinygrad_edu has said
            return theirs(**options)
    except (AssertionError, AttributeError, RuntimeError, TypeError, ValueError) as error:
        raise mirror.error(f"PyTorch makes no {theirs.__name__} of {options}: {error}") from error


def _options(mirror: Mirror, value: nn.Module, theirs: type) -> dict[str, Any]:
    """The arguments of PyTorch's `__init__`."""
    recurrent = issubclass(theirs, torch.nn.RNNBase) and theirs is not torch.nn.RNNBase
    signature = inspect.signature(torch.nn.RNNBase if recurrent else theirs)
    options = SPECIAL[theirs.__name__](mirror, value) if theirs.__name__ in SPECIAL else {}
    for name, parameter in signature.parameters.items():
        named = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        if not named or name in ("self", "device", "dtype") or name in options:
            continue
        if recurrent and name == "mode":
            continue
        if value._kinds.get(name) == "parameter" or parametrize.is_parametrized(value, name):
            options[name] = True  # what there is, or None, takes its place
        elif hasattr(value, name):
            options[name] = mirror.of(getattr(value, name))
        elif parameter.default is parameter.empty:
            raise mirror.error(f"PyTorch's {theirs.__name__} wants {name}, which it has not")
    return {
        name: option for name, option in options.items() if (name, option) != ("proj_size", None)
    }


def _fill(mirror: Mirror, value: nn.Module, made: torch.nn.Module) -> None:
    """Put everything that belongs to `value` in the place of what was made."""
    members: dict[str, dict[str, Any]] = {"parameter": {}, "buffer": {}, "module": {}}
    for name, kind in value._kinds.items():
        with mirror.at(name):
            members[kind][name] = mirror.of(vars(value)[name])
        vars(made).pop(name, None)
    vars(made).update(  # as attributes are set without asking the user's class
        _parameters=members["parameter"],
        _buffers=members["buffer"],
        _modules=members["module"],
        _non_persistent_buffers_set=set(value._not_in_state),
    )
    for name, attribute in held(value).items():
        if name not in value._kinds and name not in OWN:
            with mirror.at(name):
                object.__setattr__(made, name, mirror.of(attribute))
    if isinstance(made, torch.nn.RNNBase):
        mirror.later(made._init_flat_weights)


def _hook(mirror: Mirror, hooks: ModuleHooks, made: torch.nn.Module) -> None:
    """Register the hooks once more."""
    for run in hooks.before.values():
        hook, with_kwargs = _given(mirror, run)
        made.register_forward_pre_hook(mirror.of(hook), with_kwargs=with_kwargs)
    for run in hooks.after.values():
        hook, with_kwargs = _given(mirror, run)
        made.register_forward_hook(mirror.of(hook), with_kwargs=with_kwargs)
    for hook in hooks.before_backward.values():
        made.register_full_backward_pre_hook(mirror.of(hook))
    for hook in hooks.after_backward.values():
        register = made.register_full_backward_hook if hooks.full else made.register_backward_hook
        register(mirror.of(hook))


def _given(mirror: Mirror, run: Callable[..., Any]) -> tuple[Callable[..., Any], bool]:
    """What the user has registered, of the function that tinygrad_edu makes of it."""
    if not inspect.isfunction(run):
        raise mirror.error(f"a hook of tinygrad_edu's, {type(run).__name__}, is not moved")
    given = inspect.getclosurevars(run).nonlocals
    return given["hook"], given["with_kwargs"]
