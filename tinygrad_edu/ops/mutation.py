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

from ..advice import advised
from ..autograd.grad_mode import grad_mode
from ..autograd.graph import Array, Node, Shape, TensorBase, wrap
from ..autograd.op import Op
from ..autograd.op_node import OpNode
from ..autograd.views import Region, places_of
from ..dtypes import old_name, promote_numpy
from ..layout import in_rows
from ..random_numbers import cast as cast_to
from .convert import to_dtype
from .overlap import Sharing, check_operands, writable

if TYPE_CHECKING:
    from ..tensor import Tensor


class AsStrided(Op):
    """The elements of x at `places`."""

    @staticmethod
    def forward(x: Array, places: Any) -> Array:
        if isinstance(places, Region):
            return places.of(in_rows(x))
        return x.reshape(-1)[places]

    @staticmethod
    def d_x(grad: Array, x_shape: Shape, places: Any) -> Array:
        return PutPart.call(grad, x_shape, places)


class PutPart(Op):
    """Zeros of `shape` with `x` added at `places`."""

    @staticmethod
    def forward(x: Array, shape: Shape, places: Any) -> Array:
        out = np.zeros(shape, x.dtype)
        if isinstance(places, Region):
            places.of(out)[...] = x
        else:
            np.add.at(out.reshape(-1), places, x)  # the same place may be named twice
        return out

    @staticmethod
    def d_x(grad: Array, places: Any) -> Array:
        return AsStrided.call(grad, places)


class CopySlices(Op):
    """`x` with `values`, which broadcast, at `places`.

    These are annotated as an array, so that a backward pass frees them: in PyTorch, too, no second
    one runs through this node, while one does through views, whose places are options here.
    """

    node_name = "CopySlices"

    @staticmethod
    def forward(x: Array, values: Array, places: Array) -> Array:
        out = np.array(x, order="C")  # a copy; of a NumPy number, too
        if isinstance(places, Region):
            places.of(out)[...] = values
        else:
            out.reshape(-1)[places] = values
        return out

    @staticmethod
    def d_x(grad: Array, places: Array) -> Array:
        return Erase.call(grad, places)

    @staticmethod
    def d_values(grad: Array, places: Array) -> Array:
        return AsStrided.call(grad, places)


class Erase(Op):
    """`x` with 0 at `places`."""

    @staticmethod
    def forward(x: Array, places: Any) -> Array:
        return CopySlices.forward(x, 0, places)

    @staticmethod
    def d_x(grad: Array, places: Any) -> Array:
        return Erase.call(grad, places)


def change(
    target: Tensor,
    compute: Callable[[Tensor], Tensor],
    *operands: Any,
    sharing: Sharing = "same",
) -> Tensor:
    """Give `target` the values of ``compute(target)``, in place, and their history.

    Parameters
    ----------
    target : Tensor
    compute : callable
        From a tensor with the values of `target` to one that broadcasts to its shape.
    *operands : object
        What else `compute` uses; those that require a gradient make the change a recorded one.
    sharing : {"same", "nothing", "anything"}
        What memory they may share with `target`, see `overlap`.

    Returns
    -------
    Tensor
        `target`.

    Raises
    ------
    RuntimeError
        If `target` is a leaf that requires a gradient, or a view of one; if it is a view of a kind
        that may not be changed; if it shares memory with an operand; or as `write`.
    """
    check_operands(target, operands, sharing)
    tensors = [t for t in (target, target._base, *operands) if isinstance(t, TensorBase)]
    if not (grad_mode.enabled and any(t._requires_grad for t in tensors)):
        write(target, compute(target.detach()).array)
        renew_views(target)
        return target
    check_may_change(target)
    result = compute(as_it_is(target))
    write(target, result.array)
    # Only now, for `write` refuses what is of a higher kind of dtype.
    result = to_dtype(result, target.array.dtype)
    node = result.grad_fn
    # A result it saved now counts as the target, so that a later change of the target is refused,
    # as in PyTorch.
    if isinstance(node, OpNode):
        now = target._versions, target._versions[0]
        node.versions = tuple([now if v[0] is result._versions else v for v in node.versions])
    take_history(target, node, result.output_nr)
    return target


def overwrite(
    target: Tensor, op: type[Op], value: Any, *options: Any, repeated: bool = False
) -> Tensor:
    """`change` for an op that knows what to write beforehand: ``op(target, value, *options)``.

    Nothing is copied: its derivatives may read neither the values of `target` nor the result. Where
    to write is `options`, an index, or everywhere; if `repeated`, one number, and also to elements
    that share memory.
    """
    check_operands(target, (value,), "nothing" if options else "same")
    tensors = [t for t in (target, target._base, value) if isinstance(t, TensorBase)]
    recorded = grad_mode.enabled and any(t._requires_grad for t in tensors)
    if recorded:
        check_may_change(target)
    array = value.array if isinstance(value, TensorBase) else value
    to = writable(target.array, repeated)
    if to.dtype == np.float16 and isinstance(array, np.ndarray):
        array = cast_to(array, to.dtype)
    with np.errstate(all="ignore"):
        to[options[0] if options else ...] = array
    target._version += 1
    if recorded:
        before = with_history(target.array, target)
        if target._base is not None and not options:
            replace_part(target, value)
        else:
            take_history(target, node_of(op, target, before, value, *options))
    else:
        renew_views(target)
    return target


