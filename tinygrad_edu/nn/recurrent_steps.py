"""How the sequences of a batch lie in time, as recurrent layers need to know it.

In a plain batch all sequences are as long as each other. In a packed one each has its own last
step, which is also where the second direction begins. The layers' ops run over padded steps in both
cases: what is computed of padding is never looked at, and so gets no gradient.
"""

from __future__ import annotations

import numpy as np

from ..autograd.graph import Array
from ..ops.index import Pick
from ..ops.packing import PackPaddedSequence, PadPackedSequence, step_places
from ..tensor import Tensor
from .functional_dropout import dropout


class CatSteps(PackPaddedSequence):
    """The steps one after the other, which PyTorch has in a list and concatenates."""

    node_name = "CatBackward0"


class Steps:
    """All sequences of one length."""

    def turned(self, x: Tensor) -> Tensor:
        """Each sequence of (time, batch, features) from its end."""
        return x.flip(0)

    def last(self, states: Tensor) -> Tensor:
        """The last state of each sequence."""
        return states[-1]

    def dropped(self, x: Tensor, p: float) -> Tensor:
        """Dropout of all steps."""
        return dropout(x, p)


class PackedSteps(Steps):
    """Each sequence of a length of its own.

    Parameters
    ----------
    batch_sizes : numpy.ndarray of int64
        How many sequences there are at each time.
    """

    def __init__(self, batch_sizes: Array) -> None:
        sequences = np.arange(batch_sizes[0])
        times = np.arange(len(batch_sizes))[:, None]
        self.lengths = (batch_sizes > sequences[:, None]).sum(1)
        self.places = step_places(batch_sizes)
        self.ends = (self.lengths - 1, sequences)
        mirrored = np.where(times < self.lengths, self.lengths - 1 - times, times)
        self.mirror = (mirrored, np.broadcast_to(sequences, mirrored.shape))

    def padded(self, data: Tensor) -> Tensor:
        """Packed steps as (time, batch, features)."""
        shape = (*self.mirror[0].shape, data.array.shape[1])
        return PadPackedSequence.apply(data, shape, self.places, 0.0)

    def packed(self, x: Tensor) -> Tensor:
        """(time, batch, features) without padding."""
        return CatSteps.apply(x, self.places)

    def turned(self, x: Tensor) -> Tensor:
        return Pick.apply(x, self.mirror)

    def last(self, states: Tensor) -> Tensor:
        return Pick.apply(states, self.ends)

    def dropped(self, x: Tensor, p: float) -> Tensor:
        return self.padded(dropout(self.packed(x), p))


def reordered(states: tuple[Tensor, ...], order: Tensor | None) -> tuple[Tensor, ...]:
    """States (layers, batch, features) with their sequences in another order."""
    if order is None:
        return states
    return tuple(state.index_select(1, order) for state in states)
