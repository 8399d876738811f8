"""The layers' computations as functions, with PyTorch's names and arguments.

What they do stands in `ops`; here are PyTorch's signatures, with the names that older programs use,
and what is made of other ops: `one_hot`, and `l1_loss`, the mean of absolute differences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import wrap
from ..dtypes import int64
from ..missing import refuse
from ..ops import class_loss, loss, loss_logits
from ..ops.adaptive_pool import adaptive_avg_pool1d as adaptive_avg_pool1d
from ..ops.adaptive_pool import adaptive_avg_pool2d as adaptive_avg_pool2d
from ..ops.adaptive_pool import adaptive_avg_pool3d as adaptive_avg_pool3d
from ..ops.adaptive_pool import adaptive_max_pool1d as adaptive_max_pool1d
from ..ops.adaptive_pool import adaptive_max_pool2d as adaptive_max_pool2d
from ..ops.adaptive_pool import adaptive_max_pool3d as adaptive_max_pool3d
from ..ops.affine_grid import affine_grid as affine_grid
from ..ops.arguments import need_named_tensors, wrong_kind
from ..ops.bilinear import bilinear as bilinear
from ..ops.class_loss import IGNORE_INDEX
from ..ops.conv import conv1d as conv1d
from ..ops.conv import conv2d as conv2d
from ..ops.conv import conv_transpose1d as conv_transpose1d
from ..ops.conv import conv_transpose2d as conv_transpose2d
from ..ops.conv3d import conv3d as conv3d
from ..ops.conv3d import conv_transpose3d as conv_transpose3d
from ..ops.conv_tbc import conv_tbc as conv_tbc
from ..ops.ctc import ctc_loss as ctc_loss
from ..ops.distance import cosine_similarity as cosine_similarity
from ..ops.distance import normalize as normalize
from ..ops.distance import pairwise_distance as pairwise_distance
from ..ops.embedding import embedding as embedding
from ..ops.embedding_bag import embedding_bag as embedding_bag
from ..ops.fold import fold as fold
from ..ops.fold import unfold as unfold
from ..ops.grid_sample import grid_sample as grid_sample
from ..ops.kinds import Refused, integer
from ..ops.layer_norm import layer_norm as layer_norm
from ..ops.linear import linear as linear
from ..ops.loss import check_reduction
from ..ops.normalize import batch_norm as batch_norm
from ..ops.normalize import group_norm as group_norm
from ..ops.normalize import instance_norm as instance_norm
from ..ops.normalize import rms_norm as rms_norm
from ..ops.pad import pad as pad
from ..ops.pairs import pdist as pdist
from ..ops.pool import avg_pool1d as avg_pool1d
from ..ops.pool import avg_pool2d as avg_pool2d
from ..ops.pool import max_pool1d as max_pool1d
from ..ops.pool import max_pool2d as max_pool2d
from ..ops.pool3d import avg_pool3d as avg_pool3d
from ..ops.pool3d import max_pool3d as max_pool3d
from ..ops.resample import channel_shuffle as channel_shuffle
from ..ops.resample import interpolate as interpolate
from ..ops.resample import pixel_shuffle as pixel_shuffle
from ..ops.resample import pixel_unshuffle as pixel_unshuffle
from ..ops.unpool import max_unpool1d as max_unpool1d
from ..ops.unpool import max_unpool2d as max_unpool2d
from ..ops.unpool import max_unpool3d as max_unpool3d
from ..tensor import Tensor
from .functional_activation import celu as celu
from .functional_activation import elu as elu
from .functional_activation import gelu as gelu
from .functional_activation import glu as glu
from .functional_activation import gumbel_softmax as gumbel_softmax
from .functional_activation import hardshrink as hardshrink
from .functional_activation import hardsigmoid as hardsigmoid
from .functional_activation import hardswish as hardswish
from .functional_activation import hardtanh as hardtanh
from .functional_activation import leaky_relu as leaky_relu
from .functional_activation import log_softmax as log_softmax
from .functional_activation import logsigmoid as logsigmoid
from .functional_activation import mish as mish
from .functional_activation import prelu as prelu
from .functional_activation import relu as relu
from .functional_activation import relu6 as relu6
from .functional_activation import rrelu as rrelu
from .functional_activation import selu as selu
from .functional_activation import sigmoid as sigmoid
from .functional_activation import silu as silu
from .functional_activation import softmax as softmax
from .functional_activation import softmin as softmin
from .functional_activation import softplus as softplus
from .functional_activation import softshrink as softshrink
from .functional_activation import softsign as softsign
from .functional_activation import tanh as tanh
from .functional_activation import tanhshrink as tanhshrink
from .functional_activation import threshold as threshold
from .functional_attention import (
    scaled_dot_product_attention as scaled_dot_product_attention,
)
from .functional_class_margin import multi_margin_loss as multi_margin_loss
from .functional_class_margin import multilabel_margin_loss as multilabel_margin_loss
from .functional_dropout import alpha_dropout as alpha_dropout
from .functional_dropout import dropout as dropout
from .functional_dropout import dropout1d as dropout1d
from .functional_dropout import dropout2d as dropout2d
from .functional_dropout import dropout3d as dropout3d
from .functional_dropout import feature_alpha_dropout as feature_alpha_dropout
from .functional_fractional import fractional_max_pool2d as fractional_max_pool2d
from .functional_fractional import (
    fractional_max_pool2d_with_indices as fractional_max_pool2d_with_indices,
)
from .functional_fractional import fractional_max_pool3d as fractional_max_pool3d
from .functional_fractional import (
    fractional_max_pool3d_with_indices as fractional_max_pool3d_with_indices,
)
from .functional_inplace import celu_ as celu_
from .functional_inplace import elu_ as elu_
from .functional_inplace import hardtanh_ as hardtanh_
from .functional_inplace import leaky_relu_ as leaky_relu_
from .functional_inplace import relu_ as relu_
from .functional_inplace import rrelu_ as rrelu_
from .functional_inplace import selu_ as selu_
from .functional_inplace import threshold_ as threshold_
from .functional_linear_loss import linear_cross_entropy as linear_cross_entropy
from .functional_loss import gaussian_nll_loss as gaussian_nll_loss
from .functional_loss import huber_loss as huber_loss
from .functional_loss import kl_div as kl_div
from .functional_loss import poisson_nll_loss as poisson_nll_loss
from .functional_loss import smooth_l1_loss as smooth_l1_loss
from .functional_margin import cosine_embedding_loss as cosine_embedding_loss
from .functional_margin import hinge_embedding_loss as hinge_embedding_loss
from .functional_margin import margin_ranking_loss as margin_ranking_loss
from .functional_margin import multilabel_soft_margin_loss as multilabel_soft_margin_loss
from .functional_margin import soft_margin_loss as soft_margin_loss
from .functional_margin import triplet_margin_loss as triplet_margin_loss
from .functional_margin import (
    triplet_margin_with_distance_loss as triplet_margin_with_distance_loss,
)
from .functional_multihead import multi_head_attention_forward as multi_head_attention_forward
from .functional_pooling import (
    adaptive_max_pool1d_with_indices as adaptive_max_pool1d_with_indices,
)
from .functional_pooling import (
    adaptive_max_pool2d_with_indices as adaptive_max_pool2d_with_indices,
)
from .functional_pooling import (
    adaptive_max_pool3d_with_indices as adaptive_max_pool3d_with_indices,
)
from .functional_pooling import local_response_norm as local_response_norm
from .functional_pooling import lp_pool1d as lp_pool1d
from .functional_pooling import lp_pool2d as lp_pool2d
from .functional_pooling import lp_pool3d as lp_pool3d
from .functional_pooling import max_pool1d_with_indices as max_pool1d_with_indices
from .functional_pooling import max_pool2d_with_indices as max_pool2d_with_indices
from .functional_pooling import max_pool3d_with_indices as max_pool3d_with_indices
from .functional_resample import native_channel_shuffle as native_channel_shuffle
from .functional_resample import upsample as upsample
from .functional_resample import upsample_bilinear as upsample_bilinear
from .functional_resample import upsample_nearest as upsample_nearest
from .missing import FUNCTIONS
from .reduction import chosen_reduction, reduced, warn_sizes


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
    TypeError
        If `num_classes` is no integer, or `tensor` no tensor.
    """
    need_named_tensors("one_hot", input=tensor)
    if num_classes.__class__ is not int:
        try:
            num_classes = integer(num_classes)
        except Refused:
            raise wrong_kind("one_hot", "num_classes", 1, "int", num_classes) from None
    classes = tensor.array
    if tensor.dtype is not int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if classes.size == 0 and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if classes.size and classes.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(classes.max()) + 1
    elif classes.size and classes.max() >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    places = classes[..., None] == np.arange(num_classes)
    return wrap(places.astype(np.int64, order="C"))


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
    reduction = chosen_reduction(size_average, reduce, reduction)
    warn_sizes(input, target)
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
    reduction = chosen_reduction(size_average, reduce, reduction)
    warn_sizes(input, target)
    error = (input - target).abs()
    if weight is not None:
        return _weighted(error, weight, input, reduction)
    return reduced(error, reduction)


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
    reduction = chosen_reduction(size_average, reduce, reduction)
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
    `tinygrad_edu.ops.loss_logits.binary_cross_entropy_with_logits`.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    return loss_logits.binary_cross_entropy_with_logits(
        input, target, weight, reduction, pos_weight
    )


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
    reduction = chosen_reduction(size_average, reduce, reduction)
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
    reduction = chosen_reduction(size_average, reduce, reduction)
    return class_loss.cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)


def _weighted(losses: Tensor, weight: Tensor, input: Tensor, reduction: str) -> Tensor:
    if weight.array.shape != input.array.shape:
        raise ValueError(
            f"Weights and input must have the same size, but they have {list(weight.shape)} and "
            f"{list(input.shape)}."
        )
    check_reduction(reduction)
    if reduction == "mean":
        return (losses * weight).sum() / weight.sum()
    return reduced(losses * weight, reduction)


if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, FUNCTIONS)