def check_may_change(target: Tensor) -> None:
    """Raise if a change of `target` cannot be recorded."""
    base = target._base
    if target._requires_grad and target.grad_fn is None:
        raise advised(
            RuntimeError(
                "a leaf Variable that requires grad is being used in an in-place operation."
            ),
            "Do it inside torch.no_grad().",
        )
    if base is None:
        return
    if (base._requires_grad or target._requires_grad) and base.grad_fn is None:
        raise advised(
            RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place "
                "operation."
            ),
            "Do it inside torch.no_grad(), or on a clone().",
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
    return with_history(target.array.copy(), target)


def with_history(array: np.ndarray[Any, Any], source: TensorBase) -> Tensor:
    """A tensor of the values in `array` with the history of `source`."""
    result = wrap(array)
    result.grad_fn, result.output_nr = source.grad_fn, source.output_nr
    result._requires_grad, result._edge = source._requires_grad, source._edge
    return result


def node_of(op: type[Op], result: TensorBase, *args: Any) -> OpNode | None:
    """The node of a call of `op` that was not made, for what it would return is known."""
    values = [a.array if isinstance(a, TensorBase) else a for a in args]
    node = op._record(args, values, (result,))
    if node is not None:
        node.metadata = ((result.array.shape, result.array.dtype),)
    return node


def take_history(target: Tensor, node: Node | None, number: int = 0) -> None:
    """Let `target` be output `number` of `node`, its base with it, and all views of that."""
    if target._base is None:
        _adopt_all(target, node, number)
        return
    part = wrap(target.array)
    part.grad_fn, part.output_nr, part._requires_grad = node, number, node is not None
    replace_part(target, part)


def become_output(target: Tensor, node: Node, number: int, count: int) -> None:
    """Let `target`, which a user's Function has changed in place, be output `number` of `count`.

    Raises
    ------
    RuntimeError
        If such a change cannot be recorded, or `target` is a view and not the only output.
    """
    check_may_change(target)
    if target._base is not None and count > 1:
        raise RuntimeError(
            "If your Function modifies inplace an input that is a view of another Tensor, your "
            "Function cannot return more than one Tensor: give it a clone(), or make two Functions "
            "of it, of which the one that changes its input returns nothing else."
        )
    take_history(target, node, number)


def replace_part(view: Tensor, values: Any) -> None:
    """Let the base of `view` be what it was, but for `values`, which broadcast, in this part."""
    base = cast("Tensor", view._base)
    before, places = with_history(base.array, base), places_of(view.array, base.array)
    _adopt_all(base, node_of(CopySlices, base, before, values, places))


def _adopt_all(base: Tensor, node: Node | None, number: int = 0) -> None:
    """Let `base` be output `number` of `node`, and its views be views of that."""
    _adopt(base, node, number)
    for view in tuple(base._views or ()):
        if view._made_by == "no_grad":
            view._requires_grad = base._requires_grad
        else:
            _adopt(view, node_of(AsStrided, view, base, places_of(view.array, base.array)))


def renew_views(target: Tensor) -> None:
    """After a change of `target` that was not recorded, show the nodes that PyTorch shows: each
    view with a history is now one of the base as it is, and no longer of other views."""
    base = target if target._base is None else target._base
    for view in tuple(base._views or ()):
        if base._requires_grad and view.grad_fn is not None and not view._made_by:
            _adopt(view, node_of(AsStrided, view, base, places_of(view.array, base.array)))


def _adopt(tensor: TensorBase, node: Node | None, number: int = 0) -> None:
    """Let `tensor` be output `number` of `node`; if it keeps its gradient, then the new one."""
    old, old_number = tensor.grad_fn, tensor.output_nr
    tensor.grad_fn, tensor.output_nr, tensor._requires_grad = node, number, node is not None
    kept = None if old is None or old.hooks is None else old.hooks.retaining.get(old_number)
    if old is not None and old.hooks is not None and kept is not None and kept() is tensor:
        assert node is not None
        node.own_hooks().retaining[number] = old.hooks.retaining.pop(old_number)


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
            f"result type {old_name(new.dtype)} can't be cast to the desired output type "
            f"{old_name(target.array.dtype)}"
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
    to = writable(target.array)
    with np.errstate(all="ignore"):
        to[...] = new
    target._version += 1
    return target
