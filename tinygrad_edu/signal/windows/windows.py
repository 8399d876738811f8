"""Windows of M points, symmetric (as for filters) or else periodic: the symmetric one of M + 1
points without its last (as for Fourier transforms).

Each is a function of evenly spaced places, and so of `linspace`. Their definitions are in F. J.
Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform",
Proceedings of the IEEE 66 (1978).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypedDict, Unpack

from ...creation import empty, ones, tensor
from ...dtypes import dtype as DType
from ...dtypes import float32, float64, get_default_dtype
from ...layout import layout as Layout
from ...layout import strided
from ...ops.bessel import i0
from ...ranges import arange, linspace
from ...size import device as Device
from ...tensor import Tensor


class Made(TypedDict, total=False):
    """How the tensor is made; as in `zeros`."""

    dtype: DType | None
    layout: Layout
    device: Device | str | None
    requires_grad: bool


def _made(
    name: str,
    M: int,
    dtype: DType | None,
    layout: Layout,
    device: Device | str | None,
    requires_grad: bool,
) -> Made:
    """The arguments of `linspace`, checked."""
    dtype = get_default_dtype() if dtype is None else dtype
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout is not strided:
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    if dtype not in (float32, float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {dtype}")
    return {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}


def _spaced(M: int, shape: Callable[[Tensor], Tensor], start: float, step: float,
            made: Made, one_is_one: bool = True) -> Tensor:  # fmt: skip
    """`shape` of M places from `start` on; a single point is 1, or a place like any other."""
    if M == 0:
        return empty((0,), **made)
    if M == 1 and one_is_one:
        return ones((1,), **made)
    return shape(linspace(start, start + (M - 1) * step, M, **made))


def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Layout = strided,
    device: Device | str | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """``exp(-|n - center| / tau)``, also called Poisson's window.

    Parameters
    ----------
    M : int
        How many points, 0 or more.
    center : float, optional
        Where it is largest; in the middle by default, and always if `sym`.
    tau : float
        How slowly it falls; positive.
    sym : bool
        Whether it is symmetric and not periodic.
    dtype, layout, device, requires_grad
        As in `zeros`; float32 or float64.

    Raises
    ------
    ValueError
        If an argument is not as said above.
    """
    made = _made("exponential", M, dtype, layout, device, requires_grad)
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    if center is None:
        center = (M if not sym and M > 1 else M - 1) / 2.0
    step = 1 / tau
    return _spaced(M, lambda k: (-k.abs()).exp(), -center * step, step, made, one_is_one=False)


def cosine(
    M: int,
    *,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Layout = strided,
    device: Device | str | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """``sin(pi (n + 1/2) / M)``; arguments and errors as in `exponential`."""
    made = _made("cosine", M, dtype, layout, device, requires_grad)
    step = math.pi / ((M + 1 if not sym and M > 1 else M) or 1)
    return _spaced(M, lambda k: k.sin(), 0.5 * step, step, made, one_is_one=False)


def gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Layout = strided,
    device: Device | str | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """``exp(-n^2 / (2 std^2))`` of n from the middle; others as in `exponential`.

    Parameters
    ----------
    std : float
        Positive.
    """
    made = _made("gaussian", M, dtype, layout, device, requires_grad)
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    start, step = -(M if not sym and M > 1 else M - 1) / 2.0, 1 / (std * math.sqrt(2))
    return _spaced(M, lambda k: (-(k**2)).exp(), start * step, step, made, one_is_one=False)


def kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Layout = strided,
    device: Device | str | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """``I0(sqrt(beta^2 - k^2)) / I0(beta)`` of k from -beta to beta, with a Bessel function.

    Parameters
    ----------
    beta : float
        How narrow it is; not negative. Others as in `exponential`.
    """
    made = _made("kaiser", M, dtype, layout, device, requires_grad)
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    if M < 2:
        return _spaced(M, i0, 0, 0, made)
    # All of it is rounded to the dtype, or a root may be of what is below 0.
    wide = tensor(beta, dtype=made["dtype"])
    step = 2.0 * wide / (M - 1 if sym else M)
    end = wide.minimum(-wide + (M - 1) * step)
    k = linspace((-wide).item(), end.item(), M, **made)
    return i0((wide * wide - k.pow(2)).sqrt()) / i0(wide)


def bartlett(
    M: int,
    *,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Layout = strided,
    device: Device | str | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """A triangle, 0 at its ends; arguments and errors as in `exponential`."""
    made = _made("bartlett", M, dtype, layout, device, requires_grad)
    step = 2 / ((M - 1 if sym else M) or 1)
    return _spaced(M, lambda k: 1 - k.abs(), -1, step, made)


def general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: DType | None = None,
    layout: Layout = strided,
    device: Device | str | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """``a_0 - a_1 cos z + a_2 cos 2z - ...`` of z from 0 to 2 pi.

    Parameters
    ----------
    a : iterable of float
        At least one. Others as in `exponential`.

    Raises
    ------
    TypeError
        If `a` is no iterable.
    ValueError
        If it is empty, or another argument is not as said there.
    """
    made = _made("general_cosine", M, dtype, layout, device, requires_grad)
    if M > 1 and not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    if M > 1 and not a:
        raise ValueError("Coefficients cannot be empty")

    def shape(z: Tensor) -> Tensor:
        signed = tensor([(-1) ** i * weight for i, weight in enumerate(a)],
                        dtype=made["dtype"], requires_grad=requires_grad)  # fmt: skip
        i = arange(signed.shape[0], dtype=signed.dtype, requires_grad=requires_grad)
        return (signed.unsqueeze(-1) * (i.unsqueeze(-1) * z).cos()).sum(0)

    return _spaced(M, shape, 0, 2 * math.pi / ((M - 1 if sym else M) or 1), made)


class Common(Made, total=False):
    """What the windows below take besides."""

    sym: bool


def general_hamming(M: int, *, alpha: float = 0.54, **common: Unpack[Common]) -> Tensor:
    """``alpha - (1 - alpha) cos z``; other arguments and errors as in `general_cosine`."""
    return general_cosine(M, a=[alpha, 1.0 - alpha], **common)


def hamming(M: int, **common: Unpack[Common]) -> Tensor:
    """``0.54 - 0.46 cos z``; arguments and errors as in `general_cosine`."""
    return general_hamming(M, **common)


def hann(M: int, **common: Unpack[Common]) -> Tensor:
    """``(1 - cos z) / 2``; arguments and errors as in `general_cosine`."""
    return general_hamming(M, alpha=0.5, **common)


def blackman(M: int, **common: Unpack[Common]) -> Tensor:
    """``0.42 - 0.5 cos z + 0.08 cos 2z``; arguments and errors as in `general_cosine`."""
    return general_cosine(M, a=[0.42, 0.5, 0.08], **common)


def nuttall(M: int, **common: Unpack[Common]) -> Tensor:
    """Four terms whose side lobes are low; arguments and errors as in `general_cosine`.

    A. Nuttall, "Some windows with very good sidelobe behavior", IEEE Transactions on Acoustics,
    Speech, and Signal Processing 29 (1981).
    """
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], **common)
