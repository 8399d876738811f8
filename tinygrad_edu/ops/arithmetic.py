"""Arithmetic on matching elements: ``+ - * **``; division has a file of its own.

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
from ..autograd.op_node import watched
from ..dtypes import bool_, result_dtype
from .arguments import as_number, not_a_tensor, torch_arguments
from .convert import numbers, to_dtype

if TYPE_CHECKING:
    from ..tensor import Operand, Tensor


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


class Pow(Op):
    """``x ** exponent`` for a number `exponent`; its derivative is exponent x^(exponent - 1)."""

    @staticmethod
    def forward(x: Array, exponent: float) -> Array:
        if exponent == -0.5:  # NumPy takes 0.5 as the square root; so the two agree at -inf too
            return 1 / np.sqrt(x)
        return x**exponent

    @staticmethod
    def d_x(grad: Array, x: Array, exponent: float) -> Array:
        if exponent == 0:  # x^0 is constant, also at 0, where x^-1 is infinite
            return np.zeros_like(grad)
        return grad * (exponent * Pow.call(x, exponent - 1))


class PowTensor(Op):
    """``x ** exponent`` for tensors."""

    kinds = "iuf"
    promotes = "common"
    node_name = "PowBackward1"

    @staticmethod
    def forward(x: Array, exponent: Array) -> Array:
        if exponent.dtype.kind != "i":
            return np.power(x, exponent)
        # A negative power of an integer is a fraction, which is cut off: 0, except of 1 and -1.
        inverse = np.where(np.abs(x) == 1, np.where(exponent % 2 == 0, 1, x), 0)
        return np.where(exponent < 0, inverse, np.power(x, np.maximum(exponent, 0)))

    @staticmethod
    def d_x(grad: Array, x: Array, exponent: Array) -> Array:
        return np.where(exponent == 0, 0.0, grad * (exponent * x ** (exponent - 1.0)))

    @staticmethod
    def d_exponent(grad: Array, x: Array, exponent: Array, out: Array) -> Array:
        # d(x^e)/de = x^e ln x; 0 where x is 0, if x^e is the constant 0 around this e
        return grad * np.where((x == 0) & (exponent >= 0), 0.0, out * np.log(x))


class PowScalar(Op):
    """A number to the power of a tensor."""

    kinds = "iuf"
    node_name = "PowBackward2"
    forward = staticmethod(PowTensor.forward)
    d_exponent = staticmethod(PowTensor.d_exponent)


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


def add(input: Operand, other: Operand, *, alpha: float = 1) -> Tensor:
    """``input + alpha * other``, broadcast; tensors, arrays or numbers.

    Raises
    ------
    RuntimeError
        If the operands are integers and `alpha` is not.
    """
    if alpha.__class__ is int and alpha == 1:
        return Add.apply(input, other)
    return AddScaled.apply(input, other, checked_alpha("add", input, other, alpha))


def sub(input: Operand, other: Operand, *, alpha: float = 1) -> Tensor:
    """``input - alpha * other``, broadcast; tensors, arrays or numbers.

    Raises
    ------
    RuntimeError
        If one is of dtype bool, or if the operands are integers and `alpha` is not.
    """
    check_no_bools(input, other)
    if alpha.__class__ is int and alpha == 1:
        return Sub.apply(input, other)
    return SubScaled.apply(input, other, checked_alpha("sub", input, other, alpha))


def checked_alpha(name: str, input: Operand, other: Operand, alpha: Any) -> Any:
    """The number `alpha`; an error if it is a fraction of integers, or a bool of numbers."""
    alpha = as_number(name, "alpha", 2, alpha)
    common = result_dtype([x.array if isinstance(x, TensorBase) else x for x in (input, other)])
    if common.kind != "f" and isinstance(alpha, float):
        raise RuntimeError(
            f"For integral input tensors, argument alpha must not be a floating point number, but "
            f"got {alpha}"
        )
    if common.kind != "b" and isinstance(alpha, bool):
        raise RuntimeError(f"Boolean alpha only supported for Boolean results, but got {alpha}")
    return alpha


def rsub(input: Tensor, other: Operand) -> Tensor:
    """``other - input``: what Python calls for a number minus a tensor."""
    if isinstance(other, TensorBase):
        return sub(other, input)
    check_no_bools(input, other)
    common = result_dtype([input.array, other])
    return Rsub.apply(np.asarray(other).astype(common), to_dtype(input, common))


def check_no_bools(*operands: Operand) -> None:
    """Raise PyTorch's error for subtraction with bools."""
    if any(getattr(x, "dtype", type(x)) in (bool, bool_) for x in operands):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. "
            "Use `^` or logical_xor() instead."
        )


def mul(input: Operand, other: Operand) -> Tensor:
    """``input * other``, broadcast; tensors, arrays or numbers."""
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
            "Negation, the `-` operator, on a bool tensor is not supported. "
            "Use `~` or logical_not() instead."
        )
    return Neg.apply(input)


def pow(input: Operand, exponent: Operand) -> Tensor:
    """``input ** exponent``; either may be a number.

    Raises
    ------
    RuntimeError
        If integers are raised to a negative integer power.
    """
    if not isinstance(exponent, TensorBase | np.ndarray):
        if not isinstance(input, TensorBase):
            raise not_a_tensor("pow", "input", 0, input)
        common = result_dtype([input.array, exponent])
        if common.kind in "iu" and exponent < 0:
            raise RuntimeError(
                "Integers to negative integer powers are not allowed, but the exponent is "
                f"{exponent}"
            )
        exponent = float(exponent) if common.kind == "f" else numbers(exponent, common).item()
        return to_dtype(Pow.apply(to_dtype(input, common), exponent), common)
    # To one dtype first, so that the logarithm in the derivative has the precision of the result.
    common = result_dtype([x.array if isinstance(x, TensorBase) else x for x in (input, exponent)])
    base, power = (
        to_dtype(x, common) if isinstance(x, TensorBase) else np.asarray(x).astype(common)
        for x in (input, exponent)
    )
    if isinstance(input, TensorBase | np.ndarray):
        result = PowTensor.apply(base, power)
        return watched(result, result)
    return PowScalar.apply(base, power)


def rpow(input: Tensor, other: Operand) -> Tensor:
    """``other ** input``: what Python calls for a number to the power of a tensor."""
    return pow(other, input)


@torch_arguments
def square(input: Tensor) -> Tensor:
    """``input ** 2``."""
    return pow(input, 2)
