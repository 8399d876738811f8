"""How arguments are drawn: the numbers, the shapes, and the options that fit them.

The table in `ops` names these; Hypothesis draws from the strategies they return.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes
from hypothesis.strategies import SearchStrategy

Shape = tuple[int, ...]
Shapes = tuple[Shape | None, ...]
Options = dict[str, Any]

# Numbers ------------------------------------------------------------------------------------------

#: Values at which elementwise ops have kinks, bounds, poles and overflow.
GRID = (
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.0, -2.0, 2.5, 3.0, -3.0, 1e-3, -1e-3, 88.0, -88.0,
    120.0, -120.0, 1e-40, -1e-40, 1e-30, 1e30, -1e30, 3e38, float("inf"), -float("inf"),
    float("nan"),
)  # fmt: skip
SMALL_GRID = (
    0.0, -0.0, 1.0, -1.0, 2.0, -0.5, 1e-30, 1e30, float("inf"), -float("inf"), float("nan"),
)  # fmt: skip

#: Vectors at which reductions have ties, zeros and overflow. One case each.
VECTORS = (
    (0.0, 0.0, 0.0), (0.0, 1.0, 2.0), (2.0, 0.0, 3.0, 0.0), (-0.0, 0.0), (1.0, 1.0, 1.0),
    (3.0, 1.0, 3.0, -2.0), (-3.0, 1.0, -3.0), (5.0,), (1e30, 1.0, -1e30), (1e-30, 2e-30),
    (1e30, 1e30), (100.0, 100.0), (-1000.0, 0.0, 1000.0), (float("inf"), 1.0), (-float("inf"), 1.0),
    (float("inf"), float("inf")), (float("inf"), -float("inf")), (-float("inf"), -float("inf")),
    (float("nan"), 1.0, 2.0), (1.0, float("nan"), float("inf")), (0.0, float("inf")),
    (float("nan"), float("nan")), (),
)  # fmt: skip


class Floats(NamedTuple):
    """A tensor argument of the case's dtype; the kind of numbers is the case's `data`.

    ``normal``: normally distributed. ``ties``: small integers, so that kinks, zeros and equal
    elements are met. ``nonfinite``: small integers, infinities and nans. ``grid``: every
    combination of `GRID` with those of the other arguments. ``vector5``: ``VECTORS[5]``.
    ``extreme``: for integer dtypes, the whole range.
    """

    positive: bool = False

    def draw(
        self, rng: np.random.Generator, shape: Shape, data: str, position: int, dtype: torch.dtype
    ) -> np.ndarray[Any, Any]:
        """The values, in `dtype`."""
        numpy_dtype = np.dtype(str(dtype).removeprefix("torch."))
        if data == "extreme" and not dtype.is_floating_point and dtype != torch.bool:
            limits = torch.iinfo(dtype)
            return rng.integers(limits.min, limits.max, shape, numpy_dtype, endpoint=True)
        values = self._values(rng, shape, data, position)
        if not dtype.is_signed:
            values = np.abs(values)
        with np.errstate(all="ignore"):
            return np.asarray(values).astype(numpy_dtype)

    def _values(
        self, rng: np.random.Generator, shape: Shape, data: str, position: int
    ) -> np.ndarray[Any, Any]:
        if data == "grid" or data == "grid2":
            values = GRID if data == "grid" else SMALL_GRID
            places = np.indices((len(values),) * (1 if data == "grid" else 2))[position]
            return np.array(values)[places].ravel()
        if data.startswith("vector"):
            return np.array(VECTORS[int(data.removeprefix("vector"))])
        if data == "nonfinite":
            special = (0.0, 1.0, -1.0, 2.0, 3.0, float("inf"), -float("inf"), float("nan"))
            return rng.choice(special, shape, p=(0.2, 0.2, 0.15, 0.15, 0.1, 0.08, 0.06, 0.06))
        if data == "ties":
            values = rng.integers(-2, 3, shape).astype(float)
            return np.abs(values) if self.positive else values
        values = np.asarray(rng.normal(scale=1.5, size=shape))
        return np.abs(values) + 0.1 if self.positive else values


FLOATS = Floats()
POSITIVE = Floats(positive=True)


def mask(rng: np.random.Generator, shapes: Sequence[Shape], options: Options) -> Any:
    """Bools in the shape of the first argument's place in the call."""
    return rng.random(shapes[0]) < 0.5


