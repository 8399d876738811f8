"""Initial weights with a pattern of zeros: `dirac_` and `sparse_`."""

from __future__ import annotations

import math

import numpy as np

from ..autograd.grad_mode import no_grad
from ..autograd.graph import wrap
from ..random import Generator
from ..sampling import randperm
from ..tensor import Tensor


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """The weight of a convolution that changes nothing: 1 at the centre of each channel's own
    kernel, and 0 elsewhere.

    Parameters
    ----------
    tensor : Tensor of shape (out, in, *kernel), with 3 to 5 dimensions
    groups : int
        Each group of outputs begins again at the first input.

    Raises
    ------
    ValueError
        If there are other numbers of dimensions, or `groups` does not divide the outputs.
    """
    shape = tensor.array.shape
    if len(shape) not in (3, 4, 5):
        raise ValueError(
            f"Only tensors with 3, 4, or 5 dimensions are supported, not {list(shape)}"
        )
    if shape[0] % groups:
        raise ValueError(f"dim 0, of size {shape[0]}, must be divisible by groups, {groups}")
    size = shape[0] // groups
    kept = min(size, shape[1])
    values = np.zeros(shape)
    centre = tuple(n // 2 for n in shape[2:])
    for group in range(groups):
        values[(np.arange(kept) + group * size, np.arange(kept), *centre)] = 1
    with no_grad():
        return tensor.copy_(wrap(values))


def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Normal numbers, but a share `sparsity` of each column, rounded up, set to 0.

    The places are drawn from the default generator, also where another is given for the numbers.

    Raises
    ------
    ValueError
        If `tensor` has not two dimensions.
    """
    if tensor.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported, not {list(tensor.shape)}")
    rows, columns = tensor.array.shape
    zeros = math.ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        values = tensor.array.copy()
        for column in range(columns):
            values[randperm(rows).array[:zeros], column] = 0
        return tensor.copy_(wrap(values))
