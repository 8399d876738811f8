"""Inverses, determinants, equations and Cholesky factors of square matrices, one or a stack.

LAPACK computes the values, through NumPy. The derivatives are those of matrix calculus; the classic
collection is Giles (2008), "An extended collection of matrix derivative results for forward and
reverse mode algorithmic differentiation". G is the gradient with respect to the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..autograd.graph import Array, constant
from ..autograd.op import Op
from .arguments import torch_arguments
from .choice import where
from .index import Pick
from .shape import squeeze, transpose, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor


class LinAlgError(RuntimeError):
    """A matrix for which a result does not exist, such as the inverse of a singular one."""


def turned(x: Array) -> Array:
    """Each matrix transposed."""
    return x.swapaxes(-1, -2)


class Factorization(Op):
    """What these ops share: PyTorch's error where LAPACK gives up."""

    fault = "the matrix is singular"

    @classmethod
    def explain(cls, values: list[Any], error: ValueError) -> Exception:
        if not isinstance(error, np.linalg.LinAlgError):
            return super().explain(values, error)
        shape = list(values[0].shape)
        return LinAlgError(f"{cls.__name__}: for an input of shape {shape}, {cls.fault}")


class LinalgInv(Factorization):
    """The inverse; the derivative is ``-X^-T G X^-T``."""

    node_name = "LinalgInvExBackward0"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.linalg.inv(x)

    @staticmethod
    def d_x(grad: Array, out: Array) -> Array:
        return -(turned(out) @ grad @ turned(out))


class LinalgDet(Op):
    """The determinant; the derivative is the matrix of cofactors (Jacobi's formula)."""

    @staticmethod
    def forward(x: Array) -> Array:
        return np.asarray(np.linalg.det(x))

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
        return np.expand_dims(det, (-1, -2)) * turned(LinalgInv.call(x))
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


class LinalgSolve(Factorization):
    """The solution of ``A X = B``; the derivative is ``A^-T G`` for B, and that times ``-X^T``
    for A."""

    node_name = "LinalgSolveExBackward0"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.linalg.solve(a, b)

    @staticmethod
    def d_a(grad: Array, a: Array, out: Array) -> Array:
        return -(LinalgSolve.call(turned(a), grad) @ turned(out))

    @staticmethod
    def d_b(grad: Array, a: Array) -> Array:
        return LinalgSolve.call(turned(a), grad)


class LinalgCholesky(Factorization):
    """L with ``L L^T = X``, of which only the lower triangle is read.

    The derivative is ``L^-T P L^-1``, made symmetric, where P is the lower triangle of ``L^T G``
    with half of its diagonal (Murray 2016, "Differentiation of the Cholesky decomposition").
    """

    node_name = "LinalgCholeskyExBackward0"
    fault = "the matrix is not positive-definite"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.linalg.cholesky(x)

    @staticmethod
    def d_x(grad: Array, out: Array) -> Array:
        n, dtype = out.shape[-1], constant(out).dtype
        half_triangle = np.tri(n, dtype=dtype) - np.eye(n, dtype=dtype) / 2
        p = half_triangle * (turned(out) @ grad)
        left = LinalgSolve.call(turned(out), p)  # L^-T P
        both = turned(LinalgSolve.call(turned(out), turned(left)))
        return (both + turned(both)) / 2


def need_matrices(name: str, *tensors: Tensor, square: bool = False) -> None:
    """Raise PyTorch's error unless all are float32 or float64, and the first is a stack of (square)
    matrices."""
    for tensor in tensors:
        if tensor.array.dtype not in (np.float32, np.float64):
            raise NotImplementedError(  # which is a RuntimeError, too
                f"linalg.{name}: expected float32 or float64, but got {tensor.dtype}"
            )
        if tensor.array.dtype != tensors[0].array.dtype:
            raise RuntimeError(
                f"linalg.{name}: expected one dtype, but got {tensors[0].dtype} and {tensor.dtype}"
            )
    shape = tensors[0].array.shape
    if len(shape) < 2 or (square and shape[-1] != shape[-2]):
        raise RuntimeError(
            f"linalg.{name}: expected {'square ' if square else ''}matrices in the last two "
            f"dimensions, but got shape {list(shape)}"
        )


@torch_arguments
def inv(A: Tensor) -> Tensor:
    """The inverse of each matrix.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
        float32 or float64.

    Raises
    ------
    LinAlgError
        If one is singular.
    RuntimeError
        If the matrices are not square, or of another dtype.
    """
    need_matrices("inv", A, square=True)
    return LinalgInv.apply(A)


@torch_arguments
def inverse(input: Tensor) -> Tensor:
    """`linalg.inv` under its older name."""
    return inv(input)


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
    return return_types.linalg_slogdet(*LinalgSlogdet.apply_all(A))


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


@torch_arguments
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """The solution X of ``A X = B``, or, if not `left`, of ``X A = B``.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
        float32 or float64.
    B : Tensor of shape (..., n, k), or (..., k, n) if not `left`
        Or vectors, of the shape of `A` without its last dimension.
    left : bool

    Raises
    ------
    LinAlgError
        If a matrix is singular.
    RuntimeError
        If shapes or dtypes do not fit.
    """
    return solution_with(LinalgSolve, "solve", A, B, left)


def solution_with(op: type[LinalgSolve], name: str, A: Tensor, B: Tensor, left: bool) -> Tensor:
    """`solve`, by this op, which gets matrices on the right side only."""
    need_matrices(name, A, B, square=True)
    a, b = A.array, B.array
    vector = b.ndim == 1 or (a.ndim - 1 == b.ndim and b.shape == a.shape[:-1])
    if vector and not left:
        raise RuntimeError(f"linalg.{name}: left=False needs matrices for B, but it has vectors")
    right_side = unsqueeze(B, -1) if vector else B if left else transpose(B, -1, -2)
    if right_side.array.ndim < 2 or right_side.array.shape[-2] != a.shape[-1]:
        raise RuntimeError(
            f"linalg.{name}: shapes {list(a.shape)} of A and {list(b.shape)} of B do not fit"
        )
    solution = op.apply(A if left else transpose(A, -1, -2), right_side)
    if vector:
        return squeeze(solution, -1)
    return solution if left else transpose(solution, -1, -2)


@torch_arguments
def cholesky(input: Tensor, *, upper: bool = False) -> Tensor:
    """The lower triangular L with ``L L^T`` equal to `input`; or, if `upper`, its transpose.

    Raises
    ------
    LinAlgError
        If a matrix is not positive-definite. (Only its lower, or `upper`, triangle is read.)
    RuntimeError
        As for `inv`.
    """
    need_matrices("cholesky", input, square=True)
    if upper:
        return transpose(LinalgCholesky.apply(transpose(input, -1, -2)), -1, -2)
    return LinalgCholesky.apply(input)
