"""`MultiheadAttention`: several attentions side by side, each on its own share of the features."""

from __future__ import annotations

from ..advice import advised
from ..creation import empty
from ..dtypes import dtype as DType
from ..size import device as Device
from ..tensor import Tensor
from . import init
from .functional_multihead import multi_head_attention_forward
from .linear import Linear
from .module import Module
from .parameter import Parameter


class NonDynamicallyQuantizableLinear(Linear):
    """A `Linear`, under the name that PyTorch prints for the last map of an attention."""


class MultiheadAttention(Module):
    """Queries look at keys, and take from their values, in several heads.

    Vaswani et al., "Attention is all you need", 2017, section 3.2.2.

    Parameters
    ----------
    embed_dim : int
        The features of queries, and of the output.
    num_heads : int
        Among which the features are divided.
    dropout : float
        The probability with which a weight of the attention is dropped in training.
    bias : bool
        Whether the linear maps have biases.
    add_bias_kv : bool
        Whether a learned key and its value are added to the others.
    add_zero_attn : bool
        Whether a key and a value of zeros are.
    kdim, vdim : int, optional
        The features of keys and values; by default `embed_dim`.
    batch_first : bool
        Whether input and output are (batch, length, features), and not (length, batch, features).
    device, dtype : optional
        As in `zeros`.

    Attributes
    ----------
    in_proj_weight : Parameter of shape (3 * embed_dim, embed_dim), or None
        The maps of queries, keys and values, one after the other.
    q_proj_weight, k_proj_weight, v_proj_weight : Parameter or None
        In its place, if `kdim` or `vdim` differ.
    in_proj_bias : Parameter of shape (3 * embed_dim), or None
    out_proj : Linear
    bias_k, bias_v : Parameter of shape (1, 1, embed_dim), or None

    Raises
    ------
    ValueError, AssertionError
        If `embed_dim` or `num_heads` is not positive, or the one no multiple of the other.
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                "embed_dim and num_heads must be greater than 0, got "
                f"embed_dim={embed_dim} and num_heads={num_heads}"
            )
        if embed_dim % num_heads:
            raise advised(
                AssertionError("embed_dim must be divisible by num_heads"),
                f"{embed_dim} is not by {num_heads}.",
            )
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn

        same = self.kdim == self.vdim == embed_dim
        shapes: dict[str, tuple[int, ...] | None] = {
            "q_proj_weight": None if same else (embed_dim, embed_dim),
            "k_proj_weight": None if same else (embed_dim, self.kdim),
            "v_proj_weight": None if same else (embed_dim, self.vdim),
            "in_proj_weight": (3 * embed_dim, embed_dim) if same else None,
            "in_proj_bias": (3 * embed_dim,) if bias else None,
            "bias_k": (1, 1, embed_dim) if add_bias_kv else None,
            "bias_v": (1, 1, embed_dim) if add_bias_kv else None,
        }
        for name, shape in shapes.items():
            values = None if shape is None else empty(shape, device=device, dtype=dtype)
            self.register_parameter(name, None if values is None else Parameter(values))
        self.out_proj = NonDynamicallyQuantizableLinear(
            embed_dim, embed_dim, bias=bias, device=device, dtype=dtype
        )
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            weight = getattr(self, name)
            if weight is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Let N times L queries look at N times S keys.

        Parameters
        ----------
        query : Tensor of shape (L, N, embed_dim), or (L, embed_dim)
        key : Tensor of shape (S, N, kdim), or (S, kdim)
        value : Tensor of shape (S, N, vdim), or (S, vdim)
            With `batch_first`, N comes before L and S.
        key_padding_mask : Tensor of shape (N, S), or (S), optional
            Bools, True where there is no key to look at; or numbers to add to the scores.
        need_weights : bool
            Whether the weights of the attention are returned too.
        attn_mask : Tensor of shape (L, S) or (N * num_heads, L, S), optional
            Bools, True where a query may not look; or numbers to add to the scores.
        average_attn_weights : bool
            Whether the weights are averaged over the heads.
        is_causal : bool
            A hint that `attn_mask`, which has to be given, is the causal mask.

        Returns
        -------
        output : Tensor of the shape of `query`
        weights : Tensor of shape (N, L, S) or (N, num_heads, L, S), without N for an input that
            has none; or None

        Raises
        ------
        AssertionError, RuntimeError
            If the shapes or dtypes do not fit, or `is_causal` is given without `attn_mask`.
        """
        turn = self.batch_first and query.ndim == 3
        if turn:  # one tensor given thrice stays one tensor, whose three maps are one product
            turned = {id(x): x.transpose(0, 1) for x in (query, key, value)}
            query, key, value = (turned[id(x)] for x in (query, key, value))
        output, weights = multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight,
            self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn, self.dropout,
            self.out_proj.weight, self.out_proj.bias, self.training, key_padding_mask,
            need_weights, attn_mask, self.in_proj_weight is None, self.q_proj_weight,
            self.k_proj_weight, self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal,
        )  # fmt: skip
        return output.transpose(0, 1) if turn else output, weights

    def attend(
        self,
        query: Tensor,
        memory: Tensor,
        attn_mask: Tensor | None,
        key_padding_mask: Tensor | None,
        is_causal: bool,
    ) -> Tensor:
        """The output alone, for queries that look at `memory`, keys and values in one."""
        output: Tensor
        output, _ = self(
            query,
            memory,
            memory,
            key_padding_mask=key_padding_mask,
            need_weights=False,
            attn_mask=attn_mask,
            is_causal=is_causal,
        )
        return output
