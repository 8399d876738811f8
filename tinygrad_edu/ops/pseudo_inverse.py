"""What matrices without an inverse have: a pseudo-inverse, a rank, a best solution.

Singular values at or below a tolerance count as 0. It is the larger of `atol`, and `rtol` times the
largest singular value; unless one of them is given, `rtol` is ``max(m, n) eps``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..autograd.broadcasting import broadcast_error
from ..autograd.graph import Array, TensorBase, constant
from .arguments import torch_arguments
from .attempts import inv_ex
from .breakdown import not_converged
from .choice import where
from .kinds import ToleranceIfGiven
from .matrix import Factorization, need_matrices, turned
from .norm import Order, matrix_norm
from .spectrum import svdvals

if TYPE_CHECKING:
    from ..tensor import Number, Tensor

#: A number, or a tensor of one for each matrix.
Tolerance: TypeAlias = Any


def threshold(sizes: Array, shape: tuple[int, ...], atol: Tolerance, rtol: Tolerance) -> Array:
    """How large a singular value must be to count, with a dimension of size 1 behind.

    Parameters
    ----------
    sizes : Array
        The singular values, or the absolute eigenvalues.
    shape : tuple of int
        That of the matrices.
    """
    absolute = np.asarray(0.0 if atol is None else constant(atol), sizes.dtype)
    if rtol is None:
        relative = np.where(absolute > 0, 0.0, max(shape[-2:]) * np.finfo(sizes.dtype).eps)
    else:
        relative = np.asarray(constant(rtol))
    largest = sizes.max(-1, initial=0)
    error = broadcast_error([absolute.shape, relative.shape, largest.shape])
    if error is not None:
        raise error
    bound = np.maximum(absolute, (relative * largest).astype(sizes.dtype))
    return np.expand_dims(bound, -1)


class LinalgPinv(Factorization):
    """The pseudo-inverse P of X, by its singular values or, if `hermitian`, its eigenvalues.

    The derivative is ``-P^T G P^T + (I - X P) G^T P P^T + P^T P G^T (I - P X)``: Golub and Pereyra
    (1973), "The differentiation of pseudo-inverses and nonlinear least squares problems".
    """

    fault = staticmethod(not_converged)

    @staticmethod
    def forward(x: Array, atol: Array, rtol: Array, hermitian: bool) -> Array:
        if hermitian:
            s, u = np.linalg.eigh(x)
            vh = turned(u)
        else:
            u, s, vh = np.linalg.svd(x, full_matrices=False)
        sizes = np.absolute(s)
        counts = sizes > threshold(sizes, x.shape, atol, rtol)
        inverse = np.where(counts, 1 / np.where(counts, s, 1), 0).astype(x.dtype)
        return turned(vh) @ (np.expand_dims(inverse, -1) * turned(u))

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array) -> Array:
        # Products are taken from the side of which X has less, and in PyTorch's order: where X is
        # almost singular, another one rounds worse.
        g, p = turned(grad), out
        pt = turned(p)
        if x.shape[-2] <= x.shape[-1]:
            k = g @ p
            inner = k @ pt
            return inner - (x @ p) @ inner + (pt @ p) @ (g - k @ x) - turned(p @ k)
        k = p @ g
        inner = pt @ k
        return inner - (inner @ p) @ x + (g - x @ k) @ p @ pt - turned(k @ p)


def tolerances(name: str, tolerance: Any, atol: Tolerance, rtol: Tolerance) -> tuple[Any, Any]:
    """`atol` and `rtol`, as arrays or numbers, checked."""
    several = [isinstance(t, TensorBase) and bool(t.array.ndim) for t in (atol, rtol)]
    if any(several) and any(t is not None and not isinstance(t, TensorBase) for t in (atol, rtol)):
        raise TypeError(f"linalg.{name}() takes atol and rtol both as Tensors, or both as numbers")
    for value in (tolerance, atol, rtol):
        if isinstance(value, TensorBase) and value.array.dtype.kind == "c":
            raise RuntimeError(f"linalg.{name}: a tolerance must be real")
    return tuple(t.array if isinstance(t, TensorBase) else t for t in (atol, rtol))  # type: ignore[return-value]


@torch_arguments
def pinv(
    input: Tensor,
    rcond: ToleranceIfGiven = None,
    hermitian: bool = False,
    *,
    atol: Number | Tensor | None = None,
    rtol: Number | Tensor | None = None,
) -> Tensor:
    """The pseudo-inverse of each matrix: the inverse on what it maps to, and 0 elsewhere.

    Parameters
    ----------
    input : Tensor of shape (..., m, n)
        float32 or float64.
    rcond : float or Tensor, optional
        An older name of `rtol`.
    hermitian : bool
        Whether the matrices are symmetric; then only the lower triangle is read.
    atol, rtol : float or Tensor, optional
        See the module's text.

    Returns
    -------
    Tensor of shape (..., n, m)

    Raises
    ------
    LinAlgError
        If there are nan in `input`.
    RuntimeError
        If `input` has less than two dimensions, or another dtype, or is `hermitian` and not square.
    TypeError
        If `rcond` is given with `atol` or `rtol`.
    """
    empty = not input.array.size
    need_matrices("pinv", input, square=hermitian and not empty)
    if rcond is not None and (atol is not None or rtol is not None):
        raise TypeError("linalg.pinv() takes rcond, or atol and rtol, but not both")
    atol, rtol = tolerances("pinv", rcond, atol, rcond if rtol is None else rtol)
    if empty:  # which PyTorch looks at before the options
        return LinalgPinv.apply(input, None, None, False)
    return LinalgPinv.apply(input, atol, rtol, hermitian)


@torch_arguments
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """`linalg.pinv` under its older name; `rcond` is the `rtol`."""
    return pinv(input, rcond)


@torch_arguments
def matrix_rank(
    input: Tensor,
    tol: ToleranceIfGiven = None,
    hermitian: bool = False,
    *,
    atol: Number | Tensor | None = None,
    rtol: Number | Tensor | None = None,
) -> Tensor:
    """How many singular values of each matrix count, as int64; `tol` is an older name of `atol`.

    Errors as for `pinv`.
    """
    need_matrices("matrix_rank", input, square=bool(hermitian))
    if tol is not None and (atol is not None or rtol is not None):
        raise TypeError("linalg.matrix_rank() takes tol, or atol and rtol, but not both")
    if tol is not None:
        atol, rtol = tol, 0.0
    atol, rtol = tolerances("matrix_rank", tol, atol, rtol)
    return MatrixRank.apply(input, atol, rtol, hermitian)


class MatrixRank(Factorization):
    """The number of singular values above the threshold, which has no derivative."""

    fault = staticmethod(not_converged)

    @staticmethod
    def forward(x: Array, atol: Array, rtol: Array, hermitian: bool) -> Array:
        if hermitian:
            sizes = np.absolute(np.linalg.eigvalsh(x))
        else:
            sizes = np.linalg.svd(x, compute_uv=False)
        return (sizes > threshold(sizes, x.shape, atol, rtol)).sum(-1)


@torch_arguments
def cond(input: Tensor, p: Order = None) -> Tensor:
    """The condition number of each matrix: by what factor a relative error can grow in solving.

    Parameters
    ----------
    input : Tensor of shape (..., m, n)
        float32 or float64; square but for the orders None, 2 and -2.
    p : {None, 2, -2, "fro", "nuc", inf, -inf, 1, -1}
        The norm, of `input` times that of its inverse; None is 2. Of a singular matrix it is inf
        (by singular values, as for 2, -2 and "nuc", these may be so small only by rounding).

    Raises
    ------
    RuntimeError
        If `input` is not square, has another dtype, or for another order.
    """
    if p is None or (not isinstance(p, str) and p in (2, -2)):
        need_matrices("cond", input)
        if not input.array.size:
            return input.new_zeros(input.array.shape[:-2])
        values = svdvals(input)
        largest, smallest = values[..., 0], values[..., -1]
        return smallest / largest if p == -2 else largest / smallest
    if p not in ("fro", "nuc", 1, -1, math.inf, -math.inf):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    need_matrices("cond", input, square=p in ("fro", "nuc") or bool(input.array.size))
    if not input.array.size:
        return input.new_zeros(input.array.shape[:-2])
    if p == "nuc":
        values = svdvals(input)
        return values.sum(-1) * (1 / values).sum(-1)
    inverse, info = inv_ex(input)
    if not info.array.any():
        return matrix_norm(input, p) * matrix_norm(inverse, p)
    singular = info > 0
    inverse = where(singular[..., None, None], 0.0, inverse)
    number: Tensor = where(singular, math.inf, matrix_norm(input, p) * matrix_norm(inverse, p))
    return number
