"""Exponential families, whose entropy and divergence follow from one function.

The density is ``exp(t(x) . theta - F(theta) + k(x))``: theta are the natural parameters, F is the
logarithm of what normalizes, and k the carrier measure. The mean of t(x) is the gradient of F
(F. Nielsen and R. Nock, "Entropies and cross-entropies of exponential families", ICIP 2010).
"""

from __future__ import annotations

from ..autograd import grad
from ..tensor import Tensor
from .distribution import Distribution


class ExponentialFamily(Distribution):
    """Base of the distributions that are of this form."""

    #: The mean of k(x).
    _mean_carrier_measure: float

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        """theta."""
        raise NotImplementedError

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        """F(theta)."""
        raise NotImplementedError

    def entropy(self) -> Tensor:
        if not hasattr(self, "_mean_carrier_measure"):
            raise NotImplementedError
        natural = [each.detach().requires_grad_() for each in self._natural_params]
        normalizer = self._log_normalizer(*natural)
        result = normalizer - self._mean_carrier_measure
        means = grad(normalizer.sum(), natural, create_graph=True)
        for parameter, mean in zip(natural, means, strict=True):
            result = result - (parameter * mean).reshape((*self._batch_shape, -1)).sum(-1)
        return result
