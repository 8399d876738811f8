"""Functions with steps: `sign`, and the integer next to a number, in one direction or another.

Between its steps each is constant, so the derivative is 0 everywhere, and that of what `trunc`
cuts off, `frac`, is 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from .arguments import torch_arguments
from .dims import WHOLE

if TYPE_CHECKING:
    from ..tensor import Tensor


class Sign(Op):
    """-1, 0 or 1, and 0 for nan; constant between its steps, so its derivative is 0."""

    @staticmethod
    def forward(x: Array) -> Array:
        return x.copy() if x.dtype == bool else np.subtract(x > 0, x < 0, dtype=x.dtype)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)


class Floor(Sign):
    """The largest integer not above x."""

    kinds = "iuf"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.floor(x).astype(x.dtype, copy=False)


class Ceil(Floor):
    """The smallest integer not below x."""

    @staticmethod
    def forward(x: Array) -> Array:
        return np.ceil(x).astype(x.dtype, copy=False)


class Round(Floor):
    """The nearest integer; halfway between two, the even one."""

    @staticmethod
    def forward(x: Array) -> Array:
        return np.rint(x) if x.dtype.kind == "f" else x.copy()  # rint is for floats alone


class RoundDecimals(Op):
    """The nearest number with so many decimals, or, if negative, zeros before the point."""

    kinds = "f"
    node_name = "RoundBackward1"
    d_x = staticmethod(Sign.d_x)

    @staticmethod
    def forward(x: Array, decimals: int) -> Array:
        if decimals == 0:
            return np.rint(x)
        power = x.dtype.type(10.0 ** np.abs(float(decimals)))
        return np.rint(x * power) / power if decimals > 0 else np.rint(x / power) * power


class Trunc(Floor):
    """The integer part, towards zero."""

    @staticmethod
    def forward(x: Array) -> Array:
        return np.trunc(x).astype(x.dtype, copy=False)


class Frac(Op):
    """The fraction ``x - trunc(x)``, with derivative 1."""

    kinds = "f"

    @staticmethod
    def forward(x: Array) -> Array:
        return x - np.trunc(x)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad


@torch_arguments
def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1, by the sign of each element."""
    return Sign.apply(input)


@torch_arguments
def floor(input: Tensor) -> Tensor:
    """The largest integer not above each element, in the dtype of `input`."""
    return Floor.apply(input)


@torch_arguments
def ceil(input: Tensor) -> Tensor:
    """The smallest integer not below each element, in the dtype of `input`."""
    return Ceil.apply(input)


@torch_arguments
def round(input: Tensor, *, decimals: int = WHOLE) -> Tensor:
    """The nearest integer, the even one of two, in the dtype of `input`.

    Parameters
    ----------
    input : Tensor
    decimals : int, optional
        Round to so many places after the point, before it if negative; floating point only.

    Raises
    ------
    TypeError
        If `decimals` is no integer.
    """
    if decimals is WHOLE:
        return Round.apply(input)
    return RoundDecimals.apply(input, decimals)


@torch_arguments
def trunc(input: Tensor) -> Tensor:
    """Each element without its fraction, in the dtype of `input`."""
    return Trunc.apply(input)


@torch_arguments
def frac(input: Tensor) -> Tensor:
    """What `trunc` cuts off each element, with its sign; floating point only."""
    return Frac.apply(input)
