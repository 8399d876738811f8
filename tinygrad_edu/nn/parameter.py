"""`Parameter`: a tensor that a module trains.

Assigned to an attribute of a `Module`, it is one of the module's `parameters()`; that is all that
sets it apart. Results of ops on it are plain tensors.
"""

from __future__ import annotations

import copy
from typing import Any

from ..creation import empty
from ..tensor import Tensor


class Parameter(Tensor):
    """A leaf that shares the memory of `data`, and by default requires a gradient.

    Parameters
    ----------
    data : Tensor, optional
        The values; without it, an empty tensor.
    requires_grad : bool
        Whether ops on it are recorded; `no_grad` does not change this.

    Raises
    ------
    RuntimeError
        If `data` is not floating point and is to require a gradient.
    """

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        source = empty(0) if data is None else data
        self.array, self._versions = source.array, source._versions
        self.requires_grad = requires_grad

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        # As in PyTorch, a copied parameter begins without gradient, and in memory of its own.
        result = copy.copy(self)
        memo[id(self)] = result
        result.array, result._versions = self.array.copy(order="K"), [0]
        return result

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()
