"""Padding: elements put around a tensor, or, with negative numbers, cut off.

New elements are a constant, or copies from inside. With copies, place j along a dimension is
filled from place ``j - before``, brought back inside: to the edge (replicate), mirrored at it
(reflect), or to the other end (circular). Gradients add up where elements were copied from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..autograd.graph import Array, Shape
from ..autograd.op import Op
from .arguments import python_arguments
from .convert import numbers
from .window_checks import check_tensor

if TYPE_CHECKING:
    from ..tensor import Tensor

#: How many elements are added before and after, for each dimension.
Pads: TypeAlias = tuple[tuple[int, int], ...]
#: For each of the last dimensions, the places that its elements are copied from.
Sources: TypeAlias = tuple[tuple[int, ...], ...]


class ConstantPadNd(Op):
    """`value` put around `x`; the gradient is cut back to where `x` was."""

    @staticmethod
    def forward(x: Array, pads: Pads, value: float) -> Array:
        out = np.full([n + a + b for n, (a, b) in zip(x.shape, pads, strict=True)], value, x.dtype)
        # A negative number cuts x, a positive one leaves a margin in the result.
        cut = [(max(-a, 0), max(-b, 0)) for a, b in pads]
        margin = [(max(a, 0), max(b, 0)) for a, b in pads]
        out[_inner(out.shape, margin)] = x[_inner(x.shape, cut)]
        return out

    @staticmethod
    def d_x(grad: Array, pads: Pads) -> Array:
        return ConstantPadNd.call(grad, tuple((-a, -b) for a, b in pads), 0)


def _inner(shape: Shape, margins: Sequence[tuple[int, int]]) -> tuple[slice, ...]:
    """All but `margins` on both sides."""
    return tuple(slice(a, n - b) for n, (a, b) in zip(shape, margins, strict=True))


class CopyPad(Op):
    """Along each of the last dimensions, the elements of `x` at the places in `sources`."""

    @staticmethod
    def forward(x: Array, sources: Sources) -> Array:
        for dim, places in enumerate(sources, x.ndim - len(sources)):
            x = x.take(places, dim)
        return x

    @staticmethod
    def d_x(grad: Array, x: Array, sources: Sources) -> Array:
        return FoldBack.call(grad, x, sources)


class FoldBack(Op):
    """Each element added where `CopyPad` took it from.

    That is in the place of `x`, on which it does not depend: that gradient is 0, as in PyTorch.
    """

    @staticmethod
    def forward(g: Array, x: Array, sources: Sources) -> Array:
        for dim, places in enumerate(sources, g.ndim - len(sources)):
            rows = np.moveaxis(g, dim, 0)
            total = np.zeros((x.shape[dim], *rows.shape[1:]), g.dtype)
            for row, place in zip(rows, places, strict=True):
                total[place] += row
            g = np.moveaxis(total, 0, dim)
        return np.ascontiguousarray(g)

    @staticmethod
    def d_g(grad: Array, sources: Sources) -> Array:
        return CopyPad.call(grad, sources)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return np.zeros_like(grad)


class CircularPad(CopyPad):
    """Elements beyond an edge are those from the opposite one."""

    node_name = "CopySlices"  # PyTorch's copies them into an empty tensor


class EdgePad(CopyPad):
    """What PyTorch does not implement for bools."""

    kinds = "iuf"


class ReflectionPad1D(EdgePad):
    """Elements beyond the edge of signals are those before it, mirrored."""


class ReflectionPad2D(EdgePad):
    """Elements beyond the edges of images are those before them, mirrored."""


class ReflectionPad3D(EdgePad):
    """Elements beyond the edges of volumes are those before them, mirrored."""


class ReplicationPad1D(EdgePad):
    """Elements beyond the edge of signals are that at the edge."""


class ReplicationPad2D(EdgePad):
    """Elements beyond the edges of images are those at the edges."""


class ReplicationPad3D(EdgePad):
    """Elements beyond the edges of volumes are those at the edges."""


REFLECTIONS = (ReflectionPad1D, ReflectionPad2D, ReflectionPad3D)
REPLICATIONS = (ReplicationPad1D, ReplicationPad2D, ReplicationPad3D)


@python_arguments
def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Put elements around a tensor.

    Parameters
    ----------
    input : Tensor
    pad : sequence of int
        How many elements before and after along the last dimension, then along the one before it,
        and so on; negative numbers cut elements off.
    mode : {"constant", "reflect", "replicate", "circular"}
        Whether the new elements are `value`, those before the edge mirrored, those at the edge, or
        those of the other end. All but the first pad all dimensions but one or two, which are
        those of the batch and the channels.
    value : float, optional
        By default 0.

    Raises
    ------
    RuntimeError
        If `pad` has not two numbers for each of some dimensions, or asks for more elements than
        there are to copy; or if `value` is given for another mode than "constant".
    NotImplementedError
        If the mode is not known, or pads other dimensions than it can.
    TypeError
        If `pad` is no sequence of integers.
    """
    check_tensor("pad", "input", input)
    shape, pads = input.array.shape, _pairs(pad)
    if mode == "constant":
        if len(pads) > len(shape):
            raise RuntimeError(
                "Padding length should be less than or equal to two times the input dimension but "
                f"got padding length {len(pad)} and input of dimension {len(shape)}"
            )
        pads = ((0, 0),) * (len(shape) - len(pads)) + pads
        for n, (before, after) in zip(shape, pads, strict=True):
            # What is cut off must be there, on either side.
            if n + before + after < 0 or n + min(before, 0) + min(after, 0) < 0:
                raise RuntimeError(f"pad: {list(pad)} cuts off more than shape {list(shape)} has")
        return ConstantPadNd.apply(input, pads, _as_value(input, pads, value))
    if value:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument, {value}')
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if not 1 <= len(pads) <= 3 or len(shape) - len(pads) not in (1, 2):
        raise NotImplementedError(
            f"pad: mode {mode!r} pads the last one, two or three dimensions, behind one or two "
            f"others, but got {len(pad)} numbers for shape {list(shape)}"
        )
    sizes = shape[-len(pads) :]
    _check_copies(mode, shape, pads)
    sources = tuple(_sources(mode, n, *pair) for n, pair in zip(sizes, pads, strict=True))
    ops = {"reflect": REFLECTIONS, "replicate": REPLICATIONS, "circular": (CircularPad,) * 3}[mode]
    return ops[len(pads) - 1].apply(input, sources)


