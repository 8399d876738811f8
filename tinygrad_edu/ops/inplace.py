"""Changing a tensor's values in place: ``x.add_(y)``, ``x.zero_()``, ``x[i] = v``.

Most are the op of the same name without the underscore, its result written into the tensor's own
memory; how that is recorded is the subject of `mutation`. The others, which forget what was there
before, are ops of their own: `Fill`, `Copy` and, for ``x[indices] = v``, `IndexPut`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..autograd.grad_mode import grad_mode
from ..autograd.graph import Array, TensorBase, wrap
from ..autograd.op import Op
from ..autograd.op_node import watched
from ..dtypes import from_numpy_dtype, old_name
from ..random_numbers import cast as cast_to
from . import activation, arithmetic, choice, division, rounding, unary
from .arguments import not_a_tensor, torch_arguments, type_said
from .brackets import index_tensors, need_to_fit, resolve
from .convert import numbers, scalar
from .mutation import change, overwrite, renew_views
from .older_forms import older_form
from .operators import operator_of
from .overlap import Sharing
from .scatter import IndexPut

if TYPE_CHECKING:
    from ..tensor import Number, Operand, Tensor


class Fill(Op):
    """`values` in place of those of x, on which nothing depends any more."""

    @staticmethod
    def forward(x: Array, values: Any) -> Array:
        return np.broadcast_to(values, x.shape).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)


class FillTensor(Op):
    """The one element of `value` in place of those of x."""

    node_name = "FillBackward1"

    @staticmethod
    def forward(x: Array, value: Array) -> Array:
        return np.broadcast_to(value, x.shape).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)

    @staticmethod
    def d_value(grad: Array) -> Array:
        return grad


class FillInPlace(Fill):
    """`Fill`, in place."""

    node_name = "FillBackward2"


class FillTensorInPlace(FillTensor):
    """`FillTensor`, in place."""

    node_name = "FillBackward3"


class Zero(Fill):
    """0 in place of the values of x."""


class Copy(Op):
    """The values of `source`, which broadcasts, in place of those of x."""

    node_name = "CopyBackwards"

    @staticmethod
    def forward(x: Array, source: Array) -> Array:
        return cast_to(np.broadcast_to(source, x.shape), x.dtype)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)

    @staticmethod
    def d_source(grad: Array) -> Array:
        return grad


def in_place(function: Callable[..., Tensor], sharing: Sharing = "same") -> Callable[..., Tensor]:
    """The form of an op that writes its result into its first argument, and returns that; `sharing`
    is as in `mutation.change`."""

    @functools.wraps(function)
    def changed(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if not isinstance(input, TensorBase):
            raise not_a_tensor(changed.__name__, "input", 0, input)

        def compute(before: Tensor) -> Tensor:
            return function(before, *args, **kwargs)

        return change(input, compute, *args, *kwargs.values(), sharing=sharing)

    changed.__name__ = f"{function.__name__}_"
    changed.__qualname__ = changed.__name__
    changed.__doc__ = f"`{function.__name__}`, in place."
    return changed


plain_add_, plain_sub_ = in_place(arithmetic.add), in_place(arithmetic.sub)
add_, sub_ = older_form(plain_add_), older_form(plain_sub_)
mul_, neg_ = in_place(arithmetic.mul), in_place(arithmetic.neg)
div_, floor_divide_ = in_place(division.div), in_place(division.floor_divide)
true_divide_ = in_place(division.true_divide)
remainder_, fmod_ = in_place(division.remainder), in_place(division.fmod)
abs_, exp_, expm1_ = map(in_place, (unary.abs, unary.exp, unary.expm1))
log_, log1p_, log2_, log10_ = map(in_place, (unary.log, unary.log1p, unary.log2, unary.log10))
sqrt_, rsqrt_, reciprocal_ = map(in_place, (unary.sqrt, unary.rsqrt, unary.reciprocal))
sin_, cos_, tan_ = map(in_place, (unary.sin, unary.cos, unary.tan))
sign_, floor_, ceil_ = map(in_place, (rounding.sign, rounding.floor, rounding.ceil))
round_, trunc_ = in_place(rounding.round), in_place(rounding.trunc)
relu_, sigmoid_ = in_place(activation.relu), in_place(activation.sigmoid)
tanh_ = in_place(activation.tanh)
clamp_ = in_place(choice.clamp)


# With an array of NumPy's on the right these are NotImplemented, so that Python computes
# ``x = x + array``, a new tensor.
iadd, isub, imul = operator_of(plain_add_), operator_of(plain_sub_), operator_of(mul_)
itruediv, ifloordiv, imod = operator_of(div_), operator_of(floor_divide_), operator_of(remainder_)


@torch_arguments
def zero_(input: Tensor) -> Tensor:
    """Set every element to 0."""
    return overwrite(input, Zero, 0, repeated=True)


@torch_arguments
def fill_(input: Tensor, value: Number | Tensor) -> Tensor:
    """Set every element to `value`, a number or a tensor without dimensions, converted to the dtype
    of `input`.

    Raises
    ------
    RuntimeError
        If `value` is a tensor with dimensions.
    """
    if isinstance(value, TensorBase):
        _check_fill("fill_", value)
        return overwrite(input, FillTensorInPlace, value)
    number = numbers(value, input.array.dtype)
    return overwrite(input, FillInPlace, number, repeated=True)


@torch_arguments
def fill(input: Tensor, value: Number | Tensor) -> Tensor:
    """A tensor of the shape and dtype of `input` with `value`, a number or a tensor without
    dimensions, everywhere; errors as in `fill_`."""
    if not isinstance(value, TensorBase):
        return Fill.apply(input, numbers(value, input.array.dtype))
    _check_fill("fill", value)
    return FillTensor.apply(input, value)


def _check_fill(name: str, value: Tensor) -> None:
    """Raise if there is not one number to fill with."""
    if value.array.ndim:
        raise RuntimeError(
            f"{name} only supports 0-dimension value tensor but got tensor with "
            f"{value.array.ndim} dimensions."
        )


@torch_arguments
def copy_(input: Tensor, other: Tensor | Number, non_blocking: bool = False) -> Tensor:
    """Set the elements to those of `other`, which broadcasts, converted to the dtype of `input`.

    `non_blocking` is for copies between devices, of which there is one here.
    """
    if not isinstance(other, TensorBase):
        return fill_(input, other)
    try:
        np.broadcast_to(other.array, input.array.shape)
    except ValueError:
        raise RuntimeError(
            f"copy_: a tensor of shape {list(other.array.shape)} does not broadcast to one of "
            f"shape {list(input.array.shape)}"
        ) from None
    return overwrite(input, Copy, other)


def setitem(input: Tensor, key: Any, value: Operand) -> None:
    """``input[key] = value``, converted to the dtype of `input`.

    Raises
    ------
    IndexError
        As for reading ``input[key]``.
    RuntimeError
        If `value` does not broadcast to what `key` picks, or `key` has tensors in it and `value` is
        a tensor of another dtype, or has an imaginary part; or as `change`.
    TypeError
        If `value` is neither a tensor nor a number.
    """
    if isinstance(value, complex):
        if value.imag:
            raise RuntimeError(
                f"value cannot be converted to type {input.dtype} without overflow: {value}, and "
                "there are no complex numbers in tinygrad_edu"
            )
        value = value.real
    if not isinstance(value, TensorBase | int | float | np.generic):
        raise TypeError(
            f"can't assign a {type_said(value)} to a torch.{old_name(input.array.dtype)}Tensor"
        )
    dtype = input.array.dtype
    new = value if isinstance(value, TensorBase) else wrap(scalar(value, dtype))
    recorded = grad_mode.enabled and (input._requires_grad or new._requires_grad)
    view, arrays = resolve(input if recorded else input.detach(), key)
    picked = view.array[arrays] if arrays else view.array
    new = _without_leading_ones(new, picked.shape, bool(arrays))
    if new.array.dtype != dtype and _puts_elements(arrays, new.array):
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {input.dtype} "
            f"for the destination and {from_numpy_dtype(new.array.dtype)} for the source."
        )
    need_to_fit(new.array.shape, picked.shape)
    if new.array.dtype != dtype and any(isinstance(a, np.ndarray) for a in arrays):
        numbers(new.array, dtype)  # an error if it is out of range
    if view.array.shape == input.array.shape:
        view = input  # all of it: no part
    if arrays:
        overwrite(view, IndexPut, new, arrays)
        if recorded:
            whole = input if input._base is None else cast("Tensor", input._base)
            watched(whole, *index_tensors(key))
    elif new.array.ndim == 0 and picked.ndim:
        overwrite(view, FillTensorInPlace, new)
    else:
        overwrite(view, Copy, new)
    if not recorded and view is not input:
        renew_views(input)


def _without_leading_ones(value: Tensor, shape: tuple[int, ...], by_arrays: bool) -> Tensor:
    """`value` as what is put in a place of `shape`: without leading dimensions of size 1, and, but
    where arrays name the place, repeated to that shape."""
    there = value.array.shape
    ones = next((i for i, size in enumerate(there) if size != 1), len(there))
    if by_arrays:
        return value.view(there[ones:]) if ones and len(there) > len(shape) else value
    if there == shape or not there:
        return value
    value = value.view(there[ones:])
    fits = len(value.array.shape) <= len(shape)
    return value.expand(shape) if fits and value.array.shape != shape else value


def _puts_elements(arrays: tuple[Any, ...], value: np.ndarray[Any, Any]) -> bool:
    """Whether PyTorch assigns element by element, and converts no dtypes; it does not where one
    number goes to all places that one mask names."""
    dtypes = [a.dtype for a in arrays if isinstance(a, np.ndarray)]
    return bool(dtypes) and not (value.size == 1 and dtypes == [bool])
