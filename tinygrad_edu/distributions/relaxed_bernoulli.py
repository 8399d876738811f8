"""Trials that are not quite 0 or 1, and so have gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..sampling import rand
from ..tensor import Tensor
from . import constraints
from .bases import Binary
from .transformed_distribution import TransformedDistribution
from .transforms import SigmoidTransform
from .utils import broadcast_all, clamp_probs


class LogitRelaxedBernoulli(Binary):
    """The logits of what `RelaxedBernoulli` draws [1]_.

    Parameters
    ----------
    temperature : Tensor
    probs, logits : Tensor or float, optional
        One of them.
    validate_args : bool, optional

    .. [1] C. Maddison, A. Mnih, Y. W. Teh, "The Concrete Distribution: A Continuous Relaxation of
       Discrete Random Variables", ICLR 2017.
    """

    support = constraints.real

    def __init__(
        self,
        temperature: Tensor,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        self.temperature = temperature
        super().__init__(probs, logits, validate_args)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        units = clamp_probs(rand(shape, dtype=probs.dtype))
        noise = units.log() - (-units).log1p()
        return (noise + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        apart = logits - value.mul(self.temperature)
        return self.temperature.log() + apart - 2 * apart.exp().log1p()


class RelaxedBernoulli(TransformedDistribution):
    """Numbers between 0 and 1, the nearer to the ends the lower the temperature.

    Parameters
    ----------
    temperature : Tensor
    probs, logits : Tensor or float, optional
        One of them: the probability of being nearer to 1, or its logit.
    validate_args : bool, optional
    """

    arg_constraints = {  # noqa: RUF012
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self,
        temperature: Tensor,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits)
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)

    @property
    def temperature(self) -> Tensor:
        """The temperature."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        """The logits of `probs`."""
        return self.base_dist.logits

    @property
    def probs(self) -> Tensor:
        """The probabilities of being nearer to 1."""
        return self.base_dist.probs
