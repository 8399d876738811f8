"""Powers and the exponential of a matrix, matrices of powers, and equations with tensors.

The exponential is the sum of ``X^k / k!``, and it is ``exp(X / 2^s)^(2^s)``, too: s is taken so
large that few terms suffice (Moler and Van Loan 2003, "Nineteen dubious ways to compute the
exponential of a matrix, twenty-five years later", method 3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from .arguments import torch_arguments
from .convert import clone, to_dtype
from .inplace import Fill
from .join import cat
from .kinds import Extent
from .linalg import matmul
from .matrix import inv, need_matrices, solve, turned
from .rearrange import movedim
from .repeat import expand
from .scan import cumprod
from .shape import flip, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

#: After this many terms nothing is left of the sum in float64, for a matrix of this norm or less.
TERMS, SMALL = 24, 2.0


class LinalgMatrixExp(Op):
    """``exp(X) = I + X + X^2/2 + ...``; the derivative is the upper right block of
    ``exp([[X^T, G], [0, X^T]])`` (Mathias 1996, "A chain rule for matrix functions")."""

    @staticmethod
    def forward(x: Array) -> Array:
        if not x.size:
            return x.copy()
        size = np.absolute(x).sum(-2).max(-1)
        halvings = np.log2(np.clip(size, SMALL, 1e300) / SMALL)
        halvings = np.ceil(np.where(np.isfinite(size), halvings, 0)).astype(int)
        a = x.astype(np.float64) / np.exp2(halvings)[..., None, None]
        unit = np.eye(x.shape[-1])
        out = np.broadcast_to(unit, a.shape)
        for k in range(TERMS, 0, -1):  # I + A (I + A/2 (I + A/3 ...))
            out = unit + a @ out / k
        for step in range(halvings.max()):
            out = np.where((step < halvings)[..., None, None], out @ out, out)
        return out.astype(x.dtype)

    @staticmethod
    def d_x(grad: Array, x: Array) -> Array:
        n, xt = x.shape[-1], turned(x)
        below = np.concatenate([np.zeros_like(x), xt], -1)
        block = np.concatenate([np.concatenate([xt, grad], -1), below], -2)
        return LinalgMatrixExp.call(block)[..., :n, n:]


@torch_arguments
def matrix_exp(input: Tensor) -> Tensor:
    """The exponential of each matrix, not of its elements.

    Parameters
    ----------
    input : Tensor of shape (..., n, n)
        float32 or float64.

    Raises
    ------
    RuntimeError
        If the matrices are not square, or of another dtype.
    """
    need_matrices("matrix_exp", input, square=True)
    return LinalgMatrixExp.apply(input)


@torch_arguments
def matrix_power(input: Tensor, n: int) -> Tensor:
    """Each matrix multiplied with itself, `n` factors in all; by repeated squaring.

    Parameters
    ----------
    input : Tensor of shape (..., m, m)
    n : int
        0 for the identity; if negative, the power -n of the inverse.

    Raises
    ------
    LinAlgError
        If n is negative and a matrix is singular.
    RuntimeError
        If the matrices are not square, or if n is negative and they are not float32 or float64.
    TypeError
        If `n` is no int.
    """
    if not isinstance(n, int) or isinstance(n, bool):
        raise TypeError(f"matrix_power(): argument 'n' must be int, not {type(n).__name__}: {n!r}")
    shape = input.array.shape
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise RuntimeError(
            f"linalg.matrix_power: expected square matrices in the last two dimensions, but got "
            f"shape {list(shape)}"
        )
    if n == 0:
        return Fill.apply(input, np.eye(shape[-1]))
    if n == 1:
        return clone(input)
    base, n = (inv(input), -n) if n < 0 else (input, n)
    while n % 2 == 0:
        base, n = matmul(base, base), n // 2
    result = base
    while n > 1:
        base, n = matmul(base, base), n // 2
        if n % 2:
            result = matmul(result, base)
    return result


@torch_arguments
def linalg_vander(x: Tensor, *, N: Extent | None = None) -> Tensor:
    """The powers 0 to N - 1 of each element, as a new last dimension; of integers as int64.

    Parameters
    ----------
    x : Tensor of shape (..., n)
        Not of bools.
    N : int, optional
        At least 2; by default n.

    Raises
    ------
    RuntimeError
        If N is less than 2, or for bools.
    """
    if x.array.dtype == bool or x.array.dtype == np.float16:
        raise RuntimeError(
            f"linalg.vander supports float32, float64 and integer tensors, but got {x.dtype}"
        )
    shape = x.array.shape or (1,)
    count = shape[-1] if N is None else N
    if count <= 1:
        raise RuntimeError("N must be greater than 1.")
    powers = cumprod(expand(reshape(x, *shape, 1), (*shape, count - 1)), -1)
    return cat([powers.new_ones((*shape, 1)), powers], -1)


@torch_arguments
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers N - 1 to 0 of each element of a vector, or, if `increasing`, 0 to N - 1.

    Of integers and bools they are int64.

    Raises
    ------
    RuntimeError
        If `x` is no vector, or N is negative.
    """
    if x.array.ndim != 1:
        raise RuntimeError(f"vander: expected a vector, but got shape {list(x.array.shape)}")
    n = x.array.size
    count = n if N is None else N
    if count < 0:
        raise RuntimeError(f"vander: N must be non-negative, but got {N}")
    x = x if x.array.dtype.kind == "f" else to_dtype(x, np.dtype(np.int64))
    powers = x.new_ones((n, min(count, 1)))
    if count > 1:
        powers = cat([powers, cumprod(expand(reshape(x, n, 1), (n, count - 1)), 1)], 1)
    return powers if increasing else flip(powers, 1)


