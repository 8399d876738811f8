"""LU factors: elimination written down, ``A = P L U``.

Column by column the largest element is exchanged into the diagonal (that is P), and multiples of
its row are taken from the rows below (L holds the multiples, U what is left). A matrix is
eliminated by halves: the left half of the columns, then its effect on the right half, by one
triangular equation and one product, then what is left of the right half (Toledo 1997, "Locality of
reference in LU decomposition with partial pivoting").

The derivative, with G_L and G_U the gradients with respect to the factors of a square matrix, is
``P L^-T [strictly lower(L^T G_L) + upper(G_U U^T)] U^-T``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..autograd.graph import Array, constant, wrap
from ..autograd.op import Op
from ..autograd.op_node import watched
from .arguments import torch_arguments
from .breakdown import eliminate, info_of
from .matrix import need_matrices, turned
from .triangular import LinalgSolveTriangular, triangle

if TYPE_CHECKING:
    from ..tensor import Tensor


def order_of_rows(pivots: Array, m: int) -> Array:
    """For each row of ``L U``, which row of A it is, after all exchanges."""
    order = np.broadcast_to(np.arange(m), (*pivots.shape[:-1], m)).copy()
    for step in range(pivots.shape[-1]):
        row = pivots[..., step, None].astype(np.int64) - 1
        moved = np.take_along_axis(order, row, -1)
        np.put_along_axis(order, row, order[..., step, None], -1)
        order[..., step, None] = moved
    return order


def permutation(pivots: Array, m: int, dtype: np.dtype[Any]) -> Array:
    """P as a matrix: ``A = P L U``."""
    return (np.arange(m)[:, None] == order_of_rows(pivots, m)[..., None, :]).astype(dtype)


def factors(packed: Array) -> tuple[Array, Array]:
    """L and U out of one array."""
    m, n = packed.shape[-2:]
    k = min(m, n)
    dtype = constant(packed).dtype
    lower = np.tri(m, k, -1, dtype=dtype) * packed[..., :, :k] + np.eye(m, k, dtype=dtype)
    return lower, np.tri(n, k, dtype=dtype).T * packed[..., :k, :]


def of_factors(grad_l: Array, grad_u: Array, p: Array, low: Array, up: Array) -> Array:
    """The gradient with respect to A, given those with respect to L and U.

    What is below a square L, or right of a square U, is ``L_2 = A_2 U^-1`` and ``U_2 = L^-1 A_2``,
    and adds to the gradients of U and L.
    """
    k = low.shape[-1]
    low_1, up_1 = low[..., :k, :], up[..., :k]
    grad_l1, grad_u1 = grad_l[..., :k, :], grad_u[..., :k]
    below = right = None
    if low.shape[-2] > k:
        below = turned(LinalgSolveTriangular.call(up_1, turned(grad_l[..., k:, :]), True, False))
        grad_u1 = grad_u1 - turned(low[..., k:, :]) @ below
    if up.shape[-1] > k:
        right = LinalgSolveTriangular.call(turned(low_1), grad_u[..., k:], True, True)
        grad_l1 = grad_l1 - right @ turned(up[..., k:])
    inner = triangle(turned(low_1) @ grad_l1, False, True) + triangle(grad_u1 @ turned(up_1), True)
    left = LinalgSolveTriangular.call(turned(low_1), inner, True, True)
    whole = turned(LinalgSolveTriangular.call(up_1, turned(left), True, False))
    if below is not None:
        whole = np.concatenate([whole, below], -2)
    if right is not None:
        whole = np.concatenate([whole, right], -1)
    return p @ whole


class LinalgLuFactorEx(Op):
    """L and U in one array, and the exchanges; the derivative is that of the module's text."""

    outputs = ("packed", "pivots")

    @staticmethod
    def forward(x: Array) -> tuple[Array, Array]:
        return eliminate(x)

    @staticmethod
    def d_x(grads: tuple[Array, Array], packed: Array, pivots: Array) -> Array:
        grad = grads[0]
        m, n = grad.shape[-2:]
        k, dtype = min(m, n), constant(grad).dtype
        low, up = factors(packed)
        grad_l = np.tri(m, k, -1, dtype=dtype) * grad[..., :, :k]
        grad_u = np.tri(n, k, dtype=dtype).T * grad[..., :k, :]
        return of_factors(grad_l, grad_u, permutation(constant(pivots), m, dtype), low, up)


