"""Inverses, equations and Cholesky factors of square matrices, one or a stack.

LAPACK computes the values, through NumPy. The derivatives are those of matrix calculus; the classic
collection is Giles (2008), "An extended collection of matrix derivative results for forward and
reverse mode algorithmic differentiation". G is the gradient with respect to the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, constant
from ..autograd.op import Op
from ..autograd.op_node import watched
from .arguments import torch_arguments
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


class LinalgSolveVector(Factorization):
    """`LinalgSolve` of vectors b."""

    node_name = "LinalgSolveExBackward0"

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.linalg.solve(a, np.expand_dims(b, -1))[..., 0]

    @staticmethod
    def d_a(grad: Array, a: Array, out: Array) -> Array:
        of_b = LinalgSolveVector.call(turned(a), grad)
        return -(np.expand_dims(of_b, -1) * np.expand_dims(out, -2))

    @staticmethod
    def d_b(grad: Array, a: Array) -> Array:
        return LinalgSolveVector.call(turned(a), grad)


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
    if vector and op is LinalgSolve:
        solution = LinalgSolveVector.apply(A, B)
        return watched(solution, solution)
    solution = op.apply(A if left else transpose(A, -1, -2), right_side)
    watched(solution, solution)
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
