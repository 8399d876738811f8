"""Inverses, solutions and Cholesky factors that say where there is none, in place of raising.

What they compute is that of `matrix`, with nan for a matrix that has no result, and beside it
`info`: 0, or the place, counted from 1, at which the algorithm broke off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import return_types
from ..autograd.graph import Array, wrap
from .arguments import torch_arguments
from .breakdown import eliminate, first_bad, info_of, one_by_one
from .matrix import (
    LinalgCholesky,
    LinAlgError,
    LinalgInv,
    LinalgSolve,
    need_matrices,
    solution_with,
)
from .shape import transpose

if TYPE_CHECKING:
    from ..tensor import Tensor


class LinalgInvEx(LinalgInv):
    """The inverse, and nan for a singular matrix."""

    @staticmethod
    def forward(x: Array) -> Array:
        return one_by_one(np.linalg.inv, x)


class LinalgSolveEx(LinalgSolve):
    """The solution of ``A X = B``, and nan where A is singular."""

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return one_by_one(np.linalg.solve, a, b)


class LinalgCholeskyEx(LinalgCholesky):
    """The Cholesky factor, and nan where there is none."""

    @staticmethod
    def forward(x: Array) -> Array:
        return one_by_one(np.linalg.cholesky, x)


def _reported(name: str, info: Array, check_errors: bool) -> Tensor:
    if check_errors and info.any():
        raise LinAlgError(f"linalg.{name}: no result for a matrix, at place {info.max()}")
    return wrap(np.asarray(info, np.int32))


@torch_arguments
def inv_ex(A: Tensor, *, check_errors: bool = False) -> return_types.linalg_inv_ex:
    """`linalg.inv`, and `info` (int32): 0, or the first 0 on the diagonal in elimination, from 1.

    With `check_errors` a singular matrix raises LinAlgError; other errors as for `linalg.inv`.
    """
    need_matrices("inv_ex", A, square=True)
    info = _reported("inv_ex", info_of(eliminate(A.array)[0]), check_errors)
    return return_types.linalg_inv_ex(LinalgInvEx.apply(A), info)


@torch_arguments
def solve_ex(
    A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False
) -> return_types.linalg_solve_ex:
    """`linalg.solve`, and the `info` of `inv_ex`.

    With `check_errors` a singular matrix raises LinAlgError; other errors as for `linalg.solve`.
    """
    result = solution_with(LinalgSolveEx, "solve_ex", A, B, left)
    info = _reported("solve_ex", info_of(eliminate(A.array)[0]), check_errors)
    return return_types.linalg_solve_ex(result, info)


@torch_arguments
def cholesky_ex(
    input: Tensor, *, upper: bool = False, check_errors: bool = False
) -> return_types.linalg_cholesky_ex:
    """`linalg.cholesky`, and `info` (int32): 0, or how many rows and columns suffice for a matrix
    that is not positive-definite.

    With `check_errors` such a matrix raises LinAlgError; other errors as for `linalg.cholesky`.
    """
    need_matrices("cholesky_ex", input, square=True)
    x = transpose(input, -1, -2) if upper else input
    factor = LinalgCholeskyEx.apply(x)
    info = _reported("cholesky_ex", first_bad(x.array, factor.array), check_errors)
    return return_types.linalg_cholesky_ex(transpose(factor, -1, -2) if upper else factor, info)


@torch_arguments
def old_cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """`linalg.cholesky` under its older name; errors as there."""
    need_matrices("cholesky", input, square=True)
    if upper:
        return transpose(LinalgCholesky.apply(transpose(input, -1, -2)), -1, -2)
    return LinalgCholesky.apply(input)
