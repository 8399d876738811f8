"""Equations with a triangular matrix, solved by substitution; and with a Cholesky factor.

The last equation of an upper triangular system has one unknown, the one before it two, of which one
is known by then. Halved again and again, that is mostly a product of matrices, which is quick: with
``[[A, B], [0, C]] [X; Y] = [P; Q]``, first ``C Y = Q``, and then ``A X = P - B Y``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import return_types
from ..autograd.graph import Array, Shape, constant
from ..autograd.op import Op
from ..autograd.op_node import watched
from .arguments import torch_arguments
from .breakdown import substitute
from .convert import to_dtype
from .matrix import LinAlgError, need_matrices, turned
from .repeat import expand
from .shape import transpose

if TYPE_CHECKING:
    from ..tensor import Tensor


def triangle(x: Array, upper: bool, unit: bool = False) -> Array:
    """The triangle of each matrix, without its diagonal if `unit`, and 0 elsewhere."""
    n, dtype = x.shape[-1], constant(x).dtype
    lower = np.tri(n, k=-1 if unit else 0, dtype=dtype)
    return x * (lower.T if upper else lower)


class LinalgSolveTriangular(Op):
    """The solution X of ``A X = B``; the derivative is ``A^-T G`` for B, and for A the triangle of
    that times ``-X^T``."""

    @staticmethod
    def forward(a: Array, b: Array, upper: bool, unit: bool) -> Array:
        return substitute(a, b, upper, unit)

    @staticmethod
    def d_a(grad: Array, a: Array, out: Array, upper: bool, unit: bool) -> Array:
        back = LinalgSolveTriangular.call(turned(a), grad, not upper, unit)
        return -triangle(back @ turned(out), upper, unit)

    @staticmethod
    def d_b(grad: Array, a: Array, upper: bool, unit: bool) -> Array:
        return LinalgSolveTriangular.call(turned(a), grad, not upper, unit)


def check_right_side(name: str, a: Tensor, b: Tensor, left: bool = True) -> None:
    """Raise PyTorch's error unless B is a stack of matrices that A can be multiplied with."""
    shape = b.array.shape
    if len(shape) < 2 or shape[-2 if left else -1] != a.array.shape[-1]:
        raise RuntimeError(
            f"linalg.{name}: shapes {list(a.array.shape)} of A and {list(shape)} of B do not fit"
        )


