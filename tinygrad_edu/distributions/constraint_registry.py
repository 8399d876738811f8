"""From numbers without a constraint to those with one: `biject_to` and `transform_to`.

So parameters that have to be positive, or to add up to 1, are optimized like any others::

    t = transform_to(constraints.simplex)
    loss = f(t(x))

`biject_to` gives bijective transforms, of which one can ask for densities; `transform_to` gives
what is easier to optimize.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import constraints, transforms
from .constraints import Constraint
from .transforms import Transform
from .utils import NUMBER

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]


class ConstraintRegistry:
    """Which transform leads to a constraint: a function of it, for each class of constraints."""

    def __init__(self) -> None:
        self._registry: dict[type[Constraint], Callable[[Any], Transform]] = {}

    def register(self, constraint: Any, factory: Callable[[Any], Transform] | None = None) -> Any:
        """Let a function make the transforms; without one, a decorator that takes it.

        Parameters
        ----------
        constraint : Constraint, or a class of them
        factory : callable, optional
            Gets the constraint, and returns the transform.

        Raises
        ------
        TypeError
            If `constraint` is neither.
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        if isinstance(constraint, Constraint):
            constraint = type(constraint)
        if not isinstance(constraint, type) or not issubclass(constraint, Constraint):
            raise TypeError(
                "Expected constraint to be either a Constraint subclass or instance, but got "
                f"{constraint}"
            )
        self._registry[constraint] = factory
        return factory

    def __call__(self, constraint: Constraint) -> Transform:
        """The transform from unconstrained numbers.

        Raises
        ------
        NotImplementedError
            If there is none.
        """
        try:
            factory = self._registry[type(constraint)]
        except KeyError:
            raise NotImplementedError(
                f"Cannot transform {type(constraint).__name__} constraints"
            ) from None
        return factory(constraint)


biject_to, transform_to = ConstraintRegistry(), ConstraintRegistry()


def _to_above(constraint: Any) -> Transform:
    shift = transforms.AffineTransform(constraint.lower_bound, 1)
    return transforms.ComposeTransform([transforms.ExpTransform(), shift])


def _to_below(constraint: Any) -> Transform:
    turned = transforms.AffineTransform(constraint.upper_bound, -1)
    return transforms.ComposeTransform([transforms.ExpTransform(), turned])


def _to_interval(constraint: Any) -> Transform:
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, NUMBER) and low == 0 and isinstance(high, NUMBER) and high == 1:
        return transforms.SigmoidTransform()
    placed = transforms.AffineTransform(low, high - low)
    return transforms.ComposeTransform([transforms.SigmoidTransform(), placed])


def _register_common(registry: ConstraintRegistry) -> None:
    """What is the same in both."""

    def to_independent(constraint: Any) -> Transform:
        base = registry(constraint.base_constraint)
        return transforms.IndependentTransform(base, constraint.reinterpreted_batch_ndims)

    def to_cat(constraint: Any) -> Transform:
        parts = [registry(each) for each in constraint.cseq]
        return transforms.CatTransform(parts, constraint.dim, constraint.lengths)

    def to_stack(constraint: Any) -> Transform:
        parts = [registry(each) for each in constraint.cseq]
        return transforms.StackTransform(parts, constraint.dim)

    registry.register(constraints.real, lambda constraint: transforms.identity_transform)
    registry.register(constraints.independent, to_independent)
    registry.register(constraints.greater_than, _to_above)  # of which `positive` is one
    registry.register(constraints.greater_than_eq, _to_above)
    registry.register(constraints.less_than, _to_below)
    registry.register(constraints.interval, _to_interval)
    registry.register(constraints.half_open_interval, _to_interval)
    registry.register(
        constraints.corr_cholesky, lambda constraint: transforms.CorrCholeskyTransform()
    )
    registry.register(constraints.cat, to_cat)
    registry.register(constraints.stack, to_stack)


_register_common(biject_to)
_register_common(transform_to)
biject_to.register(constraints.simplex, lambda constraint: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda constraint: transforms.SoftmaxTransform())
transform_to.register(
    constraints.lower_cholesky, lambda constraint: transforms.LowerCholeskyTransform()
)
for _kind in (constraints.positive_definite, constraints.positive_semidefinite):
    transform_to.register(_kind, lambda constraint: transforms.PositiveDefiniteTransform())
