"""Reductions: ops that make one number of many, over all elements or along some dimensions.

A sum hands its gradient to each of its terms, so most derivatives here begin by spreading `grad`
over the shape of the argument: `spread` puts back the dimensions that were reduced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, Shape, constant, wrap
from ..autograd.op import Op
from ..dtypes import dtype as DType
from ..dtypes import old_name
from ..layout import in_rows
from .arguments import torch_arguments
from .convert import to_dtype
from .dims import WHOLE, Dims, is_whole, normalize_dim, normalize_dims

if TYPE_CHECKING:
    from ..tensor import Tensor


def spread(reduced: Array, shape: Shape, dims: tuple[int, ...], keepdim: bool) -> Array:
    """Repeat the result of a reduction over `dims` along those dimensions, to `shape` again."""
    if not keepdim:
        reduced = np.expand_dims(reduced, dims)
    return np.broadcast_to(reduced, shape)


def kept(reduced: Array, dims: tuple[int, ...] | None, keepdim: bool) -> Array:
    """The result of a reduction over `dims` with those dimensions, of size 1, kept; or of one over
    all, which broadcasts as it is."""
    return reduced if keepdim or dims is None else np.expand_dims(reduced, dims)


def count(shape: Shape, dims: tuple[int, ...] | None) -> int:
    """How many elements a reduction over `dims`, or over all, puts into one."""
    sizes = shape if dims is None else [shape[d] for d in dims]
    return int(np.prod(sizes, dtype=np.int64))


class Sum(Op):
    """The sum over all elements; each term has derivative 1."""

    widens = True

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        return x.sum(dims, keepdims=keepdim, dtype=x.dtype)

    @staticmethod
    def d_x(grad: Array, x_shape: Shape, dims: tuple[int, ...], keepdim: bool) -> Array:
        return spread(grad, x_shape, dims, keepdim)


class SumDim(Sum):
    """The sum along dimensions."""

    node_name = "SumBackward1"

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        return in_rows(x.sum(dims, keepdims=keepdim, dtype=x.dtype))


class Mean(Op):
    """The mean of n elements; each has derivative 1/n."""

    widens = True

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        return x.sum(dims, keepdims=keepdim) / count(x.shape, dims)

    @staticmethod
    def d_x(grad: Array, x_shape: Shape, dims: tuple[int, ...], keepdim: bool) -> Array:
        n = count(x_shape, dims) or 1  # without elements there is no gradient to divide
        return spread(grad / n, x_shape, dims, keepdim)


class MeanDim(Mean):
    """The mean along dimensions."""

    node_name = "MeanBackward1"

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        return in_rows(x.sum(dims, keepdims=keepdim) / count(x.shape, dims))


class Prod(Op):
    """The product; the derivative for one factor is the product of all others."""

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        return in_rows(x.prod(dims, keepdims=keepdim, dtype=x.dtype))

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        if not x.shape:
            return grad
        if not np.any(constant(x) == 0):
            return kept(grad, dims, keepdim) * (kept(out, dims, keepdim) / x)
        return kept(grad, dims, keepdim) * product_of_others(x, dims)


class ProdDim(Prod):
    """The product along one dimension."""

    node_name = "ProdBackward1"


def product_of_others(x: Array, dims: tuple[int, ...]) -> Array:
    """For each element the product of all others along `dims`, exact also where some are 0."""
    order = tuple(d for d in range(len(x.shape)) if d not in dims) + dims
    kept_shape = tuple(x.shape[d] for d in order[: len(order) - len(dims)])
    n = count(x.shape, dims)
    rows = np.transpose(x, order).reshape((*kept_shape, 1, n))
    others = np.where(np.eye(n, dtype=bool), 1.0, rows).prod(-1)  # ...1n -> ...nn -> ...n
    back = tuple(int(i) for i in np.argsort(order))
    return np.transpose(others.reshape(tuple(x.shape[d] for d in order)), back)


class Logsumexp(Op):
    """``log(sum(e^x))``, without overflow; the derivative is softmax(x)."""

    promotes = "float"

    widens = True

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        top = x.max(axis=dims, keepdims=True, initial=-np.inf)
        top = np.where(np.isfinite(top), top, 0)  # so that inf - inf does not become nan
        total = np.log(np.exp(x - top).sum(axis=dims, keepdims=True)) + top
        return in_rows(total if keepdim else total.squeeze(dims))

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        return kept(grad, dims, keepdim) * np.exp(x - kept(out, dims, keepdim))


class Cumsum(Op):
    """The running sum along `dim`; each term is in all later sums."""

    widens = True

    @staticmethod
    def forward(x: Array, dim: int) -> Array:
        return np.cumsum(in_rows(x), axis=dim, dtype=x.dtype) if x.ndim else x.copy()

    @staticmethod
    def d_x(grad: Array, dim: int) -> Array:
        if not grad.shape:
            return grad
        return np.flip(np.cumsum(np.flip(grad, (dim,)), dim), (dim,))


def summable(input: Tensor, dtype: DType | None) -> Tensor:
    """`input` in the dtype in which it is summed: integers and bools as int64."""
    if dtype is not None:
        return to_dtype(input, dtype.numpy)
    return input if input.array.dtype.kind == "f" else to_dtype(input, np.dtype(np.int64))


def require_float(input: Tensor, name: str) -> None:
    """Raise PyTorch's error where a reduction has no meaning for integers."""
    if input.array.dtype.kind != "f":
        raise RuntimeError(
            f"{name}(): could not infer output dtype. Input dtype must be either a floating point "
            f"or complex dtype. Got: {old_name(input.array.dtype)}"
        )


