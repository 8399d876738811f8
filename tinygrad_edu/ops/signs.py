"""What has to do with signs: `sgn`, `signbit`, `copysign`, `positive`, `heaviside`.

A floating point number has a sign of its own even if it is 0: -0.0 is 0, but negative to `signbit`
and `copysign`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, TensorBase, wrap
from ..autograd.op import Op
from ..autograd.op_node import watched
from .arguments import torch_arguments
from .rounding import Sign

if TYPE_CHECKING:
    from ..tensor import Number, Tensor


class Sgn(Sign):
    """-1, 0 or 1: of real numbers the same as `Sign`, which PyTorch records under two names."""


class Copysign(Op):
    """The size of `x` with the sign of `y`; derivative out / x, which is 1 or -1, and 0 at 0."""

    promotes = "float"

    @staticmethod
    def forward(x: Array, y: Array) -> Array:
        return np.copysign(x, y)

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array) -> Array:
        return grad * np.where(x == 0, 0.0, out / x)

    @staticmethod
    def d_y(grad: Array) -> Array:
        return np.zeros_like(grad)


class CopysignNumber(Op):
    """`Copysign` with a number for `y`."""

    promotes = "float"
    node_name = "CopysignBackward1"
    forward = staticmethod(Copysign.forward)
    d_x = staticmethod(Copysign.d_x)


class Heaviside(Op):
    """0 below 0, 1 above it, and `values` at 0; PyTorch gives it no derivative."""

    node_name = "NotImplemented"

    @staticmethod
    def forward(x: Array, values: Array) -> Array:
        return np.where(x == 0, values, (x > 0).astype(x.dtype))

    @staticmethod
    def d_x(grad: Array) -> Array:
        raise RuntimeError("derivative for heaviside is not implemented; detach its arguments")

    d_values = d_x


class Angle(Op):
    """0, or pi below 0: the angle of a number in the complex plane."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.where(np.isnan(x), x, np.where(x < 0, np.pi, 0.0)).astype(x.dtype)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)


@torch_arguments
def angle(input: Tensor) -> Tensor:
    """The angle of each number in the complex plane, in radians: 0, or pi for those below 0."""
    return watched(Angle.apply(input), input)


@torch_arguments
def sgn(input: Tensor) -> Tensor:
    """-1, 0 or 1, by the sign of each element."""
    result = Sgn.apply(input)
    return watched(result, input, result)


@torch_arguments
def signbit(input: Tensor) -> Tensor:
    """Where `input` has a minus sign, be it in front of a 0 or nan, as a tensor of bools."""
    array = input.array
    return wrap(np.signbit(array) if array.dtype.kind == "f" else np.asarray(array < 0))


@torch_arguments
def copysign(input: Tensor, other: Tensor | Number) -> Tensor:
    """The size of each element of `input` with the sign of that of `other`; broadcast."""
    if isinstance(other, TensorBase):
        result = Copysign.apply(input, other)
        return watched(result, result)
    return CopysignNumber.apply(input, other)


@torch_arguments
def positive(input: Tensor) -> Tensor:
    """``+input``: the tensor itself.

    Raises
    ------
    RuntimeError
        If it is of dtype bool.
    """
    if input.array.dtype == bool:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@torch_arguments
def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """The step function: 0 below 0, 1 above it, `values` at 0; broadcast.

    Raises
    ------
    RuntimeError
        If the two differ in dtype; in a backward pass, for there is no derivative.
    """
    if input.array.dtype != values.array.dtype:
        raise RuntimeError(
            f"heaviside takes two tensors of one dtype, but got {input.dtype} and {values.dtype}"
        )
    return Heaviside.apply(input, values)
