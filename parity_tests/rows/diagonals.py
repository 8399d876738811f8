"""Diagonals and triangles of matrices."""

from __future__ import annotations

from ..draws import FLOATS, choices, one, pattern
from .row import Row, function

OFFSETS = (..., -1, 0, 1, 3)

DIAGONALS = (
    Row("tril", function("tril"), one(min_dims=1), (FLOATS,), choices(diagonal=OFFSETS),
        exact="bits"),
    Row("triu", function("triu"), one(min_dims=1), (FLOATS,), choices(diagonal=OFFSETS),
        exact="bits"),
    Row("diagonal", function("diagonal"), one(min_dims=1), (FLOATS,),
        choices(offset=OFFSETS, dim1=(..., 0, -1), dim2=(..., 1, -2)), exact="bits"),
    Row("diag_embed", function("diag_embed"), one(max_dims=3), (FLOATS,),
        choices(offset=OFFSETS, dim1=(..., 0, -1), dim2=(..., -2, 1)), exact="bits"),
    Row("diag", function("diag"), one(max_dims=3), (FLOATS,), choices(diagonal=OFFSETS),
        exact="bits"),
    Row("trace", function("trace"), pattern("ab", "aa", "a"), (FLOATS,)),
)  # fmt: skip

ROWS = DIAGONALS
