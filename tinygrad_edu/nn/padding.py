"""Layers that put elements around sequences, images and volumes; what they compute is `pad`.

A number is a padding on all sides; otherwise there are two numbers for each dimension, before and
after, beginning with the last dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from ..tensor import Tensor
from . import functional as F
from .module import Module


class _Pad(Module):
    """What all share.

    Parameters
    ----------
    padding : int or sequence of int
        How many elements are added; negative numbers cut elements off.
    """

    dims: ClassVar[int] = 0  # that are padded
    mode: ClassVar[str] = "constant"

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        if isinstance(padding, int | np.integer):
            padding = (padding,) * (2 * self.dims)
        self.padding = tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        """Pad `input`."""
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    """New elements are `value`."""

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Pad `input`."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ReflectionPad(_Pad):
    """New elements are those before the edge, mirrored."""

    mode = "reflect"


class _ReplicationPad(_Pad):
    """New elements are the one at the edge."""

    mode = "replicate"


class _CircularPad(_Pad):
    """New elements are those at the other end."""

    mode = "circular"


class ConstantPad1d(_ConstantPad):
    """A constant around sequences."""

    dims = 1


class ConstantPad2d(_ConstantPad):
    """A constant around images."""

    dims = 2


class ConstantPad3d(_ConstantPad):
    """A constant around volumes."""

    dims = 3


class ZeroPad1d(_Pad):
    """Zeros around sequences."""

    dims = 1


class ZeroPad2d(_Pad):
    """Zeros around images."""

    dims = 2


class ZeroPad3d(_Pad):
    """Zeros around volumes."""

    dims = 3


class ReflectionPad1d(_ReflectionPad):
    """Mirrored elements around sequences."""

    dims = 1


class ReflectionPad2d(_ReflectionPad):
    """Mirrored elements around images."""

    dims = 2


class ReflectionPad3d(_ReflectionPad):
    """Mirrored elements around volumes."""

    dims = 3


class ReplicationPad1d(_ReplicationPad):
    """The edge's elements around sequences."""

    dims = 1


class ReplicationPad2d(_ReplicationPad):
    """The edge's elements around images."""

    dims = 2


class ReplicationPad3d(_ReplicationPad):
    """The edge's elements around volumes."""

    dims = 3


class CircularPad1d(_CircularPad):
    """Elements of the other end around sequences."""

    dims = 1


class CircularPad2d(_CircularPad):
    """Elements of the other end around images."""

    dims = 2


class CircularPad3d(_CircularPad):
    """Elements of the other end around volumes."""

    dims = 3
