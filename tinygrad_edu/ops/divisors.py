"""The greatest common divisor and the least common multiple of integers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from .arguments import torch_arguments

if TYPE_CHECKING:
    from ..tensor import Tensor


class Gcd(Op):
    """The largest integer that divides both. Integers have no derivative."""

    kinds = "iu"
    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.gcd(a, b)


class Lcm(Op):
    """The smallest integer above 0 that both divide. Integers have no derivative."""

    kinds = "iu"
    promotes = "common"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        # As C does it: small integers are multiplied as int32, and what is too large wraps around.
        wide = a.astype(np.promote_types(a.dtype, np.int32))
        return np.abs(wide // np.maximum(np.gcd(a, b), 1) * b).astype(a.dtype)


@torch_arguments
def gcd(input: Tensor, other: Tensor) -> Tensor:
    """The greatest common divisor of each two integers, broadcast; that of 0 and n is n."""
    return Gcd.apply(input, other)


@torch_arguments
def lcm(input: Tensor, other: Tensor) -> Tensor:
    """The least common multiple of each two integers, broadcast; that of 0 and n is 0."""
    return Lcm.apply(input, other)
