"""Division: ``/ // %``, quotients rounded to whole numbers, and what then remains.

A rounded quotient q is constant between its steps, so its own derivative is 0. The remainder
``a - q b`` has derivative 1 for a and -q for b. What distinguishes the four is how q is rounded:
`floor_divide` and `remainder` round it down, so that the remainder has the sign of b, as in Python;
`fmod` cuts its fraction off, so that the remainder has the sign of a, as in C.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, TensorBase
from ..autograd.op import Op
from ..autograd.op_node import watched
from ..dtypes import result_dtype
from .arguments import need_one_tensor, need_operands, torch_arguments
from .convert import operand, to_dtype
from .into import into

if TYPE_CHECKING:
    from ..tensor import Operand, Tensor


class Div(Op):
    """``a / b``; integers give fractions."""

    promotes = "float"
    widens = keeps_number = True  # as `Mul`

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return a / b

    @staticmethod
    def d_a(grad: Array, b: Array) -> Array:
        return grad / b

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array) -> Array:  # d(a/b)/db = -a / b^2
        return -grad * ((a / b) / b)


class DivNumber(Op):
    """``x / number``, as `arithmetic.AddNumber`."""

    node_name = "DivBackward1"

    @staticmethod
    def forward(x: Array, number: float) -> Array:
        return x / number

    @staticmethod
    def d_x(grad: Array, number: float) -> Array:
        return grad / number


class DivFloor(Op):
    """``floor(a / b)``, rounded down; the derivative is 0."""

    kinds = "iuf"
    promotes = "common"
    node_name = "DivBackward2"
    widens = keeps_number = True

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        _check_divisor(a, b)
        return np.floor_divide(a, b)

    @staticmethod
    def d_a(grad: Array) -> Array:
        return np.zeros_like(grad)

    @staticmethod
    def d_b(grad: Array) -> Array:
        return np.zeros_like(grad)


class DivTrunc(DivFloor):
    """``trunc(a / b)``, rounded towards zero; the derivative is 0."""

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        if not _whole(a, b):
            return np.trunc(a / b)
        _check_divisor(a, b)
        return (a - np.fmod(a, b)) // b


class FloorDivide(Op):
    """``a // b``, to which PyTorch gives no derivative."""

    kinds = "iuf"
    promotes = "common"
    node_name = "NotImplemented"
    widens = keeps_number = True
    forward = staticmethod(DivFloor.forward)

    @staticmethod
    def d_a(grad: Array) -> Array:
        raise RuntimeError(
            "derivative for floor_divide is not implemented; div(..., rounding_mode='floor') has "
            "one, which is zero"
        )

    d_b = d_a


class Remainder(Op):
    """``a - floor(a / b) b``: what remains, with the sign of `b`."""

    kinds = "iuf"
    promotes = "common"
    node_name = "RemainderBackward1"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        _check_divisor(a, b)
        rest = np.fmod(a, b)
        return np.where((rest != 0) & ((b < 0) != (rest < 0)), rest + b, rest)

    @staticmethod
    def d_a(grad: Array) -> Array:
        return grad

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array) -> Array:
        return -grad * DivFloor.call(a, b)


class RemainderScalar(Op):
    """`Remainder` with a number for `b`."""

    kinds = "iuf"
    node_name = "RemainderBackward0"
    forward = staticmethod(Remainder.forward)
    d_a = staticmethod(Remainder.d_a)


class RemainderOfNumber(Op):
    """`Remainder` with a number for `a`, to which PyTorch gives no derivative."""

    kinds = "iuf"
    node_name = "NotImplemented"
    forward = staticmethod(Remainder.forward)

    @staticmethod
    def d_b(grad: Array) -> Array:
        raise RuntimeError(
            "derivative for the remainder of a number is not implemented; give it as a tensor"
        )


class Fmod(Op):
    """``a - trunc(a / b) b``: what remains, with the sign of `a`."""

    kinds = "iuf"
    promotes = "common"
    node_name = "FmodBackward1"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        _check_divisor(a, b)
        return np.fmod(a, b)

    @staticmethod
    def d_a(grad: Array) -> Array:
        return grad

    @staticmethod
    def d_b(grad: Array, a: Array, b: Array) -> Array:
        return -grad * DivTrunc.call(a, b)


class FmodScalar(Op):
    """`Fmod` with a number for `b`."""

    kinds = "iuf"
    node_name = "FmodBackward0"
    forward = staticmethod(Fmod.forward)
    d_a = staticmethod(Fmod.d_a)


