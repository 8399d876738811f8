"""Multi-head attention: several attentions side by side, each on its own share of the features.

Vaswani et al., "Attention is all you need", 2017, section 3.2.2. Queries, keys and values go
through a linear map each, are cut into heads, attend, and are put together by one more.
"""

from __future__ import annotations

import math
import warnings

from ..creation import zeros
from ..ops.activation import softmax
from ..ops.join import cat
from ..ops.linear import linear
from ..tensor import Tensor
from .functional_attention import float_mask, scaled_dot_product_attention
from .functional_dropout import dropout


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """What `MultiheadAttention` computes; there its arguments and results are described.

    Sequences come first here: (L, N, E) or (L, E). The weights of the three maps stand one after
    the other in the rows of `in_proj_weight`; or each alone, with `use_separate_proj_weight`.

    Raises
    ------
    AssertionError, RuntimeError
        If the shapes or dtypes do not fit, or `is_causal` is given without `attn_mask`.
    NotImplementedError
        With `static_k` or `static_v`.
    """
    if static_k is not None or static_v is not None:
        raise NotImplementedError("multi_head_attention_forward: static_k and static_v")
    batched = _check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = (x.unsqueeze(1) for x in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "is_causal is a hint that attn_mask is the causal mask, and needs attn_mask: "
            "Transformer.generate_square_subsequent_mask makes one."
        )
    attend_causally = is_causal and key_padding_mask is None and not need_weights
    padding = additive_mask(key_padding_mask, "key_padding_mask", query, attn_mask, "attn_mask")
    mask = None if attend_causally else additive_mask(attn_mask, "attn_mask", query)

    length, samples, features = query.shape
    if features != embed_dim_to_check:
        raise AssertionError(
            f"was expecting embedding dimension of {embed_dim_to_check}, but got {features}"
        )
    if features % num_heads:
        raise AssertionError(f"embed_dim {features} not divisible by num_heads {num_heads}")
    if use_separate_proj_weight:
        if key.shape[:2] != value.shape[:2]:
            raise AssertionError(
                f"key's sequence and batch dims {key.shape[:2]} do not match value's "
                f"{value.shape[:2]}"
            )
        weights = [q_proj_weight, k_proj_weight, v_proj_weight]
    else:
        if key.shape != value.shape:
            raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
        weights = [in_proj_weight]
    q, k, v = _projected([query, key, value], weights, in_proj_bias)

    if bias_k is not None and bias_v is not None:
        k, v = (cat([x, b.repeat(1, samples, 1)]) for x, b in ((k, bias_k), (v, bias_v)))
    if add_zero_attn:
        zero = zeros(1, samples, features, dtype=k.dtype)
        k, v = cat([k, zero]), cat([v, zero])
    mask = _merged(mask, padding, (samples, num_heads, length, key.shape[0]), k.shape[0])
    q, k, v = (_heads(x, num_heads) for x in (q, k, v))
    probability = dropout_p if training else 0.0
    shares: Tensor | None = None
    if need_weights:
        scores = (q * math.sqrt(num_heads / features)) @ k.mT
        shares = softmax(scores if mask is None else scores + mask, -1)
        shares = dropout(shares, probability)
        attended = shares @ v
        shares = shares.mean(1) if average_attn_weights else shares
        shares = shares if batched else shares.squeeze(0)
    else:
        attended = scaled_dot_product_attention(q, k, v, mask, probability, attend_causally)
    joined = attended.permute(2, 0, 1, 3).reshape(length * samples, features)
    out = linear(joined, out_proj_weight, out_proj_bias)
    out = out.reshape(length, samples, out.shape[1])
    return out if batched else out.squeeze(1), shares


