"""`Embedding`: a table of vectors that are trained, one for each word, user or whatever has a
number."""

from __future__ import annotations

from typing import Self

from ..autograd.grad_mode import no_grad
from ..creation import empty
from ..dtypes import dtype as DType
from ..ops.embedding import embedding, padding_row
from ..size import device as Device
from ..tensor import Tensor
from . import init
from .module import Module
from .parameter import Parameter


class Embedding(Module):
    """Row ``input[i]`` of `weight` for each number in the input.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        How many vectors there are, and how many numbers each has.
    padding_idx : int, optional
        A vector that is 0 at first and gets no gradient.
    max_norm : float, optional
        Vectors that are looked up and longer than this are made as long, in `weight` itself.
    norm_type : float
        The p of the p-norm that `max_norm` speaks of.
    scale_grad_by_freq : bool
        Whether to divide the gradient of each vector by how often the input names it.
    device, dtype : optional
        As in `zeros`.

    Attributes
    ----------
    weight : Parameter of shape (num_embeddings, embedding_dim)
        At first drawn from a normal distribution.

    Raises
    ------
    AssertionError
        If `padding_idx` is out of range.
    NotImplementedError
        With `sparse`: there are no sparse gradients here.
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        if sparse:
            raise NotImplementedError("Embedding(sparse=True): there are no sparse gradients")
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        if padding_idx is not None:
            padding_idx = padding_row(padding_idx, num_embeddings)
        self.padding_idx = padding_idx
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        if _weight is None:
            values = empty(num_embeddings, embedding_dim, device=device, dtype=dtype)
            self.weight = Parameter(values, requires_grad=not _freeze)
            self.reset_parameters()
            return
        if _weight.shape != (num_embeddings, embedding_dim):
            raise AssertionError(
                f"weight has shape {list(_weight.shape)}, and not "
                f"[{num_embeddings}, {embedding_dim}]"
            )
        self.weight = Parameter(_weight, requires_grad=not _freeze)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """An `Embedding` of the vectors in the matrix `embeddings`, whose memory it shares; with
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
        return cls(
            count, width, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse,
            _weight=embeddings, _freeze=freeze,
        )  # fmt: skip

    def reset_parameters(self) -> None:
        """Draw new vectors; that of `padding_idx` is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Tensor) -> Tensor:
        """Map numbers (...) to vectors (..., embedding_dim)."""
        return embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
            self.scale_grad_by_freq, self.sparse,
        )  # fmt: skip

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        shown = {"padding_idx": None, "max_norm": None, "norm_type": 2, "scale_grad_by_freq": False}
        for name, default in shown.items():
            value = getattr(self, name)
            text += f", {name}={value}" if value != default else ""
        return text
