"""Ops that only move numbers, join them or cut them apart."""

from __future__ import annotations

from hypothesis import strategies as st

from ..draws import (
    FLOATS,
    choices,
    chunked,
    cut,
    dim,
    flipped,
    larger_shape,
    new_dim,
    new_shape,
    one,
    pattern,
    permutation,
    repeats,
    squeezed,
    two_dims,
)
from .row import moving

DTYPE_NAMES = ("float64", "float32", "int64", "int32", "uint8", "bool")
SQUARE = pattern("abc", "ab", "abcd", "1b1")

MOVING = (
    moving("view", one(), new_shape),
    moving("view_as", pattern("abc,cba", "ab,ab1", "ab,b1a"), arguments=(FLOATS, FLOATS)),
    moving("reshape", one(), new_shape),
    moving("flatten", one(), lambda s: st.one_of(st.just({}), two_dims(s))),
    moving("unflatten", st.sampled_from((((6,),), ((2, 6),), ((6, 1),), ((2, 6, 3),))),
           choices(args=((0, (2, 3)), (1, (3, -1)), (-1, (-1, 1)), (0, (6,)), (-2, (1, 2))))),
    moving("transpose", one(), two_dims),
    moving("t", one(max_dims=3)),
    moving("T", SQUARE, call=lambda _, x: x.T),
    moving("mT", SQUARE, call=lambda _, x: x.mT),
    moving("permute", one(), permutation),
    moving("expand", one(max_dims=3), larger_shape),
    moving("broadcast_to", one(max_dims=3), larger_shape),
    moving("repeat", one(max_dims=3), repeats),
    moving("squeeze", one(), squeezed),
    moving("unsqueeze", one(), new_dim),
    moving("flip", one(), flipped),
    moving("split", one(min_dims=1), cut),
    moving("chunk", one(min_dims=1), chunked),
    moving("unbind", one(min_dims=1), dim),
    moving("iteration", one(min_dims=1), call=lambda _, x: list(x)),
    moving("clone", one()),
    moving("contiguous", one()),
    moving("to", one(), choices(dtype=DTYPE_NAMES),
           call=lambda library, x, dtype: x.to(getattr(library, dtype))),
    moving("cat", pattern("ab,cb", "ab,cb,ab", "ab,=", "a,b,c", "ab,cb,db"), choices(dim=(0, ...)),
           call=lambda library, *xs, **o: library.cat(xs, **o), arguments=(FLOATS,) * 3),
    moving("cat-last", pattern("ab,ac", "bca,bcd,bcb", "ab,ac,="), choices(dim=(-1,)),
           call=lambda library, *xs, **o: library.cat(xs, **o), arguments=(FLOATS,) * 3),
    moving("stack", pattern("ab,ab", "ab,=", "a,a,a", "abc,abc"), choices(dim=(..., 0, 1, -1)),
           call=lambda library, *xs, **o: library.stack(xs, **o), arguments=(FLOATS,) * 3),
)  # fmt: skip

ROWS = MOVING
