"""What all ways of pruning have in common: a mask, a hook, and one after the other.

A pruned parameter ``weight`` becomes two: the parameter ``weight_orig`` and the buffer
``weight_mask``. Before each forward pass a hook, which is the pruning method itself, puts their
product in the attribute ``weight``. So gradients reach ``weight_orig`` where the mask is 1. Pruned
again, the hook becomes a `PruningContainer`, which applies each method to what the others left.
The methods that there are stand in `prune_methods`, the functions that people call in `prune`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...creation import ones_like
from ...layout import contiguous_format
from ..hooks import add_hook

if TYPE_CHECKING:
    from ...tensor import Tensor
    from ..module import Module


class BasePruningMethod(ABC):
    """Base of all methods: `compute_mask` says which elements stay."""

    #: "unstructured", "structured" or "global"; a container shows a method accordingly only the
    #: elements, or only the slices of its `dim`, that are left, or all.
    PRUNING_TYPE: str
    _tensor_name: str

    def __call__(self, module: Module, args: Any, kwargs: Any = None) -> Any:
        """The hook: multiply the mask; the arguments stay as they are."""
        setattr(module, self._tensor_name, self.apply_mask(module))
        return args, kwargs

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """A mask for `t`, of which `default_mask` is what is left so far."""

    def apply_mask(self, module: Module) -> Tensor:
        """The product of the mask and the original parameter."""
        mask: Tensor = getattr(module, self._tensor_name + "_mask")
        original: Tensor = getattr(module, self._tensor_name + "_orig")
        return mask.to(dtype=original.dtype) * original

    @classmethod
    def apply(
        cls,
        module: Module,
        name: str,
        *args: Any,
        importance_scores: Tensor | None = None,
        **kwargs: Any,
    ) -> Any:
        """Prune a parameter of `module`, once more if it is pruned already.

        Parameters
        ----------
        module : Module
        name : str
            Of the parameter.
        *args, **kwargs
            For the method's class.
        importance_scores : Tensor, optional
            What to judge by in place of the parameter; of its shape.

        Returns
        -------
        BasePruningMethod
            The hook.
        """
        method = cls._with_earlier(module, name, cls(*args, **kwargs))
        again = isinstance(method, PruningContainer)
        original = getattr(module, name)
        if importance_scores is None:
            importance_scores = original
        elif importance_scores.shape != original.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, "
                f"got {importance_scores.shape} vs {original.shape}"
            )
        if again:
            mask = getattr(module, name + "_mask").detach()
            mask = mask.clone(memory_format=contiguous_format)
        else:
            module.register_parameter(name + "_orig", original)
            delattr(module, name)
            mask = ones_like(original)
        try:
            mask = method.compute_mask(importance_scores, default_mask=mask)
            module.register_buffer(name + "_mask", mask)
            setattr(module, name, method.apply_mask(module))
            add_hook(module._own_hooks().before, method, prepend=False)
        except Exception:  # whatever a method of one's own raises, the module is as it was
            if not again:
                delattr(module, name + "_orig")
                module.register_parameter(name, original)
            raise
        return method

    @staticmethod
    def _with_earlier(module: Module, name: str, method: BasePruningMethod) -> BasePruningMethod:
        """The method, in a container with the hooks that prune the parameter already."""
        hooks: Any = module._own_hooks().before
        earlier = {k: hook for k, hook in hooks.items() if prunes(hook, name)}
        if len(earlier) > 1:
            raise AssertionError(
                f"Avoid adding multiple pruning hooks to the same tensor {name} of module "
                f"{module}. Use a PruningContainer."
            )
        method._tensor_name = name
        for key, hook in earlier.items():
            del hooks[key]
            container: Any = hook if isinstance(hook, PruningContainer) else PruningContainer(hook)
            container.add_pruning_method(method)
            method = container
        return method

    def prune(
        self,
        t: Tensor,
        default_mask: Tensor | None = None,
        importance_scores: Tensor | None = None,
    ) -> Tensor:
        """A tensor, pruned; nothing is kept."""
        if importance_scores is None:
            importance_scores = t
        elif importance_scores.shape != t.shape:
            raise AssertionError(
                "importance_scores should have the same shape as tensor t, got "
                f"{importance_scores.shape} vs {t.shape}"
            )
        default_mask = ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(importance_scores, default_mask=default_mask)

    def remove(self, module: Module) -> None:
        """Make the pruned tensor the parameter again."""
        name = self._tensor_name
        pruned, original = self.apply_mask(module), getattr(module, name + "_orig")
        for part in (name, name + "_orig", name + "_mask"):
            delattr(module, part)
        original.data = pruned.data
        setattr(module, name, original)


def prunes(hook: Any, name: str) -> bool:
    """Whether a hook prunes this parameter."""
    return isinstance(hook, BasePruningMethod) and hook._tensor_name == name


class PruningContainer(BasePruningMethod):
    """Several methods, one after the other, for one parameter.

    Parameters
    ----------
    *args : BasePruningMethod
    """

    def __init__(self, *args: BasePruningMethod) -> None:
        self._pruning_methods: tuple[Any, ...] = ()
        if len(args) == 1:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Add one.

        Raises
        ------
        TypeError
            If it is no method.
        ValueError
            If it is for another parameter.
        """
        if method is not None and not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method is not None and self._tensor_name != method._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, index: int) -> BasePruningMethod:
        method: BasePruningMethod = self._pruning_methods[index]
        return method

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """What the last method leaves of what the mask has left."""
        method = self._pruning_methods[-1]
        mask = default_mask.to(dtype=t.dtype)
        left = self._left(method, t, default_mask)
        part = method.compute_mask(t[left], default_mask=default_mask[left])
        mask[left] = part.to(dtype=mask.dtype)
        return mask

    @staticmethod
    def _left(method: BasePruningMethod, t: Tensor, mask: Tensor) -> Any:
        """An index of what a method is shown."""
        if method.PRUNING_TYPE == "unstructured":
            return mask == 1
        if method.PRUNING_TYPE not in ("structured", "global"):
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        index: list[Any] = [slice(None)] * t.dim()
        if method.PRUNING_TYPE == "structured":
            if not hasattr(method, "dim"):
                raise AttributeError(
                    'Pruning methods of PRUNING_TYPE "structured" need to have the attribute '
                    "`dim` defined."
                )
            dim = method.dim + t.dim() if method.dim < 0 else method.dim
            if dim < 0:
                raise IndexError(f"Index is out of bounds for tensor with dimensions {t.dim()}")
            index[dim] = mask.sum(dim=[d for d in range(t.dim()) if d != dim]) != 0
        return tuple(index)
