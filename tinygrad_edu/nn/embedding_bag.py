"""`EmbeddingBag`: a table of vectors that are trained, looked up by bags of numbers."""

from __future__ import annotations

from typing import Self

from ..autograd.grad_mode import no_grad
from ..creation import empty
from ..dtypes import dtype as DType
from ..ops.embedding import padding_row
from ..ops.embedding_bag import embedding_bag
from ..size import device as Device
from ..tensor import Tensor
from . import init
from .module import Module
from .parameter import Parameter


class EmbeddingBag(Module):
    """For each bag of numbers the sum, mean or maximum of their rows of `weight`.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        How many vectors there are, and how many numbers each has.
    max_norm, norm_type, scale_grad_by_freq, mode, include_last_offset
        As for `functional.embedding_bag`.
    padding_idx : int, optional
        A vector that is 0 at first, in no bag, and gets no gradient.
    device, dtype : optional
        As in `zeros`.

    Attributes
    ----------
    weight : Parameter of shape (num_embeddings, embedding_dim)
        At first drawn from a normal distribution.

    Raises
    ------
    AssertionError
        If `padding_idx` is out of range, or `_weight` of another shape.
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        if padding_idx is not None:
            padding_idx = padding_row(padding_idx, num_embeddings)
        self.padding_idx = padding_idx
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset
        if _weight is None:
            self.weight = Parameter(
                empty(num_embeddings, embedding_dim, device=device, dtype=dtype)
            )
            self.reset_parameters()
            return
        if _weight.shape != (num_embeddings, embedding_dim):
            raise AssertionError(
                f"weight has shape {list(_weight.shape)}, and not "
                f"[{num_embeddings}, {embedding_dim}]"
            )
        self.weight = Parameter(_weight)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """An `EmbeddingBag` of the vectors in the matrix `embeddings`, whose memory it shares; with
        `freeze` they are not trained.

        Raises
        ------
        AssertionError
            If `embeddings` is no matrix.
        """
        if embeddings.ndim != 2:
            raise AssertionError(
                f"embeddings should have two dimensions, but have shape {list(embeddings.shape)}"
            )
        count, width = embeddings.shape
        made = cls(
            count, width, max_norm, norm_type, scale_grad_by_freq, mode, sparse,
            _weight=embeddings, include_last_offset=include_last_offset, padding_idx=padding_idx,
        )  # fmt: skip
        made.weight.requires_grad = not freeze
        return made

    def reset_parameters(self) -> None:
        """Draw new vectors; that of `padding_idx` is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(
        self,
        input: Tensor,
        offsets: Tensor | None = None,
        per_sample_weights: Tensor | None = None,
    ) -> Tensor:
        """Map numbers (bags, size), or (n) cut into bags at `offsets`, to (bags, embedding_dim)."""
        return embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq,
            self.mode, self.sparse, per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm!r}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type!r}"
        if self.scale_grad_by_freq is not False:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq!r}"
        text += f", mode={self.mode!r}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx!r}"
