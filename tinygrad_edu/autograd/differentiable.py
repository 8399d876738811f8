"""What autograd gives to a tensor: `requires_grad`, `grad`, `backward` and hooks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self
from weakref import ref

import numpy as np

from ..advice import advised
from ..dtypes import from_numpy_dtype
from .api import backward_steps
from .graph import RemovableHandle, TensorBase, gradient_edge, leaf_edge, wrap

if TYPE_CHECKING:
    from ..tensor import Tensor


class Differentiable(TensorBase):
    """The part of `Tensor` that is about gradients."""

    @property
    def requires_grad(self) -> bool:
        """Whether ops on it are recorded, so that it gets a gradient.

        Raises
        ------
        RuntimeError
            On setting it to what is no bool, for a tensor that is not a leaf, or for one whose
            dtype has no fractions.
        """
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise RuntimeError("requires_grad must be a bool")
        if self.grad_fn is not None and value:
            raise RuntimeError("you can only change requires_grad flags of leaf variables.")
        if value and self.array.dtype.kind != "f":
            raise advised(
                RuntimeError(
                    "only Tensors of floating point and complex dtype can require gradients"
                ),
                f"This one has the dtype {from_numpy_dtype(self.array.dtype)}.",
            )
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set `requires_grad`, and return the tensor itself.

        Raises
        ------
        TypeError
            If it is no bool.
        RuntimeError
            If its dtype has no fractions, or it is not a leaf and is to require none.
        """
        if not isinstance(requires_grad, bool):
            raise TypeError(
                f"requires_grad_(): argument 'requires_grad' must be bool, not {requires_grad!r}"
            )
        if self.grad_fn is not None and not requires_grad:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a "
                "computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach()."
            )
        if requires_grad and self.array.dtype.kind != "f":
            raise advised(
                RuntimeError("only Tensors of floating point dtype can require gradients"),
                f"This one has the dtype {from_numpy_dtype(self.array.dtype)}.",
            )
        self._requires_grad = requires_grad
        if requires_grad and self._made_by == "no_grad":  # for itself, and no view of what does
            leaf_edge(self)
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes have added up here, or None.

        Only leaves that require a gradient have one, and tensors that were told to `retain_grad`.
        Reading it of another one is most often a mistake, and warns.

        Raises
        ------
        RuntimeError
            On assigning one of another shape or dtype.
        """
        grad = self._grad
        if grad is None and self.grad_fn is not None and not self.retains_grad:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. "
                "Its .grad attribute won't be populated during autograd.backward(). If you "
                "indeed want the .grad field to be populated for a non-leaf Tensor, use "
                ".retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by "
                "mistake, make sure you access the leaf Tensor instead. See "
                "github.com/pytorch/pytorch/pull/30531 for more information.",
                UserWarning,
                stacklevel=2,
            )
        return grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None and not isinstance(value, TensorBase):
            raise TypeError(
                "assigned grad expected to be a Tensor or None but got grad of type "
                f"{type(value).__name__}"
            )
        if value is self:
            raise RuntimeError("can't assign Variable as its own grad")
        if value is not None and value.array.shape != self.array.shape:
            raise RuntimeError(
                f"attempting to assign a gradient of size '{list(value.array.shape)}' to a tensor "
                f"of size '{list(self.array.shape)}'. Please ensure that the gradient and the "
                "tensor are the same size"
            )
        if value is not None and value.array.dtype != self.array.dtype:
            raise RuntimeError(
                f"assigned grad has data of a different type: {value.array.dtype} for a tensor of "
                f"{self.array.dtype}"
            )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded op computed it."""
        return self.grad_fn is None

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Add the gradient of this tensor to the ``grad`` of every leaf it depends on.

        Parameters and errors are those of `autograd.backward`.
        """
        steps = backward_steps(self, gradient, retain_graph, create_graph, inputs)  # type: ignore[arg-type]
        with np.errstate(all="ignore"):
            for _step in steps:
                pass

    def detach(self) -> Tensor:
        """The same values, in the same memory, without history."""
        result = wrap(self.array)
        result._versions = self._versions
        return result

    def detach_(self) -> Self:
        """Forget how this tensor was computed; it becomes a leaf.

        Raises
        ------
        RuntimeError
            If it is a view: its memory goes on to depend on what its base depends on.
        """
        if self._base is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        self.grad_fn, self.output_nr, self._requires_grad = None, 0, False
        return self

    @property
    def data(self) -> Tensor:
        """The values without history; assigning replaces the values, unseen by autograd."""
        return wrap(self.array)

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, TensorBase):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self._requires_grad and value.array.dtype.kind != "f":
            raise RuntimeError(
                "data set to a tensor that requires gradients must be floating point, but is of "
                f"dtype {from_numpy_dtype(value.array.dtype)}"
            )
        self.array = value.array
        self._base = self._views = None
        if self._edge is not None:  # from now on gradients have to look like the new values
            self._edge[0].metadata = ((self.array.shape, self.array.dtype),)

    def retain_grad(self) -> None:
        """Keep the gradient of this tensor in ``grad``, as leaves do.

        Raises
        ------
        RuntimeError
            If it does not require a gradient.
        """
        if not self._requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.grad_fn is not None:
            self.grad_fn.own_hooks().retaining[self.output_nr] = ref(self)

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on this tensor, and it is not a leaf."""
        if self.grad_fn is None or self.grad_fn.hooks is None:
            return False
        retaining = self.grad_fn.hooks.retaining.get(self.output_nr)
        return retaining is not None and retaining() is self

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call ``hook(grad)`` when the gradient of this tensor is complete.

        What it returns, if not None, takes the place of the gradient.

        Returns
        -------
        RemovableHandle
            Its ``remove()`` takes the hook away.

        Raises
        ------
        RuntimeError
            If the tensor does not require a gradient.
        """
        if not self._requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        node, number = gradient_edge(self)
        if node is None:
            raise RuntimeError("cannot register a hook on a view made under no_grad: no gradient")
        return RemovableHandle(node.own_hooks().outputs.setdefault(number, {}), hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Call ``hook(tensor)`` after a backward pass has added to the ``grad`` of this leaf.

        Raises
        ------
        RuntimeError
            If the tensor does not require a gradient, or is not a leaf.
        """
        if not self._requires_grad or self.grad_fn is not None:
            raise RuntimeError(
                "post accumulate grad hooks can be registered on leaf tensors that require "
                "gradient only"
            )
        return RemovableHandle(leaf_edge(self)[0].own_hooks().accumulated, hook)


def forget_grad(variable: Tensor, set_to_none: bool) -> None:
    """What both ``zero_grad`` do to one tensor: its gradient becomes None, or zeros in place."""
    grad = variable._grad
    if set_to_none:
        variable._grad = None
    elif grad is not None:
        if grad.grad_fn is not None:
            grad.detach_()
        grad.requires_grad_(False).zero_()
