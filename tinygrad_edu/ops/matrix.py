"""Inverses, equations and Cholesky factors of square matrices, one or a stack.

LAPACK computes the values, through NumPy. The derivatives are those of matrix calculus; the classic
collection is Giles (2008), "An extended collection of matrix derivative results for forward and
reverse mode algorithmic differentiation". G is the gradient with respect to the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..advice import advised
from ..autograd.graph import Array, constant
from ..autograd.op import Op
from ..autograd.op_node import watched
from ..dtypes import old_name
from ..named import Named
from .arguments import torch_arguments
from .breakdown import no_inverse, no_solution, not_positive
from .shape import squeeze, transpose, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor


class LinAlgError(RuntimeError, metaclass=Named):
    """A matrix for which a result does not exist, such as the inverse of a singular one.

    A traceback names it as PyTorch's: ``torch._C._LinAlgError``.
    """

    _printed_as = "torch._C._LinAlgError"

    def __reduce__(self) -> Any:
        return no_result, self.args  # by that name pickle would not find the class


LinAlgError.__module__, LinAlgError.__qualname__ = "torch._C", "_LinAlgError"
LinAlgError.__name__ = "_LinAlgError"


def no_result(*args: Any) -> LinAlgError:
    """The error with these arguments."""
    return LinAlgError(*args)


def turned(x: Array) -> Array:
    """Each matrix transposed."""
    return x.swapaxes(-1, -2)


class Factorization(Op):
    """What these ops share: PyTorch's error where LAPACK gives up."""

    @classmethod
    def explain(cls, values: list[Any], error: ValueError) -> Exception:
        if not isinstance(error, np.linalg.LinAlgError):
            return super().explain(values, error)
        return LinAlgError(cls.fault(values[0]))

    @staticmethod
    def fault(x: Array) -> str:
        """PyTorch's words for matrices `x` of which one has no result."""
        return no_solution(x)


class LinalgInv(Factorization):
    """The inverse; the derivative is ``-X^-T G X^-T``."""

    node_name = "LinalgInvExBackward0"

    @staticmethod
    def fault(x: Array) -> str:
        return no_inverse(x)

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

    @staticmethod
    def fault(x: Array) -> str:
        return not_positive(x)

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
    first = tensors[0].array
    for tensor in tensors:
        if tensor.array.dtype not in (np.float32, np.float64):
            raise NotImplementedError(  # which is a RuntimeError, too
                f"linalg.{name}: expected float32 or float64, but got {tensor.dtype}"
            )
        if tensor.array.dtype != first.dtype:
            raise RuntimeError(
                f"linalg.{name}: Expected A and B to have the same dtype, but found A of type "
                f"{old_name(first.dtype)} and B of type {old_name(tensor.array.dtype)} instead"
            )
    if first.ndim < 2:
        raise advised(
            RuntimeError(f"linalg.{name}: The input tensor A must have at least 2 dimensions."),
            f"Its shape is {list(first.shape)}.",
        )
    rows, columns = first.shape[-2:]
    if square and rows != columns:
        raise RuntimeError(
            f"linalg.{name}: A must be batches of square matrices, but they are {rows} by "
            f"{columns} matrices"
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
    if not b.ndim:
        raise RuntimeError(f"linalg.{name}: The input tensor B must have at least 2 dimensions.")
    vector = b.ndim == 1 or (a.ndim - 1 == b.ndim and b.shape == a.shape[:-1])
    if vector and not left:
        raise RuntimeError(f"linalg.{name}: left=False needs matrices for B, but it has vectors")
    right_side = unsqueeze(B, -1) if vector else B if left else transpose(B, -1, -2)
    if right_side.array.shape[-2] != a.shape[-1]:
        equation = "AX = B" if left else "XA = B"
        rows, columns = (*b.shape[-1:], 1) if vector else b.shape[-2:]
        raise RuntimeError(
            f"linalg.{name}: Incompatible shapes of A and B for the equation {equation} "
            f"({a.shape[-2]}x{a.shape[-1]} and {rows}x{columns})"
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
