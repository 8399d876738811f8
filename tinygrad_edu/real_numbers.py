"""What PyTorch asks of complex numbers, asked of real ones: each is its own conjugate."""

from __future__ import annotations

from .ops.arguments import torch_arguments
from .tensor import Tensor


@torch_arguments
def real(input: Tensor) -> Tensor:
    """`input` itself: all numbers are real."""
    return input.real


@torch_arguments
def imag(input: Tensor) -> Tensor:
    """Real numbers have no such part.

    Raises
    ------
    RuntimeError
        Always.
    """
    return input.imag


@torch_arguments
def conj(input: Tensor) -> Tensor:
    """`input` itself: all numbers are real."""
    return input.conj()


@torch_arguments
def conj_physical(input: Tensor) -> Tensor:
    """`input` itself: all numbers are real."""
    return input.conj()


@torch_arguments
def conj_physical_(input: Tensor) -> Tensor:
    """`input` itself: all numbers are real."""
    return input.conj()


@torch_arguments
def resolve_conj(input: Tensor) -> Tensor:
    """`input` itself: no conjugate is waiting to be taken."""
    return input.conj()


@torch_arguments
def resolve_neg(input: Tensor) -> Tensor:
    """`input` itself: no negation is waiting to be taken."""
    return input.conj()


@torch_arguments
def adjoint(input: Tensor) -> Tensor:
    """`input` with its last two dimensions swapped; a view.

    Raises
    ------
    RuntimeError
        If it has one dimension.
    """
    return input.adjoint()


@torch_arguments
def is_conj(input: Tensor) -> bool:
    """False: no conjugate is waiting to be taken."""
    return input.is_conj()


@torch_arguments
def is_neg(input: Tensor) -> bool:
    """False: no negation is waiting to be taken."""
    return input.is_neg()


@torch_arguments
def is_inference(input: Tensor) -> bool:
    """False: there is no inference mode."""
    return input.is_inference()
