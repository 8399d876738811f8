"""Further products of vectors and matrices: with something added, and of other kinds."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from ..autograd.views import alone
from ..dtypes import result_dtype
from .arguments import need_tensors, torch_arguments
from .convert import clone
from .dims import normalize_dim
from .einsum import tensordot
from .into import into
from .linalg import (
    Bmm,
    Dot,
    Mv,
    Product,
    addmm,
    as_factor,
    check_fits,
    matmul,
    scaled,
    times,
)
from .linalg import _check as check_matrices
from .older_forms import older_form
from .shape import UnsafeView, View, reshape, transpose

if TYPE_CHECKING:
    from ..tensor import Number, Tensor


class Addmv(Product):
    """``beta bias + alpha a @ b``, matrix times vector."""

    misfit = staticmethod(Mv.misfit)

    @staticmethod
    def forward(bias: Array, a: Array, b: Array, beta: Number, alpha: Number) -> Array:
        return scaled(np.matmul(a, b), alpha) + scaled(bias, beta)

    @staticmethod
    def d_bias(grad: Array, beta: Number) -> Array:
        return times(grad, beta)

    @staticmethod
    def d_a(grad: Array, b: Array, alpha: Number) -> Array:
        return times(Mv.d_a(grad, b), alpha)

    @staticmethod
    def d_b(grad: Array, a: Array, alpha: Number) -> Array:
        return times(Mv.d_b(grad, a), alpha)


class Baddbmm(Product):
    """``beta bias + alpha a @ b`` for stacks of matrices.

    Of small ones PyTorch works out a product that it then multiplies by 0, and so nan remains.
    """

    misfit = staticmethod(Bmm.misfit)

    @staticmethod
    def forward(bias: Array, a: Array, b: Array, beta: Number, alpha: Number) -> Array:
        return times(np.matmul(a, b), alpha) + scaled(bias, beta)

    @staticmethod
    def d_bias(grad: Array, beta: Number) -> Array:
        return times(grad, beta)

    @staticmethod
    def d_a(grad: Array, b: Array, alpha: Number) -> Array:
        return times(Bmm.d_a(grad, b), alpha)

    @staticmethod
    def d_b(grad: Array, a: Array, alpha: Number) -> Array:
        return times(Bmm.d_b(grad, a), alpha)


class Addr(Product):
    """``beta bias + alpha a b^T``, column times row."""

    promotes = "common"

    @staticmethod
    def forward(bias: Array, a: Array, b: Array, beta: Number, alpha: Number) -> Array:
        return times(np.multiply.outer(a, b), alpha) + scaled(bias, beta)  # a,b -> ab

    @staticmethod
    def d_bias(grad: Array, beta: Number) -> Array:
        return times(grad, beta)

    @staticmethod
    def d_a(grad: Array, b: Array, alpha: Number) -> Array:
        return times(Mv.call(grad, b), alpha)

    @staticmethod
    def d_b(grad: Array, a: Array, alpha: Number) -> Array:
        return times(Mv.call(grad.T, a), alpha)


class Vdot(Dot):
    """The product of two vectors; of real numbers the same as `Dot`."""


class LinalgCross(Op):
    """The cross product ``c_i = a_{i+1} b_{i+2} - a_{i+2} b_{i+1}``, with indices modulo 3.

    Its derivatives are cross products too, for ``g . (a x b) = a . (b x g) = b . (g x a)``.
    """

    kinds = "iuf"

    @staticmethod
    def forward(a: Array, b: Array, dim: int) -> Array:
        def turned(x: Array, by: int) -> Array:
            return np.roll(x, -by, dim)

        return turned(a, 1) * turned(b, 2) - turned(a, 2) * turned(b, 1)

    @staticmethod
    def d_a(grad: Array, b: Array, dim: int) -> Array:
        return LinalgCross.call(b, grad, dim)

    @staticmethod
    def d_b(grad: Array, a: Array, dim: int) -> Array:
        return LinalgCross.call(grad, a, dim)


@torch_arguments
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """The sum of the products of matching elements of two vectors; errors as `dot`."""
    check_matrices("vdot", input, other, 1, 1)
    return Vdot.apply(input, other)


@torch_arguments
def inner(input: Tensor, other: Tensor) -> Tensor:
    """The products of `input` and `other` summed over the last dimension of both.

    For vectors it is `dot`; a tensor without dimensions multiplies.

    Raises
    ------
    RuntimeError
        If the last dimensions, or the dtypes, differ.
    """
    if not (input.array.ndim and other.array.ndim):
        return input * other
    if input.array.shape[-1] != other.array.shape[-1]:
        raise RuntimeError(
            f"inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.array.shape)} and {list(other.array.shape)}"
        )
    return tensordot(input, other, ([-1], [-1]))


@older_form
@torch_arguments
def addmv(
    input: Tensor, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Tensor:
    """``beta * input + alpha * (mat @ vec)``; `input` broadcasts. Errors as `mv`."""
    check_matrices("addmv", mat, vec, 2, 1)
    check_matrices("addmv", input, mat)
    if mat.array.shape[1:] == vec.array.shape:
        check_fits("addmv", input, mat.array.shape[:1])
    dtype = input.array.dtype
    return Addmv.apply(input, mat, vec, as_factor(beta, dtype), as_factor(alpha, dtype))


@older_form
@torch_arguments
def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Tensor:
    """``beta * input + alpha * (batch1 @ batch2)`` for stacks of matrices; errors as `bmm`."""
    check_matrices("baddbmm", batch1, batch2, 3, 3)
    check_matrices("baddbmm", input, batch1)
    if batch1.array.shape[2] == batch2.array.shape[1]:
        check_fits("baddbmm", input, (*batch1.array.shape[:2], batch2.array.shape[2]))
    dtype = input.array.dtype
    return Baddbmm.apply(input, batch1, batch2, as_factor(beta, dtype), as_factor(alpha, dtype))


@older_form
@torch_arguments
def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Tensor:
    """``beta * input + alpha * sum_b batch1[b] @ batch2[b]``; errors as `bmm`."""
    check_matrices("addbmm", batch1, batch2, 3, 3)
    (b, n, m), p = batch1.array.shape, batch2.array.shape[2]
    if batch2.array.shape[:2] != (b, m):
        raise RuntimeError(
            f"addbmm: shapes {list(batch1.array.shape)} and {list(batch2.array.shape)} do not fit"
        )
    side_by_side = reshape(transpose(batch1, 0, 1), n, b * m)  # bnm -> n(bm)
    return addmm(input, side_by_side, reshape(batch2, b * m, p), beta=beta, alpha=alpha)


@older_form
@torch_arguments
def addr(
    input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Tensor:
    """``beta * input + alpha * outer(vec1, vec2)``; `input` broadcasts.

    Errors as `outer`; and RuntimeError for tensors of integers with other factors.
    """
    for factor, number in (("beta", beta), ("alpha", alpha)):
        if isinstance(number, bool) and input.array.dtype != bool:
            raise RuntimeError(f"Boolean {factor} only supported for Boolean results.")
    floats = "f" in (input.array.dtype.kind, vec1.array.dtype.kind, vec2.array.dtype.kind)
    if not floats and (isinstance(beta, float) or isinstance(alpha, float)):
        raise RuntimeError(f"addr: integers need integer factors, not {beta=} and {alpha=}")
    if vec1.array.ndim != 1 or vec2.array.ndim != 1:
        raise RuntimeError(
            f"addr: expected two vectors, but got shapes {list(vec1.array.shape)} and "
            f"{list(vec2.array.shape)}"
        )
    check_fits("addr", input, (vec1.array.size, vec2.array.size))
    dtype = result_dtype([input.array, vec1.array, vec2.array])
    return Addr.apply(input, vec1, vec2, as_factor(beta, dtype), as_factor(alpha, dtype))


@torch_arguments
def kron(input: Tensor, other: Tensor) -> Tensor:
    """The Kronecker product: `input` with each element replaced by itself times `other`.

    In each dimension the size is the product of both; the tensor with fewer dimensions has sizes of
    1 put in front.
    """
    ndim = max(input.array.ndim, other.array.ndim)
    a, b = ((1,) * (ndim - len(s)) + s for s in (input.array.shape, other.array.shape))
    spaced = [size for n in a for size in (n, 1)]
    between = [size for n in b for size in (1, n)]
    product = reshape(input, spaced) * reshape(other, between)
    return alone(UnsafeView.apply(product, tuple([n * m for n, m in zip(a, b, strict=True)])))


@torch_arguments
def linalg_cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The cross product of vectors of three elements along `dim`; the other dimensions broadcast.

    Raises
    ------
    RuntimeError
        If `dim` has another size, or the two have not the same number of dimensions or dtype.
    IndexError
        If there is no such dimension.
    NotImplementedError
        If they are bools.
    """
    a, b = input.array, other.array
    if a.ndim != b.ndim:
        raise RuntimeError(
            f"linalg.cross: inputs must have the same number of dimensions, but have shapes "
            f"{list(a.shape)} and {list(b.shape)}"
        )
    if not a.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = normalize_dim(dim, a.ndim)
    if not a.shape[dim] == b.shape[dim] == 3:
        raise RuntimeError(
            f"linalg.cross: inputs must have size 3 in dimension {dim}, but have shapes "
            f"{list(a.shape)} and {list(b.shape)}"
        )
    if a.dtype == bool:
        raise NotImplementedError("\"cross\" not implemented for 'Bool'")
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"linalg.cross: inputs must have one dtype, but are {input.dtype} and {other.dtype}"
        )
    return LinalgCross.apply(input, other, dim)


