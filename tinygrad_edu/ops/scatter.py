"""Putting elements where an index says: by assignment, or added to what is there.

Nearly all are one of two ops: `Put`, where the old element goes and with it its gradient, and
`Add`, where both get it. Here are `scatter`, which names a place for each element, and
`masked_scatter`, which takes the places that are True; those for slices are in `index_slices`. A
place named twice by `Put` keeps the last; its gradient goes to both, as in
PyTorch.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ..advice import advised
from ..autograd.broadcasting import broadcast_error
from ..autograd.grad_mode import grad_mode
from ..autograd.graph import Array, Shape, TensorBase
from ..autograd.op import Op
from ..autograd.op_node import watched
from .add_at import add_at
from .arguments import torch_arguments
from .convert import numbers
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

if TYPE_CHECKING:
    from ..tensor import Number, Tensor


class Put(Op):
    """`x` with `source` in place of its elements at `places`."""

    @staticmethod
    def forward(x: Array, source: Array, places: Array) -> Array:
        out = x.copy()
        out[places] = source
        return out

    @staticmethod
    def d_x(grad: Array, places: Array) -> Array:
        return PutNumber.call(grad, 0, places)

    @staticmethod
    def d_source(grad: Array, places: Array) -> Array:
        return Pick.call(grad, places)


class PutNumber(Op):
    """`x` with one number in place of its elements at `places`."""

    @staticmethod
    def forward(x: Array, value: float, places: Array) -> Array:
        out = np.array(x)  # a copy, of a single number too
        out[places] = value
        return out

    @staticmethod
    def d_x(grad: Array, places: Array) -> Array:
        return PutNumber.call(grad, 0, places)


class Add(Op):
    """`x` with `alpha` times `source` added at `places`; what is named twice gets both."""

    @staticmethod
    def forward(x: Array, source: Array, places: Array, alpha: float) -> Array:
        out = x.copy()
        add_at(out, places, source if alpha == 1 else source * alpha)
        return out

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad

    @staticmethod
    def d_source(grad: Array, places: Array, alpha: float) -> Array:
        return Pick.call(grad if alpha == 1 else grad * alpha, places)


class Multiply(Op):
    """`x` multiplied by `source` at `places`; PyTorch has no derivative of it."""

    @staticmethod
    def forward(x: Array, source: Array, places: Array) -> Array:
        out = x.copy()
        np.multiply.at(out, places, source)
        return out


class Scatter(Put):
    """`Put`, with a place for each element."""


class ScatterNumber(PutNumber):
    """`PutNumber`, with a place for each element."""

    node_name = "ScatterBackward1"


class IndexFill(PutNumber):
    """`PutNumber`, for slices along one dimension."""


class IndexFillTensor(Put):
    """The same with a tensor for the number."""

    node_name = "IndexFillBackward1"


class IndexCopy(Put):
    """`Put`, for slices along one dimension."""


class IndexPut(Put):
    """``x[places] = source``."""


class IndexAdd(Add):
    """`Add`, for slices along one dimension."""


class IndexPutAccumulate(Add):
    """``x[places] += source``, but with places named twice added twice."""

    node_name = "IndexPutBackward0"


class MaskedScatter(Op):
    """`x`, broadcast, with the first elements of `source` where `mask` is True, in order."""

    @staticmethod
    def forward(x: Array, mask: Array, source: Array) -> Array:
        out = np.broadcast_to(x, mask.shape).copy()
        out[mask] = source.ravel()[: np.count_nonzero(mask)]
        return out

    @staticmethod
    def d_x(grad: Array, mask: Array) -> Array:
        return np.where(mask, 0.0, grad)

    @staticmethod
    def d_source(grad: Array, mask: Array, source_shape: Shape) -> Array:
        taken = Pick.call(grad, (mask,))
        size = int(np.prod(source_shape))
        return PutZeros.call(taken, (size,), (slice(taken.shape[0]),)).reshape(source_shape)


@torch_arguments
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | Number | None = None,
    *,
    value: Number | None = None,
    reduce: str | None = None,
) -> Tensor:
    """`input` with each element of `src` at the place that `index` names, along `dim`.

    ``out[index[i][j]][j] = src[i][j]`` for two dimensions and ``dim=0``.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int64 or int32
        As many dimensions as `input`, and in each but `dim` not larger.
    src : Tensor or number
        Of the dtype of `input`, at least as large as `index`; or one number, also as `value`.
    reduce : {"add", "multiply"}, optional
        Add or multiply instead; without gradient, for which there is `scatter_add`.

    Raises
    ------
    RuntimeError
        If the shapes or dtypes do not fit, an index is out of range, or `reduce` is unknown.
    NotImplementedError
        If a gradient would have to go through `reduce`.
    """
    given = value if src is None else src
    if given is None:
        raise TypeError("scatter(): expected a tensor `src` or a number `value`")
    dim = normalize_dim(dim, input.array.ndim)
    if not isinstance(given, TensorBase):
        if are_mixed(input, index):
            return as_vectors(scatter, input, dim, index, value=given, reduce=reduce)
        places = _gather_places("scatter", input, dim, index, index.array.shape)
        number = numbers(given, input.array.dtype)
        if reduce is not None:
            return _reduced(input, number, places, reduce)
        return watched(ScatterNumber.apply(input, number, places), index)
    if are_mixed(input, index, given):
        return as_vectors(scatter, input, dim, index, given, reduce=reduce)
    check_dtypes("scatter", input, given)
    need_as_many_dimensions(index, given)
    places = _gather_places("scatter", input, dim, index, given.array.shape)
    given = part_named(given, index)
    if reduce is not None:
        warnings.warn(
            "The reduce argument of torch.scatter with Tensor src is deprecated and will be "
            "removed in a future PyTorch release. Use torch.scatter_reduce instead for more "
            "reduction options.",
            UserWarning,
            stacklevel=3,
        )
        return _reduced(input, given, places, reduce)
    return watched(Scatter.apply(input, given, places), index)


def _reduced(input: Tensor, source: Any, places: Any, reduce: str) -> Tensor:
    if reduce not in ("add", "multiply"):
        raise RuntimeError(f"reduce argument must be either add or multiply, but got {reduce!r}")
    if grad_mode.enabled and (input._requires_grad or getattr(source, "_requires_grad", False)):
        raise NotImplementedError(
            f"the derivative of scatter(reduce={reduce!r}): detach() the tensors, or use "
            "scatter_add"
        )
    if reduce == "add":
        return Add.apply(input, source, places, 1)
    return Multiply.apply(input, source, places)


def check_dtypes(name: str, input: Tensor, source: Any) -> None:
    """Raise PyTorch's error unless what is put in has the dtype of what it is put in."""
    if input.array.dtype != source.array.dtype:
        raise RuntimeError(
            f"{name}(): expected source to have the dtype of input, but got {source.dtype} and "
            f"{input.dtype}"
        )


@torch_arguments
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """`input` with the first elements of `source` where `mask` is True, in order.

    Parameters
    ----------
    input : Tensor
    mask : Tensor of bool
        Broadcasts with `input`.
    source : Tensor
        Of the dtype of `input`; at least as many elements as there are True ones.

    Raises
    ------
    RuntimeError
        If the dtypes or shapes do not fit, or `source` has too few elements.
    """
    if mask.array.dtype != bool:
        raise RuntimeError(f"masked_scatter only supports boolean masks, but got {mask.dtype}")
    check_dtypes("masked_scatter", input, source)
    error = broadcast_error([input.array.shape, mask.array.shape])
    if error is not None:
        raise error
    shape = np.broadcast_shapes(input.array.shape, mask.array.shape)
    wide = np.broadcast_to(mask.array, shape).copy()  # kept, and so a copy
    if np.count_nonzero(wide) > source.array.size:
        raise advised(
            RuntimeError("Number of elements of source < number of ones in mask"),
            f"They are {source.array.size} and {np.count_nonzero(wide)}.",
        )
    return watched(MaskedScatter.apply(input, wide, source), mask)
