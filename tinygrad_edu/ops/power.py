"""Powers of matching elements: ``x ** 2``, ``x ** y`` and ``2 ** x``.

There are three ops, as in PyTorch: one with a number as exponent, one with two tensors, and one
with a number as base. A number has no derivative, and may make that of the other simpler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, TensorBase
from ..autograd.half import HALF
from ..autograd.op import Op
from ..autograd.op_node import watched
from ..dtypes import result_dtype
from .arguments import not_a_tensor, torch_arguments
from .convert import numbers, operand, to_dtype
from .into import into
from .operators import operator_of

if TYPE_CHECKING:
    from ..tensor import Operand, Tensor


class Pow(Op):
    """``x ** exponent`` for a number `exponent`; its derivative is exponent x^(exponent - 1)."""

    @staticmethod
    def forward(x: Array, exponent: float) -> Array:
        if exponent == -0.5:  # NumPy takes 0.5 as the square root; so the two agree at -inf too
            return 1 / np.sqrt(x)
        if exponent == 1:
            return x.copy("K")
        if exponent == 2:
            return x * x
        if x.dtype != HALF:  # the products that PyTorch takes, which are also quicker
            if exponent == 3:
                return x * x * x
            if exponent == -2:
                return 1 / (x * x)
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
        if exponent.dtype == np.float32:  # PyTorch's is nearly always the closest number, too
            return np.power(x, exponent, dtype=np.float64).astype(np.float32)
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
        return grad * np.where(np.logical_and(x == 0, exponent >= 0), 0.0, out * np.log(x))


class PowScalar(Op):
    """A number to the power of a tensor."""

    kinds = "iuf"
    node_name = "PowBackward2"
    forward = staticmethod(PowTensor.forward)
    d_exponent = staticmethod(PowTensor.d_exponent)


def pow(input: Operand, exponent: Operand, *, out: Tensor | None = None) -> Tensor:
    """``input ** exponent``; either may be a number.

    Raises
    ------
    RuntimeError
        If integers are raised to a negative integer power, or if the exponent is out of the range
        of the integers, or of float16.
    """
    if out is not None:
        return into(out, pow, input, exponent)
    if not isinstance(exponent, TensorBase | np.ndarray):
        if not isinstance(input, TensorBase):
            raise not_a_tensor("pow", "input", 0, input)
        common = result_dtype([input.array, exponent])
        if common.kind in "iu" and exponent < 0:
            raise RuntimeError(
                "Integers to negative integer powers are not allowed, but the exponent is "
                f"{exponent}"
            )
        if common.kind != "f":
            exponent = numbers(exponent, common).item()
        else:
            if common == np.float16:
                numbers(exponent, common)  # an error if it is out of range
            exponent = float(exponent)
        return to_dtype(Pow.apply(to_dtype(input, common), exponent), common)
    # To one dtype first, so that the logarithm in the derivative has the precision of the result.
    common = result_dtype([x.array if isinstance(x, TensorBase) else x for x in (input, exponent)])
    base, power = (
        to_dtype(x, common) if isinstance(x, TensorBase) else operand(x, common)
        for x in (input, exponent)
    )
    if isinstance(input, TensorBase | np.ndarray):
        result = PowTensor.apply(base, power)
        return watched(result, result)
    return PowScalar.apply(base, power)


def rpow(input: Tensor, other: Operand) -> Tensor:
    """``other ** input``: what Python calls for a number to the power of a tensor."""
    return pow(other, input)


raised_to, raises = operator_of(pow), operator_of(rpow)


@torch_arguments
def square(input: Tensor) -> Tensor:
    """``input ** 2``."""
    return pow(input, 2)
