"""Equal but for rounding errors: `isclose` and `allclose`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from ..dtypes import promote
from .arguments import torch_arguments

if TYPE_CHECKING:
    from ..tensor import Tensor


class IsClose(Op):
    """``|a - b| <= atol + rtol |b|``, as bools; infinities are close to themselves alone."""

    @staticmethod
    def forward(a: Array, b: Array, rtol: float, atol: float, equal_nan: bool) -> Array:
        close = a == b
        if equal_nan:
            close = close | ((a != a) & (b != b))
        if rtol == 0 and atol == 0:  # as floats, large integers would be equal that are not
            return close
        x, y = promote([a, b], to_float=True)
        distance = np.abs(x - y)
        return close | (np.isfinite(distance) & (distance <= atol + np.abs(rtol * y)))


def check_tolerances(rtol: float, atol: float) -> None:
    """Raise unless both are 0 or more."""
    if not (rtol >= 0 and atol >= 0):
        raise RuntimeError(f"rtol and atol must be 0 or more, but got {rtol} and {atol}")


@torch_arguments
def allclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> bool:
    """Whether everywhere ``|input - other| <= atol + rtol * |other|``; the two broadcast.

    Raises
    ------
    RuntimeError
        As `isclose`.
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


@torch_arguments
def isclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> Tensor:
    """Where ``|input - other| <= atol + rtol * |other|``, as a tensor of bools; broadcast.

    Parameters
    ----------
    input, other : Tensor
    rtol, atol : float
        The relative and the absolute tolerance, not negative.
    equal_nan : bool
        Whether two nans are close.

    Raises
    ------
    RuntimeError
        If the two differ in dtype or do not broadcast, or if a tolerance is negative or nan.
    """
    a, b = input.array, other.array
    if a.dtype != b.dtype:
        raise RuntimeError(f"isclose compares one dtype, but got {input.dtype} and {other.dtype}")
    check_tolerances(rtol, atol)
    return IsClose.apply(input, other, rtol, atol, equal_nan)
