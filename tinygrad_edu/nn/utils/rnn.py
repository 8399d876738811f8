"""Sequences of different lengths in one batch: `PackedSequence`, and what makes and unmakes one.

How a batch is packed is told in `ops.packing`. Recurrent layers take a `PackedSequence` in place of
a padded batch, and then compute no padding and end each sequence at its own last step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from ...autograd.graph import wrap
from ...creation import as_tensor
from ...dtypes import int64
from ...ops.index import index_select
from ...ops.join import stack
from ...ops.packing import PackPaddedSequence, PadPackedSequence, step_places
from ...ops.pad import pad
from ...ops.sort import sort
from ...ranges import arange
from ...tensor import Tensor


class PackedSequence_(NamedTuple):
    """What a `PackedSequence` consists of."""

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(PackedSequence_):
    """A batch of sequences of different lengths, without padding.

    The functions here make one; it is not meant to be made by hand.

    Attributes
    ----------
    data : Tensor of shape (steps, ...)
        The first step of every sequence, then the second of all that have one, and so on.
    batch_sizes : Tensor of int64, of shape (longest)
        How many sequences have a first step, a second, ...
    sorted_indices, unsorted_indices : Tensor of int64, of shape (n), or None
        How the sequences were sorted by length, and how they are put back in order.
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not (isinstance(data, list | tuple) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """With `data` converted as by ``Tensor.to``; itself, if there is nothing to convert."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        return type(self)(data, self.batch_sizes, self.sorted_indices, self.unsorted_indices)

    def cpu(self) -> Self:
        """The same."""
        return self

    def double(self) -> Self:
        """With `data` in float64."""
        return self.to(self.data.double().dtype)

    def float(self) -> Self:
        """With `data` in float32."""
        return self.to(self.data.float().dtype)

    def half(self) -> Self:
        """With `data` in float16."""
        return self.to(self.data.half().dtype)

    def long(self) -> Self:
        """With `data` in int64."""
        return self.to(self.data.long().dtype)

    def int(self) -> Self:
        """With `data` in int32."""
        return self.to(self.data.int().dtype)


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes `permutation`; None for None."""
    return None if permutation is None else wrap(np.argsort(permutation.array))


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | Sequence[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """A padded batch without its padding.

    Parameters
    ----------
    input : Tensor of shape (longest, n, ...), or (n, longest, ...) with `batch_first`
    lengths : Tensor or sequence of int
        Of the n sequences.
    batch_first : bool
    enforce_sorted : bool
        Whether to insist on decreasing lengths, and not to sort.

    Raises
    ------
    RuntimeError
        If `lengths` are not n numbers above 0, or not sorted although they must be.
    """
    if isinstance(lengths, Tensor):
        counts = lengths.to(int64)
    else:
        counts = as_tensor(lengths, dtype=int64)
    if counts.ndim != 1:
        raise RuntimeError(f"'lengths' should be a 1D tensor, but has shape {list(counts.shape)}")
    sorted_indices = None
    if not enforce_sorted:
        counts, sorted_indices = sort(counts, descending=True)
        input = index_select(input, 0 if batch_first else 1, sorted_indices)
    batch_sizes = _batch_sizes(input, counts.array, batch_first)
    data = PackPaddedSequence.apply(input, step_places(batch_sizes, batch_first))
    return PackedSequence(data, wrap(batch_sizes), sorted_indices, None)


def _batch_sizes(input: Tensor, lengths: Any, batch_first: bool) -> Any:
    if input.array.size == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    longest, count = input.array.shape[1::-1] if batch_first else input.array.shape[:2]
    if len(lengths) != count:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(lengths)} "
            f"(batch_size={count})"
        )
    if (lengths[1:] > lengths[:-1]).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. "
            "Give enforce_sorted=False to have the sequences sorted."
        )
    if lengths.min() <= 0:
        raise RuntimeError(f"Length of all samples has to be greater than 0, but are {lengths}")
    if lengths.max() > longest:
        raise RuntimeError(f"lengths {lengths} go beyond the {longest} steps of the input")
    return (lengths > np.arange(lengths.max())[:, None]).sum(1)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The padded batch of a `PackedSequence`, in its first order, and the lengths.

    Parameters
    ----------
    sequence : PackedSequence
    batch_first : bool
        Whether to return (n, longest, ...), and not (longest, n, ...).
    padding_value : float
    total_length : int, optional
        How far to pad; by default to the longest sequence.

    Raises
    ------
    ValueError
        If `total_length` is too short.
    """
    batch_sizes = sequence.batch_sizes.array
    longest = len(batch_sizes) if total_length is None else total_length
    if longest < len(batch_sizes):
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but "
            f"got total_length={total_length} and max sequence length being {len(batch_sizes)}"
        )
    sizes = (batch_sizes[0], longest) if batch_first else (longest, batch_sizes[0])
    shape = (*sizes, *sequence.data.array.shape[1:])
    places = step_places(batch_sizes, batch_first)
    padded = PadPackedSequence.apply(sequence.data, shape, places, padding_value)
    lengths = wrap((batch_sizes > np.arange(batch_sizes[0])[:, None]).sum(1))
    order = sequence.unsorted_indices
    if order is None:
        return padded, lengths
    return index_select(padded, 0 if batch_first else 1, order), lengths[order]


def pad_sequence(
    sequences: Tensor | Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences of shapes (length, ...), padded to the longest, as one tensor.

    Parameters
    ----------
    sequences : iterable of Tensor
        What is behind the length must be the same for all.
    batch_first : bool
        Whether to return (n, longest, ...), and not (longest, n, ...).
    padding_value : float
    padding_side : {"right", "left"}

    Raises
    ------
    RuntimeError
        If there is no sequence, the shapes do not fit, or the side is another word.
    TypeError
        If there is something else among them.
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            "pad_sequence: Expected iterable for input sequences, but got arg of type: "
            f"{type(sequences)}"
        )
    given = tuple(sequences)
    if not given:
        raise RuntimeError("received an empty list of sequences")
    for position, sequence in enumerate(given):
        if not isinstance(sequence, Tensor):
            raise TypeError(
                f"expected Tensor as element {position} in argument 0, but got "
                f"{type(sequence).__name__}"
            )
        if sequence.ndim == 0:
            raise RuntimeError("pad_sequence: a sequence must have a length, but one is a number")
    if padding_side not in ("left", "right"):
        raise RuntimeError(
            f"Expected padding_side to be one of left or right, but got {padding_side}."
        )
    longest = max(len(sequence) for sequence in given)
    padded = []
    for sequence in given:
        missing = longest - len(sequence)
        sides = (missing, 0) if padding_side == "left" else (0, missing)
        widths = (0, 0) * (sequence.ndim - 1) + sides
        padded.append(pad(sequence.to(given[0].dtype), widths, value=padding_value))
    return stack(padded, 0 if batch_first else 1)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """The sequences of a padded batch, each with its own length: the inverse of `pad_sequence`."""
    batch = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    times = arange(batch.shape[1], device=lengths.device)
    return [row[times < length] for row, length in zip(batch, lengths, strict=True)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences of shapes (length, ...), packed; they must be sorted, or `enforce_sorted` False."""
    lengths = as_tensor([len(sequence) for sequence in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences of a `PackedSequence`: the inverse of `pack_sequence`."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
