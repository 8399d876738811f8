"""The layers of a transformer: `TransformerEncoderLayer` and `TransformerDecoderLayer`.

Each is a chain of parts, an attention or a small network for each element, and around every part
stands the same: ``norm(x + part(x))``; or, with `norm_first`, ``x + part(norm(x))``, which trains
more easily (Xiong et al., "On layer normalization in the transformer architecture", 2020).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..dtypes import dtype as DType
from ..size import device as Device
from ..tensor import Tensor
from . import functional as F
from .dropout import Dropout
from .layer_norm import LayerNorm
from .linear import Linear
from .module import Module
from .multihead import MultiheadAttention

Activation: TypeAlias = str | Callable[[Tensor], Tensor]


class _TransformerLayer(Module):
    """What the two layers share.

    Parameters
    ----------
    d_model : int
        The features of each element of a sequence.
    nhead : int
        The heads of the attentions.
    dim_feedforward : int
        The width of the small network's hidden layer.
    dropout : float
        The probability of being dropped: of attention weights, hidden features, and what each part
        adds.
    activation : {"relu", "gelu"} or callable
    layer_norm_eps : float
    batch_first : bool
        Whether sequences are (batch, length, features), and not (length, batch, features).
    norm_first : bool
        Whether normalization comes before the parts.
    bias : bool
        Whether linear maps and normalizations have biases.
    device, dtype : optional
        As in `zeros`.

    Raises
    ------
    RuntimeError
        If `activation` is another word.
    """

    attentions: tuple[str, ...]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        for name in self.attentions:
            attention = MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, device=device, dtype=dtype
            )
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, device, dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, device, dtype)
        self.norm_first = norm_first
        parts = range(1, len(self.attentions) + 2)
        for part in parts:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
            setattr(self, f"norm{part}", norm)
        for part in parts:
            setattr(self, f"dropout{part}", Dropout(dropout))
        self.activation = activation_function(activation)

    def _around(
        self, x: Tensor, part: Callable[[Tensor], Tensor], norm: Module, dropout: Module
    ) -> Tensor:
        """`x` with what a part makes of it added, normalized before or after."""
        if self.norm_first:
            added: Tensor = dropout(part(norm(x)))
            return x + added
        normalized: Tensor = norm(x + dropout(part(x)))
        return normalized

    def _feed_forward(self, x: Tensor) -> Tensor:
        """The small network: the same for each element of a sequence."""
        hidden: Tensor = self.dropout(self.activation(self.linear1(x)))
        out: Tensor = self.linear2(hidden)
        return out


class TransformerEncoderLayer(_TransformerLayer):
    """Self-attention, and a small network (Vaswani et al., "Attention is all you need", 2017)."""

    attentions = ("self_attn",)
    self_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    dropout1: Dropout
    dropout2: Dropout

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Let the elements of each sequence look at each other.

        Parameters
        ----------
        src : Tensor of shape (S, N, d_model), or (S, d_model)
        src_mask : Tensor of shape (S, S) or (N * nhead, S, S), optional
        src_key_padding_mask : Tensor of shape (N, S), optional
            As for `MultiheadAttention`: True where not to look.
        is_causal : bool
            A hint that `src_mask` is the causal mask.
        """

        def look(x: Tensor) -> Tensor:
            return self.self_attn.attend(x, x, src_mask, src_key_padding_mask, is_causal)

        x = self._around(src, look, self.norm1, self.dropout1)
        return self._around(x, self._feed_forward, self.norm2, self.dropout2)


class TransformerDecoderLayer(_TransformerLayer):
    """Self-attention, attention to what the encoder made, and a small network (Vaswani et al.,
    "Attention is all you need", 2017)."""

    attentions = ("self_attn", "multihead_attn")
    self_attn: MultiheadAttention
    multihead_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    norm3: LayerNorm
    dropout1: Dropout
    dropout2: Dropout
    dropout3: Dropout

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Let the elements of each sequence look at each other, and then at `memory`.

        Parameters
        ----------
        tgt : Tensor of shape (T, N, d_model), or (T, d_model)
        memory : Tensor of shape (S, N, d_model), or (S, d_model)
        tgt_mask, memory_mask : Tensor of shape (T, T), (T, S), or with N * nhead before, optional
        tgt_key_padding_mask, memory_key_padding_mask : Tensor of shape (N, T), (N, S), optional
            As for `MultiheadAttention`: True where not to look.
        tgt_is_causal, memory_is_causal : bool
            Hints that the masks are causal ones.
        """

        def look(x: Tensor) -> Tensor:
            return self.self_attn.attend(x, x, tgt_mask, tgt_key_padding_mask, tgt_is_causal)

        def look_at_memory(x: Tensor) -> Tensor:
            masks = memory_mask, memory_key_padding_mask
            return self.multihead_attn.attend(x, memory, *masks, memory_is_causal)

        x = self._around(tgt, look, self.norm1, self.dropout1)
        x = self._around(x, look_at_memory, self.norm2, self.dropout2)
        return self._around(x, self._feed_forward, self.norm3, self.dropout3)


def activation_function(activation: Activation) -> Callable[[Tensor], Tensor]:
    """The function of this name; a function itself is returned.

    Raises
    ------
    RuntimeError
        If the name is neither "relu" nor "gelu".
    """
    if not isinstance(activation, str):
        return activation
    if activation not in ("relu", "gelu"):
        raise RuntimeError(f"activation should be relu/gelu, not {activation}")
    function: Callable[[Tensor], Tensor] = getattr(F, activation)
    return function
