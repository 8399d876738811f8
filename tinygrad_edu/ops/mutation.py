"""How a change in place is recorded.

``x.mul_(y)`` computes ``x * y`` as always, on the values that `x` had, and writes the result into
the memory of `x`. From then on `x` has the history of that result: its `grad_fn` is the new node,
and the old one is behind it.

If `x` is a view, it is its base that has changed, in one part: the base becomes a `CopySlices` of
what it was and of the new values. And every other view of that memory may show the change; so all
of them become `AsStrided` views of the base as it is now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..autograd.grad_mode import grad_mode
from ..autograd.graph import Array, Shape, TensorBase, wrap
from ..autograd.op import Op
from ..autograd.op_node import OpNode
from ..autograd.views import positions
from ..dtypes import from_numpy_dtype, promote_numpy
from .convert import to_dtype
from .index import PutZeros

if TYPE_CHECKING:
    from ..tensor import Tensor


class AsStrided(Op):
    """The elements of x at `places`, counted row by row."""

    @staticmethod
    def forward(x: Array, places: Array) -> Array:
        return x.reshape(-1)[places]

    @staticmethod
    def d_x(grad: Array, x_shape: Shape, places: Array) -> Array:
        size = int(np.prod(x_shape, dtype=int))
        return PutZeros.call(grad, (size,), (places,)).reshape(x_shape)


class CopySlices(Op):
    """`x` with `values`, which broadcast, at `places`, counted row by row."""

    node_name = "CopySlices"

    @staticmethod
    def forward(x: Array, values: Array, places: Array) -> Array:
        out = x.copy(order="C")
        out.reshape(-1)[places] = values
        return out

    @staticmethod
    def d_x(grad: Array, places: Array) -> Array:
        return Erase.call(grad, places)

    @staticmethod
    def d_values(grad: Array, places: Array) -> Array:
        return AsStrided.call(grad, places)


class Erase(Op):
    """`x` with 0 at `places`, counted row by row."""

    @staticmethod
    def forward(x: Array, places: Array) -> Array:
        out = x.copy(order="C")
        out.reshape(-1)[places] = 0
        return out

    @staticmethod
    def d_x(grad: Array, places: Array) -> Array:
        return Erase.call(grad, places)


def change(target: Tensor, compute: Callable[[Tensor], Tensor], *operands: Any) -> Tensor:
    """Give `target` the values of ``compute(target)``, in place, and their history.

    Parameters
    ----------
    target : Tensor
    compute : callable
        From a tensor with the values of `target` to one that broadcasts to its shape.
    *operands : object
        What else `compute` uses; those that require a gradient make the change a recorded one.

    Returns
    -------
    Tensor
        `target`.

    Raises
    ------
    RuntimeError
        If `target` is a leaf that requires a gradient, or a view of one; if it is a view of a kind
        that may not be changed; or as `write`.
    """
    tensors = [t for t in (target, target._base, *operands) if isinstance(t, TensorBase)]
    if not (grad_mode.enabled and any(t._requires_grad for t in tensors)):
        return write(target, compute(target.detach()).array)
    check_may_change(target)
    result = compute(as_it_is(target))
    write(target, result.array)
    result = to_dtype(result, target.array.dtype)
    node = result.grad_fn
    if isinstance(node, OpNode):  # if it has saved its result, that is now the target's memory
        now = target._versions, target._versions[0]
        node.versions = [now if v[0] is result._versions else v for v in node.versions]
    take_history(target, result)
    return target


def check_may_change(target: Tensor) -> None:
    """Raise if a change of `target` cannot be recorded."""
    base = target._base
    if target._requires_grad and target.grad_fn is None:
        raise RuntimeError(
            "a leaf Variable that requires grad is being used in an in-place operation. "
            "Do it inside torch.no_grad()."
        )
    if base is None:
        return
    if base._requires_grad and base.grad_fn is None:
        raise RuntimeError(
            "a view of a leaf Variable that requires grad is being used in an in-place operation. "
            "Do it inside torch.no_grad(), or on a clone()."
        )
    if target._made_by == "function":
        raise RuntimeError(
            "an argument that a custom Function returned as it is, which is a view of it, is being "
            "modified in place: let the Function return a clone()"
        )
    if target._made_by == "several":
        raise RuntimeError(
            "a view that is one of several results, as of split, chunk or unbind, is being "
            "modified in place: take it by an index instead, as in x[0]"
        )
    if target._made_by == "no_grad":
        raise RuntimeError(
            "a view that was made under no_grad is being modified in place with recording on: make "
            "both under no_grad, or neither"
        )


def as_it_is(target: Tensor) -> Tensor:
    """A tensor with the values that `target` has now, in memory of its own, and its history."""
    result = wrap(target.array.copy())
    result.grad_fn, result.output_nr = target.grad_fn, target.output_nr
    result._requires_grad = target._requires_grad
    return result


def take_history(target: Tensor, result: Tensor) -> None:
    """Let `target`, which has the values of `result`, depend on what `result` depends on."""
    base = target if target._base is None else cast("Tensor", target._base)
    if base is not target:
        places = positions(target.array, base.array)
        result = CopySlices.apply(as_it_is(base), result, places)
    _adopt(base, result)
    for view in tuple(base._views or ()):
        _adopt(view, AsStrided.apply(base, positions(view.array, base.array)))


def _adopt(tensor: TensorBase, source: Tensor) -> None:
    """Give `tensor` the history of `source`; if it keeps its gradient, then the new one."""
    old, number = tensor.grad_fn, tensor.output_nr
    tensor.grad_fn, tensor.output_nr = source.grad_fn, source.output_nr
    tensor._requires_grad = source._requires_grad
    kept = None if old is None or old.hooks is None else old.hooks.retaining.get(number)
    if old is not None and old.hooks is not None and kept is not None and kept() is tensor:
        assert tensor.grad_fn is not None
        tensor.grad_fn.own_hooks().retaining[tensor.output_nr] = old.hooks.retaining.pop(number)


def write(target: Tensor, value: Any) -> Tensor:
    """Give `target` the values of the array or number `value`, which broadcasts; return it.

    Raises
    ------
    RuntimeError
        If `value` has more dimensions or does not broadcast, or is of a higher kind of dtype, or
        if elements of `target` share memory.
    """
    new = np.asarray(value)
    common = promote_numpy(new.dtype, target.array.dtype)
    kinds = {common.kind, target.array.dtype.kind}
    if len(kinds) > 1 and kinds != {"i", "u"}:
        raise RuntimeError(
            f"result type {from_numpy_dtype(new.dtype)} can't be cast to the desired output type "
            f"{target.dtype}"
        )
    # NumPy would also drop leading dimensions of size 1.
    fits = new.ndim <= target.array.ndim and all(
        n in (1, size) for n, size in zip(new.shape[::-1], target.array.shape[::-1], strict=False)
    )
    if not fits:
        raise RuntimeError(
            f"output with shape {list(target.array.shape)} doesn't match the broadcast shape "
            f"{list(new.shape)}"
        )
    check_own_memory(target)
    with np.errstate(all="ignore"):
        target.array[...] = new
    target._version += 1
    return target


def check_own_memory(target: Tensor) -> None:
    """Raise if elements of `target` share memory, as after `expand`, or it may not be changed."""
    if not target.array.flags.writeable:
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location, or the memory is read-only. Please clone() the tensor first."
        )
