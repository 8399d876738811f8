"""Sequences of different lengths in one batch: padded to the longest, or packed without padding.

Packed, the steps stand one behind the other: of all sequences the first, then of all that are long
enough the second, and so on. The sequences are sorted by length, so that those which go on are
always the first ones, and the number of them at each step is all there is to remember.
"""

from __future__ import annotations

import numpy as np

from ..autograd.graph import Array, Shape
from ..autograd.op import Op
from .index import Pick, Places


class PackPaddedSequence(Pick):
    """The steps of a padded batch that are no padding."""


class PadPackedSequence(Op):
    """`padding` everywhere but at `places`, where the packed steps go: the way back."""

    @staticmethod
    def forward(steps: Array, shape: Shape, places: Places, padding: float) -> Array:
        out = np.full(shape, padding, steps.dtype)
        out[places] = steps
        return out

    @staticmethod
    def d_steps(grad: Array, places: Places) -> Array:
        return Pick.call(grad, places)


def step_places(batch_sizes: Array, batch_first: bool = False) -> Places:
    """Where in the padded batch each packed step is: its time and sequence, as a NumPy index."""
    times = np.repeat(np.arange(len(batch_sizes)), batch_sizes)
    firsts = np.cumsum(batch_sizes) - batch_sizes  # at each time, the place of the first sequence
    sequences = np.arange(len(times)) - np.repeat(firsts, batch_sizes)
    return (sequences, times) if batch_first else (times, sequences)
