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
    """What the max-pools share."""

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


class MaxPool3d(_MaxPool):
    """`MaxPool2d` for volumes."""

    def forward(self, input: Tensor) -> Any:
        """Pool volumes (n, channels, depth, height, width), or one without n."""
        return F.max_pool3d(input, *self._arguments())


class _AvgPool(Module):
    """What the average pools share."""

    kernel_size: Any
    stride: Any
    padding: Any

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """`AvgPool2d` for signals."""

    def __init__(
        self,
        kernel_size: Numbers,
        stride: Numbers | None = None,
        padding: Numbers = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = _alone(kernel_size)
        self.stride = self.kernel_size if stride is None else _alone(stride)
        self.padding = _alone(padding)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """Pool signals (n, channels, length), or one without n."""
        return F.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad,
        )  # fmt: skip


class _AvgPoolOfImages(_AvgPool):
    """What those of images and volumes share."""

    def __init__(
        self,
        kernel_size: Numbers,
        stride: Numbers | None = None,
        padding: Numbers = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def _arguments(self) -> tuple[Any, ...]:
        return (
            self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad,
            self.divisor_override,
        )  # fmt: skip


class AvgPool2d(_AvgPoolOfImages):
    """The mean of each window; parameters as `functional.avg_pool2d`."""

    def forward(self, input: Tensor) -> Tensor:
        """Pool images (n, channels, height, width), or one without n."""
        return F.avg_pool2d(input, *self._arguments())


class AvgPool3d(_AvgPoolOfImages):
    """`AvgPool2d` for volumes."""

    def forward(self, input: Tensor) -> Tensor:
        """Pool volumes (n, channels, depth, height, width), or one without n."""
        return F.avg_pool3d(input, *self._arguments())


class _AdaptivePool(Module):
    """What the adaptive pools share."""

    output_size: Any

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveAvgPool(_AdaptivePool):
    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """`AdaptiveAvgPool2d` for signals."""

    def forward(self, input: Tensor) -> Tensor:
        """Pool signals (n, channels, length), or one without n."""
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Means of windows, so many that the result has `output_size`."""

    def forward(self, input: Tensor) -> Tensor:
        """Pool images (n, channels, height, width), or one without n."""
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """`AdaptiveAvgPool2d` for volumes."""

    def forward(self, input: Tensor) -> Tensor:
        """Pool volumes (n, channels, depth, height, width), or one without n."""
        return F.adaptive_avg_pool3d(input, self.output_size)


class _AdaptiveMaxPool(_AdaptivePool):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """`AdaptiveMaxPool2d` for signals."""

    def forward(self, input: Tensor) -> Any:
        """Pool signals (n, channels, length), or one without n."""
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest elements of windows, so many that the result has `output_size`."""

    def forward(self, input: Tensor) -> Any:
        """Pool images (n, channels, height, width), or one without n."""
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """`AdaptiveMaxPool2d` for volumes."""

    def forward(self, input: Tensor) -> Any:
        """Pool volumes (n, channels, depth, height, width), or one without n."""
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)


def _alone(number: Any) -> tuple[int, ...]:
    """One number as a tuple, as PyTorch prints it here."""
    return tuple(number) if isinstance(number, Sequence) else (number,)
