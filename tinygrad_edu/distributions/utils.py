"""What distributions share: parameters of one shape, values that are computed once, logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ..autograd.grad_mode import enable_grad
from ..creation import tensor
from ..dtypes import get_default_dtype
from ..limits import finfo
from ..ops.new import new_zeros
from ..ops.stacking import broadcast_tensors
from ..ranges import arange
from ..tensor import Tensor

T = TypeVar("T")
NUMBER = (int, float, bool)


class lazy_property(Generic[T]):
    """An attribute that is computed when it is first asked for, and then kept."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute, self.__doc__ = compute, compute.__doc__

    def __get__(self, instance: Any, owner: type) -> T:
        if instance is None:
            return self  # type: ignore[return-value]
        with enable_grad():
            value = self.compute(instance)
        setattr(instance, self.compute.__name__, value)
        return value


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; a number gets the dtype of the first tensor.

    Raises
    ------
    ValueError
        If something is neither.
    """
    if not all(isinstance(value, (Tensor, *NUMBER)) for value in values):
        raise ValueError(
            "Input arguments must all be instances of Number, "
            "torch.Tensor or objects implementing __torch_function__."
        )
    dtypes = [value.dtype for value in values if isinstance(value, Tensor)]
    dtype = dtypes[0] if dtypes else get_default_dtype()
    return tuple(
        broadcast_tensors(*(v if isinstance(v, Tensor) else tensor(v, dtype=dtype) for v in values))
    )


def sum_rightmost(value: Tensor, dims: int) -> Tensor:
    """The sum over the last `dims` dims."""
    return value.reshape(value.shape[:-dims] + (-1,)).sum(-1) if dims else value


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities of logits, as of the last dim of them, or as of numbers if `is_binary`."""
    return logits.sigmoid() if is_binary else logits.softmax(dim=-1)


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities, kept a little away from 0 and 1."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Logits of probabilities, which are kept a little away from 0 and 1."""
    clamped = clamp_probs(probs)
    return clamped.log() - (-clamped).log1p() if is_binary else clamped.log()


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The elements of square matrices up to a diagonal, row by row.

    Raises
    ------
    ValueError
        If there is no such diagonal.
    """
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    return mat[..., _lower(n, diag)]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """The square matrices whose elements up to a diagonal these are; the others are 0.

    Raises
    ------
    ValueError
        If there is no such matrix.
    """
    # Of n rows they are (n + diag) (n + diag + 1) / 2, as many as in a triangle.
    k = 1 + 2 * diag
    n = (-k + (k**2 + 8 * vec.shape[-1] + 4 * abs(diag) * (diag + 1)) ** 0.5) / 2
    if round(n) - n > finfo(vec.dtype).eps:
        raise ValueError(
            f"The size of last dimension is {vec.shape[-1]} which cannot be expressed as the lower "
            "triangular part of a square D x D matrix."
        )
    mat = new_zeros(vec, (*vec.shape[:-1], round(n), round(n)))
    mat[..., _lower(round(n), diag)] = vec
    return mat


def _lower(n: int, diag: int) -> Tensor:
    """True in an n x n matrix up to a diagonal."""
    places = arange(n)
    return places < places.view(-1, 1) + (diag + 1)
