"""Putting elements where an index says, taking them from there, and finding places."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ..draws import FLOATS, Options, Shape, choices, indices, mask, nothing, one, pattern
from .row import Row, method, moving

PAIR = (FLOATS, indices)
TRIPLE = (FLOATS, indices, FLOATS)
#: `x`, an index along the first dimension (or `dim`), and as many slices.
SLICES = pattern("ab,c,cb", "a,c,c", "abd,c,cbd", empty=False)


def each_once(rng: np.random.Generator, shapes: Sequence[Shape], options: Options) -> Any:
    """Places along `dim`, none of them twice: what is put there twice is undefined."""
    size, shape = shapes[0][options["dim"]], list(shapes[1])
    along = options["dim"] if len(shape) > 1 else 0
    count, shape[along] = shape[along], size
    order = np.argsort(rng.random(shape), axis=along)
    return np.take(order, range(count), axis=along)


def anywhere(rng: np.random.Generator, shapes: Sequence[Shape], options: Options) -> Any:
    """Places in all of the first argument, counted from either end."""
    size = int(np.prod(shapes[0]))
    return rng.integers(-size, size, shapes[1])


def mask_of_second(rng: np.random.Generator, shapes: Sequence[Shape], options: Options) -> Any:
    """Bools in the shape of the second argument."""
    return rng.random(shapes[1]) < 0.5


def changed(name: str, x: Any, *arguments: Any) -> Any:
    """A copy of `x` after the method of this name has changed it."""
    y = x.detach().clone()
    return getattr(y, name)(*arguments) is y, y


def changing(name: str, shapes: Any, options: Any = nothing, **more: Any) -> Row:
    """A method that changes its tensor at the places that an index names."""

    def call(library: ModuleType, x: Any, *rest: Any, dim: int | None = None) -> Any:
        given = [r.detach() for r in rest]
        return changed(name, x, *([] if dim is None else [dim]), *given)

    return moving(name, shapes, options, **{"call": call} | more)


def accumulated(library: ModuleType, x: Any, value: Any, key: str) -> Any:
    return x.index_put(eval(key, {"lib": library, "x": x}), value, accumulate=True)


def assigned(library: ModuleType, x: Any, value: Any, key: str) -> Any:
    return x.index_put(eval(key, {"lib": library, "x": x}), value)


#: Indices of a tensor of shape (4, 3, 5), of which each names a place only once.
KEYS = (
    "(lib.tensor([0, 2]),)", "(lib.tensor([-1, 1]), lib.tensor([0, 0]))", "(x > 0,)",
    "(lib.tensor([True, False, True, False]),)", "(lib.tensor(2),)",
    "(lib.tensor([[0], [1]]), lib.tensor([2, 0]))", "(x[:, :, 0] > 0,)",
)  # fmt: skip
TWICE = (*KEYS, "(lib.tensor([1, 1, 1]),)", "(lib.tensor([0, 0]), lib.tensor([2, -1]))")
PUT = st.sampled_from([((4, 3, 5), value) for value in ((), (5,), (1,))])

PLACING = (
    moving("scatter", pattern("ab,ab,ab", "a,a,a", "abc,abc,abc", empty=False),
           choices(dim=(0, -1)), arguments=(FLOATS, each_once, FLOATS),
           call=lambda _, x, i, source, dim: x.scatter(dim, i, source)),
    moving("scatter-number", pattern("ab,ab", "ab,1b", empty=False),
           choices(dim=(0,), value=(2, -0.5, True)), arguments=PAIR,
           call=lambda _, x, i, dim, value: x.scatter(dim, i, value)),
    moving("scatter-reduced", pattern("ab,ab", "ab,1b", empty=False), exact="", arguments=PAIR,
           options=choices(dim=(0,), reduce=("add", "multiply"), value=(2, -0.5)),
           call=lambda _, x, i, dim, value, reduce: x.detach().scatter(
               dim, i, value, reduce=reduce)),
    moving("index_add", SLICES, choices(dim=(0,), alpha=(1, 2, -3)), arguments=TRIPLE, exact="",
           call=lambda _, x, i, source, dim, alpha: x.index_add(dim, i, source, alpha=alpha)),
    moving("index_add-last", pattern("ab,c,ac", "dab,c,dac", empty=False), choices(dim=(-1,)),
           arguments=TRIPLE, exact="", call=lambda _, x, i, y, dim: x.index_add(dim, i, y)),
    moving("index_copy", pattern("ab,a,ab", "a,a,a", "ab,1,1b", empty=False), choices(dim=(0,)),
           arguments=(FLOATS, each_once, FLOATS),
           call=lambda _, x, i, source, dim: x.index_copy(dim, i, source)),
    moving("index_fill", pattern("ab,c", "a,c", "abd,c", empty=False),
           choices(dim=(0, -1), value=(2, -0.5, True)), arguments=PAIR,
           call=lambda _, x, i, dim, value: x.index_fill(dim, i, value)),
    moving("index_fill-tensor", pattern("ab,c,", "a,c,", empty=False), choices(dim=(0, -1)),
           arguments=TRIPLE, call=lambda _, x, i, value, dim: x.index_fill(dim, i, value)),
    moving("index_put", PUT, choices(key=KEYS), arguments=(FLOATS, FLOATS), call=assigned),
    moving("index_put-added", PUT, choices(key=TWICE), arguments=(FLOATS, FLOATS), exact="",
           call=accumulated),
    moving("masked_scatter", pattern("ab,ab,ab", "ab,b,abc", "b,ab,ba"),
           arguments=(mask, FLOATS, FLOATS),
           call=lambda _, condition, x, source: x.masked_scatter(condition, source)),
    moving("take", pattern("ab,cd", "a,b", "abc,", empty=False), arguments=(FLOATS, anywhere),
           call=lambda _, x, i: x.take(i)),
    moving("take_along_dim", pattern("ab,ac", "ab,1c", "1b,ac", empty=False), choices(dim=(1, -1)),
           arguments=PAIR, call=lambda _, x, i, dim: x.take_along_dim(i, dim)),
    moving("take_along_dim-flat", pattern("ab,cd", "a,bc", empty=False),
           arguments=(FLOATS, anywhere), call=lambda _, x, i: x.take_along_dim(i % x.numel())),
    moving("nonzero", one(), choices(as_tuple=(..., True)), data=("ties",)),
    moving("argwhere", one(), data=("ties",)),
)  # fmt: skip


REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


def numbered(rng: np.random.Generator, shapes: Sequence[Shape], options: Options) -> Any:
    """Places in all of the first argument, none of them twice."""
    size = int(np.prod(shapes[0]))
    order = rng.permutation(size)[: int(np.prod(shapes[1]))]
    return (order - size * (rng.random(order.shape) < 0.3)).reshape(shapes[1])


def scatter_reduce(
    library: ModuleType, x: Any, i: Any, y: Any, dim: int, reduce: str, include_self: bool
) -> Any:
    return x.scatter_reduce(dim, i, y, reduce, include_self=include_self)


def index_reduce(
    library: ModuleType, x: Any, i: Any, y: Any, dim: int, reduce: str, include_self: bool
) -> Any:
    return x.index_reduce(dim, i, y, reduce, include_self=include_self)


REDUCED: Options = {
    "arguments": TRIPLE, "exact": "", "mixed": (),
    "skipped": {"nonfinite": "PyTorch's amax of nan and its gradient depend on the order"},
}  # fmt: skip

#: Of bools in one dimension PyTorch refuses what it does in two.
SLICES_REDUCED = pattern("ab,c,cb", "abd,c,cbd", empty=False)
#: Of two zeros in one place PyTorch refuses a second-order gradient.
TIED: Options = {"data": ("ties",), "twice": False}

PARTS = (
    moving("select_scatter", st.sampled_from([((4, 3), (3,)), ((2, 3), (3,)), ((2, 3, 4), (3, 4))]),
           choices(args=((0, 1), (0, -1))), arguments=(FLOATS, FLOATS)),
    moving("select_scatter-last", call=method("select_scatter"),
           shapes=st.sampled_from([((4, 3), (4,)), ((3,), ()), ((4, 3), (3,))]),
           options=choices(args=((-1, 1), (-1, 7))), arguments=(FLOATS, FLOATS)),
    moving("slice_scatter", st.sampled_from([((4, 3), (2, 3)), ((5,), (2,)), ((4, 3), (1, 3))]),
           choices(args=((0, 1, 3), (0, 0, 4, 2), (0, -2), (0, 2))), arguments=(FLOATS, FLOATS)),
    moving("diagonal_scatter", st.sampled_from([((3, 3), (3,)), ((3, 4), (3,)), ((3, 3, 2), (2, 3)),
           ((3, 3), (2,))]), choices(args=((), (1,), (0, 1, 0))), arguments=(FLOATS, FLOATS)),
    moving("put", st.sampled_from([((2, 3), (4,)), ((5,), (2, 2)), ((2, 3), (0,))]).map(
               lambda s: (*s, s[1])), arguments=(FLOATS, numbered, FLOATS),
           call=lambda _, x, i, y: x.put(i, y)),
    moving("put-added", pattern("ab,cd,cd", "a,b,b", empty=False),
           arguments=(FLOATS, anywhere, FLOATS), exact="",
           call=lambda _, x, i, y: x.put(i, y, accumulate=True)),
    moving("scatter_reduce", pattern("ab,ab,ab", "a,b,b", empty=False),
           choices(dim=(0,), reduce=REDUCTIONS, include_self=(True, False)), call=scatter_reduce,
           **REDUCED),
    moving("scatter_reduce-ties", pattern("ab,ab,ab", "a,b,b", empty=False),
           choices(dim=(0,), reduce=REDUCTIONS, include_self=(True, False)), call=scatter_reduce,
           **REDUCED | TIED),
    moving("index_reduce", SLICES_REDUCED,
           choices(dim=(0,), reduce=REDUCTIONS[1:], include_self=(True, False)), call=index_reduce,
           **REDUCED),
    moving("index_reduce-ties", SLICES_REDUCED,
           choices(dim=(0,), reduce=REDUCTIONS[1:], include_self=(True, False)), call=index_reduce,
           **REDUCED | TIED),
)  # fmt: skip


def changing_by(name: str, *last: Any) -> Any:
    """A call of the method, with something behind its tensors."""

    def call(library: ModuleType, x: Any, *rest: Any, dim: int | None = None) -> Any:
        return changed(name, x, *([] if dim is None else [dim]), *(r.detach() for r in rest), *last)

    return call


IN_PLACE = (
    changing("put_", pattern("ab,c,c", "a,b,b", empty=False), arguments=(FLOATS, anywhere, FLOATS),
             call=changing_by("put_", True), exact=""),
    changing("scatter_reduce_", pattern("ab,ab,ab", "a,b,b", empty=False), choices(dim=(0,)),
             arguments=TRIPLE, exact="", call=changing_by("scatter_reduce_", "sum")),
    changing("index_reduce_", SLICES_REDUCED, choices(dim=(0,)),
             arguments=TRIPLE, exact="", call=changing_by("index_reduce_", "prod")),
    changing("scatter_", pattern("ab,ab,ab", "a,a,a", empty=False), choices(dim=(0,)),
             arguments=(FLOATS, each_once, FLOATS)),
    changing("scatter_add_", pattern("ab,ab,ab", "a,a,a", empty=False), choices(dim=(0,)),
             arguments=TRIPLE, exact=""),
    changing("index_add_", SLICES, choices(dim=(0,)), arguments=TRIPLE, exact=""),
    changing("index_copy_", pattern("ab,a,ab", empty=False), choices(dim=(0,)),
             arguments=(FLOATS, each_once, FLOATS)),
    changing("index_fill_", pattern("ab,c,", empty=False), choices(dim=(0,)), arguments=TRIPLE),
    changing("index_put_", PUT, choices(key=KEYS), arguments=(FLOATS, FLOATS),
             call=lambda lib, x, value, key: changed(
                 "index_put_", x, eval(key, {"lib": lib, "x": x}), value.detach())),
    changing("masked_fill_", pattern("ab,ab,", "ab,b,"),
             arguments=(FLOATS, mask_of_second, FLOATS)),
    changing("masked_scatter_", pattern("ab,ab,abc", "ab,b,ab"),
             arguments=(FLOATS, mask_of_second, FLOATS)),
)  # fmt: skip

ROWS = (*PLACING, *PARTS, *IN_PLACE)
