"""Bags of embeddings: vectors looked up by number, and each bag of them summed up at once.

A bag is the words of a text, or the tags of an item: any number of them, in no order. Its vector is
the sum, the mean or the largest elements of theirs (as in A. Joulin et al., "Bag of Tricks for
Efficient Text Classification", 2016).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..autograd.graph import Array, Shape
from ..autograd.op import Op
from ..autograd.op_node import watched
from .arguments import torch_arguments
from .embedding import Rows, SumRows, padding_row, shorten_rows
from .index import Pick, PutZeros
from .kinds import Word

if TYPE_CHECKING:
    from ..tensor import Tensor


class Bags(NamedTuple):
    """Which vectors are in which bag.

    Attributes
    ----------
    entries : numpy.ndarray of int64, of shape (n)
        Which elements of the input are in a bag; padding is in none.
    rows : numpy.ndarray of int64, of shape (n)
        The vectors that these name.
    numbers : numpy.ndarray of int64, of shape (n)
        Their bags.
    total : int
        How many bags there are.
    share : numpy.ndarray of shape (n, 1), or None
        What to multiply the gradient of each vector by.
    """

    entries: np.ndarray[Any, Any]
    rows: np.ndarray[Any, Any]
    numbers: np.ndarray[Any, Any]
    total: int
    share: np.ndarray[Any, Any] | None


class EmbeddingBag(Op):
    """For each bag the sum of its vectors, each times its factor."""

    @staticmethod
    def forward(weight: Array, factors: Array, bags: Bags) -> Array:
        vectors = weight[bags.rows] * factors[bags.entries, None]
        return SumRows.forward(vectors, bags.numbers, bags.total)

    @staticmethod
    def d_weight(grad: Array, weight_shape: Shape, factors: Array, bags: Bags) -> Array:
        of_vectors = Rows.call(grad, bags.numbers, None)
        of_vectors = of_vectors * np.expand_dims(Pick.call(factors, (bags.entries,)), 1)
        if bags.share is not None:
            of_vectors = of_vectors * bags.share
        return SumRows.call(of_vectors, bags.rows, weight_shape[0])

    @staticmethod
    def d_factors(grad: Array, weight: Array, factors_shape: Shape, bags: Bags) -> Array:
        products = Rows.call(grad, bags.numbers, None) * Rows.call(weight, bags.rows, None)
        return PutZeros.call(products.sum(1), factors_shape, (bags.entries,))


class LargestOfBag(Op):
    """For each bag and place the largest element of its vectors, the first of equal ones; 0 for an
    empty bag. `winners` are the rows that they come from."""

    node_name = "EmbeddingBagBackward0"
    outputs = ("values", "winners")

    @staticmethod
    def forward(weight: Array, bags: Bags) -> tuple[Array, Array]:
        values = np.zeros((bags.total, weight.shape[1]), weight.dtype)
        winners = np.full(values.shape, -1)  # -1: none yet
        _, first = np.unique(bags.numbers, return_index=True)
        # The first of each bag, then the second of each, ...
        turn = np.arange(len(bags.numbers)) - np.repeat(first, np.diff([*first, len(bags.numbers)]))
        for k in range(turn.max(initial=-1) + 1):
            numbers, rows = bags.numbers[turn == k], bags.rows[turn == k]
            larger = (weight[rows] > values[numbers]) | (winners[numbers] < 0)
            values[numbers] = np.where(larger, weight[rows], values[numbers])
            winners[numbers] = np.where(larger, rows[:, None], winners[numbers])
        return values, winners

    @staticmethod
    def d_weight(grads: tuple[Array, Array], weight_shape: Shape, winners: Array) -> Array:
        winners = np.asarray(winners)
        filled = np.flatnonzero((winners >= 0).any(1))
        places = (winners[filled], np.arange(weight_shape[1]))
        return PutZeros.call(Pick.call(grads[0], (filled,)), weight_shape, places)


@torch_arguments
def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: Word = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The rows of `weight` that `input` names, put together by bags.

    Parameters
    ----------
    input : Tensor of int32 or int64, of shape (bags, size) or (n)
        The rows of each bag; or of all bags, one behind the other.
    weight : Tensor of shape (num_embeddings, embedding_dim)
    offsets : Tensor of shape (bags), optional
        Only with one-dimensional input: where each bag begins, the first at 0.
    max_norm : float, optional
        Rows that are looked up and longer than this are made as long, in `weight` itself.
    norm_type : float
        The p of the p-norm that `max_norm` speaks of.
    scale_grad_by_freq : bool
        Whether to divide the gradient of each row by how often `input` names it.
    mode : {"mean", "sum", "max"}
    per_sample_weights : Tensor of the shape of `input`, optional
        Only with "sum": a factor for each vector.
    include_last_offset : bool
        Whether `offsets` ends with where the last bag ends, and does not begin another.
    padding_idx : int, optional
        A row that is in no bag, whatever `input` says.

    Returns
    -------
    Tensor of shape (bags, embedding_dim)

    Raises
    ------
    ValueError
        If shapes or options do not go together, or `mode` is another word.
    RuntimeError
        If a number or an offset is out of range, or a dtype does not fit.
    NotImplementedError
        With `sparse`, as there are no sparse gradients; and with `per_sample_weights` in other
        modes than "sum".
    """
    if weight.array.dtype == np.int64 and input.array.dtype.kind == "f":
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage "
            "`embedding_bag(weight, input, ...)` is deprecated, and should now be "
            "`embedding_bag(input, weight, ...)`.",
            stacklevel=3,
        )
        input, weight = weight, input
    if per_sample_weights is not None and per_sample_weights.array.shape != input.array.shape:
        raise ValueError(
            f"embedding_bag: per_sample_weights of shape {list(per_sample_weights.shape)} for an "
            f"input of shape {list(input.shape)}"
        )
    if weight.array.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but has shape {list(weight.shape)}")
    starts = _starts(input, offsets)
    _check_mode(mode, scale_grad_by_freq, sparse)
    places = input.array.reshape(-1)
    if max_norm is not None:
        shorten_rows(weight, np.unique(places), max_norm, norm_type)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(f"embedding_bag: per_sample_weights with mode={mode!r}")
    _check_dtypes(input, weight, per_sample_weights)
    rows = weight.array.shape[0]
    wrong = np.flatnonzero((places < 0) | (places >= rows))
    if wrong.size:
        raise RuntimeError(
            f"Index {wrong[0]} of input takes value {places[wrong[0]]} which is not in the valid "
            f"range [0, {rows})"
        )
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise RuntimeError(f"padding_idx {padding_idx} is not in [{-rows}, {rows})")
    padding = None if padding_idx is None else padding_row(padding_idx, rows)
    several = input.array.ndim == 1 and include_last_offset
    bags = _bags(places, starts, padding, several, rows, scale_grad_by_freq)
    if mode == "max":
        return watched(LargestOfBag.apply_all(weight, bags)[0], input)
    dtype = weight.array.dtype
    if per_sample_weights is not None:
        result = EmbeddingBag.apply(weight, per_sample_weights.reshape(-1), bags)
        return watched(result, input)
    factors = np.ones(places.shape, dtype)
    if mode == "mean":
        factors[bags.entries] /= np.bincount(bags.numbers, minlength=bags.total)[bags.numbers]
    return watched(EmbeddingBag.apply(weight, factors, bags), input)


