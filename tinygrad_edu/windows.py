"""Windows: weights that fade a stretch of a signal in and out, for a Fourier transform of it.

Of n points each is a function of how far it lies along the window. A periodic one (the default) is
made for a signal that goes on: it is the symmetric window of n + 1 points without its last.

References
----------
.. [1] F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier
   transform", Proceedings of the IEEE 66 (1978), 51-83.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .autograd.graph import Array
from .creation import tensor
from .dtypes import dtype as DType
from .dtypes import get_default_dtype
from .layout import layout as Layout
from .ops.arguments import torch_arguments
from .ops.kinds import PinMemory
from .size import device as Device

if TYPE_CHECKING:
    from .tensor import Tensor


def _window(
    name: str,
    length: int,
    periodic: bool,
    shape: Callable[[Array], Array],
    dtype: DType | None,
    device: str | Device | None,
    requires_grad: bool,
) -> Tensor:
    """`shape` of `length` places, of which the first is 0 and the last, if symmetric, is 1."""
    dtype = dtype or get_default_dtype()
    if not dtype.is_floating_point:
        raise RuntimeError(f"{name} expects floating point dtypes, got: {dtype}")
    if length < 0:
        raise RuntimeError(
            f"{name} requires non-negative window_length, got window_length={length}"
        )
    last = length if periodic else length - 1
    values: Any = np.ones(length) if length < 2 else shape(np.arange(length) / last)
    return tensor(values, dtype=dtype, device=device, requires_grad=requires_grad)


@torch_arguments
def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool = False,
) -> Tensor:
    """A triangle: ``1 - |2 x - 1|`` for x from 0 to 1.

    Parameters
    ----------
    window_length : int
        How many points, 0 or more.
    periodic : bool
        Whether it is to be put end to end, and so lacks its last point.

    Raises
    ------
    RuntimeError
        If the length is negative, or the dtype is not floating point.
    """
    return _window(
        "bartlett_window", window_length, periodic, lambda x: 1 - np.abs(2 * x - 1),
        dtype, device, requires_grad,
    )  # fmt: skip


@torch_arguments
def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool = False,
) -> Tensor:
    """``0.42 - 0.5 cos(2 pi x) + 0.08 cos(4 pi x)``; arguments and errors as in
    `bartlett_window`."""
    return _window(
        "blackman_window", window_length, periodic,
        lambda x: 0.42 - 0.5 * np.cos(2 * np.pi * x) + 0.08 * np.cos(4 * np.pi * x),
        dtype, device, requires_grad,
    )  # fmt: skip


@torch_arguments
def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool = False,
) -> Tensor:
    """``alpha - beta cos(2 pi x)``; arguments and errors as in `bartlett_window`."""
    return _window(
        "hamming_window", window_length, periodic,
        lambda x: alpha - beta * np.cos(2 * np.pi * x), dtype, device, requires_grad,
    )  # fmt: skip


@torch_arguments
def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool = False,
) -> Tensor:
    """``sin(pi x)^2``; arguments and errors as in `bartlett_window`."""
    return _window(
        "hann_window", window_length, periodic, lambda x: np.sin(np.pi * x) ** 2,
        dtype, device, requires_grad,
    )  # fmt: skip


@torch_arguments
def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool = False,
) -> Tensor:
    """``I0(beta sqrt(1 - (2 x - 1)^2)) / I0(beta)``, with the Bessel function I0; other arguments
    and errors as in `bartlett_window`."""
    return _window(
        "kaiser_window", window_length, periodic,
        lambda x: np.i0(beta * np.sqrt(1 - (2 * x - 1) ** 2)) / np.i0(beta),
        dtype, device, requires_grad,
    )  # fmt: skip
