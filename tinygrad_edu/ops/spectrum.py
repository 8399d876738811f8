"""Singular values and vectors, eigenvalues and eigenvectors.

``A = U diag(S) V^T`` for any matrix, and ``A = V diag(L) V^T`` for a symmetric one. LAPACK computes
them, through NumPy. A vector may point either way, and vectors of one value may turn among each
other: only losses that do not change when they do have a gradient. With two equal values it is not
finite, as the derivative divides by their difference; that of the values alone is always there.

The derivatives are those of Giles (2008), "An extended collection of matrix derivative results",
sections 3.1 and 3.2, and of Townsend (2016), "Differentiating the singular value decomposition".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import return_types
from ..autograd.graph import Array, constant
from .arguments import torch_arguments
from .breakdown import not_converged
from .matrix import Factorization, need_matrices, turned
from .shape import transpose

if TYPE_CHECKING:
    from ..tensor import Tensor


def skew(x: Array) -> Array:
    """``X - X^T``."""
    return x - turned(x)


def differences(values: Array) -> Array:
    """``values[j] - values[i]`` at (i, j), and 1 on the diagonal, so that one can divide."""
    n, dtype = values.shape[-1], constant(values).dtype
    return np.expand_dims(values, -2) - np.expand_dims(values, -1) + np.eye(n, dtype=dtype)


class LinalgSvd(Factorization):
    """U, S and V^T with ``X = U diag(S) V^T``.

    With ``E_ij = s_j^2 - s_i^2`` the derivative is
    ``U [(skew(U^T G_U) / E) S + S (skew(V^T G_V) / E) + diag(G_S)] V^T``, and, of a matrix that is
    not square, the part of ``G_U S^-1 V^T`` or of ``U S^-1 G_V^T`` that lies outside of U or V.
    """

    node_name = "LinalgSvdBackward0"
    outputs = ("u", "s", "vh")
    materialize_grads = False
    fault = staticmethod(not_converged)

    @staticmethod
    def forward(x: Array, full_matrices: bool) -> tuple[Array, Array, Array]:
        u, s, vh = np.linalg.svd(x, full_matrices)
        return u, s, vh

    @staticmethod
    def d_x(grads: tuple[Array, Array, Array], u: Array, s: Array, vh: Array) -> Array:
        k = s.shape[-1]
        # Behind the first k, vectors may turn as they like: what depends on them has no gradient.
        grad_u, grad_s, grad_vh = grads
        u, vh = u[..., :k], vh[..., :k, :]
        total = 0.0
        if grad_s is not None:
            total = (u * np.expand_dims(grad_s, -2)) @ vh
        row, column = np.expand_dims(s, -2), np.expand_dims(s, -1)
        squares = differences(s * s)
        if grad_u is not None:
            grad_u = grad_u[..., :k]
            inside = turned(u) @ grad_u
            total = total + u @ (skew(inside) / squares * row) @ vh
            if u.shape[-2] > k:
                total = total + ((grad_u - u @ inside) / row) @ vh
        if grad_vh is not None:
            grad_vh = grad_vh[..., :k, :]
            inside = vh @ turned(grad_vh)
            total = total + u @ (column * skew(inside) / squares) @ vh
            if vh.shape[-1] > k:
                total = total + u @ ((grad_vh - turned(inside) @ vh) / column)
        return total


class LinalgEigh(Factorization):
    """L and V with ``X = V diag(L) V^T``, of a symmetric X of which one triangle is read.

    The derivative is ``V [diag(G_L) + skew(V^T G_V) / (2 E)] V^T`` with ``E_ij = l_j - l_i``; it is
    symmetric too.
    """

    outputs = ("values", "vectors")
    materialize_grads = False
    fault = staticmethod(not_converged)

    @staticmethod
    def forward(x: Array, uplo: str) -> tuple[Array, Array]:
        values, vectors = np.linalg.eigh(x, uplo)  # type: ignore[call-overload]
        return values, vectors

    @staticmethod
    def d_x(grads: tuple[Array, Array], values: Array, vectors: Array) -> Array:
        grad_values, grad_vectors = grads
        total = 0.0
        if grad_values is not None:
            total = (vectors * np.expand_dims(grad_values, -2)) @ turned(vectors)
        if grad_vectors is not None:
            inside = skew(turned(vectors) @ grad_vectors) / (2 * differences(values))
            total = total + vectors @ inside @ turned(vectors)
        return total


def _check_driver(driver: str | None) -> None:
    if driver is not None:
        raise RuntimeError(f"linalg.svd: driver={driver!r} is for CUDA tensors only")


@torch_arguments
def svd(A: Tensor, full_matrices: bool = True, *, driver: None = None) -> return_types.linalg_svd:
    """The singular value decomposition ``A = U diag(S) Vh`` of each matrix.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
        float32 or float64.
    full_matrices : bool
        Whether U and Vh are square, or have only the first ``k = min(m, n)`` vectors.
    driver : None
        A choice that there is on CUDA only.

    Returns
    -------
    U : Tensor of shape (..., m, m) or (..., m, k)
    S : Tensor of shape (..., k)
        In descending order, none negative.
    Vh : Tensor of shape (..., n, n) or (..., k, n)
        The vectors are its rows.

    Raises
    ------
    LinAlgError
        If the algorithm does not converge, as with nan in `A`.
    RuntimeError
        If `A` has less than two dimensions, or another dtype.
    """
    _check_driver(driver)
    need_matrices("svd", A)
    return return_types.linalg_svd(*LinalgSvd.apply_all(A, full_matrices))


@torch_arguments
def svdvals(A: Tensor, *, driver: None = None) -> Tensor:
    """The singular values alone, which have a gradient also where some are equal; errors: `svd`."""
    _check_driver(driver)
    need_matrices("svdvals", A)
    if not A.requires_grad:
        return LinalgSingularValues.apply(A)
    return LinalgSvd.apply_all(A, False)[1]


class LinalgSingularValues(Factorization):
    """S alone, which is quicker than with the vectors that only a derivative needs."""

    fault = staticmethod(not_converged)

    @staticmethod
    def forward(x: Array) -> Array:
        return np.linalg.svd(x, compute_uv=False)


@torch_arguments
def old_svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> return_types.svd:
    """`linalg.svd` under its older name: V stands for its own transpose, and is thin if `some`.

    Without `compute_uv`, U and V are zeros. Errors as for `linalg.svd`.
    """
    need_matrices("svd", input)
    u, s, vh = LinalgSvd.apply_all(input, not some)
    if compute_uv:
        return return_types.svd(u, s, transpose(vh, -1, -2))
    *_, m, n = input.array.shape
    zeros = (input.new_zeros((*s.array.shape[:-1], size, size)) for size in (m, n))
    return return_types.svd(next(zeros), s, next(zeros))


@torch_arguments
def eigh(input: Tensor, UPLO: str = "L") -> return_types.linalg_eigh:
    """The eigenvalues L, ascending, and the eigenvectors V of each symmetric matrix.

    Parameters
    ----------
    input : Tensor of shape (..., n, n)
        float32 or float64.
    UPLO : {"L", "U"}
        Which triangle is read; the other is taken for its reflection.

    Returns
    -------
    eigenvalues : Tensor of shape (..., n)
    eigenvectors : Tensor of shape (..., n, n)
        The vectors are its columns.

    Raises
    ------
    LinAlgError
        If the algorithm does not converge, as with nan in `input`.
    RuntimeError
        If the matrices are not square, or of another dtype, or if `UPLO` is another letter.
    """
    return return_types.linalg_eigh(*_eigh(input, UPLO))


def _eigh(a: Tensor, uplo: str) -> tuple[Tensor, ...]:
    need_matrices("eigh", a, square=True)
    if uplo.upper() not in ("L", "U"):
        raise RuntimeError(f"linalg.eigh: expected UPLO to be 'L' or 'U', but got {uplo!r}")
    return LinalgEigh.apply_all(a, uplo.upper())


@torch_arguments
def eigvalsh(input: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues alone, which have a gradient also where some are equal; errors as `eigh`."""
    return _eigh(input, UPLO)[0]
