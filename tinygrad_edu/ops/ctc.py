"""Connectionist temporal classification: a loss for sequences whose labels have no times.

A network says at each time how likely each label is, or a blank. Many of its paths spell the
wanted sequence: repeated labels count once, then blanks are left out. The loss is minus the
logarithm of the probability of them all together, which one walk through time sums up (A. Graves
et al., "Connectionist Temporal Classification", ICML 2006, equations 6 to 16).

With blanks around them and in between, L labels are 2 L + 1 states; a path stays in its state, goes
to the next, or skips a blank between two different labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from ..autograd.graph import Array, TensorBase, constant, wrap
from ..autograd.op import Op
from .arguments import torch_arguments
from .choice import where
from .division import div
from .kinds import Word
from .loss import check_reduction
from .reduce import mean
from .reduce import sum as total_of
from .shape import squeeze, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor

Ints = np.ndarray[Any, Any]


class Labelling(NamedTuple):
    """What is to be spelt.

    Attributes
    ----------
    states : numpy.ndarray of int64, of shape (n, states)
        The label of each state, blanks included.
    skips : numpy.ndarray of bool, of shape (n, states)
        Whether a path may come here from two states before.
    ends : numpy.ndarray of int64, of shape (n)
        The last state.
    times : numpy.ndarray of int64, of shape (n)
        How many times there are.
    """

    states: Ints
    skips: Ints
    ends: Ints
    times: Ints


class CtcLoss(Op):
    """The loss of each sample, and for all times and states log_alpha, the logarithm of the
    probability to spell the states up to this one in this time."""

    kinds = "f"
    outputs = ("losses", "log_alpha")

    @staticmethod
    def forward(log_probs: Array, labelling: Labelling, zero_infinity: bool) -> tuple[Array, Array]:
        log_alpha = _walk(_of_states(log_probs, labelling), labelling.skips)
        samples, ends = np.arange(len(labelling.ends)), labelling.ends
        last = log_alpha[labelling.times - 1, samples]
        before = np.where(ends > 0, last[samples, ends - 1], -np.inf)
        found = np.logaddexp(last[samples, ends], before)
        nothing_said = np.where(ends == 0, 0, -np.inf)  # in no time one can only say nothing
        losses = -np.where(labelling.times == 0, nothing_said, found)
        return losses.astype(log_probs.dtype), log_alpha

    @staticmethod
    def d_log_probs(
        grads: tuple[Array, Array],
        log_probs: Array,
        labelling: Labelling,
        zero_infinity: bool,
        losses: Array,
        log_alpha: Array,
    ) -> Array:
        values = constant(losses)
        given_up = np.isinf(values) & zero_infinity
        return CtcLossBackward.call(
            grads[0], log_probs, labelling, values, constant(log_alpha), given_up
        )


class CtcLossBackward(Op):
    """``exp(log_probs) - p``, with p the share of paths that have the label at the time.

    This is, as PyTorch has it, the derivative with respect to what `log_softmax` made `log_probs`
    of, which that passes on unchanged. PyTorch does not differentiate it, and so this does not.
    """

    @staticmethod
    def forward(
        g: Array, log_probs: Array, labelling: Labelling, losses: Any, log_alpha: Any, given_up: Any
    ) -> Array:
        times, samples, _ = log_probs.shape
        log_both = log_alpha + _walk_back(_of_states(log_probs, labelling), labelling)
        shares = np.full(log_probs.shape, -np.inf, log_probs.dtype)
        t, n, _ = np.ogrid[:times, :samples, :1]
        np.logaddexp.at(shares, (t, n, labelling.states), log_both)
        # Both walks have counted the label's own probability.
        paths = np.exp(shares + losses[:, None] - log_probs)
        inside = (t < labelling.times[:, None]) & ~given_up[:, None]
        return np.where(inside, (np.exp(log_probs) - paths) * g[:, None], 0).astype(g.dtype)

    @staticmethod
    def d_g(grad: Array) -> NoReturn:
        raise NotImplementedError("the derivative of the derivative of ctc_loss is not implemented")

    @staticmethod
    def d_log_probs(grad: Array) -> NoReturn:
        raise NotImplementedError("the derivative of the derivative of ctc_loss is not implemented")


def _of_states(log_probs: Array, labelling: Labelling) -> Array:
    """The log-probability of each state at each time, (times, n, states)."""
    samples = np.arange(len(labelling.states))[:, None]
    return log_probs[:, samples, labelling.states]


def _walk(log_probs: Array, skips: Array) -> Array:
    """From the first state or the second, through all times."""
    log_alpha = np.full(log_probs.shape, -np.inf, log_probs.dtype)
    log_alpha[:1, :, :2] = log_probs[:1, :, :2]
    for t in range(1, len(log_probs)):
        before = log_alpha[t - 1]
        reached = np.logaddexp(before[:, 1:], before[:, :-1])  # stayed, or from the state before
        skipped = np.where(skips[:, 2:], before[:, :-2], -np.inf)
        reached[:, 1:] = np.logaddexp(reached[:, 1:], skipped)
        log_alpha[t, :, :1] = before[:, :1]
        log_alpha[t, :, 1:] = reached
        log_alpha[t] += log_probs[t]
    return log_alpha


def _walk_back(log_probs: Array, labelling: Labelling) -> Array:
    """From the last state or the one before, through all times, to the front: log_beta."""
    log_beta = np.full(log_probs.shape, -np.inf, log_probs.dtype)
    numbers = np.arange(log_probs.shape[2])
    ends = labelling.ends[:, None]
    last = np.where((numbers == ends) | (numbers == ends - 1), 0, -np.inf)
    after = np.full(log_probs.shape[1:], -np.inf, log_probs.dtype)
    for t in reversed(range(len(log_probs))):
        reached = after.copy()
        reached[:, :-1] = np.logaddexp(after[:, :-1], after[:, 1:])
        skipped = np.where(labelling.skips[:, 2:], after[:, 2:], -np.inf)
        reached[:, :-2] = np.logaddexp(reached[:, :-2], skipped)
        reached = np.where(labelling.times[:, None] == t + 1, last, reached)
        after = log_beta[t] = reached + log_probs[t]
    return log_beta


@torch_arguments
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: Word = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """How unlikely it is that a network's labels, without times, are the wanted ones.

    Parameters
    ----------
    log_probs : Tensor of shape (times, n, labels), or, one sample alone, (times, labels)
        Logarithms of probabilities, as `log_softmax` makes them.
    targets : Tensor of integers, of shape (n, length) or (sum of the lengths)
        The wanted labels of each sample, padded; or of all, one behind the other.
    input_lengths, target_lengths : Tensor of integers, or sequence of int; of shape (n)
        How many times and how many labels belong to each sample.
    blank : int
        The label that stands for none.
    reduction : {"mean", "sum", "none"}
        A mean divides each loss by the sample's number of labels before.
    zero_infinity : bool
        Whether samples that have too few times for their labels count as 0, and not as infinite.

    Returns
    -------
    Tensor, of shape (n) with "none", and else without dimensions

    Raises
    ------
    RuntimeError
        If a shape, a length or `blank` does not fit.
    ValueError
        If `reduction` is another word.
    """
    check_reduction(reduction)
    alone = log_probs.array.ndim == 2
    batch = unsqueeze(log_probs, 1) if alone else log_probs
    if batch.array.ndim != 3:
        raise RuntimeError(f"ctc_loss: expected 2 or 3 dimensions, not {list(log_probs.shape)}")
    if batch.array.size == 0:
        raise RuntimeError("ctc_loss: log_probs tensor must not be empty")
    if batch.array.dtype not in (np.float32, np.float64):
        raise NotImplementedError(f'"ctc_loss" not implemented for {log_probs.dtype}')
    times, samples, labels = batch.array.shape
    if isinstance(input_lengths, TensorBase) != isinstance(target_lengths, TensorBase):
        raise TypeError("ctc_loss: give both input_lengths and target_lengths as tensors, or none")
    inputs = _lengths("input_lengths", input_lengths, samples)
    lengths = _lengths("target_lengths", target_lengths, samples)
    if not 0 <= blank < labels:
        raise RuntimeError(f"blank must be in label range: {blank} is not in [0, {labels})")
    if (inputs > times).any():
        raise RuntimeError(f"ctc_loss: input_lengths {inputs} go beyond the {times} times")
    padded = _padded(targets.array, lengths, samples)
    labelling = _labelling(padded, lengths, inputs, blank)
    losses, _ = CtcLoss.apply_all(batch, labelling, zero_infinity)
    if zero_infinity:
        losses = where(losses == np.inf, 0.0, losses)
    if reduction == "mean":
        counts = wrap(np.maximum(lengths, 1).astype(losses.array.dtype))
        return mean(div(losses, counts))
    if reduction == "sum":
        return total_of(losses)
    return squeeze(losses, 0) if alone else losses


def _lengths(name: str, lengths: Any, samples: int) -> Ints:
    if isinstance(lengths, TensorBase):
        if lengths.array.dtype.kind not in "iu":
            raise RuntimeError(f"{name} must be integral, not {lengths.array.dtype}")
        lengths = lengths.array.reshape(-1)
    elif not isinstance(lengths, Sequence):
        raise TypeError(f"ctc_loss: {name} must be a Tensor or a sequence of int, not {lengths!r}")
    counted = np.array(lengths, np.int64)
    if counted.shape != (samples,):
        raise RuntimeError(f"{name} must be of size batch_size, {samples}, not {counted.shape}")
    if (counted < 0).any():
        raise RuntimeError(f"ctc_loss: {name} must not be negative, but are {counted}")
    return counted


def _padded(targets: Ints, lengths: Ints, samples: int) -> Ints:
    """The targets in one row for each sample, as long as the longest."""
    longest = int(lengths.max())
    if targets.ndim == 2:
        if targets.shape[0] != samples or targets.shape[1] < longest:
            raise RuntimeError(
                f"ctc_loss: targets of shape {list(targets.shape)} for {samples} samples of up to "
                f"{longest} labels"
            )
        return targets[:, :longest].astype(np.int64)
    if targets.ndim != 1 or len(targets) != lengths.sum():
        raise RuntimeError(
            f"ctc_loss: targets of shape {list(targets.shape)} for lengths {lengths}"
        )
    padded = np.zeros((samples, longest), np.int64)
    padded[np.arange(longest) < lengths[:, None]] = targets
    return padded


def _labelling(padded: Ints, lengths: Ints, times: Ints, blank: int) -> Labelling:
    samples, longest = padded.shape
    states = np.full((samples, 2 * longest + 1), blank)
    states[:, 1::2] = np.where(np.arange(longest) < lengths[:, None], padded, blank)
    skips = np.zeros(states.shape, bool)
    skips[:, 2:] = states[:, 2:] != states[:, :-2]  # two blanks are equal, too
    return Labelling(states, skips, 2 * lengths, times)
