"""Invertible functions, through which numbers of one distribution become those of another.

If y = f(x), the density of y is that of x divided by ``|det df/dx|``. So each transform has the
logarithm of that determinant, besides f and its inverse.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

from ...creation import zeros_like
from ...size import Size
from ...tensor import Tensor
from .. import constraints
from ..constraints import Constraint, independent_of
from ..utils import sum_rightmost


class Transform:
    """A function; `inv` is its inverse.

    Parameters
    ----------
    cache_size : int
        0 or 1: whether the last argument and result are kept, so that the inverse of a result is
        exactly what it came from.

    Raises
    ------
    ValueError
        If `cache_size` is neither.
    """

    bijective = False
    domain: Constraint
    codomain: Constraint

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError("cache_size must be 0 or 1")
        self._cache_size = cache_size
        self._last: tuple[Tensor | None, Tensor | None] = (None, None)
        self._inv: Transform | None = None

    @property
    def event_dim(self) -> int:
        """How many of the last dims belong to one event, before as after."""
        if self.domain.event_dim != self.codomain.event_dim:
            raise ValueError("Please use either .domain.event_dim or .codomain.event_dim")
        return self.domain.event_dim

    @property
    def inv(self) -> Transform:
        """The inverse, always the same object."""
        if self._inv is None:
            self._inv = _InverseTransform(self)
        return self._inv

    @property
    def sign(self) -> Any:
        """1 for what rises, -1 for what falls; a number or a tensor."""
        raise NotImplementedError

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with a cache of this size."""
        if cache_size == self._cache_size:
            return self
        new = copy.copy(self)
        Transform.__init__(new, cache_size)
        return new

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
        return self is other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Alike(Transform):
    """Base of the transforms without parameters: any two of a kind are equal."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self))

    __hash__ = None


class Rising(Alike):
    """Base of those of them that rise, number by number."""

    bijective = True
    domain = constraints.real
    sign = 1


class _InverseTransform(Transform):
    """The inverse of another."""

    def __init__(self, transform: Transform) -> None:
        super().__init__()
        self._forward = transform
        self.bijective = transform.bijective
        self.domain, self.codomain = transform.codomain, transform.domain

    @property
    def inv(self) -> Transform:
        return self._forward

    @property
    def sign(self) -> Any:
        return self._forward.sign

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self._forward.with_cache(cache_size).inv

    def __call__(self, x: Tensor) -> Tensor:
        return self._forward._back(x)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -self._forward.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Size) -> Size:
        return self._forward.inverse_shape(shape)

    def inverse_shape(self, shape: Size) -> Size:
        return self._forward.forward_shape(shape)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InverseTransform) and self._forward == other._forward

    __hash__ = None

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
        self.parts = parts = [p.with_cache() for p in parts] if cache_size else parts
        self.bijective = all(part.bijective for part in parts)
        self.domain = self.codomain = constraints.real
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
        if self._inv is None:
            self._inv = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._inv._inv = self
        return self._inv

    @property
    def sign(self) -> Any:
        return math.prod(part.sign for part in self.parts)

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self if cache_size == self._cache_size else ComposeTransform(self.parts, cache_size)

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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    __hash__ = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(\n    " + ",\n    ".join(map(repr, self.parts)) + "\n)"


class IndependentTransform(Transform):
    """Another, some dims of which are taken together to one event.

    Parameters
    ----------
    base_transform : Transform
    reinterpreted_batch_ndims : int
    cache_size : int
    """

    def __init__(
        self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.bijective = base_transform.bijective
        self.domain = constraints.independent(base_transform.domain, reinterpreted_batch_ndims)
        self.codomain = constraints.independent(base_transform.codomain, reinterpreted_batch_ndims)

    @property
    def sign(self) -> Any:
        return self.base_transform.sign

    def with_cache(self, cache_size: int = 1) -> Transform:
        if cache_size == self._cache_size:
            return self
        dims = self.reinterpreted_batch_ndims
        return IndependentTransform(self.base_transform, dims, cache_size)

    def _call(self, x: Tensor) -> Tensor:
        if x.dim() < self.domain.event_dim:
            raise ValueError("Too few dimensions on input")
        return self.base_transform(x)

    def _inverse(self, y: Tensor) -> Tensor:
        if y.dim() < self.codomain.event_dim:
            raise ValueError("Too few dimensions on input")
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        each = self.base_transform.log_abs_det_jacobian(x, y)
        return sum_rightmost(each, self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: Size) -> Size:
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Size) -> Size:
        return self.base_transform.inverse_shape(shape)

    def __repr__(self) -> str:
        dims = self.reinterpreted_batch_ndims
        return f"{type(self).__name__}({self.base_transform!r}, {dims})"


identity_transform = ComposeTransform([])
