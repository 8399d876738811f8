"""One out of several, not quite, and so with gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from ..creation import full_like
from ..sampling import rand
from ..size import Size
from ..tensor import Tensor
from . import constraints
from .categorical import PROBABILITIES, Categorical
from .distribution import Distribution
from .transformed_distribution import TransformedDistribution
from .transforms import ExpTransform
from .utils import broadcast_all, clamp_probs


class ExpRelaxedCategorical(Distribution):
    """The logarithms of what `RelaxedOneHotCategorical` draws [1]_.

    Parameters
    ----------
    temperature : Tensor
    probs, logits : Tensor of shape (*batch, n), optional
        One of them, as of `Categorical`.
    validate_args : bool, optional

    .. [1] C. Maddison, A. Mnih, Y. W. Teh, "The Concrete Distribution: A Continuous Relaxation of
       Discrete Random Variables", ICLR 2017.
    """

    arg_constraints = PROBABILITIES
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        temperature: Tensor,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self._categorical = Categorical(probs, logits)
        self.temperature = temperature
        batch, events = self._categorical.batch_shape, self._categorical.param_shape[-1:]
        super().__init__(batch, events, validate_args=validate_args)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Self:
        new = super().expand(batch_shape)
        new._categorical = self._categorical.expand(batch_shape)
        return new

    @property
    def param_shape(self) -> Size:
        """The shape of `probs` and `logits`."""
        return self._categorical.param_shape

    @property
    def logits(self) -> Tensor:
        """The logarithms of `probs`."""
        return self._categorical.logits

    @property
    def probs(self) -> Tensor:
        """The probabilities of being the largest."""
        return self._categorical.probs

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        units = clamp_probs(rand(shape, dtype=self.logits.dtype))
        scores = (self.logits - (-units.log()).log()) / self.temperature  # with Gumbel's noise
        return scores - scores.logsumexp(dim=-1, keepdim=True)

    def log_prob(self, value: Tensor) -> Tensor:
        n = self._categorical._num_events
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        constant = full_like(self.temperature, float(n)).lgamma()
        constant = constant + (n - 1) * self.temperature.log()
        score = logits - value.mul(self.temperature)
        return (score - score.logsumexp(dim=-1, keepdim=True)).sum(-1) + constant


class RelaxedOneHotCategorical(TransformedDistribution):
    """Vectors of probabilities, the nearer to a single 1 the lower the temperature.

    Parameters
    ----------
    temperature : Tensor
    probs, logits : Tensor of shape (*batch, n), optional
        One of them, as of `Categorical`.
    validate_args : bool, optional
    """

    arg_constraints = PROBABILITIES
    support = constraints.simplex
    has_rsample = True

    def __init__(
        self,
        temperature: Tensor,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)

    @property
    def temperature(self) -> Tensor:
        """The temperature."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        """The logarithms of `probs`."""
        return self.base_dist.logits

    @property
    def probs(self) -> Tensor:
        """The probabilities of being the largest."""
        return self.base_dist.probs
