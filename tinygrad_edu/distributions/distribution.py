"""What all distributions have in common.

A distribution is a batch of distributions: the shape of its parameters is `batch_shape`. What is
drawn from each, a number, a vector or a matrix, has the `event_shape`. So a sample has the shape
``sample_shape + batch_shape + event_shape``, and `log_prob` sums over the event alone.

`sample` gives numbers without a gradient. Where the numbers can be written as a function of the
parameters and of noise that has none (``loc + scale * noise``), `rsample` does so, and gradients
reach the parameters: the reparameterization of Kingma and Welling, Auto-Encoding Variational Bayes.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

from ..autograd.grad_mode import no_grad
from ..size import Size
from ..tensor import Tensor
from .constraints import (
    Constraint,
    is_dependent,
)
from .utils import lazy_property


class Distribution:
    """Base of all distributions.

    Parameters
    ----------
    batch_shape, event_shape : sequence of int
    validate_args : bool, optional
        Whether parameters, and later values, are checked; by default they are.

    Raises
    ------
    ValueError
        If a parameter violates its constraint.
    """

    has_rsample = False
    has_enumerate_support = False
    _validate_args = __debug__

    def __init__(
        self,
        batch_shape: Sequence[int] = (),
        event_shape: Sequence[int] = (),
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if not self._validate_args:
            return
        try:
            arg_constraints = self.arg_constraints
        except NotImplementedError:
            arg_constraints = {}
            warnings.warn(
                f"{type(self)} does not define `arg_constraints`. Please set `arg_constraints = "
                "{}` or initialize the distribution with `validate_args=False` to turn off "
                "validation.",
                stacklevel=2,
            )
        for name, constraint in arg_constraints.items():
            is_lazy = isinstance(getattr(type(self), name, None), lazy_property)
            if is_dependent(constraint) or (is_lazy and name not in vars(self)):
                continue
            value = getattr(self, name)
            if not constraint.check(value).all():
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape "
                    f"{tuple(value.shape)}) of distribution {self!r} to satisfy the constraint "
                    f"{constraint!r}, but found invalid values:\n{value}"
                )

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions that are made from now on check what they are given."""
        if value not in (True, False):
            raise ValueError
        Distribution._validate_args = value

    @property
    def arg_constraints(self) -> Mapping[str, Constraint]:
        """The parameters and where they may lie; those that the instance has are shown."""
        raise NotImplementedError

    @property
    def support(self) -> Constraint:
        """Where what is drawn may lie."""
        raise NotImplementedError

    @property
    def batch_shape(self) -> Size:
        """The shape of the parameters: how many distributions there are."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of what is drawn from one of them."""
        return self._event_shape

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Self:
        """The same distributions, repeated to fill another batch shape; no memory is copied."""
        new = copy.copy(self)
        new._batch_shape = Size(batch_shape)
        for name, constraint in self.arg_constraints.items():
            if (value := vars(self).get(name)) is not None:
                event = value.shape[value.dim() - constraint.event_dim :]
                setattr(new, name, value.expand(new._batch_shape + event))
        return new

    @property
    def mean(self) -> Tensor:
        """The expected values."""
        raise NotImplementedError

    @property
    def mode(self) -> Tensor:
        """The likeliest values."""
        raise NotImplementedError(f"{type(self)} does not implement mode")

    @property
    def variance(self) -> Tensor:
        """The expected squared distances from the mean."""
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        """The roots of the variances."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw numbers, which have no gradient."""
        with no_grad():
            return self.rsample(sample_shape)

    def sample_n(self, n: int) -> Tensor:
        """``sample((n,))``, with a warning that this is how to write it."""
        warnings.warn(
            "`sample_n(n)` will be deprecated. Use `sample((n,))` instead.",
            FutureWarning,
            stacklevel=2,
        )
        return self.sample((n,))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw numbers through which gradients reach the parameters."""
        raise NotImplementedError

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of `value`, or of its density."""
        raise NotImplementedError

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of at most `value`."""
        raise NotImplementedError

    def icdf(self, value: Tensor) -> Tensor:
        """The number that is not exceeded with probability `value`."""
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All that can be drawn, along a first dim; the batch dims have size 1 unless `expand`."""
        raise NotImplementedError

    def entropy(self) -> Tensor:
        """The expected ``-log_prob``, in nats."""
        raise NotImplementedError

    def perplexity(self) -> Tensor:
        """The exponential of the entropy."""
        return self.entropy().exp()

    def _extended_shape(self, sample_shape: Sequence[int] = ()) -> Size:
        return Size(sample_shape) + self._batch_shape + self._event_shape

    def _enumerated(self, values: Tensor, expand: bool) -> Tensor:
        """All values, each of the event's shape, as `enumerate_support` gives them."""
        ones = (1,) * len(self._batch_shape)
        values = values.view((-1, *ones, *self._event_shape))
        shape = (-1, *self._batch_shape, *self._event_shape)
        return values.expand(shape) if expand else values

    def _validate_sample(self, value: Tensor) -> None:
        """Raise ValueError if `value` is no tensor, or cannot have been drawn from this."""
        if not self._validate_args:
            return
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        shape, expected = value.shape, self._batch_shape + self._event_shape
        event = shape[len(shape) - len(self._event_shape) :]
        if event != self._event_shape:
            raise ValueError(
                "The right-most size of value must match event_shape: "
                f"{shape} vs {self._event_shape}."
            )
        for i, j in zip(reversed(shape), reversed(expected), strict=False):
            if i != 1 and j != 1 and i != j:
                raise ValueError(
                    "Value is not broadcastable with batch_shape+event_shape: "
                    f"{shape} vs {expected}."
                )
        try:
            support = self.support
        except NotImplementedError:
            warnings.warn(
                f"{type(self)} does not define `support` to enable sample validation. Please "
                "initialize the distribution with `validate_args=False` to turn off validation.",
                stacklevel=2,
            )
            return
        if not support.check(value).all():
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(shape)}) to be "
                f"within the support ({support!r}) of the distribution {self!r}, but found "
                f"invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        own = {name: vars(self)[name] for name in self.arg_constraints if name in vars(self)}
        shown = (f"{n}: {v if v.numel() == 1 else v.size()}" for n, v in own.items())
        return f"{type(self).__name__}({', '.join(shown)})"
