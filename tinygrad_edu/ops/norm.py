"""Norms: how long a vector is, and how large a matrix.

With ``|x|_p = (sum |x_i|^p)^(1/p)`` the derivative is ``sign(x_i) (|x_i| / |x|_p)^(p-1)``. At 0,
where a norm has a corner, it is taken to be 0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..autograd.graph import Array, constant
from ..autograd.op import Op
from ..dtypes import dtype as DType
from ..layout import in_rows
from .arguments import torch_arguments
from .convert import to_dtype
from .dims import Dims, normalize_dims
from .extreme import amax, amin
from .rearrange import movedim
from .reduce import count, kept
from .reduce import sum as sum_
from .rounding import Sign
from .shape import unsqueeze
from .spectrum import svdvals

if TYPE_CHECKING:
    from ..tensor import Tensor

Order: TypeAlias = int | float | str | None


class LinalgVectorNorm(Op):
    """The norm of order p of the elements over `dims`."""

    widens = True

    @classmethod
    def forward(cls, x: Array, p: float, dims: tuple[int, ...], keepdim: bool) -> Array:
        return in_rows(cls.norm(x, p, dims, keepdim))

    @staticmethod
    def norm(x: Array, p: float, dims: tuple[int, ...], keepdim: bool) -> Array:
        """The same, lying in memory as it comes."""
        if p == 2 and count(x.shape, dims) != 1:
            return np.sqrt((x * x).sum(dims, keepdims=keepdim))
        sizes = np.absolute(x)
        if p == math.inf:
            return sizes.max(dims, keepdims=keepdim)
        if p == -math.inf:
            return sizes.min(dims, keepdims=keepdim)
        if p == 0:
            return (x != 0).sum(dims, keepdims=keepdim, dtype=x.dtype)
        if p == 1 or count(x.shape, dims) == 1:  # of one element it is the absolute value
            return sizes.sum(dims, keepdims=keepdim)
        return (sizes**p).sum(dims, keepdims=keepdim) ** (1 / p)

    @staticmethod
    def d_x(
        grad: Array, x: Array, out: Array, p: float, dims: tuple[int, ...], keepdim: bool
    ) -> Array:
        grad, norm = kept(grad, dims, keepdim), kept(out, dims, keepdim)
        if p == 0:
            return None  # which counts for no gradient
        if p == 1:
            return Sign.call(x) * grad
        if p == 2:
            return grad * np.where(constant(norm) == 0, 0.0, x / norm)
        if math.isinf(p):
            chosen = np.absolute(constant(x)) == constant(norm)
            chosen = chosen | (np.isnan(constant(x)) & np.isnan(constant(norm)))
            return Sign.call(x) * (grad / chosen.sum(axis=dims, keepdims=True)) * chosen
        if p < 1:
            slope = np.where(constant(x) == 0, 0.0, np.absolute(x) ** (p - 1))
            return Sign.call(x) * slope * grad * norm ** (1 - p)
        scale = np.where(constant(norm) == 0, 0.0, grad / norm ** (p - 1))
        if p < 2:
            return Sign.call(x) * np.absolute(x) ** (p - 1) * scale
        return x * np.absolute(x) ** (p - 2) * scale


def require_floats(input: Tensor, dtype: DType | None, name: str) -> Tensor:
    """`input` as floating point numbers of `dtype`."""
    if input.array.dtype.kind != "f":
        raise RuntimeError(
            f"{name}: expected a floating point tensor, but got {input.dtype}; convert it with "
            ".float() first"
        )
    if dtype is None:
        return input
    if not dtype.is_floating_point or dtype.itemsize < input.array.itemsize:
        raise RuntimeError(
            f"{name}: dtype must be floating point and no narrower than the input's, "
            f"{input.dtype}, but got {dtype}"
        )
    return to_dtype(input, dtype.numpy)


@torch_arguments
def vector_norm(
    input: Tensor,
    ord: float = 2,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """The norm of the elements over `dim`, or of all, as one vector.

    Parameters
    ----------
    input : Tensor
        Floating point.
    ord : float
        p in ``(sum |x_i|^p)^(1/p)``; inf is the largest |x_i|, -inf the smallest, and 0 counts what
        is not 0.
    dim : int or tuple of int, optional
    keepdim : bool
        Whether the reduced dimensions stay, with size 1.
    dtype : dtype, optional
        Convert to this first.

    Raises
    ------
    RuntimeError
        If the elements are not floating point, or if there are none and the order is infinite or
        negative.
    """
    if not isinstance(ord, int | float):
        raise TypeError(f"linalg.vector_norm: ord must be a number, not {ord!r}")
    input = require_floats(input, dtype, "linalg.vector_norm")
    dims = normalize_dims(dim, input.array.ndim)
    if input.array.size == 0 and (dim is None or count(input.array.shape, dims) == 0):
        check_of_nothing(ord, input.array.shape)
    return LinalgVectorNorm.apply(input, float(ord), dims, keepdim)


def check_of_nothing(ord: float, shape: tuple[int, ...]) -> None:
    """Raise unless no numbers at all have a norm of this order."""
    if ord < 0 or ord == math.inf:
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {ord:g} norm on an empty tensor, of shape "
            f"{list(shape)}, because the operation does not have an identity"
        )


@torch_arguments
def matrix_norm(
    input: Tensor,
    ord: float | str = "fro",
    dim: Dims = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """The norm of each matrix in two dimensions of `input`.

    Parameters
    ----------
    input : Tensor of shape (..., n, m)
        Floating point.
    ord : {"fro", "nuc", 1, -1, 2, -2, inf, -inf}
        "fro" is the root of the sum of squares; 1 and -1 are the largest and the smallest sum of
        absolute values in a column; inf and -inf, in a row; 2 and -2 are the largest and the
        smallest singular value, and "nuc" is the sum of them.
    dim : pair of int
    keepdim, dtype
        As for `vector_norm`.

    Raises
    ------
    RuntimeError
        If `input` is not floating point or has less than two dimensions, or `ord` is no norm of
        matrices.
    """
    if isinstance(dim, int | None):
        raise TypeError(f"linalg.matrix_norm: dim must be a pair of dimensions, not {dim}")
    if not isinstance(ord, str | int | float):
        raise TypeError(f"linalg.matrix_norm: ord must be a number or str, not {ord!r}")
    if ord in ("nuc", 2, -2) and input.array.dtype == np.float16:
        raise RuntimeError("linalg.matrix_norm: there are no singular values in float16")
    input = require_floats(input, dtype, "linalg.matrix_norm")
    ndim = input.array.ndim
    if ndim < 2 or len(tuple(dim)) != 2:
        raise RuntimeError(
            f"linalg.matrix_norm: expected a tensor of two dimensions or more and a pair of "
            f"dimensions, but got shape {list(input.array.shape)} and dim {dim!r}"
        )
    known = ("fro", "nuc") if isinstance(ord, str) else (1, -1, 2, -2, math.inf, -math.inf)
    if ord not in known:
        raise RuntimeError(f"linalg.matrix_norm: Order {ord!r} not supported")
    row, column = normalize_dims(dim, ndim)
    if ord == "fro":
        return vector_norm(input, 2, (row, column), keepdim)
    if isinstance(ord, str) or abs(ord) == 2:
        values = svdvals(movedim(input, (row, column), (-2, -1)))
        total = sum_ if ord == "nuc" else _largest if ord == 2 else amin
        size = total(values, -1, keepdim)
        return movedim(unsqueeze(size, -1), (-2, -1), (row, column)) if keepdim else size
    summed, other = (row, column) if abs(ord) == 1 else (column, row)
    extreme = _largest if ord > 0 else amin
    if keepdim:
        return extreme(vector_norm(input, 1, summed, True), other, True)
    other -= other > summed  # the dimension that is gone
    return extreme(vector_norm(input, 1, summed), other)


def _largest(sizes: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """`amax`, but of none it is 0, a constant."""
    if sizes.array.shape[dim]:
        return amax(sizes, dim, keepdim)
    return sum_(sizes.detach(), dim, keepdim)


@torch_arguments
def linalg_norm(
    input: Tensor,
    ord: Order = None,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """The norm of a vector or of matrices.

    Without `ord` it is `vector_norm` of order 2, of all elements or over `dim`. With `ord` it is
    `vector_norm` over one dimension or `matrix_norm` over two: those in `dim`, or all of `input`.

    Raises
    ------
    RuntimeError
        If there are then neither one dimension nor two; otherwise as the other two.
    """
    dims = (dim,) if isinstance(dim, int) else None if dim is None else tuple(dim)
    if dims is not None and len(dims) not in (1, 2):
        raise RuntimeError(f"linalg.norm: dim must be one dimension or two, but is {list(dims)}")
    if ord is None:
        return vector_norm(input, 2, dims, keepdim, dtype=dtype)
    if dims is None:
        if input.array.ndim not in (1, 2):
            raise RuntimeError(
                f"linalg.norm: with ord={ord!r} and no dim the input must be 1D or 2D, but it has "
                f"shape {list(input.array.shape)}"
            )
        dims = tuple(range(input.array.ndim))
    if len(dims) == 1 and not isinstance(ord, str):
        return vector_norm(input, ord, dims, keepdim, dtype=dtype)
    return matrix_norm(input, ord, dims, keepdim, dtype=dtype)


@torch_arguments
def norm(
    input: Tensor,
    p: float | str | None = "fro",
    dim: Any = None,
    keepdim: bool = False,
    dtype: DType | None = None,
) -> Tensor:
    """`linalg.vector_norm` under its older name; "fro" is the order 2.

    "nuc" is that of `linalg.matrix_norm`.

    Raises
    ------
    RuntimeError
        As `linalg.vector_norm`, for "nuc" as `linalg.matrix_norm`, and for any other name of an
        order.
    """
    # What `dim` and `p` are is for the other two to read; only a number is one dimension for "nuc".
    name = p if isinstance(p, str) else None
    dims = (dim,) if isinstance(dim, int) else dim
    if name == "nuc":
        dims = tuple(range(input.array.ndim)) if dims is None else dims
        return matrix_norm(input, name, dims, keepdim, dtype=dtype)
    if name not in (None, "fro"):
        raise RuntimeError(f"norm: only the orders 'fro' and numbers are valid, but got {p!r}")
    if name == "fro" and dims is not None and len(dims) > 2:
        raise RuntimeError(f"norm: 'fro' is for one or two dimensions; for {dim} give the order 2")
    order = 2 if p is None or isinstance(p, str) else p
    return vector_norm(input, order, dims, keepdim, dtype=dtype)
