"""The distribution of Laplace, exponential to both sides."""

from __future__ import annotations

from collections.abc import Sequence

from ..creation import empty
from ..limits import finfo
from ..tensor import Tensor
from .bases import LocationScale


class Laplace(LocationScale):
    """An exponential distribution to either side, of density
    ``exp(-|x - loc| / scale) / (2 scale)``."""

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale.pow(2)

    @property
    def stddev(self) -> Tensor:
        return (2**0.5) * self.scale

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        units = empty(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        units.uniform_(finfo(self.loc.dtype).eps - 1, 1)
        return self.loc - self.scale * units.sign() * (-units.abs()).log1p()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return -(2 * self.scale).log() - (value - self.loc).abs() / self.scale

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        distance = value - self.loc
        return 0.5 - 0.5 * distance.sign() * (-distance.abs() / self.scale).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        term = value - 0.5
        return self.loc - self.scale * term.sign() * (-2 * term.abs()).log1p()

    def entropy(self) -> Tensor:
        return 1 + (2 * self.scale).log()
