"""What ops return that have several results: named tuples, which print as PyTorch's do.

They have PyTorch's names too, those of the functions that return them. Most are a pair of values
and of the places in the input where these were found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .tensor import Tensor


def _text(result: Any) -> str:
    fields = ",\n".join(f"{name}={value!r}" for name, value in result._asdict().items())
    return f"torch.return_types.{type(result).__name__}(\n{fields})"


class Found(NamedTuple):
    """Values, and their indices (int64) along the dimension in which they were looked for."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        return _text(self)


class median(Found):
    """What `median` along a dimension returns."""


class nanmedian(Found):
    """What `nanmedian` along a dimension returns."""


class mode(Found):
    """What `mode` returns."""


class kthvalue(Found):
    """What `kthvalue` returns."""


class sort(Found):
    """What `sort` returns."""


class topk(Found):
    """What `topk` returns."""


class cummax(Found):
    """What `cummax` returns."""


class cummin(Found):
    """What `cummin` returns."""


class aminmax(NamedTuple):
    """What `aminmax` returns."""

    min: Tensor
    max: Tensor

    def __repr__(self) -> str:
        return _text(self)


class frexp(NamedTuple):
    """What `frexp` returns."""

    mantissa: Tensor
    exponent: Tensor

    def __repr__(self) -> str:
        return _text(self)


class linalg_slogdet(NamedTuple):
    """What `linalg.slogdet` returns."""

    sign: Tensor
    logabsdet: Tensor

    def __repr__(self) -> str:
        return _text(self)


class slogdet(linalg_slogdet):
    """What `slogdet` returns."""
