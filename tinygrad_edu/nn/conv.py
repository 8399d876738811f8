"""Convolutional layers; what they compute is told in `tinygrad_edu.ops.conv`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from ..advice import advised
from ..creation import empty
from ..dtypes import dtype as DType
from ..size import device as Device
from ..tensor import Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter

#: One number for all dimensions, or one for each.
Numbers = int | Sequence[int]

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What all convolutional layers share: their arguments, weights and text."""

    dims: int
    transposed = False
    padding: Any  # "same", "valid", or a number for each dimension
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers,
        padding: Numbers | str,
        dilation: Numbers,
        output_padding: Numbers,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: str | Device | None,
        dtype: DType | None,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = _each(kernel_size, self.dims)
        self.stride = _each(stride, self.dims)
        self.padding = padding if isinstance(padding, str) else _each(padding, self.dims)
        self.dilation = _each(dilation, self.dims)
        self.output_padding = _each(output_padding, self.dims)
        self.groups = groups
        self.padding_mode = padding_mode
        self._check()
        channels = (
            (in_channels, out_channels // groups)
            if self.transposed
            else (out_channels, in_channels // groups)
        )
        self.weight = Parameter(empty(*channels, *self.kernel_size, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _check(self) -> None:
        if self.groups <= 0:
            raise ValueError("groups must be a positive integer")
        for name in ("in_channels", "out_channels"):
            if getattr(self, name) % self.groups:
                raise advised(
                    ValueError(f"{name} must be divisible by groups"),
                    f"{getattr(self, name)} is not divisible by {self.groups}.",
                )
        if isinstance(self.padding, str):
            if self.padding not in ("same", "valid"):
                raise ValueError(
                    f"Invalid padding string {self.padding!r}, should be one of {{'same', 'valid'}}"
                )
            if self.padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if self.padding_mode not in PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {PADDING_MODES}, not {self.padding_mode!r}"
            )

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        # As in `Linear`: uniform within 1/sqrt(fan_in).
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = math.prod(self.weight.shape[1:])
            if fan_in:
                init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def extra_repr(self) -> str:
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        if self.padding != (0,) * len(self.padding):
            text += f", padding={self.padding}"
        if self.dilation != (1,) * len(self.dilation):
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * len(self.output_padding):
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _Conv(_ConvNd):
    """What the convolutions share."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers | str = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip

    def _padded(self, input: Tensor) -> tuple[Tensor, Numbers | str]:
        """The input, padded if not with zeros, and the padding that is left to do."""
        if self.padding_mode == "zeros":
            return input, self.padding
        return F.pad(input, self._pads(), mode=self.padding_mode), 0

    def _pads(self) -> list[int]:
        """The padding as `functional.pad` takes it: pairs, the last dimension first."""
        if not isinstance(self.padding, str):
            return [p for p in reversed(self.padding) for _ in range(2)]
        if self.padding == "valid":
            return [0, 0] * self.dims
        total = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
        return [p for n in reversed(total) for p in (n // 2, n - n // 2)]


class Conv1d(_Conv):
    """`Conv2d` for signals of shape (n, in_channels, length)."""

    dims = 1

    def forward(self, input: Tensor) -> Tensor:
        """Map an input (n, in_channels, length), or one without n."""
        input, padding = self._padded(input)
        return F.conv1d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv2d(_Conv):
    """Filters that slide over images: `functional.conv2d` with learned weights.

    Parameters
    ----------
    in_channels, out_channels : int
        How many channels an image has before and after; one filter for each that comes out.
    kernel_size : int or pair of int
        The size of a filter.
    stride, padding, dilation, groups
        As for `tinygrad_edu.nn.functional.conv2d`.
    bias : bool
        Whether there is a bias.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
        What is put around the images, see `tinygrad_edu.nn.functional.pad`.
    device, dtype : optional
        As in `zeros`.

    Attributes
    ----------
    weight : Parameter of shape (out_channels, in_channels // groups, *kernel_size)
        At first drawn uniformly from within 1/sqrt(n) of 0, n being how many products an output
        sums.
    bias : Parameter of shape (out_channels), or None
        Drawn likewise.

    Raises
    ------
    ValueError
        If `groups` does not divide the channels, or a word is not known.
    """

    dims = 2

    def forward(self, input: Tensor) -> Tensor:
        """Map an input (n, in_channels, height, width), or one without n."""
        input, padding = self._padded(input)
        return F.conv2d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv3d(_Conv):
    """`Conv2d` for volumes of shape (n, in_channels, depth, height, width)."""

    dims = 3

    def forward(self, input: Tensor) -> Tensor:
        """Map an input (n, in_channels, depth, height, width), or one without n."""
        input, padding = self._padded(input)
        return F.conv3d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class _ConvTranspose(_ConvNd):
    """What the transposed convolutions share."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        padding_mode: str = "zeros",
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding,
            groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _output_padding(self, input: Tensor, output_size: Sequence[int] | None) -> Numbers:
        """The output padding that gives `output_size`; without one, what `__init__` was given."""
        if output_size is None:
            return self.output_padding
        shape = input.shape
        wanted = list(output_size)
        if len(wanted) == len(shape):
            wanted = wanted[-self.dims :]
        if len(wanted) != self.dims:
            raise ValueError(
                f"output_size must have {self.dims} or {len(shape)} elements, not {len(wanted)}"
            )
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(
                shape[-self.dims :], self.stride, self.padding, self.dilation, self.kernel_size,
                strict=True,
            )
        ]  # fmt: skip
        extra = [w - n for w, n in zip(wanted, least, strict=True)]
        if any(not 0 <= e < s for e, s in zip(extra, self.stride, strict=True)):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {least} to "
                f"{[n + s - 1 for n, s in zip(least, self.stride, strict=True)]} for an input of "
                f"shape {list(shape)}"
            )
        return extra


class ConvTranspose1d(_ConvTranspose):
    """`ConvTranspose2d` for signals of shape (n, in_channels, length)."""

    dims = 1

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Map an input (n, in_channels, length), or one without n.

        `output_size` and errors are those of `ConvTranspose2d`.
        """
        extra = self._output_padding(input, output_size)
        return F.conv_transpose1d(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups,
            self.dilation,
        )  # fmt: skip


class ConvTranspose2d(_ConvTranspose):
    """`Conv2d` the other way round: `functional.conv_transpose2d` with learned weights.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, bias, device, dtype
        As for `Conv2d`.
    stride, padding, output_padding, groups, dilation
        As for `tinygrad_edu.nn.functional.conv_transpose2d`.
    padding_mode : {"zeros"}

    Attributes
    ----------
    weight : Parameter of shape (in_channels, out_channels // groups, *kernel_size)
    bias : Parameter of shape (out_channels), or None
        Both drawn as in `Conv2d`, n being ``out_channels // groups`` times the kernel's elements.

    Raises
    ------
    ValueError
        If `groups` does not divide the channels, or `padding_mode` is another.
    """

    dims = 2

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Map an input (n, in_channels, height, width), or one without n.

        Parameters
        ----------
        input : Tensor
        output_size : sequence of int, optional
            The size of the result, where `stride` leaves several possible; takes the place of
            `output_padding`.

        Raises
        ------
        ValueError
            If `output_size` is none of those possible.
        """
        extra = self._output_padding(input, output_size)
        return F.conv_transpose2d(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups,
            self.dilation,
        )  # fmt: skip


class ConvTranspose3d(_ConvTranspose):
    """`ConvTranspose2d` for volumes of shape (n, in_channels, depth, height, width)."""

    dims = 3

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Map an input (n, in_channels, depth, height, width), or one without n.

        `output_size` and errors are those of `ConvTranspose2d`.
        """
        extra = self._output_padding(input, output_size)
        return F.conv_transpose3d(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups,
            self.dilation,
        )  # fmt: skip


def _each(value: Any, dims: int) -> tuple[int, ...]:
    """One number for each dimension; what is given as several stays as it is."""
    return tuple(value) if isinstance(value, Iterable) else (value,) * dims
