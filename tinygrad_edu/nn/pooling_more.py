"""Power-average and fractional pooling, the way back from max-pooling, and normalization by
neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..tensor import Tensor
from . import functional as F
from .module import Module

#: One number for all dimensions, or one for each.
Numbers = int | Sequence[int]


class _LPPool(Module):
    """What the power-average pools share."""

    def __init__(
        self,
        norm_type: float,
        kernel_size: Numbers,
        stride: Numbers | None = None,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size: Any = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """`LPPool2d` for signals."""

    def forward(self, input: Tensor) -> Tensor:
        """Pool signals (n, channels, length), or one without n."""
        norm_type = float(self.norm_type)
        return F.lp_pool1d(input, norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPool):
    """The p-norm of each window; parameters as `functional.lp_pool2d`."""

    def forward(self, input: Tensor) -> Tensor:
        """Pool images (n, channels, height, width), or one without n."""
        norm_type = float(self.norm_type)
        return F.lp_pool2d(input, norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPool):
    """`LPPool2d` for volumes."""

    def forward(self, input: Tensor) -> Tensor:
        """Pool volumes (n, channels, depth, height, width), or one without n."""
        norm_type = float(self.norm_type)
        return F.lp_pool3d(input, norm_type, self.kernel_size, self.stride, self.ceil_mode)


class _MaxUnpool(Module):
    """What they share: the options of the pooling they undo."""

    dims: int

    def __init__(
        self, kernel_size: Numbers, stride: Numbers | None = None, padding: Numbers = 0
    ) -> None:
        super().__init__()
        self.kernel_size = _each(kernel_size, self.dims)
        self.stride = _each(kernel_size if stride is None else stride, self.dims)
        self.padding = _each(padding, self.dims)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """`MaxUnpool2d` for signals."""

    dims = 1

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        """Map (n, channels, length), or one without n, to longer signals."""
        return F.max_unpool1d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class MaxUnpool2d(_MaxUnpool):
    """The numbers that a max-pooling kept, put back; parameters as `functional.max_unpool2d`."""

    dims = 2

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        """Map (n, channels, height, width), or one without n, to larger images."""
        return F.max_unpool2d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class MaxUnpool3d(_MaxUnpool):
    """`MaxUnpool2d` for volumes."""

    dims = 3

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        """Map (n, channels, depth, height, width), or one without n, to larger volumes."""
        return F.max_unpool3d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class _FractionalMaxPool(Module):
    """What they share: options, of which the size or the ratio is to be given, but not both."""

    dims: int
    _random_samples: Tensor | None

    def __init__(
        self,
        kernel_size: Numbers,
        output_size: Numbers | None = None,
        output_ratio: float | Sequence[float] | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = _each(kernel_size, self.dims)
        if self.dims == 3 and not all(k > 0 for k in self.kernel_size):
            raise ValueError(f"kernel_size must be greater than 0, but got {kernel_size}")
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else _each(output_size, self.dims)
        self.output_ratio = None if output_ratio is None else _each(output_ratio, self.dims)
        name = type(self).__name__
        if output_size is None and output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output size, or a ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        ratio = self.output_ratio
        if ratio is not None and not all(0 < ratio[dim] < 1 for dim in range(self.dims)):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def _arguments(self) -> tuple[Any, ...]:
        return (
            self.kernel_size, self.output_size, self.output_ratio, self.return_indices,
            self._random_samples,
        )  # fmt: skip


class FractionalMaxPool2d(_FractionalMaxPool):
    """Largest elements of windows at random places; see `functional.fractional_max_pool2d`."""

    dims = 2

    def forward(self, input: Tensor) -> Any:
        """Pool images (n, channels, height, width), or one without n."""
        return F.fractional_max_pool2d(input, *self._arguments())


class FractionalMaxPool3d(_FractionalMaxPool):
    """`FractionalMaxPool2d` for volumes."""

    dims = 3

    def forward(self, input: Tensor) -> Any:
        """Pool volumes (n, channels, depth, height, width), or one without n."""
        return F.fractional_max_pool3d(input, *self._arguments())


class LocalResponseNorm(Module):
    """Each number divided by a power of those in neighbouring channels.

    Parameters are those of `functional.local_response_norm`.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Normalize an input of shape (n, channels, length, ...)."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


def _each(value: Any, dims: int) -> tuple[int, ...]:
    """One number for each dimension; what is given as several stays as it is."""
    return tuple(value) if isinstance(value, Sequence) else (value,) * dims
