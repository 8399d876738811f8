"""Ops that make one number of many."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..bridge import LAYOUTS
from ..draws import (
    dim,
    one,
    reduced,
)
from .row import function, reduction

ONE_DIM_REDUCED = reduced(several=False)
BY_VECTOR = [{"dim": 0}, {"dim": -1, "keepdim": True}]


def variance(
    x: np.ndarray[Any, Any], dim: Any = None, correction: float = 1, keepdim: bool = False
) -> Any:
    """The variance, with what NumPy does in long double."""
    dim = dim if x.ndim else None
    centred = x - x.mean(dim, keepdims=True)
    total = (centred * centred).sum(dim, keepdims=keepdim)
    return total / (centred.size / max(total.size, 1) - correction)


REDUCTIONS = (
    reduction("sum", reduced()),
    reduction(
        "sum-dtype",
        reduced(dtype=("float32",)),
        call=function("sum"),
        shapes=one(max_dims=1),  # few elements, for the truth is a float32 sum too
        edge_data=(),
        graph="the conversion is a node of its own",
    ),
    reduction("mean", reduced()),
    reduction(
        "prod",
        ONE_DIM_REDUCED,
        skipped={
            reason: "with inf and 0 PyTorch's second-order gradient is nan where it is finite"
            for reason in ("vector20", "nonfinite")
        },
    ),
    reduction("cumsum", dim, edge_options=[{"dim": 0}]),
    # Not of expanded tensors: of equal numbers PyTorch's rounding errors decide the gradient.
    reduction("var", reduced(correction=(..., 0, 1, 2, 1.5)), layouts=LAYOUTS[:3], truth=variance),
    reduction(
        "std",
        reduced(correction=(..., 0, 1, 2, 1.5)),
        layouts=LAYOUTS[:3],
        truth=lambda x, **options: np.sqrt(variance(x, **options)),
    ),
    reduction("logsumexp", reduced(whole=False), edge_options=BY_VECTOR),
    reduction("amax", reduced(), exact="values"),
    reduction("amin", reduced(), exact="values"),
    reduction("max", ONE_DIM_REDUCED, exact="values", edge_options=[{}, *BY_VECTOR]),
    reduction("min", ONE_DIM_REDUCED, exact="values", edge_options=[{}, *BY_VECTOR]),
    reduction("argmax", ONE_DIM_REDUCED, edge_options=[{}, *BY_VECTOR]),
    reduction("argmin", ONE_DIM_REDUCED, edge_options=[{}, *BY_VECTOR]),
    reduction("all", reduced()),
    reduction("any", reduced()),
    # Not with expanded upstream gradients: under equal numbers the whole gradient cancels out.
    reduction("softmax", dim, edge_options=[{"dim": 0}], layouts=LAYOUTS[:3]),
    reduction("log_softmax", dim, edge_options=[{"dim": 0}], layouts=LAYOUTS[:3]),
)

ROWS = REDUCTIONS
