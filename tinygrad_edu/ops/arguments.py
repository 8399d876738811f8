"""Checks of arguments that many functions share, with PyTorch's exceptions."""

from __future__ import annotations

from ..autograd.graph import TensorBase


def require_tensors(function: str, **arguments: object) -> None:
    """Raise unless all arguments, given by name and in their order, are tensors.

    Raises
    ------
    TypeError
        If one is not; the message names the function and the argument.
    """
    for position, (name, value) in enumerate(arguments.items(), 1):
        if not isinstance(value, TensorBase):
            raise not_a_tensor(function, name, position, value)


def not_a_tensor(function: str, name: str, position: int, value: object) -> TypeError:
    """The error for something else in place of a tensor."""
    return TypeError(
        f"{function}(): argument '{name}' (position {position}) must be Tensor, not "
        f"{type(value).__name__}"
    )
