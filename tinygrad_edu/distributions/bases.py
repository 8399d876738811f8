"""Bases of distributions that have their parameters in common."""

from __future__ import annotations

from typing import Any

from ..size import Size
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all, lazy_property, logits_to_probs, probs_to_logits

LOCATION_SCALE = {"loc": constraints.real, "scale": constraints.positive}


class OfNumbers(Distribution):
    """Base of the distributions of numbers whose parameters are tensors of one shape, or numbers.

    The names of the parameters are those of `arg_constraints`, in order.
    """

    def _set(self, validate_args: bool | None, **parameters: Any) -> None:
        values = broadcast_all(*parameters.values())
        for name, value in zip(parameters, values, strict=True):
            setattr(self, name, value)
        super().__init__(values[0].shape, validate_args=validate_args)


class OfProbabilities(Distribution):
    """Base of the distributions that have either `probs` or `logits`, and compute the other."""

    is_binary = False

    def _choose(self, probs: Any, logits: Any) -> Any:
        """The one that is given.

        Raises
        ------
        ValueError
            If it is not one.
        """
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        return logits if probs is None else probs

    @lazy_property
    def logits(self) -> Tensor:
        """Of `probs`."""
        return probs_to_logits(self.probs, self.is_binary)

    @lazy_property
    def probs(self) -> Tensor:
        """Of `logits`."""
        return logits_to_probs(self.logits, self.is_binary)

    @property
    def _param(self) -> Tensor:
        return self.probs if "probs" in vars(self) else self.logits

    @property
    def param_shape(self) -> Size:
        """The shape of `probs` and `logits`."""
        return self._param.shape


class Binary(OfProbabilities, OfNumbers):
    """Base of what has a probability for each number.

    Parameters
    ----------
    probs, logits : Tensor or float, optional
        One of them: the probability, or its logit ``log(p / (1 - p))``.
    validate_args : bool, optional
    """

    is_binary = True
    arg_constraints = {  # noqa: RUF012
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        given = self._choose(probs, logits)
        self._set(validate_args, **{"logits" if probs is None else "probs": given})

    def _set_counted(
        self, total_count: Any, probs: Any, logits: Any, validate_args: bool | None
    ) -> None:
        """`_set` with a number of trials besides, which gets the dtype of the other."""
        given = self._choose(probs, logits)
        total_count, given = broadcast_all(total_count, given)
        name = "logits" if probs is None else "probs"
        self._set(validate_args, total_count=total_count.type_as(given), **{name: given})


class LocationScale(OfNumbers):
    """A shape that is the same for all of them, moved by `loc` and stretched by `scale`.

    Parameters
    ----------
    loc, scale : Tensor or float
        Where the middle is, and how wide they are; scale > 0.
    validate_args : bool, optional
    """

    arg_constraints = LOCATION_SCALE
    support = constraints.real
    has_rsample = True
    loc: Tensor
    scale: Tensor

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self._set(validate_args, loc=loc, scale=scale)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc
