"""Two or three tensors combined: `lerp`, `addcmul`, `addcdiv`, `hypot`, `rsub`, `float_power`.

All but the last are a formula of a few operations in one op, which keeps nothing in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, TensorBase
from ..autograd.op import Op
from ..autograd.op_node import watched
from ..dtypes import number_dtype, result_dtype
from . import arithmetic
from .arguments import need_one_tensor, torch_arguments
from .convert import numbers, operand, scalar, to_dtype
from .into import into
from .older_forms import older_form
from .power import pow

if TYPE_CHECKING:
    from ..tensor import Number, Operand, Tensor


class RsubTensor(Op):
    """``b - alpha * a``."""

    promotes = "common"
    node_name = "RsubBackward0"

    @staticmethod
    def forward(a: Array, b: Array, alpha: float) -> Array:
        return b - alpha * a

    @staticmethod
    def d_a(grad: Array, alpha: float) -> Array:
        return -alpha * grad

    @staticmethod
    def d_b(grad: Array) -> Array:
        return grad


class RsubNumber(Op):
    """`RsubTensor` with a number for `b`."""

    node_name = "RsubBackward1"
    forward = staticmethod(RsubTensor.forward)
    d_a = staticmethod(RsubTensor.d_a)


class Lerp(Op):
    """``start + weight (end - start)`` for a number `weight`.

    From a weight of 1/2 on it is computed from the other end, ``end - (1 - weight) (end - start)``,
    so that the result is exactly `end` at 1, as it is `start` at 0.
    """

    kinds = "f"
    widens = True

    @staticmethod
    def forward(start: Array, end: Array, weight: float) -> Array:
        share = start.dtype.type(weight)
        if abs(share) < 0.5:
            return start + share * (end - start)
        return end - (end - start) * (1 - share)

    @staticmethod
    def d_start(grad: Array, weight: float) -> Array:
        return grad * (1 - weight)

    @staticmethod
    def d_end(grad: Array, weight: float) -> Array:
        return grad * weight


class LerpTensor(Op):
    """`Lerp` with a weight for each element; its derivative is end - start."""

    kinds = "f"
    node_name = "LerpBackward1"
    widens = True

    @staticmethod
    def forward(start: Array, end: Array, weight: Array) -> Array:
        way = end - start
        return np.where(np.abs(weight) < 0.5, start + weight * way, end - way * (1 - weight))

    d_start = staticmethod(Lerp.d_start)
    d_end = staticmethod(Lerp.d_end)

    @staticmethod
    def d_weight(grad: Array, start: Array, end: Array) -> Array:
        return grad * (end - start)


class Addcmul(Op):
    """``x + value * a * b``."""

    kinds = "iuf"
    promotes = "common"
    widens = True

    @staticmethod
    def forward(x: Array, a: Array, b: Array, value: float) -> Array:
        return x + (a * b if value == 1 else value * a * b)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad

    @staticmethod
    def d_a(grad: Array, b: Array, value: float) -> Array:
        return grad * (b * value)

    @staticmethod
    def d_b(grad: Array, a: Array, value: float) -> Array:
        return grad * (a * value)


class Addcdiv(Op):
    """``x + value * a / b``."""

    promotes = "common"
    widens = True

    @staticmethod
    def forward(x: Array, a: Array, b: Array, value: float) -> Array:
        return x + value * a / b

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad

    @staticmethod
    def d_a(grad: Array, b: Array, value: float) -> Array:
        return grad * (value / b)

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array, value: float) -> Array:
        return -grad * (value * a / (b * b))


class Hypot(Op):
    """``sqrt(a^2 + b^2)`` without overflow, with derivatives a / out and b / out: nan at 0."""

    kinds = "f"
    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.hypot(a, b)

    @staticmethod
    def d_a(grad: Array, a: Array, out: Array) -> Array:
        return grad * (a / out)

    @staticmethod
    def d_b(grad: Array, b: Array, out: Array) -> Array:
        return grad * (b / out)


@torch_arguments
def rsub(input: Tensor, other: Operand, alpha: Number = 1) -> Tensor:
    """``other - alpha * input``, broadcast.

    Raises
    ------
    RuntimeError
        If one is of dtype bool, or if the operands are integers and `alpha` is not.
    """
    arithmetic.check_no_bools(input, other)
    alpha = arithmetic.checked_alpha("rsub", input, other, alpha)
    if isinstance(other, TensorBase):
        return RsubTensor.apply(input, other, alpha)
    common = result_dtype([input.array, other])
    return RsubNumber.apply(to_dtype(input, common), operand(other, common), alpha)


@torch_arguments
def lerp(input: Tensor, end: Tensor, weight: Tensor | float) -> Tensor:
    """The point between `input` and `end` at the share `weight` of the way; all broadcast.

    Parameters
    ----------
    input, end : Tensor
        Of the same dtype; floating point, unless `weight` decides on that of the result.
    weight : Tensor or number
        0 for `input`, 1 for `end`; any other number goes on along the line. One without dimensions
        may have another dtype, and takes part in the promotion.

    Raises
    ------
    RuntimeError
        If the dtypes differ.
    NotImplementedError
        If the result would be of integers.
    """
    _same_dtype(input, end, "end")
    if not isinstance(weight, TensorBase):
        number_dtype(weight)  # refuses what is no number
        return Lerp.apply(input, end, weight)
    if weight.array.ndim:
        _same_dtype(input, weight, "weight")
    common = result_dtype([t.array for t in (input, end, weight)])
    return LerpTensor.apply(*(to_dtype(t, common) for t in (input, end, weight)))


def _same_dtype(input: Tensor, other: Tensor, name: str) -> None:
    if other.array.dtype != input.array.dtype:
        raise RuntimeError(f"lerp: expected {input.dtype} for `{name}`, but got {other.dtype}")


@older_form
@torch_arguments
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """``input + value * tensor1 * tensor2``, broadcast."""
    value = _in_common_dtype(value, input, tensor1, tensor2)
    return Addcmul.apply(input, tensor1, tensor2, value)


@older_form
@torch_arguments
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """``input + value * tensor1 / tensor2``, broadcast.

    Raises
    ------
    RuntimeError
        If neither `tensor1` nor `tensor2` is of a floating point dtype.
    """
    if "f" not in (tensor1.array.dtype.kind, tensor2.array.dtype.kind):
        raise RuntimeError(
            f"addcdiv does not divide integers, but got {tensor1.dtype} and {tensor2.dtype}: "
            "convert one of them to floating point first"
        )
    value = _in_common_dtype(value, input, tensor1, tensor2)
    return watched(Addcdiv.apply(input, tensor1, tensor2, value), tensor2)


def _in_common_dtype(value: Number, *tensors: Tensor) -> Any:
    """`value` as a number of the kind that the tensors together have."""
    number_dtype(value)  # refuses what is no number
    common = result_dtype([t.array for t in tensors])
    if common.kind != "f":
        return numbers(value, common).item()
    scalar(value, common)  # an error if it is out of range
    return float(value)


@torch_arguments
def hypot(input: Tensor, other: Tensor) -> Tensor:
    """``sqrt(input^2 + other^2)``, broadcast: the hypotenuse. Its gradient at (0, 0) is nan."""
    return Hypot.apply(input, other)


def float_power(input: Operand, exponent: Operand, *, out: Tensor | None = None) -> Tensor:
    """``input ** exponent`` computed in float64, whatever the dtypes; one may be a number."""
    if out is not None:
        return into(out, float_power, input, exponent)
    need_one_tensor("float_power", input, exponent)
    for x in (input, exponent):
        if not isinstance(x, TensorBase | np.ndarray | np.generic | int | float):
            raise TypeError(
                f"float_power(): expected Tensors or numbers, but got {type(x).__name__} {x!r:.80}"
            )
    double = np.dtype(np.float64)
    base, power = (
        to_dtype(x, double) if isinstance(x, TensorBase) else float(x) for x in (input, exponent)
    )
    return pow(base, power)
