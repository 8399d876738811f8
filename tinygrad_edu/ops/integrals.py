"""Integrals and slopes of functions that are known at some places: `trapezoid` and `gradient`.

Between two places a function is taken to be straight: the area below is its mean height times the
distance. A slope is that of a parabola through a place and its two neighbours, and at the ends that
of a line through two, or of a parabola through three.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import TensorBase, wrap
from .arguments import torch_arguments
from .dims import normalize_dim
from .join import cat
from .kinds import NumberIfGiven, TensorIfGiven
from .reduce import cumsum, sum
from .shape import view
from .subviews import narrow, select

if TYPE_CHECKING:
    from ..tensor import Number, Tensor


def _steps(name: str, y: Tensor, x: Tensor, dim: int) -> Tensor:
    """The distances between the places, with the dimensions that `y` has from `dim` on."""
    if x.array.dtype == bool:
        raise RuntimeError(f"{name}: received a bool input for `x`, but bool is not supported")
    if x.array.ndim != 1:
        missing = y.array.ndim - x.array.ndim
        if missing > 0:
            x = view(x, *(1,) * missing, *x.array.shape)
        before, after = _neighbours(x, dim)
        return after - before
    if x.array.shape[0] != y.array.shape[dim]:
        raise RuntimeError(f"{name}: there must be one `x` value for each sample point")
    before, after = _neighbours(x, 0)
    return view(after - before, after.array.size, *(1,) * (y.array.ndim - dim - 1))


def _pairs(y: Tensor, dim: int) -> Tensor:
    """The sums of each two neighbours."""
    before, after = _neighbours(y, dim)
    return after + before


def _neighbours(y: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """All but the last along `dim`, and all but the first."""
    size = y.array.shape[dim]
    count = max(size - 1, 0)
    return narrow(y, dim, 0, count), narrow(y, dim, size - count, count)


def _checked(name: str, y: Tensor, x: Tensor | None, dx: Number | None, dim: int) -> int:
    """The dimension, counted from the front."""
    if x is not None and dx is not None:
        raise TypeError(f"{name}() takes the places `x` or their distance `dx`, but not both")
    if isinstance(dx, bool):
        raise RuntimeError(f"{name}: only a real number is supported for dx, but got {dx}")
    if not y.array.ndim:
        raise IndexError(f"{name}: Dimension specified as {dim} but tensor has no dimensions")
    return normalize_dim(dim, y.array.ndim)


def _refuse_bools(name: str, y: Tensor) -> None:
    if y.array.dtype == bool:
        raise RuntimeError(f"{name}: received a bool input for `y`, but bool is not supported")


@torch_arguments
def trapezoid(
    y: Tensor, x: TensorIfGiven = None, *, dx: NumberIfGiven = None, dim: int = -1
) -> Tensor:
    """The integral along `dim` by the trapezoidal rule.

    Parameters
    ----------
    y : Tensor
        Values of the function.
    x : Tensor, optional
        The places, in one dimension or in the shape of `y`.
    dx : number, optional
        The distance of the places; 1 if neither is given.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, or `y`, `x` or `dx` are bools.
    IndexError
        If `y` has no dimensions.
    TypeError
        If both `x` and `dx` are given.
    """
    return _integral(y, x, dx, dim)


def _integral(y: Tensor, x: Tensor | None, dx: Number | None, dim: int) -> Tensor:
    dim = _checked("trapezoid", y, x, dx, dim)
    if not y.array.shape[dim]:
        return wrap(np.zeros(y.array.shape[:dim] + y.array.shape[dim + 1 :], y.array.dtype))
    _refuse_bools("trapezoid", y)
    if x is not None:
        return sum(_steps("trapezoid", y, x, dim) * _pairs(y, dim), dim) / 2.0
    ends = select(y, dim, 0) + select(y, dim, -1)
    return (sum(y, dim) - ends * 0.5) * (1.0 if dx is None else dx)


@torch_arguments
def trapz(y: Tensor, x: TensorIfGiven = None, *, dx: NumberIfGiven = None, dim: int = -1) -> Tensor:
    """`trapezoid`, under NumPy's old name."""
    return _integral(y, x, dx, dim)


@torch_arguments
def cumulative_trapezoid(
    y: Tensor, x: TensorIfGiven = None, *, dx: NumberIfGiven = None, dim: int = -1
) -> Tensor:
    """The integrals up to each place but the first; parameters and errors as in `trapezoid`."""
    _refuse_bools("cumulative_trapezoid", y)
    dim = _checked("cumulative_trapezoid", y, x, dx, dim)
    if x is not None:
        return cumsum(_steps("cumulative_trapezoid", y, x, dim) * _pairs(y, dim), dim) / 2.0
    return cumsum(_pairs(y, dim) * ((1 if dx is None else dx) / 2.0), dim)


