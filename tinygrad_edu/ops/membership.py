"""Which elements are among others, which are real, and where in a shape a counted place is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import TensorBase, wrap
from ..dtypes import promote
from .arguments import need_one_tensor, torch_arguments

if TYPE_CHECKING:
    from ..tensor import Number, Tensor


@torch_arguments
def isin(
    elements: Tensor | Number,
    test_elements: Tensor | Number,
    *,
    assume_unique: bool = False,
    invert: bool = False,
) -> Tensor:
    """Where `elements` are among `test_elements`, as bools; with `invert`, where they are not.

    Parameters
    ----------
    elements, test_elements : Tensor or number
        One of them a Tensor.
    assume_unique : bool
        A promise that nothing is there twice; of no consequence here.

    Raises
    ------
    TypeError
        If neither is a Tensor.
    RuntimeError
        If one is of bools.
    """
    need_one_tensor("isin", elements, test_elements)
    arrays = [x.array if isinstance(x, TensorBase) else x for x in (elements, test_elements)]
    if any(np.asarray(a).dtype == bool for a in arrays):
        raise RuntimeError("Unsupported input type encountered for isin(): bool")
    first, second = map(np.asarray, promote(arrays, False))
    return wrap(np.isin(first, second, invert=invert))


@torch_arguments
def isreal(input: Tensor) -> Tensor:
    """Where the elements are real numbers: everywhere."""
    return wrap(np.ones(input.array.shape, bool))


def unravel_index(indices: Tensor, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """The coordinates, in a tensor of `shape`, of places counted row by row.

    Parameters
    ----------
    indices : Tensor of integers
    shape : int or sequence of int

    Returns
    -------
    tuple of Tensor
        One for each dimension, of the shape of `indices`.

    Raises
    ------
    TypeError
        If `indices` or `shape` are not of integers.
    ValueError
        If a size is negative.
    RuntimeError
        If one is 0, and there are indices.
    """
    if not isinstance(indices, TensorBase) or indices.array.dtype.kind not in "iu":
        kind = indices.dtype if isinstance(indices, TensorBase) else type(indices)
        raise TypeError(f"expected 'indices' to be integer dtype, but got {kind}")
    sizes = (shape,) if isinstance(shape, int) else shape
    if not isinstance(sizes, Sequence) or not all(isinstance(n, int) for n in sizes):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {shape!r:.80}")
    if any(n < 0 for n in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    if 0 in sizes and indices.array.size:
        raise RuntimeError("ZeroDivisionError")
    found, rest = [], indices.array
    for size in reversed(sizes):
        found.append(wrap(np.asarray(rest % size)))
        rest = rest // size
    return tuple(reversed(found))
