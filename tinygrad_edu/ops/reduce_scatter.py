"""Many elements to one place: ``x.scatter_reduce(dim, index, src, "mean")``.

`scatter` and `index_copy` keep one of the elements that an index sends to the same place; here all
of them, with the one that was there if `include_self`, are added up, multiplied, averaged or
compared. The derivatives are those of these reductions: a sum hands its gradient to each, a mean a
share, a maximum divides it evenly among those that attain it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, constant
from ..autograd.op import Op
from ..autograd.op_node import watched
from .add_at import add_at
from .arguments import torch_arguments
from .dims import normalize_dim
from .index import (
    Pick,
    PutZeros,
    _gather_places,
    are_mixed,
    as_vectors,
    need_as_many_dimensions,
    part_named,
)
from .index_slices import check_count, check_slices, slice_places
from .scatter import PutNumber, check_dtypes

if TYPE_CHECKING:
    from ..tensor import Tensor

REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


class ScatterReduce(Op):
    """`x` and the elements of `source` reduced where `places` sends them."""

    @staticmethod
    def forward(x: Array, source: Array, places: Array, reduce: str, include_self: bool) -> Array:
        out = np.array(x)  # a copy, of a single number too
        if not include_self:
            out[places] = _neutral(reduce, x.dtype)
        ufuncs = {"prod": np.multiply, "amax": np.maximum, "amin": np.minimum}
        ufuncs.get(reduce, np.add).at(out, places, source)
        if reduce != "mean":
            return out
        count = _counts(x, source, places, include_self)
        return out / count if x.dtype.kind == "f" else out // count

    @staticmethod
    def d_x(
        grad: Array, x: Array, source: Array, places: Array, reduce: str, include_self: bool,
        out: Array,
    ) -> Array:  # fmt: skip
        if reduce == "mean":
            grad = grad / _counts(x, source, places, include_self)
        elif reduce == "prod":
            other = np.where(constant(x) == 0, 1.0, x)  # so that one can divide by it
            grad = grad * ScatterReduce.call(other, source, places, reduce, True) / other
        elif reduce in ("amax", "amin"):
            grad = _share(grad, x, source, places, out) * (constant(x) == constant(out))
        if include_self:
            return grad
        return PutNumber.call(grad, 0, places)

    @staticmethod
    def d_source(
        grad: Array, x: Array, source: Array, places: Array, reduce: str, include_self: bool,
        out: Array,
    ) -> Array:  # fmt: skip
        if reduce == "mean":
            grad = grad / _counts(x, source, places, include_self)
        elif reduce == "prod":
            # The product of all others: the whole, divided; or, of the only 0, without it.
            zero = constant(source) == 0
            zeros = PutZeros.forward(zero.astype(int), x.shape, places)
            only = zero & (zeros[places] == 1)
            others = np.where(only, 1.0, source)
            without = ScatterReduce.call(x, others, places, reduce, include_self)
            divided = Pick.call(grad * out, places) / np.where(zero, 1.0, source)
            return np.where(only, Pick.call(grad * without, places), divided)
        elif reduce in ("amax", "amin"):
            shared = Pick.call(_share(grad, x, source, places, out), places)
            return shared * (constant(source) == constant(out)[places])
        return Pick.call(grad, places)


class IndexReduce(ScatterReduce):
    """The same for slices along one dimension."""


def _neutral(reduce: str, dtype: np.dtype[Any]) -> float:
    """What changes nothing, and so stands for what is not counted."""
    if reduce in ("sum", "mean"):
        return 0
    if reduce == "prod":
        return 1
    if dtype.kind == "b":
        return reduce == "amin"
    limits = np.iinfo(dtype) if dtype.kind in "iu" else None
    if reduce == "amax":
        return -np.inf if limits is None else limits.min
    return np.inf if limits is None else limits.max


def _counts(x: Array, source: Array, places: Array, include_self: bool) -> Array:
    """How many elements each place averages; 1 where there are none."""
    count = np.full(x.shape, int(include_self))
    add_at(count, places, np.ones(source.shape, int))
    return np.maximum(count, 1).astype(constant(x).dtype)


def _share(grad: Array, x: Array, source: Array, places: Array, out: Array) -> Array:
    """The gradient of each place divided by how many elements attain its extreme."""
    extreme = constant(out)
    attained = np.array(constant(x) == extreme, extreme.dtype, order="C")
    add_at(attained, places, constant(source) == extreme[places])
    return grad / attained


@torch_arguments
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """`input` with the elements of `src` reduced into the places that `index` names, along `dim`.

    ``out[index[i][j]][j]`` becomes the sum, say, of itself and ``src[i][j]``, for two dimensions
    and ``dim=0``.

    Parameters
    ----------
    index : Tensor of int64 or int32
        As many dimensions as `input`, and in each but `dim` not larger.
    src : Tensor
        Of the dtype of `input`, at least as large as `index`.
    reduce : {"sum", "prod", "mean", "amax", "amin"}
        Or "max" and "min" for the last two.
    include_self : bool
        Whether the element that was there takes part.

    Raises
    ------
    RuntimeError
        If the shapes or dtypes do not fit, an index is out of range, or `reduce` is unknown.
    NotImplementedError
        If bools are to be a mean.
    """
    dim = normalize_dim(dim, input.array.ndim)
    if are_mixed(input, index, src):
        own = {"reduce": reduce, "include_self": include_self}
        return as_vectors(scatter_reduce, input, dim, index, src, **own)
    need_as_many_dimensions(index, src)
    reduce = {"max": "amax", "min": "amin"}.get(reduce, reduce)
    if reduce not in REDUCTIONS:
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    check_dtypes("scatter_reduce", input, src)
    if input.array.dtype == bool and reduce == "mean":
        raise NotImplementedError(
            "\"scatter_gather_tensor_cpu_reduce_mean\" not implemented for 'Bool'"
        )
    places = _gather_places("scatter", input, dim, index, src.array.shape)
    src = part_named(src, index)
    return watched(ScatterReduce.apply(input, src, places, reduce, include_self), index)


@torch_arguments
def index_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """`input` with the slices of `source` reduced into those that `index` names, along `dim`.

    Parameters
    ----------
    index : Tensor of int64 or int32, of shape (n)
    source : Tensor
        Of the dtype and shape of `input`, but of size n along `dim`.
    reduce : {"prod", "mean", "amax", "amin"}
    include_self : bool
        Whether the slice that was there takes part.

    Raises
    ------
    RuntimeError
        If `reduce` is unknown, the dtypes or shapes do not fit, or `index` is of another dtype.
    IndexError
        If an index is out of range.
    NotImplementedError
        If `input` is of bools, and `reduce` a mean or `include_self` False.
    """
    dim = normalize_dim(dim, input.array.ndim)
    if reduce not in REDUCTIONS[1:]:
        raise RuntimeError(
            "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got "
            f"{reduce}."
        )
    check_dtypes("index_reduce", input, source)
    if input.array.dtype == bool and (reduce == "mean" or not include_self):
        raise NotImplementedError("index_reduce of bools, as a mean or without the slices there")
    if index.array.ndim > 1:
        raise IndexError(f"index_reduce(): index must be a vector, got {list(index.array.shape)}")
    if index.array.dtype not in (np.int32, np.int64):
        raise RuntimeError(
            f"index_reduce_(): Expected dtype int32/int64 for index but got: {index.dtype}"
        )
    check_count("index_reduce", dim, index, source, RuntimeError)
    check_slices("index_reduce", input, dim, source)
    places = slice_places(input, dim, index, IndexError)
    return watched(IndexReduce.apply(input, source, places, reduce, include_self), index)