def indices(rng: np.random.Generator, shapes: Sequence[Shape], options: Options) -> Any:
    """Places in the first argument along `dim`, some more than once."""
    return rng.integers(0, shapes[0][options["dim"]], shapes[1])


# Shapes -------------------------------------------------------------------------------------------

# Strategies that are drawn from again and again are made once: Hypothesis looks at each new one
# through and through.
SIZES = st.sampled_from((2, 1, 3, 4, 5))
SIDES = st.sampled_from((3, 1, 2, 4))
SMALLEST = st.sampled_from((1, 1, 1, 0))


@functools.cache
def one_word(words: tuple[str, ...]) -> SearchStrategy[str]:
    """One of these."""
    return st.sampled_from(words)


several_sizes = functools.cache(functools.partial(st.lists, SIZES))
broadcastable = functools.cache(mutually_broadcastable_shapes)


@st.composite
def shape(draw: st.DrawFn, min_dims: int = 0, max_dims: int = 4, empty: bool = True) -> Shape:
    """Any shape: without dimensions, with sizes of 1, now and then empty."""
    sizes = draw(several_sizes(min_size=min_dims, max_size=max_dims))
    if empty and sizes and draw(st.integers(0, 9)) == 9:
        sizes[draw(st.integers(0, len(sizes) - 1))] = 0
    return tuple(sizes)


def one(**limits: Any) -> SearchStrategy[Shapes]:
    """One tensor."""
    return shape(**limits).map(lambda s: (s,))


@st.composite
def broadcasting(draw: st.DrawFn, count: int = 2, twice: bool = True) -> Shapes:
    """Several tensors that broadcast together; now and then the same tensor twice."""
    drawn = draw(broadcastable(num_shapes=count, min_side=draw(SMALLEST), max_dims=3, max_side=4))
    shapes: list[Shape | None] = list(drawn.input_shapes)
    if twice and draw(st.integers(0, 4)) == 4:
        shapes[-1] = None
    return tuple(shapes)


@st.composite
def pattern(draw: st.DrawFn, *patterns: str, empty: bool = True) -> Shapes:
    """Shapes given by letters: ``"nm,mp"`` is two matrices that can be multiplied."""
    chosen = draw(one_word(patterns))
    letters = sorted(set(chosen) - {",", "="})
    sizes = {letter: draw(SIDES) for letter in letters}
    if letters and empty and draw(st.integers(0, 9)) == 9:
        sizes[draw(one_word(tuple(letters)))] = 0
    return tuple(
        None if part == "=" else tuple(1 if x == "1" else sizes[x] for x in part)
        for part in chosen.split(",")
    )


# Options ------------------------------------------------------------------------------------------


def nothing(shapes: Shapes) -> SearchStrategy[Options]:
    return st.just({})


def choices(**values: Sequence[Any]) -> Callable[[Shapes], SearchStrategy[Options]]:
    """Options drawn from lists; `...` stands for leaving one out."""

    def strategy(shapes: Shapes) -> SearchStrategy[Options]:
        drawn = st.fixed_dictionaries({k: st.sampled_from(v) for k, v in values.items()})
        return drawn.map(lambda o: {k: v for k, v in o.items() if v is not ...})

    return strategy


def a_dim(ndim: int) -> SearchStrategy[int]:
    """Any dimension, counted from either end."""
    return st.integers(-max(ndim, 1), max(ndim, 1) - 1)


def dim(shapes: Shapes) -> SearchStrategy[Options]:
    """One dimension, which must be named."""
    return a_dim(len(shapes[0] or ())).map(lambda d: {"dim": d})