@torch_arguments
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """The sums of the products of matching elements along `dim`; the two broadcast.

    Raises
    ------
    RuntimeError
        If the shapes do not broadcast, the dtypes differ, or are not floating point.
    """
    if x.array.dtype != y.array.dtype or x.array.dtype.kind != "f":
        raise RuntimeError(
            f"linalg.vecdot: expected two tensors of one floating point dtype, but got {x.dtype} "
            f"and {y.dtype}"
        )
    if x.array.ndim == y.array.ndim == 1 and x.array.shape != y.array.shape:
        raise RuntimeError(
            f"linalg.vecdot: vectors do not broadcast, but have {x.array.size} and {y.array.size} "
            "elements"
        )
    return (x * y).sum(dim)


@torch_arguments
def tensorinv(input: Tensor, ind: int = 2) -> Tensor:
    """The inverse of `input` as a map: ``tensordot(tensorinv(input, ind), B, ind)`` solves for B.

    Parameters
    ----------
    input : Tensor
        The product of the first `ind` sizes must be that of the others.
    ind : int
        At least 1.

    Raises
    ------
    LinAlgError
        If the map has no inverse.
    RuntimeError
        If the sizes do not fit, or `input` is not float32 or float64.
    """
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    first, second = input.array.shape[:ind], input.array.shape[ind:]
    rows, columns = math.prod(first), math.prod(second)
    if rows != columns:
        raise RuntimeError(
            f"linalg.tensorinv: the sizes before and behind ind={ind} must have one product, but "
            f"have {rows} and {columns}"
        )
    return reshape(inv(reshape(input, rows, columns)), *second, *first)


@torch_arguments
def tensorsolve(input: Tensor, other: Tensor, dims: Sequence[int] | None = None) -> Tensor:
    """The solution X of ``tensordot(input, X, X.ndim) = other``.

    Parameters
    ----------
    input : Tensor
        Its first sizes are those of `other`; the product of the rest, the sizes of X, is the same.
    other : Tensor
    dims : sequence of int, optional
        The dimensions of `input` that are moved to its end first.

    Raises
    ------
    LinAlgError
        If there is not one solution.
    RuntimeError
        If the sizes do not fit, or for dtypes other than float32 or float64.
    """
    if dims is not None:
        ndim = input.array.ndim
        input = movedim(input, tuple(dims), tuple(range(ndim - len(tuple(dims)), ndim)))
    sizes = input.array.shape[other.array.ndim :]
    rows, columns = math.prod(input.array.shape[: other.array.ndim]), math.prod(sizes)
    if rows != columns or other.array.size != rows:
        raise RuntimeError(
            f"linalg.tensorsolve: shapes {list(input.array.shape)} of input and "
            f"{list(other.array.shape)} of other do not fit"
        )
    return reshape(solve(reshape(input, rows, columns), reshape(other, rows)), *sizes)
