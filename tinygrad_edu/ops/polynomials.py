"""Orthogonal polynomials, by their recurrences of three terms, without derivatives.

All begin with P_0 = 1 and a linear P_1, from which each next follows: ``P_k+1 = a P_k - b P_k-1``
(Abramowitz and Stegun, Handbook of Mathematical Functions, 22.7). Degrees are cut to whole numbers;
below 0 the polynomial is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.broadcasting import broadcast_error
from ..autograd.graph import Array, TensorBase, wrap
from ..dtypes import get_default_dtype
from .arguments import need_one_tensor
from .entropy import no_half

if TYPE_CHECKING:
    from ..tensor import Operand, Tensor

#: P_k+1 of x, k, P_k and P_k-1.
Step = Callable[[Array, int, Array, Array], Array]


def chebyshev_polynomial_t(input: Operand, n: Operand) -> Tensor:
    """Chebyshev's polynomials of the first kind, ``cos(n acos(x))``.

    Parameters
    ----------
    input, n : Tensor or number
        Where, and of which degree; one is a tensor, and they broadcast.
    """
    return _polynomial("chebyshev_polynomial_t", input, n, lambda x: x, _chebyshev)


def chebyshev_polynomial_u(input: Operand, n: Operand) -> Tensor:
    """Those of the second kind, ``sin((n + 1) acos(x)) / sin(acos(x))``; arguments as there."""
    return _polynomial("chebyshev_polynomial_u", input, n, lambda x: 2 * x, _chebyshev)


def chebyshev_polynomial_v(input: Operand, n: Operand) -> Tensor:
    """Those of the third kind, which begin with 1 and 2 x - 1."""
    return _polynomial("chebyshev_polynomial_v", input, n, lambda x: 2 * x - 1, _chebyshev)


def chebyshev_polynomial_w(input: Operand, n: Operand) -> Tensor:
    """Those of the fourth kind, which begin with 1 and 2 x + 1."""
    return _polynomial("chebyshev_polynomial_w", input, n, lambda x: 2 * x + 1, _chebyshev)


def shifted_chebyshev_polynomial_t(input: Operand, n: Operand) -> Tensor:
    """`chebyshev_polynomial_t` of 2 x - 1, for x from 0 to 1."""
    name = "shifted_chebyshev_polynomial_t"
    return _polynomial(name, input, n, lambda x: x, _chebyshev, shifted=True)


def shifted_chebyshev_polynomial_u(input: Operand, n: Operand) -> Tensor:
    """`chebyshev_polynomial_u` of 2 x - 1."""
    name = "shifted_chebyshev_polynomial_u"
    return _polynomial(name, input, n, lambda x: 2 * x, _chebyshev, shifted=True)


def shifted_chebyshev_polynomial_v(input: Operand, n: Operand) -> Tensor:
    """`chebyshev_polynomial_v` of 2 x - 1."""
    name = "shifted_chebyshev_polynomial_v"
    return _polynomial(name, input, n, lambda x: 2 * x - 1, _chebyshev, shifted=True)


def shifted_chebyshev_polynomial_w(input: Operand, n: Operand) -> Tensor:
    """`chebyshev_polynomial_w` of 2 x - 1."""
    name = "shifted_chebyshev_polynomial_w"
    return _polynomial(name, input, n, lambda x: 2 * x + 1, _chebyshev, shifted=True)


def hermite_polynomial_h(input: Operand, n: Operand) -> Tensor:
    """Hermite's polynomials as physicists have them, orthogonal under ``exp(-x^2)``."""
    return _polynomial("hermite_polynomial_h", input, n, lambda x: 2 * x,
                       lambda x, k, p, before: 2 * x * p - 2 * k * before)  # fmt: skip


def hermite_polynomial_he(input: Operand, n: Operand) -> Tensor:
    """Hermite's polynomials as probabilists have them, orthogonal under ``exp(-x^2 / 2)``."""
    return _polynomial("hermite_polynomial_he", input, n, lambda x: x,
                       lambda x, k, p, before: x * p - k * before)  # fmt: skip


def laguerre_polynomial_l(input: Operand, n: Operand) -> Tensor:
    """Laguerre's polynomials, orthogonal under ``exp(-x)`` from 0 on."""
    return _polynomial(
        "laguerre_polynomial_l", input, n, lambda x: 1 - x,
        lambda x, k, p, before: ((2 * k + 1 - x) * p - k * before) / (k + 1),
    )  # fmt: skip


def legendre_polynomial_p(input: Operand, n: Operand) -> Tensor:
    """Legendre's polynomials, orthogonal from -1 to 1."""
    return _polynomial(
        "legendre_polynomial_p", input, n, lambda x: x,
        lambda x, k, p, before: ((2 * k + 1) * x * p - k * before) / (k + 1),
    )  # fmt: skip


def _chebyshev(x: Array, k: int, p: Array, before: Array) -> Array:
    return 2 * x * p - before


def _polynomial(
    name: str,
    input: Any,
    n: Any,
    first: Callable[[Array], Array],
    step: Step,
    shifted: bool = False,
) -> Tensor:
    need_one_tensor(name, input, n)
    tensors: list[Any] = [x for x in (input, n) if isinstance(x, TensorBase)]
    no_half(name, *tensors)
    kinds = [x.array.dtype for x in tensors if x.array.dtype.kind == "f"]
    dtype = np.result_type(*kinds) if kinds else get_default_dtype().numpy
    arrays = [
        np.asarray(v.array if isinstance(v, TensorBase) else v, np.float64) for v in (input, n)
    ]
    error = broadcast_error([array.shape for array in arrays])
    if error is not None:
        raise error
    x, degree = np.broadcast_arrays(*arrays)
    with np.errstate(all="ignore"):
        degree = np.trunc(degree)
        x = 2 * x - 1 if shifted else x
        before, p = np.ones_like(x), first(x)
        result = np.where(degree == 0, before, np.where(degree < 0, 0.0, p))
        for k in range(1, int(np.nan_to_num(degree).max(initial=0))):
            before, p = p, step(x, k, p, before)
            result = np.where(degree > k, p, result)
        return wrap(result.astype(dtype))
