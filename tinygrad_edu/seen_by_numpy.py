"""The type of tensor classes: what NumPy finds when it looks at the class of an argument.

NumPy asks a class for ``__array_ufunc__`` and ``__array_function__``, with which it could take its
functions over. Tensors have them only while a derivative runs on tensors, see `numpy_protocol`. At
any other time NumPy finds neither, as with PyTorch's tensors, and does with them what it does with
those. A property of the class's own type is what can say the one and then the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import later
from .autograd.grad_mode import grad_mode
from .named import Named


class SeenByNumPy(Named):
    """A type of classes that answer NumPy during a derivative."""

    @property
    def __array_ufunc__(cls) -> Callable[..., Any]:
        return _in_derivative("__array_ufunc__", later.numpy_protocol.array_ufunc)

    @property
    def __array_function__(cls) -> Callable[..., Any]:
        return _in_derivative("__array_function__", later.numpy_protocol.array_function)


def _in_derivative(name: str, answer: Callable[..., Any]) -> Callable[..., Any]:
    if not grad_mode.in_derivative:
        raise AttributeError(f"tensors have no {name} outside derivatives")
    return answer