def _pairs(pad: Any) -> Pads:
    """The numbers in pairs, in the order of the dimensions."""
    if isinstance(pad, str) or not isinstance(pad, Sequence):
        raise TypeError(f"pad(): argument 'pad' must be a tuple of ints, not {pad!r}")
    if any(isinstance(n, bool) or not hasattr(n, "__index__") for n in pad):
        raise TypeError(f"pad(): argument 'pad' must be a tuple of ints, not {pad!r}")
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    return tuple((pad[i], pad[i + 1]) for i in range(len(pad) - 2, -1, -2))


def _as_value(input: Tensor, pads: Pads, value: float | None) -> Any:
    """The constant in the tensor's dtype; only where there is something to pad it must fit."""
    if value is None or all(max(pair) <= 0 for pair in pads):
        return 0
    return numbers(float(value), input.array.dtype)


def _sources(mode: str, size: int, before: int, after: int) -> tuple[int, ...]:
    """For each place of the padded dimension, the place it is copied from."""
    places = np.arange(-before, size + after)
    if mode == "replicate":
        places = places.clip(0, size - 1)
    elif mode == "circular":  # what is cut off is not there to be wrapped
        first, last = max(-before, 0), size - max(-after, 0)
        places = first + (places - first) % max(last - first, 1)
    else:
        places = np.abs(places)
        places = np.where(places < size, places, 2 * (size - 1) - places)
    return tuple(places.tolist())


def _check_copies(mode: str, shape: Shape, pads: Pads) -> None:
    sizes = shape[-len(pads) :]
    # How many elements there are to copy: the mirror does not repeat the edge itself.
    there = {"reflect": [n - 1 for n in sizes], "circular": sizes, "replicate": [math.inf] * 3}[
        mode
    ]
    results = [size + sum(pair) for size, pair in zip(sizes, pads, strict=True)]
    nothing = min(results) < 0 or (mode != "circular" and max(results) < 1)
    if mode != "circular" and 0 in shape[-len(pads) - 1 :]:
        raise RuntimeError(f"pad: mode {mode!r} takes no empty tensor, but got shape {list(shape)}")
    for size, available, pair in zip(sizes, there, pads, strict=False):
        if max(pair) > available or nothing:
            raise RuntimeError(
                f"pad: mode {mode!r} cannot pad a dimension of size {size} by {pair}; the input "
                f"has shape {list(shape)}"
            )
