"""Embedding: a table of vectors, looked up by number.

Looking up is picking rows, and its derivative adds each row's gradients up: a row that was picked
three times gets three. Bengio et al., "A neural probabilistic language model", JMLR 3, 2003.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..advice import advised
from ..autograd.grad_mode import no_grad
from ..autograd.graph import Array, Shape, wrap
from ..autograd.op import Op
from ..autograd.op_node import watched
from ..dtypes import old_name
from .add_at import add_at
from .arguments import python_arguments
from .window_checks import check_flag

if TYPE_CHECKING:
    from ..tensor import Tensor

NORM_MARGIN = 1e-7  # PyTorch's, added to a norm that is divided by


class Rows(Op):
    """``weight[places]``; the gradient of what was picked is multiplied by `share`, if given."""

    node_name = "EmbeddingBackward0"

    @staticmethod
    def forward(weight: Array, places: Array, share: Any) -> Array:
        return weight[places]

    @staticmethod
    def d_weight(grad: Array, weight_shape: Shape, places: Array, share: Any) -> Array:
        if share is not None:
            grad = grad * share
        return SumRows.call(grad, places, weight_shape[0])


class SumRows(Op):
    """The vectors in `grad` added up by the row they belong to; 0 in rows that got none."""

    @staticmethod
    def forward(grad: Array, places: Any, rows: int) -> Array:
        out = np.zeros((rows, grad.shape[-1]), grad.dtype)
        add_at(out, (places,), grad)
        return out

    @staticmethod
    def d_grad(grad: Array, places: Any) -> Array:
        return Rows.call(grad, places, None)


@python_arguments
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` that `input` names.

    Parameters
    ----------
    input : Tensor of int32 or int64
    weight : Tensor of shape (num_embeddings, embedding_dim)
    padding_idx : int, optional
        A row that gets no gradient.
    max_norm : float, optional
        Rows that are looked up and longer than this are made as long, in `weight` itself.
    norm_type : float
        The p of the p-norm that `max_norm` speaks of.
    scale_grad_by_freq : bool
        Whether to divide the gradient of each row by how often `input` names it.

    Returns
    -------
    Tensor of shape (*input.shape, embedding_dim)

    Raises
    ------
    IndexError
        If a number is not in [0, num_embeddings).
    RuntimeError
        If `input` is not of integers, or `weight` no matrix.
    AssertionError
        If `padding_idx` is out of range.
    NotImplementedError
        With `sparse`: there are no sparse gradients here.
    """
    check_flag("embedding", "sparse", sparse)
    if sparse:
        raise NotImplementedError("embedding(sparse=True): there are no sparse gradients")
    if weight.array.ndim != 2:
        raise RuntimeError(f"embedding: 'weight' must be 2-D, but has shape {list(weight.shape)}")
    if input.array.dtype not in (np.int32, np.int64):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got torch.{old_name(input.array.dtype)}Tensor instead (while checking "
            "arguments for embedding)"
        )
    places, rows = input.array.copy(), weight.array.shape[0]  # kept, and so a copy
    wrong = places[(places < 0) | (places >= rows)]
    if wrong.size:
        raise advised(
            IndexError("index out of range in self"), f"{wrong[0]} is not in [0, {rows})."
        )
    padding = None if padding_idx is None else padding_row(padding_idx, rows)
    if max_norm is not None:
        shorten_rows(weight, np.unique(places), max_norm, norm_type)
    share: np.ndarray[Any, Any] | None = None
    if scale_grad_by_freq:
        share = 1 / np.bincount(places.ravel(), minlength=rows)[places]
    if padding is not None:
        share = np.where(places == padding, 0.0, 1.0 if share is None else share)
    if share is not None:
        share = share.astype(weight.array.dtype)[..., None]
    return watched(Rows.apply(weight, places, share), input)


def padding_row(padding_idx: int, rows: int) -> int:
    """`padding_idx` counted from the front.

    Raises
    ------
    AssertionError
        If a table of so many rows has no such one.
    """
    if not -rows <= padding_idx < rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % rows


def shorten_rows(weight: Tensor, rows: Array, max_norm: float, norm_type: float) -> None:
    """Make those of the given rows that are longer than `max_norm` as long, in place."""
    norms = np.linalg.norm(weight.array[rows], norm_type, axis=1)
    rows, norms = rows[norms > max_norm], norms[norms > max_norm]
    factors = (max_norm / (norms + NORM_MARGIN)).astype(weight.array.dtype)
    with no_grad():
        weight[rows] = wrap(weight.array[rows] * factors[:, None])
