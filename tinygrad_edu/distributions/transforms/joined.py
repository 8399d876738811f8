"""Several transforms side by side, each for its part of a tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...ops.join import cat, stack
from ...tensor import Tensor
from .. import constraints
from ..constraints import Constraint
from ..utils import sum_rightmost
from .base import Transform


class _Joined(Transform):
    """Base of both: a list of transforms, and the dim along which their parts are."""

    def __init__(self, tseq: Sequence[Transform], dim: int, cache_size: int) -> None:
        if not all(isinstance(each, Transform) for each in tseq):
            raise AssertionError("All elements of tseq must be Transform instances")
        if cache_size:
            tseq = [each.with_cache(cache_size) for each in tseq]
        super().__init__(cache_size)
        self.transforms, self.dim = list(tseq), dim

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return all(each.bijective for each in self.transforms)

    def _check(self, name: str, value: Tensor, expected: int, what: str) -> None:
        if not -value.dim() <= self.dim < value.dim():
            raise AssertionError(
                f"dim {self.dim} out of range for tensor with {value.dim()} dimensions"
            )
        if value.size(self.dim) != expected:
            raise AssertionError(
                f"{name}.size({self.dim}) = {value.size(self.dim)} must equal {what} {expected}"
            )


class CatTransform(_Joined):
    """Transforms of parts that are joined along a dim, as by `cat`.

    Parameters
    ----------
    tseq : sequence of Transform
    dim : int
    lengths : sequence of int, optional
        How long the part of each is; by default 1.
    cache_size : int

    Raises
    ------
    AssertionError
        If they are no transforms, or not as many as lengths.
    """

    def __init__(
        self,
        tseq: Sequence[Transform],
        dim: int = 0,
        lengths: Sequence[int] | None = None,
        cache_size: int = 0,
    ) -> None:
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(
                f"lengths ({len(self.lengths)}) must match transforms ({len(self.transforms)})"
            )

    @property
    def event_dim(self) -> int:
        return max(each.event_dim for each in self.transforms)

    @property
    def length(self) -> int:
        """The length of all parts."""
        return sum(self.lengths)

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        return constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths)

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        return constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths)

    def with_cache(self, cache_size: int = 1) -> Transform:
        if cache_size == self._cache_size:
            return self
        return CatTransform(self.transforms, self.dim, self.lengths, cache_size)

    def _parts(self, name: str, value: Tensor) -> Sequence[Tensor]:
        self._check(name, value, self.length, "length")
        return value.split(self.lengths, self.dim)

    def _call(self, x: Tensor) -> Tensor:
        parts = zip(self.transforms, self._parts("x", x), strict=True)
        return cat([each(part) for each, part in parts], self.dim)

    def _inverse(self, y: Tensor) -> Tensor:
        parts = zip(self.transforms, self._parts("y", y), strict=True)
        return cat([each.inv(part) for each, part in parts], self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        parts = zip(self.transforms, self._parts("x", x), self._parts("y", y), strict=True)
        terms = []
        for each, before, after in parts:
            term = each.log_abs_det_jacobian(before, after)
            terms.append(sum_rightmost(term, self.event_dim - each.event_dim))
        dim = self.dim - x.dim() if self.dim >= 0 else self.dim
        dim += self.event_dim
        if dim < 0:
            return cat(terms, dim)
        total = terms[0]  # the dim is one of the events'
        for term in terms[1:]:
            total = total + term
        return total


class StackTransform(_Joined):
    """Transforms of parts that are stacked along a dim, as by `stack`.

    Parameters
    ----------
    tseq : sequence of Transform
    dim : int
    cache_size : int

    Raises
    ------
    AssertionError
        If they are no transforms.
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(tseq, dim, cache_size)

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        return constraints.stack([each.domain for each in self.transforms], self.dim)

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        return constraints.stack([each.codomain for each in self.transforms], self.dim)

    def with_cache(self, cache_size: int = 1) -> Transform:
        if cache_size == self._cache_size:
            return self
        return StackTransform(self.transforms, self.dim, cache_size)

    def _parts(self, name: str, value: Tensor) -> Sequence[Tensor]:
        self._check(name, value, len(self.transforms), "len(transforms)")
        return value.unbind(self.dim)

    def _stacked(self, each: Callable[..., Tensor], **values: Tensor) -> Tensor:
        """What a function of a transform and its parts gives, of all of them."""
        parts = [self._parts(name, value) for name, value in values.items()]
        return stack([each(*p) for p in zip(self.transforms, *parts, strict=True)], self.dim)

    def _call(self, x: Tensor) -> Tensor:
        return self._stacked(lambda each, part: each(part), x=x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self._stacked(lambda each, part: each.inv(part), y=y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return self._stacked(lambda each, a, b: each.log_abs_det_jacobian(a, b), x=x, y=y)
