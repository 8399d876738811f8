"""QR factors, ``A = Q R``: columns at right angles, and how A is composed of them.

LAPACK finds them by reflections, each of which makes a column 0 below the diagonal. A reflection is
``H = I - tau v v^T`` with 1 for the first element of v, and Q is the product of all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import return_types
from ..autograd.graph import Array, constant, wrap
from ..autograd.op import Op
from .arguments import torch_arguments
from .choice import where
from .linalg import matmul
from .matrix import need_matrices, turned
from .triangular import LinalgSolveTriangular

if TYPE_CHECKING:
    from ..tensor import Tensor


class LinalgQr(Op):
    """Q and R with ``X = Q R``.

    For k = min(m, n) let X_1 and R_1 be the first k columns. With ``M = R_1 G_R1^T - G_Q^T Q`` the
    derivative for X_1 is ``(G_Q + Q sym(M)) R_1^-T``, where sym(M) is the lower triangle of M and
    its reflection (Walter and Lehmann 2012, "Algorithmic differentiation of linear algebra
    functions"). Columns further right are ``X_2 = Q R_2``: they get ``Q G_R2``, and G_Q gets
    ``X_2 G_R2^T`` more.
    """

    outputs = ("q", "r")
    materialize_grads = False

    @staticmethod
    def forward(x: Array, mode: str) -> tuple[Array, Array]:
        if mode == "r":
            return np.zeros(0, x.dtype), np.linalg.qr(x, "r")
        q, r = np.linalg.qr(x, mode)  # type: ignore[call-overload]
        return q, r

    @staticmethod
    def d_x(grads: tuple[Array, Array], q: Array, r: Array, mode: str) -> Array:
        if mode == "r":
            raise RuntimeError("linalg.qr: the derivative reads Q, which mode='r' does not compute")
        m, n = q.shape[-2], r.shape[-1]
        k = min(m, n)
        if mode == "complete" and m > n:
            raise RuntimeError(
                f"linalg.qr: mode='complete' has no derivative for a matrix of {m} rows and {n} "
                "columns, for the last columns of Q may be any"
            )
        grad_q, grad_r = grads
        middle, right = 0.0, np.zeros_like(r[..., k:])
        if grad_r is not None:
            if n > k:
                right = q @ grad_r[..., k:]
                more = q @ r[..., k:] @ turned(grad_r[..., k:])
                grad_q = more if grad_q is None else grad_q + more
            middle = r[..., :k] @ turned(grad_r[..., :k])
        if grad_q is not None:
            middle = middle - turned(grad_q) @ q
        half = np.tri(k, dtype=constant(r).dtype) - np.eye(k, dtype=constant(r).dtype) / 2
        lower = half * middle
        total = q @ (lower + turned(lower))
        if grad_q is not None:
            total = grad_q + total
        left = turned(LinalgSolveTriangular.call(r[..., :k], turned(total), True, False))
        return np.concatenate([left, right], -1) if n > k else left


@torch_arguments
def qr(A: Tensor, mode: str = "reduced") -> return_types.linalg_qr:
    """Q, with orthonormal columns, and R, upper triangular, with ``A = Q R``.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
        float32 or float64.
    mode : {"reduced", "complete", "r"}
        Whether Q has ``k = min(m, n)`` columns or all m; or, for "r", is not computed, and empty.

    Returns
    -------
    Q : Tensor of shape (..., m, k) or (..., m, m)
    R : Tensor of shape (..., k, n) or (..., m, n)

    Raises
    ------
    RuntimeError
        If `A` has less than two dimensions or another dtype, or for another mode; and in the
        backward pass, for mode "r", and for "complete" if m > n.
    """
    need_matrices("qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode {mode!r} but expected 'reduced', 'complete' or 'r'"
        )
    return return_types.linalg_qr(*LinalgQr.apply_all(A, mode))


@torch_arguments
def old_qr(input: Tensor, some: bool = True) -> return_types.qr:
    """`linalg.qr` under its older name: "reduced" if `some`, else "complete"."""
    return return_types.qr(*qr(input, "reduced" if some else "complete"))


@torch_arguments
def geqrf(input: Tensor) -> return_types.geqrf:
    """The reflections behind `linalg.qr`, as LAPACK keeps them; they have no derivative.

    Returns
    -------
    a : Tensor of shape (..., m, n)
        R on and above the diagonal; below it, in each column, the v of one reflection.
    tau : Tensor of shape (..., min(m, n))

    Raises
    ------
    RuntimeError
        As `linalg.qr`.
    """
    need_matrices("geqrf", input)
    return return_types.geqrf(*Geqrf.apply_all(input))


class Geqrf(Op):
    """R and the reflections in one array, and their taus."""

    outputs = ("a", "tau")

    @staticmethod
    def forward(x: Array) -> tuple[Array, Array]:
        a, tau = np.linalg.qr(x, "raw")
        return turned(a), tau

    @staticmethod
    def d_x(grads: tuple[Array, Array]) -> Array:
        raise NotImplementedError("the derivative for 'geqrf' is not implemented")


@torch_arguments
def householder_product(input: Tensor, tau: Tensor) -> Tensor:
    """The first columns of the product of the reflections ``H_i = I - tau_i v_i v_i^T``.

    Parameters
    ----------
    input : Tensor of shape (..., m, n)
        With n at most m. Column i has v_i below the diagonal, where v_i is 1; what is on and above
        the diagonal is not read.
    tau : Tensor of shape (..., k)
        With k at most n.

    Returns
    -------
    Tensor of shape (..., m, n)

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.
    IndexError
        If `tau` has no dimensions.
    """
    if input.array.ndim > 1 and not tau.array.ndim:
        raise IndexError("Dimension specified as -1 but tensor has no dimensions, which is `tau`")
    need_matrices("householder_product", input, tau)
    *batch, m, n = input.array.shape
    if n > m or tau.array.shape[:-1] != tuple(batch) or tau.array.shape[-1] > n:
        raise RuntimeError(
            f"linalg.householder_product: shapes {[*batch, m, n]} of input and "
            f"{list(tau.array.shape)} of tau do not fit"
        )
    everywhere, unit = wrap(np.ones((m, n), bool)), np.eye(m, n, dtype=input.array.dtype)
    columns: Tensor = where(everywhere, unit, input)  # has a gradient without any reflection, too
    return _reflected(input, tau, columns, transposed=False)


def _reflected(input: Tensor, tau: Tensor, columns: Tensor, transposed: bool) -> Tensor:
    """``H_1 .. H_k`` (or ``H_k .. H_1`` if `transposed`) times `columns`."""
    m, k, dtype = input.array.shape[-2], tau.array.shape[-1], input.array.dtype
    below, unit = wrap(np.tri(m, k, -1, dtype=dtype)), wrap(np.eye(m, k, dtype=dtype))
    vectors = input[..., :k] * below + unit
    for i in range(k) if transposed else reversed(range(k)):
        v = vectors[..., i : i + 1]
        columns = columns - tau[..., i, None, None] * matmul(v, matmul(turned(v), columns))
    return columns


@torch_arguments
def orgqr(input: Tensor, input2: Tensor) -> Tensor:
    """`linalg.householder_product`, under LAPACK's name."""
    return householder_product(input, input2)


@torch_arguments
def ormqr(
    input: Tensor, input2: Tensor, input3: Tensor, left: bool = True, transpose: bool = False
) -> Tensor:
    """``Q @ input3``, or ``input3 @ Q`` if not `left`, or with ``Q^T`` if `transpose`.

    Q is the m times m product of the reflections that `input` and `input2` describe, as for
    `linalg.householder_product`.

    Parameters
    ----------
    input : Tensor of shape (..., m, k)
    input2 : Tensor of shape (..., k)
    input3 : Tensor of shape (..., m, n), or (..., n, m) if not `left`

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.
    """
    need_matrices("ormqr", input, input2, input3)
    shape, sizes = input.array.shape, input3.array.shape
    fits = len(sizes) == len(shape) and sizes[:-2] == shape[:-2] == input2.array.shape[:-1]
    if (
        not fits
        or sizes[-2 if left else -1] != shape[-2]
        or input2.array.shape[-1] != min(shape[-2:])
    ):
        raise RuntimeError(
            f"ormqr: shapes {list(shape)} of input, {list(input2.array.shape)} of input2 and "
            f"{list(sizes)} of input3 do not fit"
        )
    if left:
        return _reflected(input, input2, input3, transpose)
    result: Tensor = turned(_reflected(input, input2, turned(input3), not transpose))
    return result
