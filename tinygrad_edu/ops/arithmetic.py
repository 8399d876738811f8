"""Arithmetic on matching elements: ``+ - *``; division and powers have files of their own.

Every class is one op, with its formula and, under its forward, its derivative for each argument;
`grad` is the gradient with respect to the op's output. Arguments of different shapes broadcast:
the engine sums each gradient back to its argument's shape, so no derivative here speaks of
shapes. Under the classes stand the public functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, TensorBase
from ..autograd.op import Op
from ..dtypes import bool_, result_dtype
from .arguments import as_number, need_operands, torch_arguments
from .convert import numbers, operand, to_dtype
from .into import into

if TYPE_CHECKING:
    from ..tensor import Operand, Tensor

TO_INVERT = "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."


class Add(Op):
    """``a + b``."""

    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return a + b

    @staticmethod
    def d_a(grad: Array) -> Array:  # d(a+b)/da = 1
        return grad

    @staticmethod
    def d_b(grad: Array) -> Array:  # d(a+b)/db = 1
        return grad


class Sub(Op):
    """``a - b``."""

    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return a - b

    @staticmethod
    def d_a(grad: Array) -> Array:  # d(a-b)/da = 1
        return grad

    @staticmethod
    def d_b(grad: Array) -> Array:  # d(a-b)/db = -1
        return -grad


def times_alpha(b: Array, alpha: float) -> Array:
    """``alpha * b`` in the dtype of `b`; a number stays one, which decides on no width."""
    return np.asarray(alpha * b, b.dtype) if isinstance(b, np.ndarray) else alpha * b


class AddScaled(Op):
    """``a + alpha * b``."""

    promotes = "common"
    node_name = "AddBackward0"
    widens = True

    @staticmethod
    def forward(a: Array, b: Array, alpha: float) -> Array:
        return a + times_alpha(b, alpha)

    @staticmethod
    def d_a(grad: Array) -> Array:
        return grad

    @staticmethod
    def d_b(grad: Array, alpha: float) -> Array:
        return alpha * grad


class SubScaled(Op):
    """``a - alpha * b``."""

    promotes = "common"
    node_name = "SubBackward0"
    widens = True

    @staticmethod
    def forward(a: Array, b: Array, alpha: float) -> Array:
        return a - times_alpha(b, alpha)

    @staticmethod
    def d_a(grad: Array) -> Array:
        return grad

    @staticmethod
    def d_b(grad: Array, alpha: float) -> Array:
        return -alpha * grad


class Rsub(Op):
    """``a - b`` with a number for `a`, which PyTorch records under a name of its own."""

    node_name = "RsubBackward1"

    @staticmethod
    def forward(a: float, b: Array) -> Array:
        return a - b

    @staticmethod
    def d_b(grad: Array) -> Array:
        return -grad


class Mul(Op):
    """``a * b``."""

    promotes = "common"
    widens = keeps_number = True  # it need be no float16, as 65536, by which a loss is scaled

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return a * b

    @staticmethod
    def d_a(grad: Array, b: Array) -> Array:  # d(ab)/da = b
        return grad * b

    @staticmethod
    def d_b(grad: Array, a: Array) -> Array:  # d(ab)/db = a
        return grad * a


class Neg(Op):
    """``-x``."""

    @staticmethod
    def forward(x: Array) -> Array:
        return -x

    @staticmethod
    def d_x(grad: Array) -> Array:
        return -grad


class AddNumber(Op):
    """``x + number``, where PyTorch knows it for a number: in what it computes in C++."""

    node_name = "AddBackward1"

    @staticmethod
    def forward(x: Array, number: float) -> Array:
        return x + number

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad


class MulNumber(Op):
    """``x * number``, as `AddNumber`."""

    node_name = "MulBackward1"

    @staticmethod
    def forward(x: Array, number: float) -> Array:
        return x * number

    @staticmethod
    def d_x(grad: Array, number: float) -> Array:
        return grad * number


def add(input: Operand, other: Operand, *, alpha: float = 1, out: Tensor | None = None) -> Tensor:
    """``input + alpha * other``, broadcast; tensors, arrays or numbers.

    Raises
    ------
    RuntimeError
        If the operands are integers and `alpha` is not.
    """
    if out is not None:
        return into(out, add, input, other, alpha=alpha)
    need_operands("add", input, other)
    if alpha.__class__ is int and alpha == 1:
        return Add.apply(input, other)
    return AddScaled.apply(input, other, checked_alpha("add", input, other, alpha))


def sub(input: Operand, other: Operand, *, alpha: float = 1, out: Tensor | None = None) -> Tensor:
    """``input - alpha * other``, broadcast; tensors, arrays or numbers.

    Raises
    ------
    RuntimeError
        If one is of dtype bool, or if the operands are integers and `alpha` is not.
    """
    if out is not None:
        return into(out, sub, input, other, alpha=alpha)
    need_operands("sub", input, other)
    check_no_bools(input, other)
    if alpha.__class__ is int and alpha == 1:
        return Sub.apply(input, other)
    return SubScaled.apply(input, other, checked_alpha("sub", input, other, alpha))


def checked_alpha(name: str, input: Operand, other: Operand, alpha: Any) -> Any:
    """The number `alpha`, rounded to the dtype of the result; an error if it is a fraction of
    integers, a bool of numbers, or out of range."""
    alpha = as_number(name, "alpha", 2, alpha)
    common = result_dtype([x.array if isinstance(x, TensorBase) else x for x in (input, other)])
    if common.kind != "f" and isinstance(alpha, float):
        raise RuntimeError(
            f"For integral input tensors, argument alpha must not be a floating point number, but "
            f"got {alpha}"
        )
    if common.kind != "b" and isinstance(alpha, bool):
        raise RuntimeError(f"Boolean alpha only supported for Boolean results, but got {alpha}")
    return numbers(alpha, common).item() if common.kind == "f" else alpha


def rsub(input: Tensor, other: Operand) -> Tensor:
    """``other - input``: what Python calls for a number minus a tensor."""
    if isinstance(other, TensorBase):
        return sub(other, input)
    check_no_bools(input, other)
    common = result_dtype([input.array, other])
    return Rsub.apply(operand(other, common), to_dtype(input, common))


def check_no_bools(*operands: Operand) -> None:
    """Raise PyTorch's error for subtraction with bools."""
    bools = [  # a bool of NumPy's counts as a float
        getattr(x, "dtype", type(x)) in (bool, bool_) and not isinstance(x, np.bool_)
        for x in operands
    ]
    if all(bools):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead."
        )
    if any(bools):
        raise RuntimeError(
            f"Subtraction, the `-` operator, with a bool tensor is not supported. {TO_INVERT}"
        )


def mul(input: Operand, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """``input * other``, broadcast; tensors, arrays or numbers."""
    if out is not None:
        return into(out, mul, input, other)
    need_operands("mul", input, other)
    return Mul.apply(input, other)


@torch_arguments
def neg(input: Tensor) -> Tensor:
    """``-input``.

    Raises
    ------
    RuntimeError
        If `input` is of dtype bool.
    """
    if input.array.dtype == bool:
        raise RuntimeError(
            f"Negation, the `-` operator, on a bool tensor is not supported. {TO_INVERT}"
        )
    return Neg.apply(input)
