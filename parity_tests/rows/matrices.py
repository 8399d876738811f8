"""Products of matrices and vectors."""

from __future__ import annotations

from ..draws import (
    FLOATS,
    choices,
    pattern,
)
from .row import Row, function

ADDMM = pattern("ac,ab,bc", "c,ab,bc", "1c,ab,bc", "a1,ab,bc", ",ab,bc")

MATRICES = (
    Row("mm", function("mm"), pattern("ab,bc", "aa,="), (FLOATS, FLOATS)),
    Row("mv", function("mv"), pattern("ab,b"), (FLOATS, FLOATS)),
    Row("dot", function("dot"), pattern("a,a", "a,="), (FLOATS, FLOATS)),
    Row("bmm", function("bmm"), pattern("dab,dbc", "daa,="), (FLOATS, FLOATS)),
    Row("outer", function("outer"), pattern("a,b", "a,="), (FLOATS, FLOATS)),
    Row("addmm", function("addmm"), ADDMM, (FLOATS,) * 3),
    Row("addmm-scaled", function("addmm"), ADDMM, (FLOATS,) * 3,
        choices(beta=(0.5, 2), alpha=(-1, 0.5))),
    Row("linear", lambda lib, *xs: lib.nn.functional.linear(*xs),
        pattern("ab,cb,c", "ab,cb", "dab,cb,c", "b,cb,c", "dab,cb"), (FLOATS,) * 3,
        mixed=(),  # PyTorch mixes dtypes here for one-dimensional arguments only
        graph="one node, where PyTorch has one more for the transposition of the weight"),
    Row("matmul", function("matmul"),
        pattern("a,a", "ab,b", "b,bc", "ab,bc", "aa,=", "dab,bc", "dab,dbc", "1ab,dbc", "ab,dbc",
                "b,dbc", "dab,b", "edab,dbc", "e1ab,dbc", "edab,bc"),
        (FLOATS, FLOATS), graph="PyTorch folds batches with nodes that have no public names"),
    Row("matmul-operator", lambda _, x, y: x @ y, pattern("ab,bc", "ab,b", "a,a"),
        (FLOATS, FLOATS)),
)  # fmt: skip

ROWS = MATRICES
