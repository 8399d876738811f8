"""Ops that move elements and change none: their derivative moves the gradient back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..advice import advised
from ..autograd.graph import Array, Shape
from ..autograd.op import Op
from ..autograd.views import alone
from ..dtypes import dtype as DType
from .arguments import python_arguments, torch_arguments, type_said
from .bits import read_as
from .dims import normalize_dim, normalize_dims
from .kinds import Refused, Sizes, integers

if TYPE_CHECKING:
    from ..tensor import Tensor


class View(Op):
    """The same elements, in the same order, in another shape."""

    @staticmethod
    def forward(x: Array, shape: Shape) -> Array:
        return x.reshape(shape)

    @staticmethod
    def d_x(grad: Array, x_shape: Shape) -> Array:
        return grad.reshape(x_shape)


class UnsafeView(View):
    """The same, after a copy was needed to bring the elements in order."""


class ReshapeAlias(View):
    """The same, of elements that do not lie in memory in order but need no copy either."""


class Alias(Op):
    """The same tensor, as a new one."""

    @staticmethod
    def forward(x: Array) -> Array:
        return x[...]

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad


class Transpose(Op):
    """Dimensions `a` and `b` swapped."""

    @staticmethod
    def forward(x: Array, a: int, b: int) -> Array:
        return x.swapaxes(a, b)

    @staticmethod
    def d_x(grad: Array, a: int, b: int) -> Array:
        return grad.swapaxes(a, b)


class TransposeNothing(Alias):
    """A tensor without dimensions, transposed."""

    node_name = "TransposeBackward0"


class T(Op):
    """A matrix transposed; what has fewer dimensions than two stays as it is."""

    @staticmethod
    def forward(x: Array) -> Array:
        return x.T

    @staticmethod
    def d_x(grad: Array) -> Array:
        return T.call(grad)


class Permute(Op):
    """Dimension i of the result is dimension ``order[i]`` of `x`."""

    @staticmethod
    def forward(x: Array, order: tuple[int, ...]) -> Array:
        return x.transpose(order)

    @staticmethod
    def d_x(grad: Array, order: tuple[int, ...]) -> Array:
        return np.transpose(grad, tuple(int(i) for i in np.argsort(order)))


class Squeeze(Op):
    """`x` without its dimensions of size 1."""

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...]) -> Array:
        return x.view().squeeze(dims)  # a view also where there is nothing to squeeze

    @staticmethod
    def d_x(grad: Array, x_shape: Shape) -> Array:
        return grad.reshape(x_shape)


class SqueezeDim(Squeeze):
    """`x` without one dimension of size 1."""

    node_name = "SqueezeBackward1"


class SqueezeDims(Squeeze):
    """`x` without some dimensions of size 1."""

    node_name = "SqueezeBackward2"


class Unsqueeze(Op):
    """`x` with a new dimension of size 1."""

    @staticmethod
    def forward(x: Array, dim: int) -> Array:
        return np.expand_dims(x, dim)

    @staticmethod
    def d_x(grad: Array, dim: int) -> Array:
        return grad.squeeze(dim)


class Flip(Op):
    """The order of the elements reversed along `dims`."""

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...]) -> Array:
        return np.flip(x, dims).copy()

    @staticmethod
    def d_x(grad: Array, dims: tuple[int, ...]) -> Array:
        return np.flip(grad, dims)


def sizes(shape: tuple[Any, ...], name: str = "", argument: str = "size") -> tuple[int, ...]:
    """A shape given as separate integers or as one sequence, to the function `name`.

    Raises
    ------
    TypeError
        If a size is no integer.
    """
    given = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
    try:
        return integers(given)
    except Refused:
        raise advised(
            _wrong_sizes(given, name, argument), f"The sizes are {given!r:.80}."
        ) from None


def _wrong_sizes(given: Any, name: str, argument: str) -> TypeError:
    """PyTorch's error for the first that is no integer."""
    if not name:
        return TypeError("expected a shape of integers")
    place, wrong = next((i, x) for i, x in enumerate(given) if not _is_size(x, i))
    words = f"{name}(): argument '{argument}'"
    if place:
        return TypeError(
            f'{words} failed to unpack the object at pos {place + 1} with error "type must be '
            f'tuple of ints,but got {type_said(wrong)}"'
        )
    if len(given) == 1:
        return TypeError(f"{words} (position 1) must be tuple of ints, not {type_said(wrong)}")
    return TypeError(
        f"{words} (position 1) must be tuple of ints, but found element of type "
        f"{type_said(wrong)} at pos 0"
    )


def _is_size(value: Any, place: int) -> bool:
    try:
        integers((value,) if place == 0 else (0, value))
    except Refused:
        return False
    return True


def _inferred(input: Tensor, shape: tuple[Any, ...]) -> Shape:
    """`shape` with its -1 replaced by what is left of the elements."""
    wanted, numel = list(sizes(shape, "reshape", "shape")), input.array.size
    if wanted.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if any(n < -1 for n in wanted):
        raise RuntimeError(f"invalid shape dimension {min(wanted)}")
    known = int(np.prod([n for n in wanted if n != -1], dtype=np.int64))
    if -1 in wanted:
        if known == 0 and numel == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {wanted} because the unspecified "
                "dimension size -1 can be any value and is ambiguous"
            )
        if known and numel % known == 0:
            wanted[wanted.index(-1)] = numel // known
            known = numel
    if known != numel or -1 in wanted:
        raise RuntimeError(f"shape '{wanted}' is invalid for input of size {numel}")
    return tuple(wanted)