@torch_arguments
def gradient(
    input: Tensor,
    *,
    spacing: Number | Sequence[Number | Tensor] | None = None,
    dim: int | Sequence[int] | None = None,
    edge_order: int = 1,
) -> tuple[Tensor, ...]:
    """The slope of a function along each dimension, estimated from its values.

    Parameters
    ----------
    input : Tensor
        Values of the function on a grid.
    spacing : number, or sequence of numbers or of one-dimensional Tensors, optional
        The distance of the places, for all dimensions or for each, or the places; by default 1.
    dim : int or sequence of int, optional
        Along which dimensions; without, all.
    edge_order : {1, 2}
        How many neighbours the estimates at the ends are made of.

    Raises
    ------
    RuntimeError
        If a dimension has no more than `edge_order` places, there are not as many spacings as
        dimensions, the places are not in one dimension, or `input` is of uint8.
    """
    ndim = input.array.ndim
    spacing = 1 if spacing is None else spacing
    given = range(ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    dims = [normalize_dim(d, ndim) for d in given]
    if len(set(dims)) != len(dims):
        raise RuntimeError("gradient: a dimension appears twice in the list of dims")
    if input.array.dtype == np.uint8:
        raise RuntimeError("torch.gradient does not support uint8 input.")
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    spacing = 1 if spacing is None else spacing
    single = isinstance(spacing, int | float)
    spacings: list[Any] = [spacing] * len(dims) if single else list(spacing)  # type: ignore[arg-type]
    if len(spacings) != len(dims):
        raise RuntimeError(
            f"torch.gradient expected spacing to be a number or one for each dimension, but got "
            f"{len(spacings)} for {len(dims)}"
        )
    for places in spacings:
        if isinstance(places, TensorBase) and places.array.ndim != 1:
            raise RuntimeError(
                "torch.gradient expected each element of spacing to have one dimension, but got "
                f"shape {list(places.array.shape)}"
            )
    for d in dims:
        if input.array.shape[d] < edge_order + 1:
            raise RuntimeError(
                "torch.gradient expected each dimension size to be at least edge_order+1"
            )
    return tuple(_slopes(input, d, s, edge_order) for d, s in zip(dims, spacings, strict=True))


def _slopes(y: Tensor, dim: int, spacing: Any, edge_order: int) -> Tensor:
    size = y.array.shape[dim]

    def at(start: int, length: int = 1) -> Tensor:
        return narrow(y, dim, start, length)

    if not isinstance(spacing, TensorBase):
        middle = (at(2, size - 2) - at(0, size - 2)) / (2 * spacing) if size > 2 else None
        if edge_order == 1:
            first, last = (at(1) - at(0)) / spacing, (at(size - 1) - at(size - 2)) / spacing
        else:
            first = (-1.5 * at(0) + 2 * at(1) - 0.5 * at(2)) / spacing
            last = (0.5 * at(size - 3) - 2 * at(size - 2) + 1.5 * at(size - 1)) / spacing
        return cat([part for part in (first, middle, last) if part is not None], dim)
    steps = np.diff(spacing.array)
    shape = (-1, *(1,) * (y.array.ndim - dim - 1))
    before, after = wrap(steps[:-1].reshape(shape)), wrap(steps[1:].reshape(shape))
    middle = None
    if size > 2:
        middle = (
            at(0, size - 2) * (-after / (before * (before + after)))
            + at(1, size - 2) * ((after - before) / (before * after))
            + at(2, size - 2) * (before / (after * (before + after)))
        )
    if edge_order == 1:
        first, last = (at(1) - at(0)) / steps[0], (at(size - 1) - at(size - 2)) / steps[-1]
    else:
        a, b = steps[0], steps[1]
        first = at(0) * (-(2 * a + b) / (a * (a + b))) + at(1) * ((a + b) / (a * b))
        first = first + at(2) * (-a / (b * (a + b)))
        a, b = steps[-2], steps[-1]
        last = at(size - 3) * (b / (a * (a + b))) + at(size - 2) * (-(a + b) / (a * b))
        last = last + at(size - 1) * ((2 * b + a) / (b * (a + b)))
    return cat([part for part in (first, middle, last) if part is not None], dim)
