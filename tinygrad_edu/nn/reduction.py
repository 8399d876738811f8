"""How a loss becomes one number: `reduction`, and the older arguments that meant the same."""

from __future__ import annotations

import warnings

from ..ops.loss import check_reduction
from ..tensor import Tensor


def chosen_reduction(
    size_average: bool | None, reduce: bool | None, reduction: str, stacklevel: int = 3
) -> str:
    """The reduction that PyTorch's older arguments mean; `reduction` if they are not given."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is not None and not reduce:
        meant = "none"
    else:
        meant = "mean" if size_average is None or size_average else "sum"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{meant}' instead.",
        stacklevel=stacklevel,
    )
    return meant


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """The losses themselves, their mean, or their sum.

    Raises
    ------
    ValueError
        If `reduction` is another word.
    """
    check_reduction(reduction)
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def warn_sizes(input: Tensor, target: Tensor) -> None:
    """Warn where shapes differ, which is seldom meant."""
    if target.array.shape == input.array.shape:
        return
    warnings.warn(
        f"Using a target size ({target.shape}) that is different to the input size "
        f"({input.shape}). This will likely lead to incorrect results due to broadcasting. Please "
        "ensure they have the same size.",
        stacklevel=3,
    )
