"""Attention: each query takes the mean of the values, weighted by how well it fits their keys.

``softmax(Q K^T / sqrt(d)) V``: Vaswani et al., "Attention is all you need", 2017, equation (1).
"""

from __future__ import annotations

import math

import numpy as np

from ..autograd.graph import wrap
from ..backends.cuda import _enabled
from ..ops.arguments import python_arguments
from ..ops.attention import safe_softmax
from ..ops.choice import where
from ..ops.loss import check_float
from ..tensor import Tensor
from .functional_dropout import dropout


@python_arguments
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """``softmax(query @ key.T * scale + mask) @ value``, for L queries and S keys.

    Parameters
    ----------
    query : Tensor of shape (..., L, E)
    key : Tensor of shape (..., S, E)
    value : Tensor of shape (..., S, V)
        The dimensions before the last two broadcast.
    attn_mask : Tensor, optional
        Broadcast to (..., L, S): bools, True where a query may look; or numbers that are added to
        the scores. A query that may look nowhere gets 0.
    dropout_p : float
        The probability with which weights are dropped, also outside of training.
    is_causal : bool
        Whether query i may look at keys 0 to i only.
    scale : float, optional
        By default 1 / sqrt(E).
    enable_gqa : bool
        Whether several heads of `query` (dimension -3) may share a head of `key` and `value`.

    Returns
    -------
    Tensor of shape (..., L, V)

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, or `attn_mask` and `is_causal` are both given; or if the
        implementations that are allowed, see `nn.attention`, cannot do this.
    """
    _check_attention(query, key, value, attn_mask, dropout_p, is_causal)
    if not _enabled["math"] and query.shape[-1]:
        _check_flash(query, key, value, attn_mask, dropout_p, enable_gqa)
    if enable_gqa:
        key, value = (_shared_heads(x, query) for x in (key, value))
    scores: Tensor = (
        query * (1 / math.sqrt(query.shape[-1] or 1) if scale is None else scale)
    ) @ key.mT
    if is_causal:
        attn_mask = wrap(np.tri(*scores.shape[-2:], dtype=bool))
    if attn_mask is not None:
        scores = scores + float_mask(attn_mask, query)
    return dropout(safe_softmax(scores), dropout_p) @ value


def float_mask(allowed: Tensor, like: Tensor) -> Tensor:
    """What to add to scores: 0 where bools are True, minus infinity elsewhere; numbers as given."""
    if allowed.is_floating_point():
        return allowed
    kind = like.array.dtype.type
    mask: Tensor = where(allowed, wrap(np.asarray(kind(0))), wrap(np.asarray(kind(-np.inf))))
    return mask


def _check_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None,
    dropout_p: float,
    is_causal: bool,
) -> None:
    check_float("scaled_dot_product_attention", query)
    if not query.dtype is key.dtype is value.dtype:
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got "
            f"{query.dtype}, {key.dtype} and {value.dtype}"
        )
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise RuntimeError(
            "Expected query, key, and value to have at least 2 dimensions, but got shapes "
            f"{list(query.shape)}, {list(key.shape)} and {list(value.shape)}"
        )
    if attn_mask is not None:
        if is_causal:
            raise RuntimeError("attn_mask should not be set when is_causal=True")
        if attn_mask.array.dtype not in (np.dtype(bool), query.array.dtype):
            raise RuntimeError(
                f"Expected attn_mask of bools or of the query's dtype, {query.dtype}, but got "
                f"{attn_mask.dtype}"
            )
    if not 0 <= dropout_p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p}")


def _check_flash(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None,
    dropout_p: float,
    enable_gqa: bool,
) -> None:
    """Refuse what only the formula can compute, where that is not allowed."""
    if not _enabled["flash"]:
        raise RuntimeError(
            "No viable backend for scaled_dot_product_attention was found. This is likely due to "
            "turning off both the math kernel and the fused kernels."
        )
    given = (query, key, value)
    sizes = [x.shape for x in given]
    able = (
        dropout_p == 0
        and all(len(size) == 4 for size in sizes)
        and len({size[0] for size in sizes}) == 1
        and (enable_gqa or len({size[1] for size in sizes}) == 1)
        and len({size[3] for size in sizes}) == 1
        and all(x.stride(3) == 1 or x.shape[3] < 2 for x in given)
        and not (attn_mask is not None and attn_mask.requires_grad)
    )
    if not able:
        raise RuntimeError("No available kernel.  Aborting execution.")


def _shared_heads(x: Tensor, query: Tensor) -> Tensor:
    """`x` with its heads repeated, each as often as there are heads of `query` that share it."""
    if query.ndim < 3 or x.ndim < 3 or query.shape[-3] % x.shape[-3]:
        raise RuntimeError(
            "enable_gqa: the number of heads in key and value must divide that of query, but the "
            f"shapes are {list(x.shape)} and {list(query.shape)}"
        )
    times = query.shape[-3] // x.shape[-3]
    *batch, heads, length, features = x.shape
    repeated = x.unsqueeze(-3).expand(*batch, heads, times, length, features)
    return repeated.reshape(*batch, heads * times, length, features)