@torch_arguments
def view(input: Tensor, *size: Any, dtype: DType | None = None) -> Tensor:
    """The same memory in another shape; one size may be -1, and is then what is left.

    Given a dtype in place of a shape, the same memory read as numbers of that type: without
    gradient, and if their size differs, with a last dimension that is longer or shorter.

    Raises
    ------
    RuntimeError
        If the shape has another number of elements, or would need a copy (use `reshape`); or if
        the elements do not lie so in memory that the other dtype could read them.
    """
    if dtype is not None or (len(size) == 1 and isinstance(size[0], DType)):
        return read_as(input, size[0] if dtype is None else dtype)
    if not size:
        raise TypeError("view() needs a size, or a dtype")
    wanted = _inferred(input, size)
    result = View.apply(input, wanted)
    if input.array.size and not np.shares_memory(result.array, input.array):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        )
    return result


@torch_arguments
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """`view` in the shape of `other`."""
    return view(input, other.array.shape)


@torch_arguments
def reshape(input: Tensor, *shape: Sizes) -> Tensor:
    """The same elements in another shape: a view where that is possible, and else a copy.

    Raises
    ------
    RuntimeError
        If the shape has another number of elements.
    """
    wanted = _inferred(input, shape)
    return _in_shape(input, wanted)


def _in_shape(input: Tensor, wanted: Shape) -> Tensor:
    if input.array.flags.c_contiguous:
        return View.apply(input, wanted)
    try:
        input.array.reshape(wanted, copy=False)
    except ValueError:  # not without a copy
        return alone(UnsafeView.apply(input.clone(), wanted))
    return ReshapeAlias.apply(input, wanted)


@torch_arguments
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from `start_dim` to `end_dim`, both included, as one.

    Raises
    ------
    RuntimeError
        If `start_dim` comes after `end_dim`.
    """
    shape = input.array.shape
    start, end = (normalize_dim(d, len(shape)) for d in (start_dim, end_dim))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if start == end and shape:
        return input
    as_one = math.prod(shape[start : end + 1])
    return _in_shape(input, (*shape[:start], as_one, *shape[end + 1 :]))


@python_arguments
def unflatten(input: Tensor, dim: int, sizes: Any) -> Tensor:
    """Dimension `dim` as several, of the given sizes; one may be -1."""
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    try:
        sizes = integers(sizes)
    except Refused:
        raise TypeError(
            f"unflatten(): argument 'sizes' must be tuple of ints, not {sizes!r:.80}"
        ) from None
    dim = normalize_dim(dim, input.array.ndim)
    if not input.array.ndim:
        raise RuntimeError(f"unflatten: dimension {dim} of a tensor that has none")
    shape, size = input.array.shape, input.array.shape[dim]
    known = int(np.prod([n for n in sizes if n != -1]))
    if (known != size) if -1 not in sizes else (known == 0 or size % known):
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
            f"({size}) in the input tensor"
        )
    wanted = [size // known if n == -1 else n for n in sizes]
    return view(input, *shape[:dim], *wanted, *shape[dim + 1 :])


@torch_arguments
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """`input` with two dimensions swapped; a view.

    Raises
    ------
    IndexError
        If one of them is out of range.
    """
    ndim = input.array.ndim
    a, b = normalize_dim(dim0, ndim), normalize_dim(dim1, ndim)
    return Transpose.apply(input, a, b) if ndim else TransposeNothing.apply(input)


@torch_arguments
def t(input: Tensor) -> Tensor:
    """A matrix transposed; a view.

    Raises
    ------
    RuntimeError
        If `input` has more than two dimensions.
    """
    if input.array.ndim > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {input.array.ndim}D"
        )
    return T.apply(input)


@torch_arguments
def permute(input: Tensor, *dims: Sizes) -> Tensor:
    """The dimensions of `input` in the order given; a view.

    Raises
    ------
    RuntimeError
        If not every dimension is named once.
    """
    order = sizes(dims)
    if len(order) != input.array.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            "length of the desired ordering of dimensions i.e. input.dim() = "
            f"{input.array.ndim} is not equal to len(dims) = {len(order)}"
        )
    dims = tuple(normalize_dim(d, len(order)) for d in order)
    if len(set(dims)) < len(dims):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return Permute.apply(input, dims)


@torch_arguments
def squeeze(input: Tensor, *dim: Any) -> Tensor:
    """`input` without its dimensions of size 1, or without each `dim` that is of size 1; a view."""
    shape = input.array.shape
    chosen = sizes(dim)
    op = SqueezeDims if len(dim) > 1 or dim != chosen else SqueezeDim if dim else Squeeze
    candidates = normalize_dims(chosen, len(shape)) if chosen or not dim else ()
    return op.apply(input, tuple(d for d in candidates if shape[d] == 1))


@torch_arguments
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """`input` with a dimension of size 1 put in at `dim`; a view.

    Raises
    ------
    IndexError
        If `dim` is not between ``-input.dim() - 1`` and ``input.dim()``.
    """
    return Unsqueeze.apply(input, normalize_dim(dim, input.array.ndim + 1))


@torch_arguments
def flip(input: Tensor, *dims: Sizes) -> Tensor:
    """A copy with the order of the elements reversed along `dims`."""
    chosen = sizes(dims)
    return Flip.apply(input, normalize_dims(chosen, input.array.ndim) if chosen else ())
