"""Bounds, choices and steps: ops that pass a value on, or do not.

At a kink, where two choices meet, the derivative is the one PyTorch chose.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ..advice import advised
from ..autograd.graph import Array, TensorBase, wrap
from ..autograd.op import Op
from ..dtypes import name_in_c, old_name, result_dtype
from .arguments import as_number, torch_arguments
from .convert import numbers, scalar, to_dtype
from .masks import chosen

if TYPE_CHECKING:
    from ..tensor import Number, Operand, Tensor


class Clamp(Op):
    """`x`, but not below `low` nor above `high`; derivative 1 from bound to bound, else 0."""

    kinds = "iuf"
    node_name = "ClampBackward1"

    @staticmethod
    def forward(x: Array, low: float | None, high: float | None) -> Array:
        if x.dtype.kind == "f":  # in one pass; the upper bound wins, as in PyTorch
            return x.clip(-np.inf if low is None else low, np.inf if high is None else high)
        if low is not None:
            x = np.maximum(x, low)
        return x if high is None else np.minimum(x, high)

    @staticmethod
    def d_x(grad: Array, x: Array, low: float | None, high: float | None) -> Array:
        if low is not None:
            grad = chosen(x >= low, grad, 0.0)
        if high is not None:
            grad = chosen(x <= high, grad, 0.0)
        return grad


class ClampTensors(Clamp):
    """`Clamp` with tensors for bounds, which get the gradient where they are the result."""

    kinds = ""
    node_name = "ClampBackward0"

    @staticmethod
    def d_low(grad: Array, x: Array, low: Array, high: Array) -> Array:
        taken = x < low if high is None else (x < low) & (low < high)
        return chosen(taken, grad, 0.0)

    @staticmethod
    def d_high(grad: Array, x: Array, low: Array, high: Array) -> Array:
        taken = x > high if low is None else (x > high) | (high < low)
        return chosen(taken, grad, 0.0)


class MaskedFill(Op):
    """`x`, with `value` where `mask` is True; the derivative there is 0."""

    @staticmethod
    def forward(x: Array, mask: Array, value: Array) -> Array:
        return chosen(mask, value, x)

    @staticmethod
    def d_x(grad: Array, mask: Array) -> Array:
        return chosen(mask, 0.0, grad)


class MaskedFillTensor(MaskedFill):
    """`MaskedFill` with a tensor for `value`, which gets the gradient of what was filled."""

    node_name = "MaskedFillBackward1"

    @staticmethod
    def d_value(grad: Array, mask: Array) -> Array:
        return chosen(mask, grad, 0.0)


class Maximum(Op):
    """The larger of `a` and `b`; where they are equal each gets half of the gradient."""

    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.maximum(a, b)

    @staticmethod
    def d_a(grad: Array, a: Array, b: Array) -> Array:
        return chosen(a == b, grad / 2, chosen(a < b, 0.0, grad))

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array) -> Array:
        return chosen(a == b, grad / 2, chosen(a > b, 0.0, grad))


class Minimum(Op):
    """The smaller of `a` and `b`; where they are equal each gets half of the gradient."""

    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.minimum(a, b)

    @staticmethod
    def d_a(grad: Array, a: Array, b: Array) -> Array:
        return chosen(a == b, grad / 2, chosen(a > b, 0.0, grad))

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array) -> Array:
        return chosen(a == b, grad / 2, chosen(a < b, 0.0, grad))


class Where(Op):
    """`a` where `condition` holds and `b` elsewhere; each gets the gradient where it was taken."""

    promotes = "common"

    @staticmethod
    def forward(condition: Array, a: Array, b: Array) -> Array:
        return chosen(condition, a, b)

    @staticmethod
    def d_a(grad: Array, condition: Array) -> Array:
        return chosen(condition, grad, 0.0)

    @staticmethod
    def d_b(grad: Array, condition: Array) -> Array:
        return chosen(condition, 0.0, grad)


@torch_arguments
def clamp(
    input: Tensor, min: Number | Tensor | None = None, max: Number | Tensor | None = None
) -> Tensor:
    """`input`, but nowhere below `min` nor above `max`.

    Parameters
    ----------
    input : Tensor
    min, max : number or Tensor, optional
        The bounds; where `min` is above `max`, the result is `max`.

    Raises
    ------
    RuntimeError
        If neither bound is given.
    TypeError
        If one is a tensor and the other a number.
    """
    if min is None and max is None:
        raise RuntimeError("clamp: at least one of 'min' or 'max' must not be None")
    if isinstance(min, TensorBase) != isinstance(max, TensorBase) and min is not None is not max:
        min, max = as_number("clamp", "min", 1, min), as_number("clamp", "max", 2, max)
    tensors = [x for x in (input, min, max) if isinstance(x, TensorBase)]
    bounds = [x for x in (min, max) if not (x is None or isinstance(x, TensorBase))]
    common = result_dtype([*(x.array for x in tensors), *bounds])
    if len(tensors) == 1:
        low, high = (x if x is None else numbers(x, common) for x in (min, max))
        return Clamp.apply(to_dtype(input, common), low, high)
    if common.kind == "b" and len(tensors) == 3:
        raise NotImplementedError("clamp between two tensors is not implemented for bools")
    if bounds:
        raise TypeError("clamp: 'min' and 'max' must be both tensors or both numbers")
    converted = [to_dtype(x, common) if isinstance(x, TensorBase) else x for x in (min, max)]
    return ClampTensors.apply(to_dtype(input, common), *converted)


@torch_arguments
def maximum(input: Tensor, other: Tensor) -> Tensor:
    """The larger of each two elements, broadcast; nan if either is."""
    return Maximum.apply(input, other)


@torch_arguments
def minimum(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of each two elements, broadcast; nan if either is."""
    return Minimum.apply(input, other)


