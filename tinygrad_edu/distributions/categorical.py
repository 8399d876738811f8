"""The distribution of one out of several."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..creation import full
from ..limits import finfo
from ..ops.chance import multinomial
from ..ops.stacking import broadcast_tensors
from ..ranges import arange
from ..size import Size
from ..tensor import Tensor
from . import constraints
from .bases import OfProbabilities
from .constraints import Constraint

PROBABILITIES = {"probs": constraints.simplex, "logits": constraints.real_vector}


class Categorical(OfProbabilities):
    """The indices 0 to n - 1, each with its probability.

    Parameters
    ----------
    probs, logits : Tensor of shape (*batch, n), optional
        One of them: weights that are divided by their sums, or logarithms of such weights.
    validate_args : bool, optional
    """

    arg_constraints = PROBABILITIES
    has_enumerate_support = True

    def __init__(
        self,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        given = self._choose(probs, logits)
        name = "logits" if probs is None else "probs"
        if given.dim() < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        if probs is None:
            self.logits = given - given.logsumexp(dim=-1, keepdim=True)
        else:
            self.probs = given / given.sum(-1, keepdim=True)
        super().__init__(given.shape[:-1], validate_args=validate_args)

    @property
    def _num_events(self) -> int:
        return self._param.shape[-1]

    @property
    def support(self) -> Constraint:
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Tensor:
        return full(self._extended_shape(), math.nan, dtype=self.probs.dtype)

    @property
    def variance(self) -> Tensor:
        return self.mean

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(dim=-1)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        rows = self.probs.reshape(-1, self._num_events)
        drawn = multinomial(rows, Size(sample_shape).numel(), True).T
        return drawn.reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        index, log_probs = broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return log_probs.gather(-1, index[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        logits = self.logits.clamp(min=finfo(self.logits.dtype).min)  # no 0 times infinity
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(arange(self._num_events), expand)
