"""Least squares: the X for which ``A X`` is nearest to B, and of those the shortest.

It is ``X = P B``, with P the pseudo-inverse of A, and so are its derivatives. What is left,
``B - A X``, is at right angles to the columns of A.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import return_types
from ..autograd.graph import wrap
from .arguments import torch_arguments
from .linalg import matmul
from .matrix import need_matrices
from .pseudo_inverse import LinalgPinv, threshold
from .shape import reshape, squeeze, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor

DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


@torch_arguments
def lstsq(
    input: Tensor, b: Tensor, rcond: float | None = None, *, driver: str | None = None
) -> return_types.linalg_lstsq:
    """The X with the least squares in ``A X - b``, where `input` is A; of several, the shortest.

    Parameters
    ----------
    input : Tensor of shape (..., m, n)
        float32 or float64.
    b : Tensor of shape (..., m, k), or (..., m)
        The dimensions before the last two broadcast; vectors must be as many as there are A.
    rcond : float, optional
        Singular values of A not above this times the largest count as 0; by default
        ``max(m, n) eps``.
    driver : {"gelsy", "gels", "gelsd", "gelss"}, optional
        What PyTorch calls in LAPACK. Here it only says which results there are: all do the same.

    Returns
    -------
    solution : Tensor of shape (..., n, k), or (..., n)
    residuals : Tensor of shape (..., k)
        The sums of squares; empty for "gelsy", if m is not larger than n, or if a rank is not n.
    rank : Tensor of shape (...)
        int64; empty for "gels".
    singular_values : Tensor of shape (..., min(m, n))
        Of A; empty for "gels" and "gelsy".

    Raises
    ------
    LinAlgError
        If there are nan in `input`.
    RuntimeError
        If shapes or dtypes do not fit, or for another driver.
    """
    need_matrices("lstsq", input, b)
    driver = "gelsy" if driver is None else driver
    if driver not in DRIVERS:
        raise RuntimeError(
            f"torch.linalg.lstsq: parameter `driver` should be one of {DRIVERS}, not {driver!r}"
        )
    *batch, m, n = input.array.shape
    shape = b.array.shape
    vector = shape == (*batch, m)
    right_side = unsqueeze(b, -1) if vector else b
    if right_side.array.ndim != input.array.ndim or right_side.array.shape[-2] != m:
        raise RuntimeError(
            f"linalg.lstsq: shapes {list(input.array.shape)} of input and {list(shape)} of b do "
            "not fit"
        )
    full = driver == "gels"  # which takes a full rank for granted
    inverse = LinalgPinv.apply(input, None, 0.0 if full else rcond, False)
    solution = matmul(inverse, right_side)
    # P B - P A P B is 0, and so are its derivatives; as a number it is most of the rounding error.
    left = right_side.array - input.array @ solution.array
    solution = solution + wrap(inverse.array @ left)
    values = np.linalg.svd(input.array, compute_uv=False)
    ranks = (values > threshold(values, input.array.shape, None, rcond)).sum(-1)
    residuals = reshape(solution, -1)[:0] if solution.array.size else input.new_zeros((0,))
    singular = input.new_zeros((0,))
    if driver != "gelsy" and m > n and (full or (ranks == n).all()):
        residuals = ((right_side - matmul(input, solution)) ** 2).sum(-2)
    ranked = wrap(np.zeros(0, np.int64) if full else np.asarray(ranks, np.int64))
    if driver in ("gelsd", "gelss"):
        singular = wrap(values)
    if vector:
        solution = squeeze(solution, -1)
    return return_types.linalg_lstsq(solution, residuals, ranked, singular)