def additive_mask(
    mask: Tensor | None,
    name: str,
    like: Tensor,
    other: Tensor | None = None,
    other_name: str = "",
) -> Tensor | None:
    """A mask, in which True is where not to look, as numbers to add to the scores.

    Raises
    ------
    AssertionError
        If it is neither of bools nor of floats.
    """
    if mask is None:
        return None
    if mask.array.dtype.kind not in "bf":
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and other.dtype is not mask.dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both "
            "instead.",
            stacklevel=3,
        )
    return mask if mask.is_floating_point() else float_mask(mask.logical_not(), like)


def _projected(
    inputs: list[Tensor], weights: list[Tensor | None], bias: Tensor | None
) -> list[Tensor]:
    """Queries, keys and values, each through its map."""
    given = [weight for weight in weights if weight is not None]
    if len(given) < len(weights):
        raise AssertionError("a weight of the projections is None")
    if len(given) == 1 and inputs[0] is inputs[1] is inputs[2]:
        return list(linear(inputs[0], given[0], bias).chunk(3, -1))  # one product for all
    each = given if len(given) == 3 else given[0].chunk(3)
    biases = [None] * 3 if bias is None else bias.chunk(3)
    return [linear(x, w, b) for x, w, b in zip(inputs, each, biases, strict=True)]


def _heads(x: Tensor, heads: int) -> Tensor:
    """(L, N, E) as (N, heads, L, E / heads)."""
    length, samples, features = x.shape
    return x.reshape(length, samples, heads, features // heads).permute(1, 2, 0, 3)


def _merged(
    mask: Tensor | None, padding: Tensor | None, shape: tuple[int, int, int, int], keys: int
) -> Tensor | None:
    """Both masks as one, which broadcasts to (N, heads, L, keys); 0 for keys behind those given."""
    samples, heads, length, given = shape
    if mask is not None:
        if mask.ndim == 2:
            if mask.shape != (length, given):
                raise RuntimeError(
                    f"The shape of the 2D attn_mask is {mask.shape}, but should be "
                    f"{(length, given)}."
                )
        elif mask.shape != (samples * heads, length, given):
            raise RuntimeError(
                f"The shape of the 3D attn_mask is {mask.shape}, but should be "
                f"{(samples * heads, length, given)}."
            )
        mask = mask.reshape(1 if mask.ndim == 2 else samples, -1, length, given)
    if padding is not None:
        if padding.shape != (samples, given):
            raise AssertionError(
                f"expected key_padding_mask of shape {(samples, given)}, (batch, keys), but got "
                f"{padding.shape}"
            )
        padding = padding.reshape(samples, 1, 1, given)
        mask = padding if mask is None else mask + padding
    if mask is None or keys == given:
        return mask
    return cat([mask, zeros(*mask.shape[:-1], keys - given, dtype=mask.dtype)], -1)


def _check_shapes(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
    num_heads: int,
) -> bool:
    """Whether the input is batched."""
    if query.ndim not in (2, 3):
        raise AssertionError(
            f"query should be unbatched 2D or batched 3D, but has shape {list(query.shape)}"
        )
    batched = query.ndim == 3
    if key.ndim != query.ndim or value.ndim != query.ndim:
        raise AssertionError(
            f"expected key and value to be {query.ndim}-D as query, but found {key.ndim}-D and "
            f"{value.ndim}-D tensors"
        )
    if key_padding_mask is not None and key_padding_mask.ndim != query.ndim - 1:
        raise AssertionError(
            f"expected key_padding_mask to be {query.ndim - 1}-D, for a {query.ndim}-D query, but "
            f"found {key_padding_mask.ndim}-D"
        )
    if attn_mask is not None:
        if attn_mask.ndim not in (2, 3):
            raise AssertionError(f"expected attn_mask to be 2-D or 3-D, found {attn_mask.ndim}-D")
        expected = (num_heads, query.shape[0], key.shape[0])
        if not batched and attn_mask.ndim == 3 and attn_mask.shape != expected:
            raise AssertionError(
                f"expected attn_mask of shape {expected}, but got {attn_mask.shape}"
            )
    return batched
