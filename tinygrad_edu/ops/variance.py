"""The variance and its square root, the standard deviation.

With m for the mean of n numbers the variance is ``sum((x - m)^2) / (n - correction)``. Through m it
has no derivative, for the deviations from m sum to 0.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array, constant
from ..autograd.op import Op
from ..layout import in_rows
from .arguments import torch_arguments
from .dims import Dims, normalize_dims
from .kinds import BoolIfGiven
from .reduce import count, kept

if TYPE_CHECKING:
    from ..tensor import Tensor


class Var(Op):
    """The variance with divisor n - correction; derivative 2 (x - mean) / (n - correction)."""

    widens = True

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...] | None, correction: float, keepdim: bool) -> Array:
        return in_rows(variance(x, dims, correction, keepdim).astype(x.dtype, copy=False))

    @staticmethod
    def d_x(
        grad: Array, x: Array, dims: tuple[int, ...] | None, correction: float, keepdim: bool
    ) -> Array:
        n = count(x.shape, dims)
        mean = kept(x.sum(dims) / n, dims, False)
        if dims is None and n <= correction:  # as PyTorch has it: infinite, but nan at the mean
            return grad * np.where(constant(x) == constant(mean), np.nan, np.inf)
        scale = float(np.divide(2.0, n - correction))
        return kept(scale * grad, dims, keepdim) * (x - mean)


def variance(x: Array, dims: tuple[int, ...] | None, correction: float, keepdim: bool) -> Array:
    """In float64, like PyTorch, so that the squares of large float32 numbers do not overflow."""
    n = count(x.shape, dims)
    mean = x.sum(dims, dtype=np.float64, keepdims=True) / n
    mean = mean + (x - mean).sum(dims, keepdims=True) / n  # now exact where all numbers are equal
    centred = x - mean
    divisor = max(n - correction, 0.0) if n else 0.0
    return np.divide((centred * centred).sum(dims, keepdims=keepdim), divisor)


class Std(Op):
    """The square root of the variance; the derivative is 0 where all elements are equal."""

    widens = True

    @staticmethod
    def forward(x: Array, dims: tuple[int, ...] | None, correction: float, keepdim: bool) -> Array:
        deviations = np.sqrt(variance(x, dims, correction, keepdim))
        return in_rows(deviations.astype(x.dtype, copy=False))

    @staticmethod
    def d_x(
        grad: Array,
        x: Array,
        out: Array,
        dims: tuple[int, ...] | None,
        correction: float,
        keepdim: bool,
    ) -> Array:
        grad_var = np.where(out == 0, 0.0, grad / (2 * out))
        return Var.d_x(grad_var, x, dims, correction, keepdim)


class VarMean(Op):
    """The variance and the mean, whose derivatives add up."""

    outputs = ("deviation", "mean")
    materialize_grads = False
    widens = True

    @staticmethod
    def forward(
        x: Array, dims: tuple[int, ...] | None, correction: float, keepdim: bool
    ) -> tuple[Array, Array]:
        return Var.forward(x, dims, correction, keepdim), _mean(x, dims, keepdim)

    @staticmethod
    def d_x(
        grads: tuple[Array, Array],
        x: Array,
        dims: tuple[int, ...] | None,
        correction: float,
        keepdim: bool,
    ) -> Array:
        return _both(grads, x, dims, keepdim, lambda g: Var.d_x(g, x, dims, correction, keepdim))


class StdMean(Op):
    """The standard deviation and the mean, whose derivatives add up."""

    outputs = ("deviation", "mean")
    materialize_grads = False
    widens = True

    @staticmethod
    def forward(
        x: Array, dims: tuple[int, ...] | None, correction: float, keepdim: bool
    ) -> tuple[Array, Array]:
        return Std.forward(x, dims, correction, keepdim), _mean(x, dims, keepdim)

    @staticmethod
    def d_x(
        grads: tuple[Array, Array],
        x: Array,
        deviation: Array,
        dims: tuple[int, ...] | None,
        correction: float,
        keepdim: bool,
    ) -> Array:
        return _both(
            grads, x, dims, keepdim, lambda g: Std.d_x(g, x, deviation, dims, correction, keepdim)
        )


def _mean(x: Array, dims: tuple[int, ...] | None, keepdim: bool) -> Array:
    return in_rows(np.asarray(x.sum(dims, keepdims=keepdim) / count(x.shape, dims), x.dtype))


def _both(
    grads: tuple[Array, Array],
    x: Array,
    dims: tuple[int, ...] | None,
    keepdim: bool,
    of_deviation: Callable[[Array], Array],
) -> Array:
    """The derivatives of a deviation and of the mean; of those that were used."""
    grad, grad_mean = grads
    if grad_mean is None:
        return of_deviation(grad)
    of_mean = np.broadcast_to(kept(grad_mean / count(x.shape, dims), dims, keepdim), x.shape)
    return of_mean if grad is None else of_deviation(grad) + of_mean


@torch_arguments
def var(
    input: Tensor,
    dim: Dims | bool = None,
    unbiased: BoolIfGiven = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The variance over `dim`, or of all elements.

    Parameters
    ----------
    input : Tensor
        Floating point.
    dim : int or tuple of int, optional
        A bool in its place is `unbiased`.
    unbiased : bool, optional
        The older word for `correction`: True is 1, False is 0.
    keepdim : bool
        Whether the reduced dimensions stay, with size 1.
    correction : float, optional
        Divide by the number of elements less this; 1, the default, is Bessel's correction.

    Raises
    ------
    RuntimeError
        If the elements are not floating point.
    TypeError
        If both `unbiased` and `correction` are given, or `unbiased` is no bool.
    """
    return Var.apply(*deviation("var", input, dim, unbiased, correction, keepdim))


@torch_arguments
def std(
    input: Tensor,
    dim: Dims | bool = None,
    unbiased: BoolIfGiven = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The standard deviation; parameters and errors as for `var`."""
    return Std.apply(*deviation("std", input, dim, unbiased, correction, keepdim))


def deviation(
    name: str,
    input: Tensor,
    dim: Dims,
    unbiased: bool | None,
    correction: float | None,
    keepdim: bool,
) -> tuple[Tensor, tuple[int, ...] | None, float, bool]:
    """The arguments of `Var` and `Std`, from the several forms in which users give them.

    To be called by the public functions only: warns their caller of a divisor that is not positive.
    """
    if isinstance(dim, bool):
        if unbiased is not None or correction is not None or keepdim:
            raise TypeError(f"{name}(): a bool in place of dim, {dim}, stands alone")
        dim, unbiased = None, dim
    if unbiased is not None:
        if correction is not None or not isinstance(unbiased, bool):
            raise TypeError(
                f"{name}(): expected a bool for unbiased or a number for correction, but got "
                f"unbiased={unbiased!r} and correction={correction!r}"
            )
        correction = float(unbiased)
    if input.array.dtype.kind != "f":
        raise RuntimeError("std and var only support floating point and complex dtypes")
    dims = None if dim is None else normalize_dims(dim, input.array.ndim) or None
    correction = 1 if correction is None else correction
    n = count(input.array.shape, dims) if input.array.size else 0
    if n <= correction:
        warnings.warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the "
            "reduction factor (input numel divided by output numel).",
            UserWarning,
            stacklevel=4,
        )
    return input, dims, correction, keepdim
