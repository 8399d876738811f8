"""Scans: running products, extremes and sums, and differences, along one dimension.

Result i of a scan is made of elements 0 to i. So element j gets gradient from the results j and
later, and a derivative is a scan that runs backwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .. import return_types
from ..autograd.graph import Array, Shape, constant, own_constant
from ..autograd.op import Op
from ..autograd.op_node import watched
from ..dtypes import dtype as DType
from ..layout import in_rows
from .arguments import torch_arguments
from .compare import ne
from .convert import clone
from .dims import normalize_dim
from .index import PutZeros, Slice, along, whole
from .join import cat
from .reduce import summable

if TYPE_CHECKING:
    from ..tensor import Tensor


class Cumprod(Op):
    """The running product, ``y_i = x_0 ... x_i``.

    Without the factor x_j it is ``y_i / x_j``, so the derivative is
    ``sum_{i>=j} grad_i y_i / x_j``. Where an element is 0, which cannot be divided by, it is
    computed as ``y_{j-1} R_j``, with ``R_j = grad_j + x_{j+1} R_{j+1}`` for what all later
    results make of factor j.
    """

    @staticmethod
    def forward(x: Array, dim: int) -> Array:
        if not x.ndim:
            return x.copy()
        running = np.float32 if x.dtype == np.float16 else x.dtype  # where 1e5 times 0 is 0
        return np.cumprod(in_rows(x), axis=dim, dtype=running).astype(x.dtype, copy=False)

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array, dim: int) -> Array:
        if not x.shape or x.shape[dim] == 1:
            return grad
        if not np.any(constant(x) == 0):
            return reversed_cumsum(grad * out, dim) / x
        last = x.shape[dim] - 1
        rest = at(grad, dim, last)
        rests = [rest]
        for i in range(last, 0, -1):
            rest = at(grad, dim, i - 1) + at(x, dim, i) * rest
            rests.append(rest)
        before = [at(out, dim, i) for i in range(last)]
        before.insert(0, np.ones(rest.shape, constant(x).dtype))  # the product of no factors
        return np.stack([y * r for y, r in zip(before, reversed(rests), strict=True)], dim)


class Cummax(Op):
    """The largest element so far, and its index; of equal ones the last gets the gradient."""

    outputs = ("values", "indices")
    largest: ClassVar[Callable[..., Array]] = np.maximum.accumulate

    @classmethod
    def forward(cls, x: Array, dim: int) -> tuple[Array, Array]:
        if not x.ndim:
            return x.copy(), np.zeros((), np.int64)
        x = in_rows(x)
        values = cls.largest(x, axis=dim)
        new = (x == values) | (x != x)  # that is nan, which counts as the largest
        places = np.arange(x.shape[dim]).reshape([-1 if d == dim else 1 for d in range(x.ndim)])
        return values, np.maximum.accumulate(np.where(new, places, 0), axis=dim)

    @staticmethod
    def d_x(grads: tuple[Array, Array], indices: Array, x_shape: Shape, dim: int) -> Array:
        places = along(dim, own_constant(indices)) if x_shape else ()
        return PutZeros.call(grads[0], x_shape, places)


class Cummin(Cummax):
    """The smallest element so far, and its index; of equal ones the last gets the gradient."""

    largest = np.minimum.accumulate


class Logcumsumexp(Op):
    """``y_i = log(e^{x_0} + ... + e^{x_i})``, without overflow.

    The derivative ``sum_{i>=j} grad_i e^{x_j - y_i}`` is such a sum too, once the positive and the
    negative gradients are apart, which have a logarithm each.
    """

    kinds = "f"

    @staticmethod
    def forward(x: Array, dim: int) -> Array:
        return np.logaddexp.accumulate(in_rows(x), axis=dim) if x.ndim else x.copy()

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array, dim: int) -> Array:
        if not x.shape:
            return grad
        least = np.finfo(constant(x).dtype).min
        log_size = np.log(np.absolute(grad))

        def later(chosen: Array) -> Array:
            terms = np.flip(np.where(chosen, log_size, least) - out, (dim,))
            return np.exp(np.flip(Logcumsumexp.call(terms, dim), (dim,)) + x)

        return later(constant(grad) > 0) - later(constant(grad) < 0)


def at(x: Array, dim: int, index: int) -> Array:
    """The slice of `x` with this index along `dim`."""
    return x[(*whole(dim), index)]


def reversed_cumsum(x: Array, dim: int) -> Array:
    """For each element the sum of itself and all later ones along `dim`."""
    return np.flip(np.cumsum(np.flip(x, (dim,)), dim), (dim,))


@torch_arguments
def cumprod(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """The running product along `dim`; integers and bools are multiplied as int64."""
    return Cumprod.apply(summable(input, dtype), normalize_dim(dim, input.array.ndim))


@torch_arguments
def cummax(input: Tensor, dim: int) -> return_types.cummax:
    """The largest element so far along `dim`, and its index: of equal ones, that of the last."""
    values, places = Cummax.apply_all(input, normalize_dim(dim, input.array.ndim))
    return return_types.cummax(watched(values, input), places)


@torch_arguments
def cummin(input: Tensor, dim: int) -> return_types.cummin:
    """The smallest element so far along `dim`, and its index: of equal ones, that of the last."""
    values, places = Cummin.apply_all(input, normalize_dim(dim, input.array.ndim))
    return return_types.cummin(watched(values, input), places)


@torch_arguments
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """``log(cumsum(exp(input)))`` along `dim`, computed without overflow.

    Raises
    ------
    NotImplementedError
        If the elements are not floating point.
    """
    return Logcumsumexp.apply(input, normalize_dim(dim, input.array.ndim))


@torch_arguments
def diff(
    input: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:
    """Each element less the one before it along `dim`, `n` times over.

    Parameters
    ----------
    input : Tensor
        Of bools the differences are bools: whether the two differ.
    n : int
        0 or more; each time `dim` becomes shorter by one.
    dim : int
    prepend, append : Tensor, optional
        Joined to `input` along `dim` first.

    Raises
    ------
    RuntimeError
        If `input` has no dimensions, or `n` is negative.
    """
    if not input.array.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    dim = normalize_dim(dim, input.array.ndim)
    if n == 0:
        return clone(input)
    joined = [x for x in (prepend, input, append) if x is not None]
    if any(x.array.ndim != input.array.ndim for x in joined):
        raise RuntimeError("diff expects prepend or append to have as many dimensions as input")
    x = cat(joined, dim) if len(joined) > 1 else input
    for _ in range(min(n, x.array.shape[dim])):
        later = Slice.apply(x, (*whole(dim), slice(1, None)))
        earlier = Slice.apply(x, (*whole(dim), slice(None, -1)))
        x = ne(later, earlier) if x.array.dtype == bool else later - earlier
    return x
