"""Weights kept as a length and a direction: ``weight = g v / |v|``.

Length and direction are then trained apart (T. Salimans, D. Kingma, "Weight Normalization", 2016).
`weight_norm` puts the parameters g and v in the place of a weight, and a hook computes the weight
before every call.
"""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

from ...ops.dims import normalize_dim
from ...tensor import Tensor
from ..hooks import add_hook
from ..module import Module
from ..parameter import Parameter, UninitializedTensorMixin

M = TypeVar("M", bound=Module)


class WeightNorm:
    """The hook: it knows the name of the weight, and which dimension has lengths of its own.

    Parameters
    ----------
    name : str
    dim : int, optional
        None or -1: there is one length for the whole weight.
    """

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def __call__(self, module: Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
        setattr(module, self.name, self.compute_weight(module))
        return args, kwargs

    def compute_weight(self, module: Module) -> Tensor:
        """The weight, from g and v."""
        g, v = getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v")
        return of_length(g, v, self.dim)


def of_length(g: Tensor, v: Tensor, dim: int) -> Tensor:
    """``g v / |v|``."""
    weight: Tensor = v * (g / lengths(v, dim))
    return weight


def lengths(weight: Tensor, dim: int) -> Tensor:
    """The norms over all dimensions but `dim`; if that is -1, over all."""
    if dim == -1:
        return weight.norm()
    kept = normalize_dim(dim, weight.ndim)
    others = tuple(d for d in range(weight.ndim) if d != kept)
    return weight.norm(2, others, True)


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Put ``{name}_g`` and ``{name}_v`` in the place of a parameter: its length and direction.

    It warns: there is `parametrizations.weight_norm` instead.

    Parameters
    ----------
    module : Module
    name : str
        The parameter's.
    dim : int, optional
        The dimension along which each slice has a length of its own; None: there is one length.

    Returns
    -------
    Module
        `module` itself.

    Raises
    ------
    RuntimeError
        If the parameter is normalized already.
    ValueError
        If it is uninitialized.
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of "
        "`torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    before = module._own_hooks().before
    if any(isinstance(hook, WeightNorm) and hook.name == name for hook in before.values()):
        raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
    norm = WeightNorm(name, dim)
    weight = getattr(module, name)
    if isinstance(weight, UninitializedTensorMixin):
        raise ValueError("weight_norm: the parameter is uninitialized; call the module before")
    delattr(module, name)
    module.register_parameter(f"{name}_g", Parameter(lengths(weight, norm.dim).detach()))
    module.register_parameter(f"{name}_v", Parameter(weight.detach()))
    setattr(module, name, norm.compute_weight(module))
    add_hook(before, norm, prepend=False)
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make the weight an ordinary parameter again, with the value that it has now.

    Raises
    ------
    ValueError
        If it is not normalized.
    """
    before = module._own_hooks().before
    for key, hook in before.items():
        if isinstance(hook, WeightNorm) and hook.name == name:
            weight = hook.compute_weight(module)
            for part in (name, f"{name}_g", f"{name}_v"):
                delattr(module, part)
            setattr(module, name, Parameter(weight.detach()))
            del before[key]
            return module
    raise ValueError(f"weight_norm of '{name}' not found in {module}")
