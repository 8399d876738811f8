"""Copies of what other ops view, and pieces that count as tensors of their own."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ..draws import (
    FLOATS,
    choices,
    chunked,
    dim,
    larger_shape,
    new_dim,
    new_shape,
    nothing,
    one,
    permutation,
    squeezed,
    two_dims,
)
from .row import Row, moving

COPIED = "here a view is recorded, and then its clone"
MATRICES = st.sampled_from([((3, 4),), ((4, 3, 2),), ((5, 3),)])


def copying(name: str, shapes: Any, options: Any = nothing, **changes: Any) -> Row:
    """A function whose other arguments are positional, or the option `dim`."""

    def call(library: Any, x: Any, args: Any = (), **more: Any) -> Any:
        return getattr(library, name)(x, *args, **more)

    return moving(name, shapes, options, call=call, graph=COPIED, **changes)


def whole_shape(shapes: Any) -> Any:
    """New shapes, given as one tuple."""
    return new_shape(shapes).filter(lambda o: isinstance(o["args"][0], tuple))


COPIES = (
    copying("alias_copy", one()),
    moving("detach_copy", one(), call=lambda library, x: library.detach_copy(x.detach())),
    copying("view_copy", one(), whole_shape),
    copying("as_strided_copy", MATRICES, layouts=("contiguous",),
            options=choices(args=(((2,), (1,)), ((2, 2), (3, 1), 1), ((), ())))),
    copying("diagonal_copy", MATRICES, choices(args=((), (1,), (-1, 1, 0)))),
    copying("expand_copy", one(max_dims=3), larger_shape),
    copying("permute_copy", one(), permutation),
    copying("select_copy", MATRICES, choices(args=((0, 1), (-1, -1), (1, 9)))),
    copying("slice_copy", MATRICES, choices(
        args=((), (0, 1), (1, 0, -1), (-1, None, 9, 2), (0, 0, 2, 0)))),
    copying("split_copy", MATRICES, choices(args=((1,), (2, 1), (9, -1), (0,)))),
    copying("split_with_sizes_copy", st.just(((3, 4),)),
            choices(args=(((1, 2),), ((4, 0), 1), ((1, 1),)))),
    copying("squeeze_copy", one(), squeezed),
    copying("t_copy", one(max_dims=3)),
    copying("transpose_copy", one(), two_dims),
    copying("unbind_copy", one(min_dims=1), dim),
    copying("unfold_copy", MATRICES, choices(args=((0, 2, 1), (1, 3, 2), (-1, 1, 2), (0, 9, 1)))),
    copying("unsqueeze_copy", one(), new_dim),
)  # fmt: skip

APART = (
    moving("unsafe_chunk", one(min_dims=1), chunked),
    moving("unsafe_split", MATRICES, choices(args=((1,), (2, 1), (9, -1)))),
    moving("unsafe_split_with_sizes", st.just(((3, 4),)), choices(args=(((1, 2),), ((4, 0), 1)))),
)

SCATTERED = (
    # PyTorch's gradient for the first argument does not pass its own gradcheck.
    moving("as_strided_scatter",
           st.sampled_from([((3, 4), (2, 3)), ((12,), (2, 3)), ((3, 4), (2,))]),
           choices(args=(((2, 3), (4, 1)), ((2, 3), (3, 1), 2), ((2,), (5,), 1))),
           call=lambda library, x, src, args: library.as_strided_scatter(x.detach(), src, *args),
           arguments=(FLOATS, FLOATS), layouts=("contiguous",)),
)  # fmt: skip

ROWS = (*COPIES, *APART, *SCATTERED)