class LinalgLu(Op):
    """L and U, out of what `eliminate` made of x; the derivative is that of the module's text."""

    outputs = ("low", "up")

    @staticmethod
    def forward(x: Array, packed: Array, p: Array) -> tuple[Array, Array]:
        return factors(packed)

    @staticmethod
    def d_x(grads: tuple[Array, Array], p: Array, low: Array, up: Array) -> Array:
        return of_factors(grads[0], grads[1], p, low, up)


def _check_pivot(pivot: bool) -> None:
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")


def _factor(a: Tensor, pivot: bool, must: bool) -> tuple[Tensor, Tensor, Tensor]:
    need_matrices("lu_factor", a)
    _check_pivot(pivot)
    packed, pivots = LinalgLuFactorEx.apply_all(a)
    info = info_of(packed.array)
    if must and info.any():
        raise RuntimeError(
            f"linalg.lu_factor: U has a 0 on its diagonal, at place {info.max()}, and solving with "
            f"it would divide by 0; linalg.lu_factor_ex with check_errors=False returns it"
        )
    return packed, pivots, wrap(info.astype(np.int32))


@torch_arguments
def lu_factor(A: Tensor, *, pivot: bool = True) -> return_types.linalg_lu_factor:
    """The factors of ``A = P L U``, in the compact form that `lu_solve` takes.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
        float32 or float64.
    pivot : bool
        True: without exchanges there is nothing on a CPU.

    Returns
    -------
    LU : Tensor of shape (..., m, n)
        L below the diagonal (on its own it has ones), U above.
    pivots : Tensor of shape (..., min(m, n))
        int32: row i was exchanged with row pivots[i], counted from 1.

    Raises
    ------
    RuntimeError
        If U has a 0 on its diagonal, if `A` has less than two dimensions or another dtype, or
        without `pivot`.
    """
    return return_types.linalg_lu_factor(*_factor(A, pivot, True)[:2])


@torch_arguments
def lu_factor_ex(
    A: Tensor, *, pivot: bool = True, check_errors: bool = False
) -> return_types.linalg_lu_factor_ex:
    """`lu_factor` that raises for a 0 on the diagonal of U only if it is to `check_errors`.

    Its third result, `info`, is the place of the first one, from 1, or 0.
    """
    return return_types.linalg_lu_factor_ex(*_factor(A, pivot, check_errors))


@torch_arguments
def lu(A: Tensor, *, pivot: bool = True) -> return_types.linalg_lu:
    """P, L and U with ``A = P L U``.

    They have shapes (..., m, m), (..., m, k) and (..., k, n) with ``k = min(m, n)``: a matrix that
    exchanges rows, a lower triangular one with ones on the diagonal, and an upper triangular one. A
    singular A has them too; otherwise errors as for `lu_factor`.
    """
    need_matrices("lu", A)
    _check_pivot(pivot)
    packed, pivots = eliminate(A.array)
    p = permutation(pivots, A.array.shape[-2], A.array.dtype)
    exchanges = wrap(p)
    lower, upper = LinalgLu.apply_all(A, packed, p)
    return return_types.linalg_lu(exchanges, watched(lower, exchanges), upper)


@torch_arguments
def old_lu(A: Tensor, pivot: bool = True, get_infos: bool = False) -> Any:
    """`linalg.lu_factor_ex` under its older name; without `get_infos`, its first two results."""
    packed, pivots, info = _factor(A, pivot, False)
    if not get_infos:
        return packed, pivots
    return return_types._lu_with_info(packed, pivots, info)
