"""Layers' functions as they are in ``torch`` itself: less convenient than in `functional`.

Arguments stand in another order, have no defaults, or say what PyTorch's own kernels are to do
(``cudnn_enabled``, which means nothing here).
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ops import adaptive_pool, normalize
from ..ops import embedding as embedding_
from ..ops import layer_norm as layer_norm_
from ..ops.arguments import torch_arguments
from ..tensor import Tensor
from .functional_dropout import dropped


@torch_arguments
def dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`functional.dropout`.

    Raises
    ------
    RuntimeError
        If `p` is no probability.
    TypeError
        If `train` is no bool.
    """
    _check(p)
    return dropped(input, p, train, inplace=False)


@torch_arguments
def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`functional.alpha_dropout`; errors as for `dropout`."""
    _check(p)
    return dropped(input, p, train, inplace=False, alpha=True)


@torch_arguments
def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`dropout` of whole channels of (N, C, ...)."""
    _check(p)
    return dropped(input, p, train, inplace=False, channels=True)


@torch_arguments
def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`alpha_dropout` of whole channels of (N, C, ...)."""
    _check(p)
    return dropped(input, p, train, inplace=False, channels=True, alpha=True)


def _check(p: float) -> None:
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")


@torch_arguments
def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Tensor:
    """`functional.layer_norm`.

    Raises
    ------
    TypeError
        If `normalized_shape` is no sequence of integers.
    """
    _check_shape("layer_norm", normalized_shape)
    return layer_norm_.layer_norm(input, normalized_shape, weight, bias, eps)


@torch_arguments
def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """`functional.rms_norm`; errors as for `layer_norm`."""
    _check_shape("rms_norm", normalized_shape)
    return normalize.rms_norm(input, normalized_shape, weight, eps)


def _check_shape(name: str, shape: Sequence[int]) -> None:
    if not isinstance(shape, Sequence):
        raise TypeError(f"{name}(): argument 'normalized_shape' must be ints, not {shape!r}")


@torch_arguments
def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """`functional.group_norm`."""
    return normalize.group_norm(input, num_groups, weight, bias, eps)


@torch_arguments
def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """`functional.batch_norm`."""
    return normalize.batch_norm(
        input, running_mean, running_var, weight, bias, training, momentum, eps
    )


@torch_arguments
def instance_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """`functional.instance_norm`."""
    return normalize.instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


@torch_arguments
def embedding(
    weight: Tensor,
    indices: Tensor,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """`functional.embedding`, with the table first; a `padding_idx` below 0 means none."""
    padding = None if padding_idx < 0 else padding_idx
    return embedding_.embedding(
        indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse
    )


@torch_arguments
def adaptive_max_pool1d(input: Tensor, output_size: int | Sequence[int]) -> tuple[Tensor, Tensor]:
    """`functional.adaptive_max_pool1d`, and where the largest elements are."""
    values, indices = adaptive_pool.adaptive_max_pool1d(input, output_size, return_indices=True)
    return values, indices
