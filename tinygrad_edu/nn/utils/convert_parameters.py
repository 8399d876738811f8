"""All parameters as one vector, and back: for algorithms that know of no layers."""

from __future__ import annotations

from collections.abc import Iterable

from ...ops.join import cat
from ...tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters end to end; gradients flow back through it.

    Parameters
    ----------
    parameters : iterable of Tensor

    Returns
    -------
    Tensor of shape (n)

    Raises
    ------
    ValueError
        If there are none.
    RuntimeError
        If one is not contiguous.
    """
    return cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let the parameters' values be those of a vector, part by part.

    Parameters
    ----------
    vec : Tensor of shape (n)
        May be longer than needed.
    parameters : iterable of Tensor

    Raises
    ------
    TypeError
        If `vec` is no tensor.
    RuntimeError
        If it is too short.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected a Tensor, but got: {type(vec).__name__}")
    start = 0
    for parameter in parameters:
        end = start + parameter.numel()
        parameter.data = vec[start:end].view_as(parameter).data
        start = end