@torch_arguments
def solve_triangular(
    input: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """The solution X of ``A X = B``, or, if not `left`, of ``X A = B``, where `input` is A.

    Parameters
    ----------
    input : Tensor of shape (..., n, n)
        float32 or float64. The other triangle is not read. If there is a 0 on the diagonal, the
        result is not finite.
    B : Tensor of shape (..., n, k), or (..., k, n) if not `left`
        Is converted to the dtype of `input`. The dimensions before the last two broadcast.
    upper : bool
        Whether A is upper or lower triangular.
    left : bool
    unitriangular : bool
        Whether the diagonal is taken to be all ones, and not read.

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.
    """
    need_matrices("solve_triangular", input, square=True)
    B = to_dtype(B, input.array.dtype)  # as PyTorch does here, and nowhere else
    check_right_side("solve_triangular", input, B, left)
    if left:
        result = LinalgSolveTriangular.apply(input, B, upper, unitriangular)
        return watched(result, result)
    turned_over = transpose(input, -1, -2), transpose(B, -1, -2)
    return transpose(LinalgSolveTriangular.apply(*turned_over, not upper, unitriangular), -1, -2)


class TriangularSolve(Op):
    """`LinalgSolveTriangular` of A or of its transpose, and a copy of A."""

    outputs = ("solution", "copy")
    materialize_grads = False

    @staticmethod
    def forward(b: Array, a: Array, upper: bool, over: bool, unit: bool) -> tuple[Array, Array]:
        matrix, is_upper = (turned(a), not upper) if over else (a, upper)
        return substitute(matrix, b, is_upper, unit), a.copy()

    @staticmethod
    def d_b(
        grads: tuple[Array, Array], b_shape: Shape, a: Array, upper: bool, over: bool, unit: bool
    ) -> Array:
        if grads[0] is None:
            return np.zeros(b_shape, constant(a).dtype)
        matrix, is_upper = (a, upper) if over else (turned(a), not upper)
        return LinalgSolveTriangular.call(matrix, grads[0], is_upper, unit)

    @staticmethod
    def d_a(
        grads: tuple[Array, Array], a: Array, solution: Array, upper: bool, over: bool, unit: bool
    ) -> Array:
        if grads[0] is None:
            return grads[1]
        matrix, is_upper = (a, upper) if over else (turned(a), not upper)
        back = LinalgSolveTriangular.call(matrix, grads[0], is_upper, unit)
        product = solution @ turned(back) if over else back @ turned(solution)
        grad = -triangle(product, upper, unit)
        return grad if grads[1] is None else grad + grads[1]


@torch_arguments
def triangular_solve(
    input: Tensor,
    A: Tensor,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
) -> return_types.triangular_solve:
    """`linalg.solve_triangular` under its older name, with the right side first.

    If `transpose`, it is ``A^T X = input`` that is solved. Also returns a copy of `A`. Errors as
    for `linalg.solve_triangular`.
    """
    need_matrices("triangular_solve", A, input, square=True)
    check_right_side("triangular_solve", A, input)
    batch = np.broadcast_shapes(A.array.shape[:-2], input.array.shape[:-2])
    a = expand(A, (*batch, *A.array.shape[-2:]))
    b = expand(input, (*batch, *input.array.shape[-2:]))
    results = TriangularSolve.apply_all(b, a, upper, transpose, unitriangular)
    watched(results[0], input, A, results[0])
    return return_types.triangular_solve(*results)


class CholeskySolve(Op):
    """The solution X of ``L L^T X = B``, or of ``L^T L X = B`` if `upper`.

    With H the solution for G in place of B, the derivative is H for B and, with
    ``S = H X^T + X H^T``, for L it is ``-S L``, or ``-L S``. As in PyTorch it is there for the
    triangle that is not read, too.
    """

    @staticmethod
    def forward(b: Array, low: Array, upper: bool) -> Array:
        first, second = (turned(low), low) if upper else (low, turned(low))
        return substitute(second, substitute(first, b, False, False), True, False)

    @staticmethod
    def d_b(grad: Array, low: Array, upper: bool) -> Array:
        return CholeskySolve.call(grad, low, upper)

    @staticmethod
    def d_low(grad: Array, low: Array, out: Array, upper: bool) -> Array:
        half = CholeskySolve.call(grad, low, upper) @ turned(out)
        both = half + turned(half)
        return -(low @ both if upper else both @ low)


class CholeskyInverse(Op):
    """The inverse Y of ``L L^T``, or of ``L^T L``; its derivative is that of `CholeskySolve` with
    ``S = Y (G + G^T) Y``."""

    @staticmethod
    def forward(low: Array, upper: bool) -> Array:
        inverse = substitute(low, np.eye(low.shape[-1], dtype=low.dtype), upper, False)
        return inverse @ turned(inverse) if upper else turned(inverse) @ inverse

    @staticmethod
    def d_low(grad: Array, low: Array, out: Array, upper: bool) -> Array:
        both = out @ (grad + turned(grad)) @ out
        return -(low @ both if upper else both @ low)


@torch_arguments
def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False) -> Tensor:
    """The solution X of ``L L^T X = input``, or, if `upper`, of ``L^T L X = input``.

    Parameters
    ----------
    input : Tensor of shape (..., n, k)
    input2 : Tensor of shape (..., n, n)
        L, a Cholesky factor. The dimensions before the last two broadcast.
    upper : bool
        Whether it is upper triangular. The other triangle is not read.

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.
    """
    need_matrices("cholesky_solve", input2, input, square=True)
    check_right_side("cholesky_solve", input2, input)
    result = CholeskySolve.apply(input, input2, upper)
    return watched(result, input, result)


@torch_arguments
def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """The inverse of ``L L^T``, or of ``L^T L`` if `upper`, where `input` is L.

    LinAlgError for a 0 on the diagonal; other errors as for `cholesky_solve`.
    """
    need_matrices("cholesky_inverse", input, square=True)
    if (np.diagonal(input.array, 0, -2, -1) == 0).any():
        raise LinAlgError("cholesky_inverse: there is a 0 on the diagonal, and so no inverse")
    return CholeskyInverse.apply(input, upper)