@torch_arguments
def where(condition: Tensor, input: Operand | None = None, other: Operand | None = None) -> Any:
    """`input` where `condition` is True and `other` elsewhere; all three broadcast.

    Returns
    -------
    Tensor
        Or, given nothing but a condition of any dtype, a tuple: for each of its dimensions, the
        indices of the elements that are not zero, as a tensor of int64.

    Raises
    ------
    RuntimeError
        If `condition` is not of dtype bool, or a number is out of the range of the result's dtype.
    TypeError
        If only one of `input` and `other` is given.
    """
    if input is None and other is None:
        return tuple(wrap(places) for places in np.nonzero(np.atleast_1d(condition.array)))
    if input is None or other is None:
        raise TypeError("where(): expected both 'input' and 'other', or neither")
    if condition.array.dtype == np.uint8:
        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be "
            "removed in a future version of PyTorch. Use a boolean condition instead.",
            UserWarning,
            stacklevel=3,
        )
        condition = wrap(condition.array.astype(bool))
    if condition.array.dtype != bool:
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{old_name(condition.array.dtype)}"
        )
    common = result_dtype([x.array if isinstance(x, TensorBase) else x for x in (input, other)])
    input, other = (
        x if isinstance(x, TensorBase | np.ndarray) else wrap(scalar(x, common))
        for x in (input, other)
    )
    return Where.apply(condition, input, other)


def kept_where(input: Tensor, condition: Tensor, other: Operand) -> Tensor:
    """`where` as the method it is: ``x.where(condition, other)``."""
    result: Tensor = where(condition, input, other)
    return result


@torch_arguments
def masked_fill(input: Tensor, mask: Tensor, value: Number | Tensor) -> Tensor:
    """`input`, with `value` where `mask` is True; of the dtype of `input`.

    Raises
    ------
    RuntimeError
        If `mask` is not of dtype bool, `value` is outside of the range of the dtype, or it is a
        tensor with dimensions.
    """
    if mask.array.dtype != bool:
        kind = name_in_c(mask.array.dtype)
        raise advised(
            RuntimeError(
                f"masked_fill_ only supports boolean masks, but got mask with dtype {kind}"
            ),
            f"It is {mask.dtype}; a comparison gives torch.bool.",
        )
    if not isinstance(value, TensorBase):
        return MaskedFill.apply(input, mask, numbers(value, input.array.dtype))
    if value.array.ndim:
        raise RuntimeError(
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value.array.ndim} dimension(s)."
        )
    numbers(value.array, input.array.dtype)  # an error if it is out of range
    return MaskedFillTensor.apply(input, mask, to_dtype(value, input.array.dtype))
