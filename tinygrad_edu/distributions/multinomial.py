"""The multinomial distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

from ..creation import ones_like, tensor
from ..layout import contiguous_format
from ..ops.new import new_zeros
from ..size import Size
from ..tensor import Tensor
from . import constraints
from .binomial import Binomial
from .categorical import PROBABILITIES, Categorical
from .constraints import Constraint
from .distribution import Distribution
from .utils import broadcast_all


class Multinomial(Distribution):
    """How often each of several is drawn, of `total_count` draws.

    Parameters
    ----------
    total_count : int
    probs, logits : Tensor of shape (*batch, n), optional
        One of them, as of `Categorical`.
    validate_args : bool, optional
    """

    arg_constraints = PROBABILITIES
    total_count: int

    def __init__(
        self,
        total_count: int = 1,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        self._categorical = Categorical(probs=probs, logits=logits)
        batch, events = self._categorical.batch_shape, self._categorical.param_shape[-1:]
        super().__init__(batch, events, validate_args=validate_args)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Self:
        new = super().expand(batch_shape)
        new._categorical = self._categorical.expand(batch_shape)
        return new

    @property
    def support(self) -> Constraint:
        return constraints.multinomial(self.total_count)

    @property
    def probs(self) -> Tensor:
        """The probabilities of the indices."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """Their logarithms."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Size:
        """The shape of `probs` and `logits`."""
        return self._categorical.param_shape

    @property
    def mean(self) -> Tensor:
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        drawn = self._categorical.sample((self.total_count, *sample_shape)).movedim(0, -1)
        counts = new_zeros(drawn, self._extended_shape(sample_shape))
        return counts.scatter_add_(-1, drawn, ones_like(drawn)).type_as(self.probs)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        logits = logits.clone(memory_format=contiguous_format)
        logits[(value == 0) & (logits == -math.inf)] = 0  # no 0 times infinity
        orders = (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1)
        return orders + (logits * value).sum(-1)

    def entropy(self) -> Tensor:
        # -E[log n! - sum log x_i! + sum x_i log p_i], where each x_i is binomial
        n = tensor(self.total_count)
        binomial = Binomial(self.total_count, probs=self.probs)
        counts = binomial.enumerate_support(expand=False)[1:]
        factorials = (binomial.log_prob(counts).exp() * (counts + 1).lgamma()).sum([0, -1])
        return n * self._categorical.entropy() - (n + 1).lgamma() + factorials
