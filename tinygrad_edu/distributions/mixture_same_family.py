"""Mixtures of distributions of one kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..autograd.grad_mode import no_grad
from ..tensor import Tensor
from .categorical import Categorical
from .constraints import Constraint, MixtureSameFamilyConstraint
from .distribution import Distribution


class MixtureSameFamily(Distribution):
    """One of several distributions of a kind, chosen anew for each thing that is drawn.

    Parameters
    ----------
    mixture_distribution : Categorical of k choices
    component_distribution : Distribution
        The last of its batch dims is k.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        If they are no distributions, or their shapes do not match.
    """

    arg_constraints = {}  # noqa: RUF012

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(
                " The Mixture distribution needs to be an  instance of "
                "torch.distributions.Categorical"
            )
        if not isinstance(component_distribution, Distribution):
            raise ValueError(
                "The Component distribution needs to be an instance of "
                "torch.distributions.Distribution"
            )
        self.mixture_distribution = mixture_distribution
        self.component_distribution = component_distribution
        choices, components = mixture_distribution.batch_shape, component_distribution.batch_shape
        batch_shape = components[:-1]
        for i, j in zip(reversed(choices), reversed(batch_shape), strict=False):
            if i != 1 and j != 1 and i != j:
                raise ValueError(
                    f"`mixture_distribution.batch_shape` ({choices}) is not compatible with "
                    f"`component_distribution.batch_shape`({batch_shape})"
                )
        k = mixture_distribution.logits.shape[-1]
        if k != components[-1]:
            raise ValueError(
                f"`mixture_distribution component` ({k}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({components[-1]})"
            )
        event_shape = component_distribution.event_shape
        super().__init__(batch_shape, event_shape, validate_args=validate_args)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> MixtureSameFamily:
        new = super().expand(batch_shape)
        k = self.mixture_distribution.param_shape[-1]
        new.component_distribution = self.component_distribution.expand((*batch_shape, k))
        new.mixture_distribution = self.mixture_distribution.expand(batch_shape)
        return new

    @property
    def support(self) -> Constraint:
        return MixtureSameFamilyConstraint(self.component_distribution.support)

    def _weights(self) -> Tensor:
        """The probabilities of the components, over a place for each dim of an event."""
        probs = self.mixture_distribution.probs
        return probs.reshape(probs.shape + (1,) * len(self.event_shape))

    def _beside(self, x: Tensor) -> Tensor:
        """`x` with a dim along which the components are."""
        return x.unsqueeze(-1 - len(self.event_shape))

    def _averaged(self, x: Tensor) -> Tensor:
        return (self._weights() * x).sum(dim=-1 - len(self.event_shape))

    @property
    def mean(self) -> Tensor:
        return self._averaged(self.component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        # That within the components, and that of their means.
        apart = self.component_distribution.mean - self._beside(self.mean)
        return self._averaged(self.component_distribution.variance) + self._averaged(apart.pow(2.0))

    def cdf(self, x: Tensor) -> Tensor:
        each = self.component_distribution.cdf(self._beside(x))
        return (each * self.mixture_distribution.probs).sum(dim=-1)

    def log_prob(self, x: Tensor) -> Tensor:
        self._validate_sample(x)
        each = self.component_distribution.log_prob(self._beside(x))
        return (each + self.mixture_distribution.logits.log_softmax(dim=-1)).logsumexp(dim=-1)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with no_grad():
            dim = len(sample_shape) + len(self.batch_shape)
            chosen = self.mixture_distribution.sample(sample_shape)
            each = self.component_distribution.sample(sample_shape)
            index = chosen.reshape(chosen.shape + (1,) * (1 + len(self.event_shape)))
            index = index.expand(chosen.shape + (1,) + self.event_shape)
            return each.gather(dim, index).squeeze(dim)

    def __repr__(self) -> str:
        return (
            f"MixtureSameFamily(\n  {self.mixture_distribution},\n  {self.component_distribution})"
        )