def reduced(
    whole: bool = True, several: bool = True, **more: Sequence[Any]
) -> Callable[[Shapes], SearchStrategy[Options]]:
    """What is reduced: all (if `whole`), one dimension, or `several`; kept or not."""

    def strategy(shapes: Shapes) -> SearchStrategy[Options]:
        ndim = len(shapes[0] or ())
        kinds: list[SearchStrategy[Any]] = [a_dim(ndim)]
        if several:
            everywhere = st.sets(st.integers(0, max(ndim, 1) - 1), min_size=1)
            kinds.append(everywhere.map(lambda dims: tuple(sorted(dims, reverse=True))))
        dims = st.one_of(kinds).flatmap(
            lambda d: st.sampled_from((..., True, False)).map(
                lambda k: {"dim": d} if k is ... else {"dim": d, "keepdim": k}
            )
        )
        drawn = st.one_of(st.just({}), dims) if whole else dims
        extra = choices(**more)(shapes)
        return st.tuples(drawn, extra).map(lambda parts: parts[0] | parts[1])

    return strategy


def new_shape(shapes: Shapes) -> SearchStrategy[Options]:
    """Shapes with as many elements."""
    (old,) = shapes
    candidates = [(-1,), old, (1, *old), (*old, 1), old[::-1], (*old[:1], -1), (2, -1)]
    if len(old or ()) > 1:
        candidates += [(old[0] * old[1], *old[2:]), (*old[:-2], -1), (-1, old[-1])]
    drawn = st.sampled_from(candidates)  # given as one tuple, or as several integers
    return drawn.flatmap(lambda s: st.sampled_from([(s,), s or (s,)])).map(lambda a: {"args": a})


def two_dims(shapes: Shapes) -> SearchStrategy[Options]:
    one_of_them = a_dim(len(shapes[0] or ()))
    return st.tuples(one_of_them, one_of_them).map(lambda dims: {"args": dims})


def permutation(shapes: Shapes) -> SearchStrategy[Options]:
    return st.permutations(range(len(shapes[0] or ()))).map(lambda dims: {"args": (tuple(dims),)})


def larger_shape(shapes: Shapes) -> SearchStrategy[Options]:
    """What the shape expands to: sizes of 1 repeated, -1 for others, dimensions in front."""
    sizes = [
        st.sampled_from((1, 3, 0, -1)) if n == 1 else st.sampled_from((n, -1))
        for n in shapes[0] or ()
    ]
    front = st.sampled_from(((), (2,), (3, 1)))
    return st.tuples(front, st.tuples(*sizes)).map(lambda parts: {"args": (parts[0] + parts[1],)})


def repeats(shapes: Shapes) -> SearchStrategy[Options]:
    ndim = len(shapes[0] or ())
    # Not 0 times: then PyTorch's gradient is a constant, and has no second-order gradient.
    times = st.lists(st.sampled_from((1, 2, 3)), min_size=ndim, max_size=ndim + 1)
    return times.map(lambda n: {"args": tuple(n) or ((),)})


def squeezed(shapes: Shapes) -> SearchStrategy[Options]:
    ndim = len(shapes[0] or ())
    several = st.sets(st.integers(0, max(ndim, 1) - 1), min_size=1).map(tuple)
    dims = st.one_of(a_dim(ndim), several)
    return st.one_of(st.just({}), dims.map(lambda d: {"args": (d,)}))


def new_dim(shapes: Shapes) -> SearchStrategy[Options]:
    return a_dim(len(shapes[0] or ()) + 1).map(lambda d: {"args": (d,)})


def flipped(shapes: Shapes) -> SearchStrategy[Options]:
    ndim = len(shapes[0] or ())
    return st.sets(st.integers(0, max(ndim, 1) - 1)).map(lambda d: {"args": (tuple(d),)})


def cut(shapes: Shapes) -> SearchStrategy[Options]:
    """Pieces of one size, or of sizes that sum to the whole."""
    sizes = shapes[0] or (1,)
    return st.sampled_from(range(-len(sizes), len(sizes))).flatmap(
        lambda d: st.sampled_from((1, 2, 3, (1, sizes[d] - 1), (0, sizes[d]), (sizes[d],))).map(
            lambda size: {"args": (size, d)}
        )
    )


def chunked(shapes: Shapes) -> SearchStrategy[Options]:
    return st.tuples(st.integers(1, 4), a_dim(len(shapes[0] or ()))).map(lambda a: {"args": a})
