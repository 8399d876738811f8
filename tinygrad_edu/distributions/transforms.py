"""Invertible functions, through which numbers of one distribution become those of another.

If y = f(x), the density of y is that of x divided by ``|det df/dx|``. So each transform has the
logarithm of that determinant, besides f and its inverse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..creation import zeros_like
from ..limits import finfo
from ..nn.functional import softplus
from ..size import Size
from ..tensor import Tensor
from . import constraints
from .constraints import Constraint
from .distribution import independent_of, sum_rightmost


class Transform:
    """A function; `inv` is its inverse.

    Parameters
    ----------
    cache_size : int
        0 or 1: whether the last argument and result are kept, so that the inverse of a result is
        exactly what it came from.
    """

    bijective = False
    domain: Constraint = constraints.real
    codomain: Constraint = constraints.real
    sign: Any = 1

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError("cache_size must be 0 or 1")
        self._cache_size = cache_size
        self._last: tuple[Tensor | None, Tensor | None] = (None, None)

    @property
    def inv(self) -> Transform:
        """The inverse."""
        return InverseTransform(self)

    def __call__(self, x: Tensor) -> Tensor:
        if self._cache_size and x is self._last[0]:
            return self._last[1]  # type: ignore[return-value]
        y = self._call(x)
        if self._cache_size:
            self._last = x, y
        return y

    def _back(self, y: Tensor) -> Tensor:
        if self._cache_size and y is self._last[1]:
            return self._last[0]  # type: ignore[return-value]
        x = self._inverse(y)
        if self._cache_size:
            self._last = x, y
        return x

    def _call(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def _inverse(self, y: Tensor) -> Tensor:
        raise NotImplementedError

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``log |det df/dx|`` at `x`, where the result is `y`; one number for each event."""
        raise NotImplementedError

    def forward_shape(self, shape: Size) -> Size:
        """The shape of the result for an argument of this shape."""
        return shape

    def inverse_shape(self, shape: Size) -> Size:
        """The shape of the argument for a result of this shape."""
        return shape

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._arguments() == other._arguments()

    __hash__ = None  # type: ignore[assignment]

    def _arguments(self) -> Any:
        """What two of a kind differ in."""
        return ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class InverseTransform(Transform):
    """The inverse of another."""

    def __init__(self, transform: Transform) -> None:
        super().__init__()
        self._forward = transform
        self.bijective, self.sign = transform.bijective, transform.sign
        self.domain, self.codomain = transform.codomain, transform.domain

    @property
    def inv(self) -> Transform:
        return self._forward

    def __call__(self, x: Tensor) -> Tensor:
        return self._forward._back(x)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -self._forward.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Size) -> Size:
        return self._forward.inverse_shape(shape)

    def inverse_shape(self, shape: Size) -> Size:
        return self._forward.forward_shape(shape)

    def _arguments(self) -> Any:
        return self._forward

    def __repr__(self) -> str:
        return f"_InverseTransform({self._forward!r})"


class ComposeTransform(Transform):
    """Several, one after the other.

    Parameters
    ----------
    parts : list of Transform
    cache_size : int
    """

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = parts
        self.bijective = all(part.bijective for part in parts)
        self.sign = math.prod(part.sign for part in parts)
        if parts:
            first, last = parts[0].domain, parts[-1].codomain
            # As many dims as the part that needs the most, counted at either end.
            dims = last.event_dim
            for part in reversed(parts):
                dims += part.domain.event_dim - part.codomain.event_dim
                dims = max(dims, part.domain.event_dim)
            self.domain = independent_of(first, dims - first.event_dim)
            dims = first.event_dim
            for part in parts:
                dims += part.codomain.event_dim - part.domain.event_dim
                dims = max(dims, part.codomain.event_dim)
            self.codomain = independent_of(last, dims - last.event_dim)

    @property
    def inv(self) -> Transform:
        return ComposeTransform([part.inv for part in reversed(self.parts)])

    def __call__(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if not self.parts:
            return zeros_like(x)
        points = [x]
        for part in self.parts[:-1]:
            points.append(part(points[-1]))
        points.append(y)
        dims, terms = self.domain.event_dim, []
        for part, before, after in zip(self.parts, points[:-1], points[1:], strict=True):
            each = part.log_abs_det_jacobian(before, after)
            terms.append(sum_rightmost(each, dims - part.domain.event_dim))
            dims += part.codomain.event_dim - part.domain.event_dim
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    def forward_shape(self, shape: Size) -> Size:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Size) -> Size:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def _arguments(self) -> Any:
        return self.parts

    def __repr__(self) -> str:
        return f"{type(self).__name__}(\n    " + ",\n    ".join(map(repr, self.parts)) + "\n)"


class ExpTransform(Transform):
    """y = exp(x)."""

    bijective = True
    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.exp()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x


class SigmoidTransform(Transform):
    """y = 1 / (1 + exp(-x)), kept a little away from 0 and 1."""

    bijective = True
    codomain = constraints.unit_interval

    def _call(self, x: Tensor) -> Tensor:
        return self._inside(x.sigmoid())

    def _inverse(self, y: Tensor) -> Tensor:
        y = self._inside(y)
        return y.log() - (-y).log1p()

    @staticmethod
    def _inside(y: Tensor) -> Tensor:
        limits = finfo(y.dtype)
        return y.clamp(min=limits.tiny, max=1.0 - limits.eps)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x) - softplus(x)


class SoftplusTransform(Transform):
    """y = log(1 + exp(x))."""

    bijective = True
    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x)


class TanhTransform(Transform):
    """y = tanh(x)."""

    bijective = True
    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Tensor) -> Tensor:
        return x.tanh()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        # log(1 - tanh(x)^2) without taking anything from 1
        return 2.0 * (math.log(2.0) - x - softplus(-2.0 * x))
