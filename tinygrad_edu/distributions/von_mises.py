"""The distribution of von Mises, of angles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.grad_mode import no_grad
from ..creation import empty, zeros
from ..dtypes import bool_, float64
from ..ops.choice import where
from ..sampling import rand
from ..tensor import Tensor
from . import constraints
from .bases import OfNumbers

# Polynomials, lowest power first, from Abramowitz and Stegun, Handbook of Mathematical Functions,
# 9.8.1 to 9.8.4: of I0 and I1 in (x / 3.75)^2 below 3.75, and in 3.75 / x above.
SMALL = (
    (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813),
    (0.5, 0.87890594, 0.51498869, 0.15084934, 0.02658733, 0.00301532, 0.00032411),
)
LARGE = (
    (0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281, -0.02057706, 0.02635537,
     -0.01647633, 0.00392377),
    (0.39894228, -0.03988024, -0.00362018, 0.00163801, -0.01031555, 0.02282967, -0.02895312,
     0.01787654, -0.00420059),
)  # fmt: skip


def _polynomial(x: Tensor, coefficients: Sequence[float]) -> Tensor:
    result: Any = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        result = coefficient + x * result
    return result


def log_bessel(x: Tensor, order: int) -> Tensor:
    """The logarithm of the modified Bessel function of order 0 or 1, of positive x."""
    near = _polynomial((x / 3.75) * (x / 3.75), SMALL[order])
    if order == 1:
        near = x.abs() * near
    far = x - 0.5 * x.log() + _polynomial(3.75 / x, LARGE[order]).log()
    return where(x < 3.75, near.log(), far)


class VonMises(OfNumbers):
    """Angles in radians, of density proportional to ``exp(concentration cos(x - loc))``.

    Parameters
    ----------
    loc, concentration : Tensor or float
        The likeliest angle, and how near to it the others are; concentration > 0.
    validate_args : bool, optional
    """

    arg_constraints = {  # noqa: RUF012
        "loc": constraints.real,
        "concentration": constraints.positive,
    }
    support = constraints.real
    loc: Tensor
    concentration: Tensor

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self._set(validate_args, loc=loc, concentration=concentration)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The circular one, from 0 to 1."""
        kappa = self.concentration
        return 1 - (log_bessel(kappa, 1) - log_bessel(kappa, 0)).exp()

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Angles from -pi to pi, in float64 by rejection from a wrapped Cauchy distribution.

        D. Best and N. Fisher, "Efficient simulation of the von Mises distribution", Applied
        Statistics 28 (1979).
        """
        with no_grad(), np.errstate(divide="ignore"):
            loc, kappa = self.loc.to(float64), self.concentration.to(float64)
            tau = 1 + (1 + 4 * kappa**2).sqrt()
            rho = (tau - (2 * tau).sqrt()) / (2 * kappa)
            r = where(kappa < 1e-5, 1 / kappa + kappa, (1 + rho**2) / (2 * rho))
            shape = self._extended_shape(sample_shape)
            angles, done = empty(shape, dtype=float64), zeros(shape, dtype=bool_)
            while not done.all():
                u1, u2, u3 = rand((3, *shape), dtype=float64).unbind()
                z = (math.pi * u1).cos()
                f = (1 + r * z) / (r + z)
                c = kappa * (r - f)
                accepted = (c * (2 - c) - u2 > 0) | ((c / u2).log() + 1 - c >= 0)
                angles = where(accepted, (u3 - 0.5).sign() * f.acos(), angles)
                done = done | accepted
            return ((angles + math.pi + loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        aligned = self.concentration * (value - self.loc).cos()
        return aligned - math.log(2 * math.pi) - log_bessel(self.concentration, 0)