def _whole(a: Array, b: Array) -> bool:
    """Whether both are integers; either may be a Python number."""
    return np.asarray(a).dtype.kind != "f" and np.asarray(b).dtype.kind != "f"


def _check_divisor(a: Array, b: Array) -> None:
    """Raise if integers are divided by 0; PyTorch's error bears the name of Python's."""
    if _whole(a, b) and not np.all(b) and np.broadcast(a, b).size:
        raise RuntimeError("ZeroDivisionError: integers cannot be divided by 0")


def div(
    input: Operand, other: Operand, *, rounding_mode: str | None = None, out: Tensor | None = None
) -> Tensor:
    """``input / other``, broadcast.

    Parameters
    ----------
    input, other : Tensor, array or number
    rounding_mode : {None, "trunc", "floor"}
        What becomes of fractions. None: they stay, and integers give the default dtype. The other
        two round towards zero or down, and keep the promoted dtype.

    Raises
    ------
    RuntimeError
        If `rounding_mode` is another word, or integers are divided by 0 and rounded.
    """
    if out is not None:
        return into(out, div, input, other, rounding_mode=rounding_mode)
    need_operands("div", input, other)
    if rounding_mode is None:
        return Div.apply(input, other)
    if isinstance(rounding_mode, bytes):
        rounding_mode = rounding_mode.decode()
    if not isinstance(rounding_mode, str):
        raise TypeError(f"div(): argument 'rounding_mode' must be str, not {rounding_mode!r:.80}")
    if rounding_mode == "floor":
        return _rounded(DivFloor.apply(input, other), input, other)
    if rounding_mode == "trunc":
        return _rounded(DivTrunc.apply(input, other), input, other)
    raise RuntimeError(
        "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
        f"{rounding_mode!r}"
    )


def _rounded(result: Tensor, input: Operand, other: Operand) -> Tensor:
    """A quotient; as in PyTorch what was divided may not be changed before the backward pass."""
    wanted = isinstance(other, TensorBase) and other._requires_grad
    return watched(result, input if wanted else None, other)


def true_divide(input: Operand, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """``input / other``, broadcast."""
    if out is not None:
        return into(out, true_divide, input, other)
    return div(input, other)


def floor_divide(input: Operand, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """``input // other``, broadcast: the quotient rounded down, in the promoted dtype.

    As in PyTorch it has no derivative, and a backward pass through it raises a RuntimeError;
    ``div(input, other, rounding_mode="floor")`` has one.

    Raises
    ------
    RuntimeError
        If integers are divided by 0.
    """
    if out is not None:
        return into(out, floor_divide, input, other)
    need_operands("floor_divide", input, other)
    return FloorDivide.apply(input, other)


def rfloordiv(input: Tensor, other: Operand) -> Tensor:
    """``other // input``: what Python calls for a number divided by a tensor."""
    return floor_divide(other, input)


def remainder(input: Operand, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """``input % other``, broadcast: what division leaves, with the sign of `other`.

    Raises
    ------
    RuntimeError
        If integers are divided by 0.
    TypeError
        If both are numbers.
    """
    if out is not None:
        return into(out, remainder, input, other)
    need_operands("remainder", input, other)
    if not isinstance(other, TensorBase | np.ndarray):
        return RemainderScalar.apply(*_with_number("remainder", input, other))
    if not isinstance(input, TensorBase | np.ndarray):
        return RemainderOfNumber.apply(*_with_number("remainder", other, input)[::-1])
    return Remainder.apply(input, other)


def rmod(input: Tensor, other: Operand) -> Tensor:
    """``other % input``: what Python calls for a number and a tensor."""
    return remainder(other, input)


@torch_arguments
def fmod(input: Tensor, other: Operand) -> Tensor:
    """What division leaves, with the sign of `input`; broadcast.

    Raises
    ------
    RuntimeError
        If integers are divided by 0.
    """
    if not isinstance(other, TensorBase | np.ndarray):
        return FmodScalar.apply(*_with_number("fmod", input, other))
    return Fmod.apply(input, other)


def _with_number(name: str, tensor: Any, number: Any) -> tuple[Tensor, Array]:
    """A tensor and a number in the dtype of their result."""
    need_one_tensor(name, tensor, number)
    common = result_dtype([tensor.array, number])
    return to_dtype(tensor, common), operand(number, common)