def _starts(input: Tensor, offsets: Tensor | None) -> np.ndarray[Any, Any]:
    """Where each bag begins in the flattened input."""
    shape = input.array.shape
    if len(shape) == 2:
        if offsets is not None:
            raise ValueError("embedding_bag: of 2D input each row is a bag, leave offsets out")
        if shape[1] == 0:
            raise RuntimeError("embedding_bag: the rows of 2D input must not be empty")
        return np.arange(0, shape[0] * shape[1], shape[1])
    if len(shape) != 1:
        raise ValueError(f"input has to be a 1D or 2D Tensor, but has shape {list(shape)}")
    if offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if offsets.array.ndim != 1:
        raise ValueError(f"offsets has to be a 1D Tensor, but has shape {list(offsets.shape)}")
    return offsets.array


def _check_mode(mode: str, scale_grad_by_freq: bool, sparse: bool) -> None:
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"mode has to be one of sum, mean or max, not {mode!r}")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if sparse:
        raise NotImplementedError("embedding_bag(sparse=True): there are no sparse gradients")


def _check_dtypes(input: Tensor, weight: Tensor, factors: Tensor | None) -> None:
    if input.array.dtype not in (np.int32, np.int64):
        raise RuntimeError(f"embedding_bag: expected int32 or int64 indices, not {input.dtype}")
    if weight.array.dtype.kind != "f":
        raise RuntimeError(f"embedding_bag: expected a floating point weight, not {weight.dtype}")
    if factors is not None and factors.array.dtype != weight.array.dtype:
        raise RuntimeError(
            f"embedding_bag: weight and per_sample_weights must have one dtype, not "
            f"{weight.dtype} and {factors.dtype}"
        )


def _bags(
    places: np.ndarray[Any, Any],
    starts: np.ndarray[Any, Any],
    padding: int | None,
    last_is_end: bool,
    rows: int,
    by_frequency: bool,
) -> Bags:
    if last_is_end and not starts.size:
        raise RuntimeError("include_last_offset: number of offsets should be at least 1")
    if starts.size and starts[0] != 0:
        raise RuntimeError(f"offsets[0] has to be 0, where the first bag begins, not {starts[0]}")
    if starts.size and starts[-1] > places.size:
        raise RuntimeError(
            f"offsets[-1] can not be greater than the input's length, {places.size}, but is "
            f"{starts[-1]}"
        )
    count = len(starts) - last_is_end
    numbers = np.searchsorted(starts, np.arange(places.size), "right") - 1
    inside = (numbers >= 0) & (numbers < count)
    if padding is not None:
        inside &= places != padding
    entries = np.flatnonzero(inside)
    share = None
    if by_frequency:
        share = 1 / np.bincount(places, minlength=rows)[places[entries], None]
    return Bags(entries, places[entries].astype(np.int64), numbers[entries], count, share)
