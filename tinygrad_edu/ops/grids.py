"""Every element with every other: grids of coordinates, pairs and combinations."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import wrap
from .arguments import need_tensors, python_arguments, torch_arguments
from .index import masked_select
from .join import stack
from .repeat import expand
from .shape import reshape, view

if TYPE_CHECKING:
    from ..tensor import Tensor


@python_arguments
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """The coordinates of all points of a grid, from those along its axes.

    Parameters
    ----------
    *tensors : Tensor, or one sequence of Tensor
        In one dimension (or none: one number), of one dtype; their lengths are m, n, ...
    indexing : {"ij", "xy"}
        The shape of the results: (m, n, ...), or, as in plots, (n, m, ...). By default "ij", with
        a warning.

    Returns
    -------
    tuple of Tensor
        Views; ``grids[0][i, j] = tensors[0][i]`` and ``grids[1][i, j] = tensors[1][j]`` for "ij".

    Raises
    ------
    RuntimeError
        If there are no tensors, one has several dimensions, the dtypes differ, or `indexing` is
        neither.
    """
    in_one = len(tensors) == 1 and isinstance(tensors[0], list | tuple)
    given = tuple(tensors[0]) if in_one else tensors
    need_tensors(given)
    if indexing is None:
        warnings.warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing "
            "argument.",
            UserWarning,
            stacklevel=3,
        )
    if not given:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for x in given:
        if x.array.ndim > 1:
            raise RuntimeError(f"meshgrid expects vectors, but got shape {list(x.array.shape)}")
        if x.array.dtype != given[0].array.dtype:
            raise RuntimeError(
                f"meshgrid expects one dtype, but got {given[0].dtype} and {x.dtype}"
            )
    if indexing not in ("ij", "xy", None):
        raise RuntimeError(f"meshgrid: indexing must be one of 'xy' or 'ij', but got {indexing!r}")
    axes = list(range(len(given)))  # tensor i varies along dimension axes[i]
    if indexing == "xy" and len(given) > 1:
        axes[:2] = [1, 0]
    shape = [0] * len(given)
    for axis, x in zip(axes, given, strict=True):
        shape[axis] = x.array.size
    grids = []
    for axis, x in zip(axes, given, strict=True):
        column = view(x, *(-1 if d == axis else 1 for d in range(len(given))))
        grids.append(expand(column, shape))
    return tuple(grids)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All choices of one element from each tensor, as rows; of one tensor, itself.

    Raises
    ------
    RuntimeError
        If one is not one-dimensional, there are none, or the dtypes differ.
    """
    need_tensors(tensors)
    for x in tensors:
        if x.array.ndim != 1:
            raise RuntimeError(f"cartesian_prod: expected vectors, got {list(x.array.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([reshape(x, -1) for x in meshgrid(*tensors, indexing="ij")], 1)


@torch_arguments
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All choices of `r` elements of a vector, as rows, in the order of the vector.

    Parameters
    ----------
    input : Tensor of shape (n)
    r : int
    with_replacement : bool
        Whether an element may be chosen more than once.

    Raises
    ------
    RuntimeError
        If `input` is not one-dimensional, or `r` is negative.
    """
    if input.array.ndim != 1:
        raise RuntimeError(f"combinations: expected a vector, got {list(input.array.shape)}")
    if r < 0:
        raise RuntimeError(f"combinations: expected a non-negative number, but got {r}")
    if r == 0:
        return wrap(np.empty(0, input.array.dtype))
    places = np.indices((input.array.size,) * r)
    compare = np.less_equal if with_replacement else np.less
    kept = wrap(compare(places[:-1], places[1:]).all(0))  # all of them, if r is 1
    return stack([masked_select(x, kept) for x in meshgrid(*[input] * r, indexing="ij")], 1)
