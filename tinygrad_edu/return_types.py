"""What ops return that have several results: named tuples, which print as PyTorch's do.

They have PyTorch's names too, those of the functions that return them. Most are a pair of values
and of the places in the input where these were found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .ops import extreme

if TYPE_CHECKING:
    from .tensor import Tensor

# These two stand with their ops, which are imported at once.
max, min = extreme.Extremes, extreme.LeastExtremes


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


class histogram(NamedTuple):
    """What `histogram` returns."""

    hist: Tensor
    bin_edges: Tensor

    def __repr__(self) -> str:
        return _text(self)


class histogramdd(NamedTuple):
    """What `histogramdd` returns."""

    hist: Tensor
    bin_edges: tuple[Tensor, ...]

    def __repr__(self) -> str:
        return _text(self)


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


class linalg_svd(NamedTuple):
    """What `linalg.svd` returns."""

    U: Tensor
    S: Tensor
    Vh: Tensor

    def __repr__(self) -> str:
        return _text(self)


class linalg_qr(NamedTuple):
    """What `linalg.qr` returns."""

    Q: Tensor
    R: Tensor

    def __repr__(self) -> str:
        return _text(self)


class linalg_eigh(NamedTuple):
    """What `linalg.eigh` returns."""

    eigenvalues: Tensor
    eigenvectors: Tensor

    def __repr__(self) -> str:
        return _text(self)


class linalg_lu(NamedTuple):
    """What `linalg.lu` returns."""

    P: Tensor
    L: Tensor
    U: Tensor

    def __repr__(self) -> str:
        return _text(self)


class linalg_lu_factor(NamedTuple):
    """What `linalg.lu_factor` returns."""

    LU: Tensor
    pivots: Tensor

    def __repr__(self) -> str:
        return _text(self)


class linalg_lu_factor_ex(NamedTuple):
    """What `linalg.lu_factor_ex` returns."""

    LU: Tensor
    pivots: Tensor
    info: Tensor

    def __repr__(self) -> str:
        return _text(self)


class linalg_cholesky_ex(NamedTuple):
    """What `linalg.cholesky_ex` returns."""

    L: Tensor
    info: Tensor

    def __repr__(self) -> str:
        return _text(self)


class linalg_inv_ex(NamedTuple):
    """What `linalg.inv_ex` returns."""

    inverse: Tensor
    info: Tensor

    def __repr__(self) -> str:
        return _text(self)


class linalg_solve_ex(NamedTuple):
    """What `linalg.solve_ex` returns."""

    result: Tensor
    info: Tensor

    def __repr__(self) -> str:
        return _text(self)


class linalg_lstsq(NamedTuple):
    """What `linalg.lstsq` returns."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor

    def __repr__(self) -> str:
        return _text(self)


class svd(NamedTuple):
    """What `svd` returns."""

    U: Tensor
    S: Tensor
    V: Tensor

    def __repr__(self) -> str:
        return _text(self)


class qr(linalg_qr):
    """What `qr` returns."""


class triangular_solve(NamedTuple):
    """What `triangular_solve` returns."""

    solution: Tensor
    cloned_coefficient: Tensor

    def __repr__(self) -> str:
        return _text(self)


class geqrf(NamedTuple):
    """What `geqrf` returns."""

    a: Tensor
    tau: Tensor

    def __repr__(self) -> str:
        return _text(self)


class lu_unpack(linalg_lu):
    """What `lu_unpack` returns."""


class _lu_with_info(linalg_lu_factor_ex):
    """What `lu`, with `get_infos`, returns."""
