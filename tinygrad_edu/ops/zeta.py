"""The zeta function of Hurwitz: the sum of ``1 / (q + k)^s`` over k from 0 on.

The first terms are added up, and the rest is an integral with the corrections of Euler and
Maclaurin (Abramowitz and Stegun, Handbook of Mathematical Functions, 23.1.30).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, TensorBase
from ..autograd.op import Op
from .arguments import need_one_tensor
from .entropy import no_half
from .gamma import BERNOULLI
from .logarithms import fraction

if TYPE_CHECKING:
    from ..tensor import Operand, Tensor


class Zeta(Op):
    """The sum for s and q; its derivative for q is ``-s zeta(s + 1, q)``, for s there is none."""

    promotes = "float"
    node_name = "SpecialZetaBackward0"

    @staticmethod
    def forward(s: Array, q: Array) -> Array:
        return _zeta(*np.broadcast_arrays(s, q)).astype(q.dtype)

    @staticmethod
    def d_s(grad: Array) -> Array:
        raise NotImplementedError("the derivative for 'zeta' is not implemented.")

    @staticmethod
    def d_q(grad: Array, s: Array, q: Array) -> Array:
        return grad * -s * Zeta.call(s + 1, q)


class ZetaOfNumber(Op):
    """`Zeta` with a number for s."""

    promotes = "float"
    node_name = "SpecialZetaBackward1"
    forward = staticmethod(Zeta.forward)
    d_q = staticmethod(Zeta.d_q)


class ZetaByNumber(Op):
    """`Zeta` with a number for q."""

    promotes = "float"
    node_name = "SpecialZetaBackward2"
    forward = staticmethod(Zeta.forward)
    d_s = staticmethod(Zeta.d_s)


def _zeta(s: Array, q: Array) -> Array:
    s, q = s.astype(np.float64), q.astype(np.float64)
    # The corrections are exact to the last digit where y is some times s. Below 0 only whole
    # powers are real.
    proper = np.isfinite(q) & np.isfinite(s)
    far = max(30.0, 2 * np.where(proper, s, 0).max(initial=0))
    y, total = np.where(proper, q, far), np.zeros_like(q)
    for _ in range(int(far - y.min(initial=far)) + 1):
        near = y < far
        total = total + np.where(near, np.power(y, -s), 0)
        y = np.where(near, y + 1, y)
    total = total + y ** (1 - s) / (s - 1) + 0.5 * y**-s
    rising = s  # s (s + 1) ... (s + 2k - 2)
    for k, b in enumerate(BERNOULLI, 1):
        total = total + b * rising / math.factorial(2 * k) * y ** (1 - s - 2 * k)
        rising = rising * (s + 2 * k - 1) * (s + 2 * k)
    whole = s == np.floor(s)
    total = np.where((q <= 0) & ~whole, np.nan, total)
    total = np.where((q <= 0) & (q == np.floor(q)), np.inf, total)
    total = np.where(s == 1, np.inf, np.where(s < 1, np.nan, total))
    return np.where(np.isinf(q) | np.isinf(s), np.nan, total)  # as in PyTorch


def zeta(input: Operand, other: Operand) -> Tensor:
    """The sum of ``1 / (other + k)^input`` over k from 0 on; infinite at 1, and nan below.

    Parameters
    ----------
    input, other : Tensor or float
        One at least is a tensor; they broadcast. There is no derivative for `input`.
    """
    need_one_tensor("zeta", input, other)
    no_half("zeta", *[x for x in (input, other) if isinstance(x, TensorBase)])
    if not isinstance(input, TensorBase):
        return ZetaOfNumber.apply(fraction(input, other), other)
    if not isinstance(other, TensorBase):
        return ZetaByNumber.apply(input, fraction(other, input))
    return Zeta.apply(input, other)
