"""What `Notes` keeps of tensors, arrays and optimizers, by their identities.

An identity is given anew when what had it is gone; so that is kept, here or by `Known`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..autograd.graph import TensorBase


class Owner(NamedTuple):
    """Of a gradient: it, the value of the tensor that has it, and its version as the engine left
    it."""

    grad: TensorBase
    value: int
    version: int


class Captured(NamedTuple):
    """An array that a pass has captured, the value that it is the gradient of, and which pass."""

    array: Any
    value: int
    pass_number: int


class Computed(NamedTuple):
    """A tensor that a function of the library has computed that is no op, from these values."""

    result: TensorBase
    function: Any
    values: tuple[int, ...]


class Held(NamedTuple):
    """What the engine has left as the ``grad`` of a tensor: that, its version (-1 of none), and the
    value that the tensor had."""

    grad: Any
    version: int
    value: int


#: Of a tensor whose gradient the engine has not changed yet.
NOTHING_HELD = Held(None, -1, -1)


class Valued(NamedTuple):
    """A tensor or array, and its value."""

    item: Any
    value: int


class Counted(NamedTuple):
    """A counter of changes, and how far it was."""

    counter: list[int]
    version: int


class Remembering(NamedTuple):
    """An optimizer, and the dictionary of what it remembers."""

    optimizer: Any
    state: Any