@torch_arguments
def sum(
    input: Tensor, dim: Dims = WHOLE, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """The sum over `dim`, or over all elements.

    Parameters
    ----------
    input : Tensor
    dim : int or tuple of int, optional
        The dimensions to sum over.
    keepdim : bool
        Whether they stay, with size 1.
    dtype : dtype, optional
        Convert `input` to this first; without it, integers and bools are summed as int64.

    Raises
    ------
    IndexError
        If `input` has no dimension `dim`.
    """
    if is_whole("sum", dim, keepdim):
        return Sum.apply(summable(input, dtype), tuple(range(input.array.ndim)), False)
    return SumDim.apply(summable(input, dtype), normalize_dims(dim, input.array.ndim), keepdim)


@torch_arguments
def mean(
    input: Tensor, dim: Dims = WHOLE, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """The mean over `dim`, or over all elements; parameters as for `sum`.

    Raises
    ------
    RuntimeError
        If the elements are not floating point.
    """
    input = input if dtype is None else to_dtype(input, dtype.numpy)
    require_float(input, "mean")
    if is_whole("mean", dim, keepdim):
        return Mean.apply(input, tuple(range(input.array.ndim)), False)
    return MeanDim.apply(input, normalize_dims(dim, input.array.ndim), keepdim)


@torch_arguments
def prod(
    input: Tensor, dim: int = WHOLE, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """The product along one dimension, or of all elements; parameters as for `sum`."""
    if is_whole("prod", dim, keepdim):
        return Prod.apply(summable(input, dtype), tuple(range(input.array.ndim)), False)
    dims = normalize_dims(normalize_dim(dim, input.array.ndim), input.array.ndim)
    return ProdDim.apply(summable(input, dtype), dims, keepdim)


@torch_arguments
def cumsum(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """The running sum along `dim`."""
    return Cumsum.apply(summable(input, dtype), normalize_dim(dim, input.array.ndim))


@torch_arguments
def logsumexp(input: Tensor, dim: Dims, keepdim: bool = False) -> Tensor:
    """``log(sum(exp(input)))`` over `dim`, computed without overflow.

    Raises
    ------
    RuntimeError
        If `dim` is an empty tuple, without `keepdim`: that is neither all dimensions nor none.
        (Where there is nothing to sum, or one number without dimensions, PyTorch lets it pass.)
    """
    dims = _some_dims(dim, input)
    if dims == () and input.array.ndim and input.array.size and not keepdim:
        raise RuntimeError("logsumexp: no dimension is named; for all of them name each")
    return Logsumexp.apply(input, dims or normalize_dims(None, input.array.ndim), keepdim)


@torch_arguments
def all(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether no element (along `dim`) is zero, as bools."""
    return _truth(input, np.all(input.array, axis=_some_dims(dim, input), keepdims=keepdim))


@torch_arguments
def any(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether any element (along `dim`) is not zero, as bools."""
    return _truth(input, np.any(input.array, axis=_some_dims(dim, input), keepdims=keepdim))


def _some_dims(dim: Dims, input: Tensor) -> tuple[int, ...]:
    """`dim` as dimensions from the front, for which an empty tuple is none and not all of them."""
    if dim is not None and not isinstance(dim, int):
        dim = tuple(dim)
        if not dim:
            return ()
    return normalize_dims(dim, input.array.ndim)


def _truth(input: Tensor, result: Array) -> Tensor:
    """`result` as a tensor of bools; but of uint8, PyTorch's type for them once, as uint8."""
    truth = result.astype(np.uint8) if input.array.dtype == np.uint8 else result
    return wrap(in_rows(truth))
