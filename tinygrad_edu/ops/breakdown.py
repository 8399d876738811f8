"""Elimination, where the algorithms for matrices break off, and what PyTorch then says.

`eliminate` is Gauss's elimination, by which `lu` factors; for a singular matrix it comes upon a
pivot of 0. A Cholesky factor ends at the first leading minor that is not positive. Both are told by
`info`, as LAPACK calls it: 0, or the place, counted from 1.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import Array


def substitute(a: Array, b: Array, upper: bool, unit: bool) -> Array:
    """The solution of ``A X = B``, of which only the triangle and, if not `unit`, the diagonal of A
    are read. A division by 0 gives what it gives."""
    n = a.shape[-1]
    if n == 0:
        return np.broadcast_to(b, (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), *b.shape[-2:]))
    if n == 1:
        return b / (np.ones_like(a) if unit else a)
    first, second = slice(None, n // 2), slice(n // 2, None)
    if upper:
        first, second = second, first
    known = substitute(a[..., first, first], b[..., first, :], upper, unit)
    rest = b[..., second, :] - a[..., second, first] @ known
    other = substitute(a[..., second, second], rest, upper, unit)
    return np.concatenate([other, known] if upper else [known, other], -2)


def eliminate(x: Array) -> tuple[Array, Array]:
    """L below the diagonal and U above it, in one array like `x`; and for each step the number of
    the row, counted from 1, that it exchanged with its own."""
    m, n = x.shape[-2:]
    k = min(m, n)
    a = x.reshape(math.prod(x.shape[:-2]), m, n).copy()
    pivots = np.zeros((len(a), k), np.int32)
    each = np.arange(len(a))

    def columns(first: int, last: int) -> None:
        if last - first > 1:
            middle = (first + last) // 2
            columns(first, middle)
            carry_over(first, middle, last)
            columns(middle, last)
        elif last > first:
            row = first + np.absolute(a[:, first:, first]).argmax(-1)
            pivots[:, first] = row + 1
            a[each, row], a[:, first] = a[:, first].copy(), a[each, row]
            pivot = a[:, first, first, None]
            a[:, first + 1 :, first] /= np.where(pivot == 0, 1, pivot)

    def carry_over(first: int, middle: int, last: int) -> None:
        done, rest = slice(first, middle), slice(middle, last)
        a[:, done, rest] = substitute(a[:, done, done], a[:, done, rest], False, True)
        a[:, middle:, rest] -= a[:, middle:, done] @ a[:, done, rest]

    if a.size:
        columns(0, k)
        if n > k:
            carry_over(0, k, n)
    return a.reshape(x.shape), pivots.reshape(*x.shape[:-2], k)


def info_of(packed: Array) -> Array:
    """The number, from 1, of the first 0 on the diagonal of U; 0 if there is none."""
    zero = np.diagonal(packed, 0, -2, -1) == 0
    return np.where(zero.any(-1), zero.argmax(-1) + 1, 0) if zero.size else zero.any(-1)


def one_by_one(function: Callable[..., Array], a: Array, *rest: Array) -> Array:
    """`function` of the matrices in `a` and `rest`, with nan where it raises."""
    try:
        return function(a, *rest)
    except np.linalg.LinAlgError:
        batch = np.broadcast_shapes(*(x.shape[:-2] for x in (a, *rest)))
        whole = [np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, *rest)]
        out = np.full_like(whole[-1], np.nan)
        for place in np.ndindex(batch):
            with contextlib.suppress(np.linalg.LinAlgError):
                out[place] = function(*(x[place] for x in whole))
        return out


def first_bad(x: Array, factor: Array) -> Array:
    """The order of the smallest leading minor without a Cholesky factor; 0 if there is none."""
    bad = np.isnan(factor).any((-1, -2))
    info = np.zeros(x.shape[:-2], np.int32)
    for place in np.argwhere(bad):
        matrix: Any = x[tuple(place)]
        for order in range(1, len(matrix) + 1):
            if np.isnan(one_by_one(np.linalg.cholesky, matrix[:order, :order])).any():
                info[tuple(place)] = order
                break
    return info


def of_batch(name: str, info: Array) -> str:
    """How messages begin, where `info` is not 0 for the matrices without a result: with the name,
    and, of a stack of matrices, the number of the first of them."""
    return f"{name}: (Batch element {int((info != 0).argmax())}): " if info.ndim else f"{name}: "


def no_inverse(x: Array) -> str:
    """What is said of singular matrices `x` that are to be inverted."""
    info = info_of(eliminate(x)[0])
    return (
        f"{of_batch('linalg.inv', info)}The diagonal element {_first(info, x)} is zero, "
        "the inversion could not be completed because the input matrix is singular."
    )


def _first(info: Array, x: Array) -> int:
    """The first number that is not 0; where LAPACK, which rounds otherwise, alone found a 0, the
    last place."""
    return int(info.flat[(info != 0).argmax()]) or x.shape[-1]


def no_solution(x: Array) -> str:
    """What is said of singular matrices `x` for which equations are to be solved."""
    begin = of_batch("torch.linalg.solve", info_of(eliminate(x)[0]))
    return f"{begin}The solver failed because the input matrix is singular."


def not_positive(x: Array) -> str:
    """What is said of matrices `x` of which one is not positive-definite."""
    info = first_bad(x, one_by_one(np.linalg.cholesky, x))
    return (
        f"{of_batch('linalg.cholesky', info)}The factorization could not be completed because the "
        "input is not positive-definite (the leading minor of order "
        f"{info[info != 0].flat[0]} is not positive-definite)."
    )


def not_converged(x: Array) -> str:
    """What is said of matrices `x` of which LAPACK finds no singular values."""
    begin = of_batch("linalg.svd", ~np.isfinite(x).all((-1, -2)))
    return (
        f"{begin}The algorithm failed to converge because the input matrix contained non-finite "
        "values."
    )
