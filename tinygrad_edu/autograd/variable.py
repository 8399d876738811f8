"""`Variable`: by its old name, a tensor that is told at once whether it requires a gradient."""

from __future__ import annotations

import warnings
from typing import Any

from ..tensor import Tensor

__all__ = ["Variable"]


class VariableType(type):
    """So that every tensor is an instance of `Variable`."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=VariableType):
    """Makes a tensor of another one, on the same memory; programs of PyTorch 0.3 do it.

    Parameters
    ----------
    data : Tensor, optional
        By default an empty one.
    requires_grad : bool
    volatile : bool, optional
        Is warned of, and has no effect.

    Raises
    ------
    TypeError
        If `data` is no tensor.
    RuntimeError
        If it is to require a gradient and has a dtype that cannot.
    """

    def __new__(  # type: ignore[misc]  # there are no instances of its own
        cls, data: Tensor | None = None, requires_grad: bool = False, volatile: Any = None
    ) -> Tensor:
        if volatile is not None:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                stacklevel=2,
            )
        if data is None:
            data = Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return data.detach().requires_grad_(requires_grad)
