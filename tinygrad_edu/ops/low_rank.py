"""The largest singular values of a matrix, by a random guess where its image lies.

A few random vectors, sent through the matrix and back some times, turn into its main directions. In
the space that they span the matrix is small, and its singular values are found as usual (N. Halko,
P. Martinsson, J. Tropp, "Finding structure with randomness", 2009, algorithms 4.4 and 5.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..autograd.graph import wrap
from ..random import default_generator
from .arguments import python_arguments
from .orthogonal import qr
from .reduce import mean
from .repeat import broadcast_to
from .spectrum import svd

if TYPE_CHECKING:
    from ..tensor import Tensor


def _basis(A: Tensor, q: int, niter: int) -> Tensor:
    """Orthonormal columns, q of them, in whose space most of the image of A lies."""
    drawn = default_generator.normal((A.shape[-1], q), dtype=A.array.dtype)
    Q = qr(A @ wrap(drawn))[0]
    for _ in range(niter):
        Q = qr(A.mT @ Q)[0]
        Q = qr(A @ Q)[0]
    return Q


@python_arguments
def svd_lowrank(
    A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """The `q` largest singular values and their vectors, nearly.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
    q : int, optional
        Somewhat more than are wanted, since the last are the least exact; 6 by default.
    niter : int, optional
        How often to go through the matrix and back; 2 by default.
    M : Tensor, optional
        Is subtracted from A; it broadcasts.

    Returns
    -------
    tuple of Tensor
        U of shape (..., m, q), S of shape (..., q), V of shape (..., n, q): A is nearly
        ``U diag(S) V^T``.
    """
    if M is not None:
        A = A - broadcast_to(M, A.shape)
    wide = A.shape[-2] < A.shape[-1]
    if wide:
        A = A.mT
    Q = _basis(A, 6 if q is None else q, 2 if niter is None else niter)
    U, S, Vh = svd(Q.mT @ A, full_matrices=False)
    U, V = Q @ U, Vh.mT
    return (V, S, U) if wide else (U, S, V)


@python_arguments
def pca_lowrank(
    A: Tensor, q: int | None = None, center: bool = True, niter: int = 2
) -> tuple[Tensor, Tensor, Tensor]:
    """The main directions in which samples differ: `svd_lowrank` of what differs from their mean.

    Parameters
    ----------
    A : Tensor of shape (..., samples, features)
    q : int, optional
        How many directions; by default 6, or as many as there can be.
    center : bool
        Whether to subtract the mean.
    niter : int
        As for `svd_lowrank`.

    Returns
    -------
    tuple of Tensor
        U, S and V; the directions are the columns of V, and ``S ** 2 / (samples - 1)`` the
        variances along them.

    Raises
    ------
    ValueError
        If `q` or `niter` is out of range.
    """
    least = min(A.shape[-2:])
    if q is None:
        q = min(6, least)
    elif not 0 <= q <= least:
        raise ValueError(
            f"q(={q}) must be non-negative integer and not greater than min(m, n)={least}"
        )
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - mean(A, -2, keepdim=True) if center else A, q, niter)
