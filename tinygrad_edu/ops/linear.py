"""A layer of neurons, ``x W^T + b``, as one op: a matrix product, as in `linalg`, and a sum."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..advice import advised
from ..autograd.graph import Array, TensorBase
from ..dtypes import old_name
from .arguments import not_a_tensor
from .linalg import Product, addmm, check_fits, matmul
from .shape import reshape, t

if TYPE_CHECKING:
    from ..tensor import Tensor


class Linear(Product):
    """``x @ weight.T + bias``: each row of `weight` is one neuron.

    PyTorch records the same under this name, with a node more for the transposition.
    """

    node_name = "AddmmBackward0"  # and the order of its arguments, bias first, is PyTorch's too
    widens = True

    @staticmethod
    def forward(bias: Array, x: Array, weight: Array) -> Array:
        result = np.dot(x, weight.T)  # ni,oi -> no; begins sooner than matmul
        result += bias
        return result

    @classmethod
    def explain(cls, values: list[Any], error: ValueError) -> Exception:
        bias, x, weight = (list(v.shape) for v in values)
        if x[1] == weight[1]:
            return RuntimeError(
                f"linear: bias of shape {bias} does not fit a weight of shape {weight}"
            )
        shapes = f"({x[0]}x{x[1]} and {weight[1]}x{weight[0]})"
        return advised(
            RuntimeError(f"mat1 and mat2 shapes cannot be multiplied {shapes}"),
            f"An input of shape {x} needs a weight of shape [out_features, {x[1]}], not {weight}.",
        )

    @staticmethod
    def d_bias(grad: Array) -> Array:
        return grad.sum(0)  # no -> o

    @staticmethod
    def d_x(grad: Array, weight: Array) -> Array:
        return grad @ weight  # no,oi -> ni

    @staticmethod
    def d_weight(grad: Array, x: Array) -> Array:
        return grad.T @ x  # no,ni -> oi


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input @ weight.T + bias``, a layer of neurons.

    Parameters
    ----------
    input : Tensor of shape (..., in_features)
    weight : Tensor of shape (out_features, in_features)
        Or, without a bias for each neuron, (in_features): one neuron, whose dimension is left out.
    bias : Tensor of shape (out_features), or without dimensions, optional

    Returns
    -------
    Tensor of shape (..., out_features)

    Raises
    ------
    RuntimeError
        If the shapes or dtypes do not fit.
    TypeError
        If one is no tensor.
    """
    if not (isinstance(input, TensorBase) and isinstance(weight, TensorBase)):
        right = isinstance(input, TensorBase)
        name, wrong = ("weight", weight) if right else ("input", input)
        raise not_a_tensor("linear", name, int(right), wrong)
    if bias is None:
        return matmul(input, t(weight))
    if not isinstance(bias, TensorBase):
        raise not_a_tensor("linear", "bias", 2, bias)
    x, w, b = input.array, weight.array, bias.array
    floats = x.dtype.kind == "f" and x.dtype is w.dtype is b.dtype
    if floats and x.ndim == w.ndim == 2 and b.shape == w.shape[:1]:
        return Linear.apply(bias, input, weight)
    return _linear(input, weight, bias)


def _linear(input: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """`linear` of anything but a matrix, with what is common to it and other shapes checked."""
    x, w, b = input.array, weight.array, bias.array
    if x.dtype.kind == "b":
        raise NotImplementedError('"linear" not implemented for torch.bool')
    if not (x.ndim and w.ndim):
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {x.ndim}D and {w.ndim}D"
        )
    if b.ndim != 1:
        if x.ndim == 2:
            return addmm(bias, input, t(weight))
        product = matmul(input, t(weight))
        check_fits("linear", bias, product.array.shape)
        out = product + bias
        if out.array.dtype != x.dtype:
            raise RuntimeError(f"linear: {out.dtype} can't be cast to {input.dtype}")
        return out
    if w.ndim != 2 or b.shape[0] not in (1, w.shape[0]):
        raise RuntimeError(
            "linear: weight must be of shape [out_features, in_features] and bias of shape "
            f"[out_features], but they have shapes {list(w.shape)} and {list(b.shape)}"
        )
    if not x.dtype == w.dtype == b.dtype:
        pair, first, second = ("mat1", x, w) if w.dtype == b.dtype else ("self", b, w)
        raise RuntimeError(
            f"{pair} and mat2 must have the same dtype, but got {old_name(first.dtype)} and "
            f"{old_name(second.dtype)}"
        )
    if x.ndim == 2:
        return Linear.apply(bias, input, weight)
    if not x.flags.c_contiguous:  # PyTorch, too, adds the bias to a product of its own then
        return matmul(input, t(weight)) + bias
    rows = reshape(input, math.prod(x.shape[:-1]), x.shape[-1])
    return reshape(Linear.apply(bias, rows, weight), *x.shape[:-1], w.shape[0])
