"""Reductions built on others: sums that pass over nan, and pairs of results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..autograd.graph import Array, constant, wrap
from ..autograd.op import Op
from ..dtypes import dtype as DType
from ..layout import in_rows
from .arguments import torch_arguments
from .convert import to_dtype
from .dims import Dims, normalize_dim, normalize_dims
from .kinds import BoolIfGiven
from .reduce import count, kept, require_float, spread, sum, summable
from .shape import sizes
from .variance import StdMean, VarMean, deviation

if TYPE_CHECKING:
    from ..tensor import Tensor


class Nansum(Op):
    """The sum of what is not nan; each term has derivative 1, and a nan 0."""

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        return in_rows(np.where(np.isnan(x), 0, x).sum(dims, keepdims=keepdim, dtype=x.dtype))

    @staticmethod
    def d_x(grad: Array, x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        return spread(grad, x.shape, dims, keepdim) * ~np.isnan(constant(x))


class Aminmax(Op):
    """The smallest and the largest element; equal ones share the gradient evenly."""

    outputs = ("low", "high")

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...], keepdim: bool) -> tuple[Array, Array]:
        return x.min(dims, keepdims=keepdim), x.max(dims, keepdims=keepdim)

    @staticmethod
    def d_x(
        grads: tuple[Array, Array],
        x: Array,
        low: Array,
        high: Array,
        dims: tuple[int, ...],
        keepdim: bool,
    ) -> Array:
        total: Array = 0
        for grad, extreme in zip(grads, (low, high), strict=True):
            chosen = constant(x) == constant(kept(extreme, dims, keepdim))
            shared = kept(grad, dims, keepdim) / chosen.sum(axis=dims, keepdims=True)
            total = total + shared * chosen
        return total


@torch_arguments
def nansum(
    input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """The sum of the elements that are not nan; parameters as for `sum`."""
    dims = normalize_dims(dim, input.array.ndim)
    if input.array.dtype.kind != "f":  # nothing there can be nan
        return sum(input, dims or None, keepdim, dtype=dtype)
    return Nansum.apply(summable(input, dtype), dims, keepdim)


@torch_arguments
def nanmean(
    input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """The mean of the elements that are not nan; parameters as for `mean`.

    Raises
    ------
    RuntimeError
        If the elements are not floating point.
    """
    require_float(input, "nanmean")
    dims = normalize_dims(dim, input.array.ndim)
    numbers = np.asarray((~np.isnan(input.array)).sum(dims, keepdims=keepdim))
    return nansum(input, dim, keepdim, dtype=dtype) / wrap(numbers)


@torch_arguments
def aminmax(
    input: Tensor, *, dim: int | None = None, keepdim: bool = False
) -> return_types.aminmax:
    """The smallest and the largest element along `dim`, or of all, as the pair ``(min, max)``.

    Raises
    ------
    RuntimeError
        If there are no elements; an IndexError, if there are none along `dim`.
    """
    shape = input.array.shape
    dims = tuple(range(len(shape))) if dim is None else (normalize_dim(dim, len(shape)),)
    dims = dims if shape else ()
    if count(shape, dims) == 0:
        raise (RuntimeError if dim is None else IndexError)(
            f"aminmax(): expected a reduction over dimensions of non-zero size, but the input has "
            f"shape {list(shape)} and dim is {dim}"
        )
    return return_types.aminmax(*Aminmax.apply_all(input, dims, keepdim))


@torch_arguments
def var_mean(
    input: Tensor,
    dim: Dims | bool = None,
    unbiased: BoolIfGiven = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, ...]:
    """The variance and the mean, ``(var, mean)``; parameters and errors as for `var`."""
    given = deviation("var_mean", input, dim, unbiased, correction, keepdim)
    return _rounded(VarMean.apply_all(*given), input)


@torch_arguments
def std_mean(
    input: Tensor,
    dim: Dims | bool = None,
    unbiased: BoolIfGiven = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, ...]:
    """The standard deviation and the mean, ``(std, mean)``; parameters and errors as for `var`."""
    given = deviation("std_mean", input, dim, unbiased, correction, keepdim)
    return _rounded(StdMean.apply_all(*given), input)


def _rounded(results: tuple[Tensor, ...], input: Tensor) -> tuple[Tensor, ...]:
    """Both in the dtype of `input`: of float16 the mean is float32 until here."""
    return tuple([to_dtype(result, input.array.dtype) for result in results])


@torch_arguments
def count_nonzero(input: Tensor, *dim: Any) -> Tensor:
    """How many elements, along `dim` or of all, are not 0, as int64."""
    dims = normalize_dims(sizes(() if dim == (None,) else dim), input.array.ndim)
    return sum(to_dtype(input.detach(), np.dtype(bool)), dims)
