"""Determinants of square matrices, and their logarithms.

G is the gradient with respect to the result; the derivatives are those of Giles (2008), see
`matrix`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import return_types
from ..autograd.graph import Array, constant
from ..autograd.op import Op
from ..autograd.op_node import watched
from .arguments import torch_arguments
from .breakdown import eliminate
from .choice import where
from .index import Pick
from .matrix import Factorization, LinalgInv, need_matrices, turned

if TYPE_CHECKING:
    from ..tensor import Tensor

SMALL = 8  # rows; larger ones are left to LAPACK, which is faster, and whatever they round to


class LinalgDet(Op):
    """The determinant; the derivative is the matrix of cofactors (Jacobi's formula).

    NumPy takes it for the exponential of a logarithm, which rounds -2 to -2.0000000000000004. That
    of a small matrix is multiplied out of its pivots instead, and, as in PyTorch, those of the
    transposed matrix, for that is how its rows look to LAPACK.
    """

    @staticmethod
    def forward(x: Array) -> Array:
        if x.shape[-1] > SMALL:
            return np.asarray(np.linalg.det(turned(x) if x.flags.c_contiguous else x))
        packed, pivots = eliminate(turned(x) if x.flags.c_contiguous else x)
        exchanged = pivots != np.arange(1, x.shape[-1] + 1)
        signs = 1 - 2 * (exchanged.sum(-1) % 2).astype(x.dtype)
        return np.asarray(np.diagonal(packed, 0, -2, -1).prod(-1) * signs)

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array) -> Array:
        return np.expand_dims(grad, (-1, -2)) * cofactors(x, out)


def cofactors(x: Array, det: Array) -> Array:
    """The matrices of cofactors: ``det(X) X^-T``, or, since a singular matrix has cofactors too but
    no inverse, the determinants of all that is left without one row and one column."""
    n = x.shape[-1]
    if n == 1:
        return np.ones_like(constant(x))
    rows = np.linalg.norm(constant(x), axis=-1).prod(-1)  # no determinant is larger
    if np.all(np.absolute(constant(det)) > 8 * n * np.finfo(rows.dtype).eps * rows):
        # Out of the same pivots as the determinant: near 0 their rounding errors then cancel out.
        by_rows = constant(x).flags.c_contiguous
        inverse = LinalgInv.call(turned(x)) if by_rows else turned(LinalgInv.call(x))
        return np.expand_dims(det, (-1, -2)) * inverse
    others = np.array([[j for j in range(n) if j != i] for i in range(n)], np.int64).reshape(n, -1)
    # ...nn -> ...ijrc: for each row i and column j what is left without them
    left = Pick.call(x, (..., others[:, None, :, None], others[None, :, None, :]))
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    return LinalgDet.call(left) * signs.astype(constant(x).dtype)


class LinalgSlogdet(Factorization):
    """The sign of the determinant and the log of its size; the derivative of this is ``X^-T``."""

    outputs = ("sign", "logabsdet")

    @staticmethod
    def forward(x: Array) -> tuple[Array, Array]:
        sign, logabsdet = np.linalg.slogdet(x)
        return np.asarray(sign), np.asarray(logabsdet)

    @staticmethod
    def d_x(grads: tuple[Array, Array], x: Array) -> Array:
        return np.expand_dims(grads[1], (-1, -2)) * turned(LinalgInv.call(x))


@torch_arguments
def linalg_det(A: Tensor) -> Tensor:
    """The determinant of each matrix; errors as for `inv`, but for singular ones it is 0."""
    need_matrices("det", A, square=True)
    return LinalgDet.apply(A)


@torch_arguments
def det(input: Tensor) -> Tensor:
    """`linalg.det`."""
    return linalg_det(input)


@torch_arguments
def linalg_slogdet(A: Tensor) -> return_types.linalg_slogdet:
    """The sign of each determinant, and the logarithm of its absolute value.

    Of a singular matrix they are 0 and -inf, and have no derivative: LinAlgError. Other errors as
    for `inv`.
    """
    need_matrices("slogdet", A, square=True)
    sign, logarithm = LinalgSlogdet.apply_all(A)
    return return_types.linalg_slogdet(sign, watched(logarithm, sign))


@torch_arguments
def slogdet(input: Tensor) -> return_types.slogdet:
    """`linalg.slogdet`."""
    return return_types.slogdet(*linalg_slogdet(input))


@torch_arguments
def logdet(input: Tensor) -> Tensor:
    """The logarithm of each determinant: nan where that is negative, and -inf where it is 0."""
    sign, logabsdet = linalg_slogdet(input)
    log: Tensor = where(sign == -1, np.nan, logabsdet)
    return log
