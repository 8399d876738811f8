"""Pooling layers; what they compute is told in `tinygrad_edu.ops.pool`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..tensor import Tensor
from . import functional as F
from .module import Module

#: One number for all dimensions, or one for each.
Numbers = int | Sequence[int]


class _MaxPool(Module):
    """What `MaxPool1d` and `MaxPool2d` share."""

    def __init__(
        self,
        kernel_size: Numbers,
        stride: Numbers | None = None,
        padding: Numbers = 0,
        dilation: Numbers = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def _arguments(self) -> tuple[Any, ...]:
        return (
            self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
            self.return_indices,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """`MaxPool2d` for signals."""

    def forward(self, input: Tensor) -> Any:
        """Pool signals (n, channels, length), or one without n."""
        return F.max_pool1d(input, *self._arguments())


class MaxPool2d(_MaxPool):
    """The largest element of each window; parameters as `functional.max_pool2d`."""

    def forward(self, input: Tensor) -> Any:
        """Pool images (n, channels, height, width), or one without n."""
        return F.max_pool2d(input, *self._arguments())
