"""The layers' computations as functions, with PyTorch's names and arguments.

What they do stands in `ops`; here are PyTorch's signatures, with the names that older programs use,
and what is made of other ops: `one_hot`, and `l1_loss`, the mean of absolute differences.
"""

from __future__ import annotations

import warnings

import numpy as np

from ..autograd.graph import wrap
from ..dtypes import dtype as DType
from ..dtypes import int64
from ..ops import activation, class_loss, loss
from ..ops.adaptive_pool import adaptive_avg_pool1d as adaptive_avg_pool1d
from ..ops.adaptive_pool import adaptive_avg_pool2d as adaptive_avg_pool2d
from ..ops.adaptive_pool import adaptive_max_pool1d as adaptive_max_pool1d
from ..ops.adaptive_pool import adaptive_max_pool2d as adaptive_max_pool2d
from ..ops.class_loss import IGNORE_INDEX
from ..ops.conv import conv1d as conv1d
from ..ops.conv import conv2d as conv2d
from ..ops.conv import conv_transpose1d as conv_transpose1d
from ..ops.conv import conv_transpose2d as conv_transpose2d
from ..ops.linalg import linear as linear
from ..ops.loss import check_reduction
from ..ops.pad import pad as pad
from ..ops.pool import avg_pool1d as avg_pool1d
from ..ops.pool import avg_pool2d as avg_pool2d
from ..ops.pool import max_pool1d as max_pool1d
from ..ops.pool import max_pool2d as max_pool2d
from ..tensor import Tensor

sigmoid = activation.sigmoid
tanh = activation.tanh


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """`input` where it is above 0, and 0 elsewhere.

    Raises
    ------
    NotImplementedError
        With `inplace`, which would overwrite what a gradient may need.
    """
    if inplace:
        raise NotImplementedError("relu(inplace=True): leave inplace out")
    return activation.relu(input)


def softmax(input: Tensor, dim: int | None = None, dtype: DType | None = None) -> Tensor:
    """Turn scores into shares that sum to 1 along `dim`; warns if it has to guess `dim`."""
    return activation.softmax(input, _softmax_dim("softmax", input, dim), dtype=dtype)


def log_softmax(input: Tensor, dim: int | None = None, dtype: DType | None = None) -> Tensor:
    """The logarithm of `softmax`, without its underflow; warns if it has to guess `dim`."""
    return activation.log_softmax(input, _softmax_dim("log_softmax", input, dim), dtype=dtype)


def _softmax_dim(name: str, input: Tensor, dim: int | None) -> int:
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument.",
        stacklevel=3,
    )
    return 0 if input.ndim in (0, 1, 3) else 1


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """For each class a vector that is 1 at its place and 0 elsewhere.

    Parameters
    ----------
    tensor : Tensor of int64
        Classes, from 0.
    num_classes : int
        The length of the vectors; by default one more than the largest class.

    Returns
    -------
    Tensor of int64, of the shape of `tensor` with one dimension more

    Raises
    ------
    RuntimeError
        If `tensor` is not of int64, a class is out of range, or there is none to count from.
    """
    classes = tensor.array
    if tensor.dtype is not int64:
        raise RuntimeError(
            f"one_hot is only applicable to index tensor of type LongTensor, not {tensor.dtype}."
        )
    if classes.size == 0 and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if classes.size and classes.min() < 0:
        raise RuntimeError(f"Class values must be non-negative, but there is {classes.min()}.")
    if num_classes == -1:
        num_classes = int(classes.max()) + 1
    elif classes.size and classes.max() >= num_classes:
        raise RuntimeError(
            f"Class values must be smaller than num_classes, {num_classes}, but there is "
            f"{classes.max()}."
        )
    places = classes[..., None] == np.arange(num_classes)
    return wrap(places.astype(np.int64))


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The squared difference between `input` and `target`.

    Parameters
    ----------
    input, target : Tensor
        Of one shape; other shapes broadcast, with a warning.
    size_average, reduce : bool, optional
        PyTorch's old names for `reduction`; they warn.
    reduction : {"mean", "sum", "none"}
    weight : Tensor of the shape of `input`, optional
        A factor for each element; a mean divides by their sum.

    Raises
    ------
    RuntimeError
        If the shapes do not broadcast.
    ValueError
        If `reduction` is another word, or `weight` of another shape.
    """
    reduction = _legacy(size_average, reduce, reduction)
    if target.array.shape != input.array.shape:
        _warn_sizes(input, target)
    if weight is None:
        return loss.mse_loss(input, target, reduction)
    return _weighted((input - target) ** 2, weight, input, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The absolute difference between `input` and `target`; parameters as for `mse_loss`."""
    reduction = _legacy(size_average, reduce, reduction)
    if target.array.shape != input.array.shape:
        _warn_sizes(input, target)
    error = (input - target).abs()
    if weight is not None:
        return _weighted(error, weight, input, reduction)
    check_reduction(reduction)
    return _reduced(error, reduction)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """How unlikely `target` is, if `input` is the probability of a 1.

    `size_average` and `reduce` are PyTorch's old names for `reduction`. All else is described at
    `tinygrad_edu.ops.loss.binary_cross_entropy`.
    """
    reduction = _legacy(size_average, reduce, reduction)
    return loss.binary_cross_entropy(input, target, weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """`binary_cross_entropy` of ``sigmoid(input)``, without the rounding in between.

    `size_average` and `reduce` are PyTorch's old names for `reduction`. All else is described at
    `tinygrad_edu.ops.loss.binary_cross_entropy_with_logits`.
    """
    reduction = _legacy(size_average, reduce, reduction)
    return loss.binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weight)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = IGNORE_INDEX,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log-probability that `input` gives to each sample's class.

    `size_average` and `reduce` are PyTorch's old names for `reduction`. All else is described at
    `tinygrad_edu.ops.class_loss.nll_loss`.
    """
    reduction = _legacy(size_average, reduce, reduction)
    return class_loss.nll_loss(input, target, weight, ignore_index, reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = IGNORE_INDEX,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """How unlikely `target` is, if ``softmax(input)`` are the probabilities of the classes.

    `size_average` and `reduce` are PyTorch's old names for `reduction`. All else is described at
    `tinygrad_edu.ops.class_loss.cross_entropy`.
    """
    reduction = _legacy(size_average, reduce, reduction)
    return class_loss.cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)


def _reduced(losses: Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def _weighted(losses: Tensor, weight: Tensor, input: Tensor, reduction: str) -> Tensor:
    if weight.array.shape != input.array.shape:
        raise ValueError(
            f"Weights and input must have the same size, but they have {list(weight.shape)} and "
            f"{list(input.shape)}."
        )
    check_reduction(reduction)
    if reduction == "mean":
        return (losses * weight).sum() / weight.sum()
    return _reduced(losses * weight, reduction)


def _warn_sizes(input: Tensor, target: Tensor) -> None:
    warnings.warn(
        f"Using a target size ({target.shape}) that is different to the input size "
        f"({input.shape}). This will likely lead to incorrect results due to broadcasting. Please "
        "ensure they have the same size.",
        stacklevel=3,
    )


def _legacy(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction that PyTorch's older arguments mean; `reduction` if they are not given."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        meant = "none"
    else:
        meant = "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{meant}' instead.",
        stacklevel=3,
    )
    return meant
