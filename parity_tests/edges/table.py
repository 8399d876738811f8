"""All rows, by family of ops."""

from __future__ import annotations

from . import (
    dtypes,
    indexing,
    layers,
    losses,
    matrices,
    pointwise,
    reductions,
    shapes,
    sorting,
    windows,
)

FAMILIES = {
    "pointwise": pointwise.ROWS,
    "reductions": reductions.ROWS,
    "sorting": sorting.ROWS,
    "matrices": matrices.ROWS,
    "shapes": shapes.ROWS,
    "indexing": indexing.ROWS,
    "windows": windows.ROWS,
    "layers": layers.ROWS,
    "losses": losses.ROWS,
    "dtypes": dtypes.ROWS,
}

ROWS = tuple(row for rows in FAMILIES.values() for row in rows)
