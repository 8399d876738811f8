"""What LU factors are good for: P, L and U out of the compact form, and equations.

With ``A = P L U`` the equation ``A X = B`` is two of triangular matrices, ``L Y = P^T B`` and then
``U X = Y``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import return_types
from ..autograd.graph import Array, constant, wrap
from ..autograd.op import Op
from .arguments import torch_arguments
from .linalg import matmul
from .lu import factors, permutation
from .matrix import need_matrices
from .shape import transpose
from .triangular import LinalgSolveTriangular, check_right_side

if TYPE_CHECKING:
    from ..tensor import Tensor


def _need_pivots(name: str, packed: Tensor, pivots: Tensor) -> None:
    if pivots.array.dtype != np.int32:
        raise RuntimeError(f"{name}: pivots must be int32, but are {pivots.dtype}")
    shape = packed.array.shape
    if pivots.array.shape != (*shape[:-2], min(shape[-2:])):
        raise RuntimeError(
            f"{name}: pivots of shape {list(pivots.array.shape)} do not fit LU of {list(shape)}"
        )


class LuUnpack(Op):
    """L and U out of the array that has both; the derivative puts their triangles there again."""

    outputs = ("low", "up")

    @staticmethod
    def forward(packed: Array) -> tuple[Array, Array]:
        return factors(packed)

    @staticmethod
    def d_packed(grads: tuple[Array, Array], packed_shape: tuple[int, ...]) -> Array:
        *_, m, n = packed_shape
        k, dtype = min(m, n), constant(grads[0]).dtype
        low = np.tri(m, k, -1, dtype=dtype) * grads[0]
        up = np.tri(n, k, dtype=dtype).T * grads[1]
        # m k, k n -> m n: each is put where it was by a unit matrix
        return low @ np.eye(k, n, dtype=dtype) + np.eye(m, k, dtype=dtype) @ up


@torch_arguments
def lu_unpack(
    LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True
) -> return_types.lu_unpack:
    """P, L and U of what `linalg.lu_factor` returned, as `linalg.lu` returns them.

    What is not to be unpacked is an empty tensor.

    Raises
    ------
    RuntimeError
        If the pivots are not int32, or do not fit.
    """
    need_matrices("lu_unpack", LU_data)
    _need_pivots("lu_unpack", LU_data, LU_pivots)
    dtype = LU_data.array.dtype
    p = low = up = LU_data.new_zeros((0,))
    if unpack_pivots:
        p = wrap(permutation(LU_pivots.array, LU_data.array.shape[-2], dtype))
    if unpack_data:
        low, up = LuUnpack.apply_all(LU_data)
    return return_types.lu_unpack(p, low, up)


@torch_arguments
def lu_solve(
    LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False
) -> Tensor:
    """The solution X of ``A X = B``, by the factors of A that `lu_factor` returned.

    Parameters
    ----------
    LU, pivots : Tensor of shape (..., n, n) and (..., n)
    B : Tensor of shape (..., n, k), or (..., k, n) if not `left`
        The dimensions before the last two broadcast.
    left : bool
        If not, it is ``X A = B`` that is solved.
    adjoint : bool
        Solve with ``A^T`` in place of A.

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.
    """
    need_matrices("lu_solve", LU, B, square=True)
    _need_pivots("lu_solve", LU, pivots)
    check_right_side("lu_solve", LU, B, left)
    if not left:  # X A = B is A^T X^T = B^T
        return transpose(lu_solve(LU, pivots, transpose(B, -1, -2), adjoint=not adjoint), -1, -2)
    p = wrap(permutation(pivots.array, LU.array.shape[-1], LU.array.dtype))
    if adjoint:  # A^T = U^T L^T P^T
        half = LinalgSolveTriangular.apply(transpose(LU, -1, -2), B, False, False)
        return matmul(p, LinalgSolveTriangular.apply(transpose(LU, -1, -2), half, True, True))
    half = LinalgSolveTriangular.apply(LU, matmul(transpose(p, -1, -2), B), False, True)
    return LinalgSolveTriangular.apply(LU, half, True, False)


@torch_arguments
def old_lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """`linalg.lu_solve` under its older name, with the right side first."""
    return lu_solve(LU_data, LU_pivots, input)
