"""Norms of vectors and matrices."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..bridge import LAYOUTS
from ..draws import choices, one, reduced
from .row import function, reduction

INF = float("inf")
NONFINITE = {"nonfinite": "LAPACK says nothing of infinities and nan"}
ORDERS = (..., 1, 2, 3, 0.5, 1.5, 0, INF, -INF, -1)


def linalg(name: str) -> Any:
    def call(library: ModuleType, *tensors: Any, **options: Any) -> Any:
        return getattr(library.linalg, name)(*tensors, **options)

    return call


NORMS = (
    reduction("norm", reduced(p=(..., "fro", 1, 2, 3, INF)), edge_options=[{}, {"p": 1}]),
    reduction("vector_norm", reduced(ord=ORDERS), call=linalg("vector_norm"),
              edge_options=[{"ord": p} for p in ORDERS[1:]]),
    reduction("matrix_norm", choices(ord=(..., "fro", 1, -1, INF, -INF), keepdim=(..., True),
              dim=(..., (0, 1), (-1, 0), (0, 0))), call=linalg("matrix_norm"),
              shapes=one(max_dims=3), edge_data=()),
    reduction("linalg_norm", choices(ord=(..., "fro", 1, INF, -1, 0, 2.5), keepdim=(..., True),
              dim=(..., 0, (0, 1), (-1, 0), (1,))), call=linalg("norm"), shapes=one(max_dims=3),
              edge_data=()),
    # Second-order gradients where two singular values are equal are not finite, on either side.
    reduction("matrix_norm-values", choices(ord=("nuc", 2, -2), keepdim=(..., True),
              dim=(..., (0, 1), (-1, 0))), call=linalg("matrix_norm"), shapes=one(max_dims=4),
              edge_data=(), data=("normal",), layouts=LAYOUTS[:3], skipped=NONFINITE),
    reduction("linalg_norm-values", choices(ord=("nuc", 2, -2), keepdim=(..., True),
              dim=(..., 0, (0, 1), (-1, 0))), call=linalg("norm"), shapes=one(max_dims=3),
              edge_data=(), data=("normal",), layouts=LAYOUTS[:3], skipped=NONFINITE),
    reduction("norm-nuc", choices(p=("nuc",), dim=(..., (0, 1), (-1, 0)), keepdim=(..., True)),
              call=function("norm"),
              shapes=one(max_dims=3), edge_data=(), data=("normal",), layouts=LAYOUTS[:3],
              skipped=NONFINITE),
)  # fmt: skip

ROWS = NORMS
