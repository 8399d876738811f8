"""The largest and the smallest element, and where they are.

Where several are equally large, `max` over everything and `amax` share the gradient evenly among
them; `max` along a dimension, which also says where, gives it all to the first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

import numpy as np

from ..advice import advised
from ..autograd.graph import Array, Shape, TensorBase, constant, own_constant, wrap
from ..autograd.op import Op
from ..layout import in_rows
from .arguments import torch_arguments
from .choice import maximum, minimum
from .dims import WHOLE, Dims, is_whole, normalize_dim, normalize_dims
from .index import PutZeros, along
from .reduce import count, kept

if TYPE_CHECKING:
    from ..tensor import Tensor


class Amax(Op):
    """The largest element; those that are equally large share the gradient evenly."""

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        return in_rows(x.max(dims, keepdims=keepdim))

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        chosen = constant(x) == constant(kept(out, dims, keepdim))
        return kept(grad, dims, keepdim) / chosen.sum(axis=dims, keepdims=True) * chosen


class Amin(Amax):
    """The smallest element; those that are equally small share the gradient evenly."""

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        return in_rows(x.min(dims, keepdims=keepdim))


class Max(Op):
    """The largest of all elements, or nan if there is one; ties share the gradient evenly."""

    node_name = "MaxBackward1"

    @staticmethod
    def forward(x: Array) -> Array:
        return x.max()

    @staticmethod
    def d_x(grad: Array, x: Array, out: Array) -> Array:
        values, extreme = constant(x), constant(out)
        chosen = np.isnan(values) if np.isnan(extreme) else values == extreme
        return grad / chosen.sum() * chosen


class Min(Max):
    """The smallest of all elements, or nan if there is one; ties share the gradient evenly."""

    node_name = "MinBackward1"

    @staticmethod
    def forward(x: Array) -> Array:
        return x.min()


class MaxDim(Op):
    """The largest element along `dim`, and its index; of equal ones the first gets it all."""

    node_name = "MaxBackward0"
    outputs = ("values", "indices")
    find: ClassVar[Callable[..., Array]] = staticmethod(np.argmax)

    @classmethod
    def forward(cls, x: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
        if x.ndim == 0:
            return x.copy(), np.zeros((), np.int64)
        indices = cls.find(x, axis=dim, keepdims=True)
        values = np.take_along_axis(x, indices, dim)
        return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))

    @staticmethod
    def d_x(
        grads: tuple[Array, Array], indices: Array, x_shape: Shape, dim: int, keepdim: bool
    ) -> Array:
        if not x_shape:
            return grads[0]
        places = own_constant(kept(indices, (dim,), keepdim))
        return PutZeros.call(kept(grads[0], (dim,), keepdim), x_shape, along(dim, places))


class MinDim(MaxDim):
    """The smallest element along `dim`, and its index; of equal ones the first gets it all."""

    node_name = "MinBackward0"
    find = staticmethod(np.argmin)


class Extremes(NamedTuple):
    """What `max` along a dimension returns; prints as PyTorch's pair does."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        return f"torch.return_types.max(\nvalues={self.values!r},\nindices={self.indices!r})"


class LeastExtremes(Extremes):
    """What `min` along a dimension returns."""

    def __repr__(self) -> str:
        return super().__repr__().replace("max(", "min(", 1)


@torch_arguments
def amax(input: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """The largest element over `dim`, or of all."""
    return Amax.apply(input, _nonempty(input, dim, "amax"), keepdim)


@torch_arguments
def amin(input: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """The smallest element over `dim`, or of all."""
    return Amin.apply(input, _nonempty(input, dim, "amin"), keepdim)


@torch_arguments
def max(
    input: Tensor,
    dim: int | Tensor = WHOLE,
    keepdim: bool = False,
    *,
    other: Tensor | None = None,
) -> Any:
    """The largest of all elements; along `dim`, the pair ``(values, indices)``.

    A tensor in the place of `dim`, or named `other`, is compared with `input` element by element.
    """
    return _extreme(input, dim if other is None else other, keepdim, Max, MaxDim, Extremes)


@torch_arguments
def min(
    input: Tensor,
    dim: int | Tensor = WHOLE,
    keepdim: bool = False,
    *,
    other: Tensor | None = None,
) -> Any:
    """The smallest of all elements; along `dim`, the pair ``(values, indices)``.

    A tensor in the place of `dim`, or named `other`, is compared with `input` element by element.
    """
    return _extreme(input, dim if other is None else other, keepdim, Min, MinDim, LeastExtremes)


def _extreme(
    input: Tensor,
    dim: Any,
    keepdim: bool,
    whole: type[Op],
    along_dim: type[Op],
    pair: type[Extremes],
) -> Any:
    if isinstance(dim, TensorBase) and keepdim:
        raise TypeError("max() and min() of two tensors have no dimension to keep")
    if isinstance(dim, TensorBase):  # max(a, b), of each two elements
        return (maximum if pair is Extremes else minimum)(input, cast("Tensor", dim))
    if is_whole("max" if pair is Extremes else "min", dim, keepdim):
        _nonempty(input, (), "max" if pair is Extremes else "min")
        return whole.apply(input)
    dim = normalize_dim(dim, input.array.ndim)
    _nonempty(input, dim, "max" if pair is Extremes else "min")
    return pair(*along_dim.apply_all(input, dim, keepdim))


def _nonempty(input: Tensor, dim: Dims, name: str) -> tuple[int, ...]:
    """`dim` normalized; an error if there is nothing to choose from along it."""
    dims = normalize_dims(dim, input.array.ndim)
    if count(input.array.shape, dims) == 0:
        words = "to be specified for input.numel() == 0."
        if dim == ():
            words += " Specify the reduction dim with the 'dim' argument."
        elif dim is not None:
            words = f"{dims[0]} to have non-zero size."
        raise advised(
            (RuntimeError if dim == () else IndexError)(
                f"{name}(): Expected reduction dim {words}"
            ),
            f"The shape is {list(input.array.shape)}.",
        )
    return dims


@torch_arguments
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the largest element, of the first of equal ones: int64.

    Along `dim`, or, without it, in the flattened tensor.
    """
    return _index_of(np.argmax, input, dim, keepdim, "argmax")


@torch_arguments
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the smallest element; as `argmax`."""
    return _index_of(np.argmin, input, dim, keepdim, "argmin")


def _index_of(find: Any, input: Tensor, dim: int | None, keepdim: bool, name: str) -> Tensor:
    if input.array.dtype == bool:
        raise RuntimeError(f"{name}(): does not support bool input")
    _nonempty(input, dim, name)
    if dim is not None:
        dim = normalize_dim(dim, input.array.ndim)
    if input.array.ndim == 0:
        return wrap(np.zeros((), np.int64))
    return wrap(np.asarray(find(input.array, axis=dim, keepdims=keepdim), np.int64))
