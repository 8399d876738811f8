"""Rolling, turning, windows, repeating one by one; and tensors side by side."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from hypothesis import strategies as st

from ..draws import FLOATS, choices, one, pattern, repeats, two_dims
from ..versions import NARROW_COPY
from .row import function, method, moving


def block_diag(library: ModuleType, *tensors: Any) -> Any:
    """Empty vectors as rows: beside one PyTorch's gradients are those of one row above."""
    return library.block_diag(*(x.reshape(1, 0) if tuple(x.shape) == (0,) else x for x in tensors))


def joined(name: str) -> Any:
    """The library's function of a list of tensors."""

    def call(library: ModuleType, *tensors: Any) -> Any:
        return getattr(library, name)(tensors)

    return call


def filled(library: ModuleType, x: Any, args: Any) -> Any:
    return library.fill(x, *args)


THREE = (FLOATS,) * 3
CUBES = st.sampled_from((((4, 3, 5),), ((3, 4, 1),), ((3, 3, 0),)))

RESHAPING = (
    moving("movedim", one(min_dims=1), two_dims),
    moving("movedim-several", pattern("abc", "abcd"), call=method("movedim"),
           options=choices(args=(((0, 1), (1, 0)), ((0, -1), (2, 0)), ((2, 0), (0, 1))))),
    moving("swapaxes", one(), two_dims),
    moving("narrow", CUBES, choices(args=((0, 1, 2), (1, -2, 1), (-1, 0, 0), (0, 3, 0)))),
    moving("select", CUBES, choices(args=((0, 1), (1, -1), (-1, 0)))),
    moving("unfold", CUBES, choices(args=((0, 2, 1), (1, 2, 2), (-1, 1, 1), (0, 3, 2), (1, 0, 1),
                                          (0, 1, 2)))),
    moving("narrow_copy", CUBES, choices(args=((0, 1, 2), (1, -2, 1), (-1, 0, 0), (0, 3, 9))),
           since=NARROW_COPY),
    moving("as_strided", pattern("ab", "abc", empty=False), layouts=("contiguous", "sliced"),
           options=choices(args=(((2,), (1,)), ((2, 2), (0, 1)), ((1, 2), (1, 1), 1), ((99,), (1,)),
                                 ((2,), (-1,))))),
    moving("split_with_sizes", st.sampled_from((((4, 3),), ((3, 4),))),
           choices(args=(([1, 3],), ([2, 0, 1], 1), ([4],), ([1, 1, 2], -1)))),
    moving("sum_to_size", pattern("ab", "cab"), exact="",
           options=choices(args=((1,), (1, 1), ((1, 1),), (2,), (1, 1, 1), (3, 1)))),
    moving("diagflat", pattern("a", "ab", ""), choices(args=((), (1,), (-2,)))),
    moving("fill", one(), call=filled, options=choices(args=((2,), (-0.5,), (True,)))),
    moving("ravel", one()),
    moving("reshape_as", pattern("ab,ba", "abc,cb1a", "ab,ab"), arguments=(FLOATS, FLOATS)),
    moving("expand_as", pattern("b,ab", "a1,cab", "ab,ab", ",a"), arguments=(FLOATS, FLOATS)),
    moving("roll", pattern("ab", "abc"),
           choices(args=((1,), (-2, 0), (7, -1), ((1, 2), (0, 1)), ((1, 2), (0, 0))))),
    moving("rot90", pattern("ab", "abc"),
           choices(args=((), (0,), (2,), (-1,), (3, (1, 0)), (5, (0, -1))))),
    moving("fliplr", pattern("ab", "abc")),
    moving("flipud", pattern("a", "ab")),
    moving("tile", one(max_dims=3), lambda s: st.one_of(repeats(s), choices(args=((2,),))(s))),
    moving("repeat_interleave", pattern("ab", "a", ""),
           choices(args=((2,), (3, 0), (1, -1), (2, None)))),
    moving("repeat_interleave-each", st.sampled_from((((3, 2),), ((3,),), ((3, 0),))),
           choices(times=([1, 0, 2], [2], 3)),
           call=lambda lib, x, times: x.repeat_interleave(lib.tensor(times), 0)),
)  # fmt: skip

STACKING = (
    moving("hstack", pattern(",", "a,b", "ab,ac", "ab,=", "abc,adc,abc"), call=joined("hstack"),
           arguments=THREE),
    moving("vstack", pattern(",", "a,a", "ab,cb", "a,ba", "abc,dbc,abc"), call=joined("vstack"),
           arguments=THREE),
    moving("dstack", pattern(",", "a,a", "ab,ab", "abc,abd", "ab,ab1,ab"), call=joined("dstack"),
           arguments=THREE),
    moving("column_stack", pattern("a,a", "ab,a", ",", "ab,ac,a"), call=joined("column_stack"),
           arguments=THREE),
    moving("block_diag", pattern("ab,cd", "a,bc,", "ab,=", "ab"), call=block_diag,
           arguments=THREE),
    moving("broadcast_tensors", pattern("ab,b", "a1,1b,", "ab,ab"), arguments=THREE,
           call=function("broadcast_tensors")),
    moving("atleast_1d", one(), call=function("atleast_1d")),
    moving("atleast_2d", one(), call=function("atleast_2d")),
    moving("atleast_3d", one(), call=function("atleast_3d")),
    moving("atleast_3d-several", pattern("a,", "ab,abc"), call=joined("atleast_3d"),
           arguments=THREE),
    moving("meshgrid", pattern("a,b", "a,b,c", ",a", "a,="), choices(indexing=("ij", "xy")),
           arguments=THREE, call=function("meshgrid")),
    moving("cartesian_prod", pattern("a,b", "a,b,c", "a"), arguments=THREE,
           call=function("cartesian_prod")),
    moving("combinations", pattern("a"), choices(args=((), (1,), (3,), (2, True), (0,))),
           call=lambda lib, x, args: lib.combinations(x, *args)),
    moving("tensor_split", st.sampled_from((((4, 3),), ((5,),), ((0, 2),), ((3, 1, 4),))),
           choices(args=((1,), (3,), ((1, 2),), ((0, -1),), ((),), ((2, 1),), (2, -1)))),
    moving("hsplit", st.sampled_from((((4,),), ((3, 4),), ((2, 4, 1),))),
           choices(args=((2,), (4,), ((1, 2),), ((0, -1),)))),
    moving("vsplit", st.sampled_from((((4, 3),), ((2, 4, 1),))), choices(args=((2,), ((1,),)))),
    moving("dsplit", st.sampled_from((((4, 3, 2),), ((2, 1, 4),))), choices(args=((2,), ((1,),)))),
)  # fmt: skip

ROWS = (*RESHAPING, *STACKING)