@torch_arguments
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """`linalg.cross`; without `dim`, along the first dimension of size 3, with a warning."""
    if dim is None:
        if 3 not in input.array.shape:
            raise RuntimeError(f"cross(): no dimension of size 3 in {list(input.array.shape)}")
        warnings.warn(
            "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass "
            "the dim explicitly or simply use torch.linalg.cross.\nThe default value of dim will "
            "change to agree with that of linalg.cross in a future release.",
            UserWarning,
            stacklevel=3,
        )
        dim = input.array.shape.index(3)
    return linalg_cross(input, other, dim=dim)


def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """`linalg.multi_dot` under its older name, of matrices only, given one by one.

    Raises
    ------
    RuntimeError
        If there are none, one is no matrix, or the shapes do not fit.
    """
    if out is not None:
        return into(out, chain_matmul, *matrices)
    need_tensors(matrices)
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for x in matrices:
        if x.array.ndim != 2:
            raise RuntimeError(
                f"chain_matmul(): expected matrices, but got shape {list(x.array.shape)}"
            )
    return clone(matrices[0]) if len(matrices) == 1 else multi_dot(matrices)


def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """The product of several matrices, in the order that takes the fewest multiplications.

    Parameters
    ----------
    tensors : sequence of Tensor
        Two or more matrices; the first and the last may be vectors, a row and a column.

    Raises
    ------
    RuntimeError
        If there are less than two, or the shapes do not fit.

    Notes
    -----
    The cheapest order is found from that of all shorter pieces: Cormen et al., *Introduction to
    Algorithms*, "Matrix-chain multiplication".
    """
    need_tensors(tensors)
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    dims = [x.array.ndim for x in tensors]
    if {dims[0], dims[-1]} - {1, 2} or set(dims[1:-1]) - {2}:
        raise RuntimeError(f"multi_dot(): expected matrices (at the ends, or vectors), got {dims}")
    # Matrix i is sizes[i] x sizes[i + 1].
    sizes = [1 if dims[0] == 1 else tensors[0].array.shape[0]]
    sizes += [x.array.shape[0] for x in tensors[1:]]
    sizes += [1 if dims[-1] == 1 else tensors[-1].array.shape[1]]

    @functools.cache
    def cheapest(first: int, last: int) -> tuple[int, int]:
        """How many multiplications the product of these takes, and where it is cut in two."""
        if first == last:
            return 0, first
        ends = sizes[first] * sizes[last + 1]
        costs = (
            (cheapest(first, cut)[0] + cheapest(cut + 1, last)[0] + ends * sizes[cut + 1], cut)
            for cut in range(first, last)
        )
        return min(costs)

    def product(first: int, last: int) -> Tensor:
        if first == last:
            return tensors[first]
        cut = cheapest(first, last)[1]
        return matmul(product(first, cut), product(cut + 1, last))

    result = product(0, len(tensors) - 1)
    return View.apply(result, result.array.shape)
