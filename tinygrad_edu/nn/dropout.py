"""Dropout as modules, which drop while training and do nothing after `eval`."""

from __future__ import annotations

from ..tensor import Tensor
from . import functional_dropout as F
from .functional_dropout import check_dropout
from .module import Module


class _DropoutNd(Module):
    """What they share: a probability.

    Parameters
    ----------
    p : float
        The probability of being dropped, from 0 to 1.
    inplace : bool
        Whether to write into the input itself.

    Raises
    ------
    ValueError
        If `p` is out of range.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        check_dropout(p)
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """Each element is 0 with probability `p`, and else multiplied by 1 / (1 - p)."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop, while training."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_DropoutNd):
    """`Dropout` of whole channels of (N, C, L)."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop, while training."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_DropoutNd):
    """`Dropout` of whole channels of (N, C, H, W)."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop, while training."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class AlphaDropout(_DropoutNd):
    """Dropout that keeps mean 0 and variance 1 of activations made by SELU."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop, while training."""
        return F.alpha_dropout(input, self.p, self.training)


class Dropout3d(_DropoutNd):
    """`Dropout` of whole channels of (N, C, D, H, W)."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop, while training."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(_DropoutNd):
    """`AlphaDropout` of whole channels."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop, while training."""
        return F.feature_alpha_dropout(input, self.p, self.training)
