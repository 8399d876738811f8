"""Activations: `sigmoid`, `tanh`, `relu`, `softmax`, `log_softmax`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import Array, TensorBase
from ..autograd.op import Op
from ..layout import in_rows
from .arguments import not_a_tensor, torch_arguments
from .convert import to_dtype
from .dims import normalize_dim
from .into import into
from .masks import LARGE, masked

if TYPE_CHECKING:
    from ..dtypes import dtype
    from ..tensor import Tensor


class Tanh(Op):
    """The hyperbolic tangent, with derivative 1 - tanh(x)^2."""

    promotes = "float"

    @staticmethod
    def forward(x: Array) -> Array:
        return np.tanh(x)

    @staticmethod
    def d_x(grad: Array, out: Array) -> Array:
        return grad * (1 - out * out)


class Sigmoid(Op):
    """``1 / (1 + e^-x)``, with derivative s (1 - s)."""

    promotes = "float"
    widens = True

    @staticmethod
    def forward(x: Array) -> Array:
        return np.reciprocal(1 + np.exp(-x))

    @staticmethod
    def d_x(grad: Array, out: Array) -> Array:
        return grad * (1 - out) * out


class Relu(Op):
    """``max(x, 0)``, with derivative 1 where x > 0 or nan, and 0 elsewhere, at 0 too."""

    kinds = "iuf"

    @classmethod
    def _check_kinds(cls, values: list[Any]) -> None:
        if values[0].dtype.kind == "b":
            raise RuntimeError("Boolean inputs not supported for relu")

    @staticmethod
    def forward(x: Array) -> Array:
        if x.size < LARGE or x.dtype.kind != "f":
            return np.maximum(x, 0)
        return x.clip(0, np.inf)  # takes a quarter of the time, but longer to begin

    @staticmethod
    def d_x(grad: Array, out: Array) -> Array:
        return Threshold.call(grad, out)


class Threshold(Op):
    """`grad` where `y`, what `Relu` returned, is not 0; its derivative for `y` is 0."""

    node_name = "ThresholdBackwardBackward0"

    @staticmethod
    def forward(grad: Array, y: Array) -> Array:
        return masked(grad, y != 0)  # nan, too

    @staticmethod
    def d_grad(grad: Array, y: Array) -> Array:
        return Threshold.call(grad, y)

    @staticmethod
    def d_y(grad: Array) -> Array:
        return np.zeros_like(grad)


class Softmax(Op):
    """``e^x / sum(e^x)`` along `dim`; derivative s (grad - sum(grad s)).

    The largest x is taken off first: that changes no quotient, and nothing overflows.
    """

    kinds = "f"
    kernel = "softmax_lastdim_kernel_impl"
    widens = True

    @staticmethod
    def forward(x: Array, dim: int) -> Array:
        x = in_rows(x)
        exp = np.exp(x - x.max(axis=dim, keepdims=True, initial=-np.inf))
        return exp / exp.sum(axis=dim, keepdims=True)

    @staticmethod
    def d_x(grad: Array, out: Array, dim: int) -> Array:
        weighted = grad * out
        return weighted - out * np.expand_dims(weighted.sum(dim), dim)


class LogSoftmax(Op):
    """``x - log(sum(e^x))`` along `dim`; derivative grad - softmax(x) sum(grad)."""

    kinds = "f"
    kernel = "log_softmax_lastdim_kernel_impl"
    widens = True

    @staticmethod
    def forward(x: Array, dim: int) -> Array:
        x = in_rows(x)
        shifted = x - x.max(axis=dim, keepdims=True, initial=-np.inf)
        return shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True))

    @staticmethod
    def d_x(grad: Array, out: Array, dim: int) -> Array:
        return grad - np.exp(out) * np.expand_dims(grad.sum(dim), dim)


def sigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``1 / (1 + exp(-input))``, between 0 and 1."""
    if out is not None:
        return into(out, sigmoid, input)
    if not isinstance(input, TensorBase):  # here, for speed, and not by @torch_arguments
        raise not_a_tensor("sigmoid", "input", 0, input)
    return Sigmoid.apply(input)


def tanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic tangent, between -1 and 1."""
    if out is not None:
        return into(out, tanh, input)
    if not isinstance(input, TensorBase):  # here, for speed, and not by @torch_arguments
        raise not_a_tensor("tanh", "input", 0, input)
    return Tanh.apply(input)


def relu(input: Tensor) -> Tensor:
    """`input` where it is above 0, and 0 elsewhere."""
    if not isinstance(input, TensorBase):  # here, for speed, and not by @torch_arguments
        raise not_a_tensor("relu", "input", 0, input)
    return Relu.apply(input)


@torch_arguments
def softmax(input: Tensor, dim: int, dtype: dtype | None = None) -> Tensor:
    """Turn scores into shares that sum to 1 along `dim`.

    Parameters
    ----------
    input : Tensor
    dim : int
        The dimension along which the classes lie; counted from the end if negative.
    dtype : dtype, optional
        Convert `input` to this first.

    Raises
    ------
    IndexError
        If `input` has no dimension `dim`.
    """
    return Softmax.apply(_converted(input, dtype), normalize_dim(dim, input.array.ndim))


@torch_arguments
def log_softmax(input: Tensor, dim: int, dtype: dtype | None = None) -> Tensor:
    """The logarithm of `softmax`, without its underflow; same parameters and errors."""
    return LogSoftmax.apply(_converted(input, dtype), normalize_dim(dim, input.array.ndim))


def _converted(input: Tensor, dtype: dtype | None) -> Tensor:
    return input if dtype is None else to_dtype(input, dtype.numpy)
