"""How far apart vectors are, and in how different directions they point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from ..dtypes import get_default_dtype, result_dtype
from .arguments import python_arguments, torch_arguments
from .convert import to_dtype
from .dims import Dims, normalize_dim
from .norm import LinalgVectorNorm, norm
from .stacking import broadcast_tensors

if TYPE_CHECKING:
    from ..tensor import Tensor


class Raised(Op):
    """`x`, but not below `low`; its derivative is 1 all the same, as if it had not been raised."""

    @staticmethod
    def forward(x: Array, low: float) -> Array:
        return np.maximum(x, low)

    @staticmethod
    def d_x(grad: Array) -> Array:
        return grad


class NormBetween(LinalgVectorNorm):
    """The norm of the difference of two tensors."""

    node_name = "NormBackward1"


@torch_arguments
def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The p-norm of ``x1 - x2 + eps`` along the last dimension; the two broadcast.

    Parameters
    ----------
    x1, x2 : Tensor of shape (N, D) or (D)
    p : float
        The norm's exponent.
    eps : float
        Added so that the distance, which has a kink at 0, is never 0.
    keepdim : bool
        Whether the last dimension stays, with size 1.

    Raises
    ------
    RuntimeError
        If the shapes do not broadcast.
    """
    difference = x1 - x2 + eps
    if difference.ndim == 0:
        return NormBetween.apply(difference.reshape(1), p, (0,), False)
    return NormBetween.apply(difference, p, (difference.ndim - 1,), keepdim)


@torch_arguments
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along `dim`, from -1 to 1; the two broadcast.

    Parameters
    ----------
    x1, x2 : Tensor
    dim : int
        Where the vectors lie.
    eps : float
        The least length to divide by.

    Raises
    ------
    RuntimeError
        If the shapes do not broadcast, or the elements are not floating point.
    IndexError
        If there is no dimension `dim`.
    """
    common = result_dtype([x1.array, x2.array])
    if common.kind != "f":
        raise RuntimeError(
            f"cosine_similarity: expected floating point vectors, but the common dtype is {common} "
            f"(convert with .to({get_default_dtype()}) first)"
        )
    ndim = max(x1.ndim, x2.ndim)
    dim = normalize_dim(dim, ndim)
    product = None
    x1, x2 = (to_dtype(x, common) for x in (x1, x2))
    if x1.array.shape != x2.array.shape:  # what is repeated along `dim` counts for its length
        x1, x2 = broadcast_tensors(x1, x2)
    for x in (x1, x2):
        x = x.reshape(1) if ndim == 0 else x
        unit = x / Raised.apply(LinalgVectorNorm.apply(x, 2.0, (dim,), True), eps)
        product = unit if product is None else product * unit
    assert product is not None
    return product.sum(dim)


@python_arguments
def normalize(input: Tensor, p: float = 2.0, dim: Dims = 1, eps: float = 1e-12) -> Tensor:
    """Vectors along `dim` divided by their p-norm, or by `eps` where that is smaller.

    Parameters
    ----------
    input : Tensor
        Floating point.
    p : float
        The norm's exponent.
    dim : int or tuple of int
        Where the vectors lie; what lies in several dimensions is one vector.
    eps : float
        The least norm to divide by.

    Raises
    ------
    IndexError
        If there is no dimension `dim`.
    RuntimeError
        If the elements are not floating point.
    """
    least = norm(input, p, dim, True).clamp_min(eps)
    return input / least.expand(input.array.shape)
