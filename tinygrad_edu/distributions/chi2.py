"""The distribution of chi^2."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from . import constraints
from .gamma import Gamma


class Chi2(Gamma):
    """The sum of the squares of `df` standard normal numbers: ``Gamma(df / 2, 1 / 2)``.

    Parameters
    ----------
    df : Tensor or float
        The degrees of freedom; positive, whole or not.
    validate_args : bool, optional
    """

    arg_constraints = {"df": constraints.positive}  # noqa: RUF012

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    @property
    def df(self) -> Tensor:
        """The degrees of freedom."""
        return self.concentration * 2
