"""Patches in columns, unpooling, grids, and what is made of poolings."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ..draws import FLOATS, Options, Shapes, choices
from ..versions import GRIDS_TWICE, INFINITE_NORMS
from .conv import BACKENDS, functional, per_dimension
from .pooling import pooled
from .row import Row


@st.composite
def windows(draw: st.DrawFn, shapes: Shapes) -> Options:
    """How a window moves; now and then there is no room for it."""
    return {
        "kernel_size": per_dimension(draw, 2, (2, 3, 1)),
        "dilation": per_dimension(draw, 2, (1, 1, 2)),
        "padding": per_dimension(draw, 2, (0, 1, 2)),
        "stride": per_dimension(draw, 2, (1, 2, 3)),
    }


#: Windows over images of 5 x 6, and how many there are of them.
FOLDS: tuple[tuple[Options, int], ...] = (
    ({"kernel_size": 2}, 20),
    ({"kernel_size": (2, 3), "stride": (1, 2)}, 8),
    ({"kernel_size": (3, 1), "padding": (1, 0)}, 30),
    ({"kernel_size": 2, "dilation": (2, 1), "stride": 3}, 2),
    ({"kernel_size": (1, 2), "padding": 1, "dilation": (1, 2), "stride": 2}, 12),
    ({"kernel_size": 3}, 13),  # which is one too many
    ({"kernel_size": (7, 2)}, 4),  # for which there is no room
)
COLUMNS = [((*batch, 12, count),) for _, count in FOLDS for batch in ((2,), (1,), (), (0,))]


def folded(shapes: Shapes) -> st.SearchStrategy[Options]:
    """The windows that give so many columns."""
    count = (shapes[0] or ())[-1]
    options = next(options for options, columns in FOLDS if columns == count)
    return st.just({"output_size": (5, 6)} | options)


def places_in_image(rng: np.random.Generator, shapes: Shapes, options: Options) -> Any:
    """For each number a place in the flattened image, some more than once."""
    return rng.integers(0, math.prod(options["output_size"]), shapes[0])


@st.composite
def unpooled(draw: st.DrawFn, shapes: Shapes, dims: int) -> Options:
    """The sizes that a pooling with windows of 2 could have come from; now and then another."""
    size = [2 * n + draw(st.sampled_from((0, -1, 1, 1, 2))) for n in (shapes[0] or ())[-dims:]]
    return {"kernel_size": 2, "output_size": tuple(size)}


@st.composite
def images_and_grids(draw: st.DrawFn, dims: int) -> Shapes:
    """Images or volumes, and as many grids; now and then none, or one pixel wide."""
    batch = draw(st.sampled_from((2, 1, 1, 0)))
    size = [draw(st.sampled_from((3, 4, 5, 1))) for _ in range(dims)]
    out = [draw(st.sampled_from((2, 3, 1))) for _ in range(dims)]
    return (batch, draw(st.sampled_from((1, 2))), *size), (batch, *out, dims)


LOOKUPS = choices(
    mode=("bilinear", "nearest", "bicubic"), padding_mode=("zeros", "border", "reflection"),
    align_corners=(True, False),
)  # fmt: skip
OUTSIDE = "where places are no numbers or infinite, PyTorch's kernels differ from each other"


@st.composite
def matrices(draw: st.DrawFn, shapes: Shapes) -> Options:
    """Shapes for the grids, now and then of another number of samples."""
    batch = (shapes[0] or (1,))[0]
    dims = (shapes[0] or ())[1]
    corners = draw(st.booleans())
    smallest = 2 if corners else 1  # of a single place at two corners it warns
    size = [draw(st.sampled_from((3, smallest, 4))) for _ in range(dims)]
    size = [batch + draw(st.sampled_from((0, 0, 0, 1))), 3, *size]
    return {"size": tuple(size), "align_corners": corners}


THETAS = st.sampled_from((((2, 2, 3),), ((1, 2, 3),), ((3, 3, 4),)))


INFINITE = INFINITE_NORMS.only(float("inf"), -float("inf"))


@st.composite
def norms(draw: st.DrawFn, shapes: Shapes, dims: int) -> Options:
    options: Options = {
        "norm_type": draw(st.sampled_from((2, 3.0, 1, *INFINITE))),
        "kernel_size": draw(st.sampled_from((2, 3, 1))),
        "ceil_mode": draw(st.booleans()),
    }
    if dims > 1 and draw(st.booleans()):
        options["kernel_size"] = (2, 3, 2)[:dims]
    if draw(st.booleans()):
        options["stride"] = draw(st.sampled_from((1, 2, 3)))
    return options


@st.composite
def fractions(draw: st.DrawFn, shapes: Shapes, dims: int) -> Options:
    """The size after pooling, or by how much it shrinks; now and then there is no room."""
    options: Options = {"kernel_size": per_dimension(draw, dims, (2, 1, 3))}
    if draw(st.booleans()):
        options["output_size"] = per_dimension(draw, dims, (1, 2, 3, 4))
    else:
        options["output_ratio"] = tuple(draw(st.sampled_from((0.5, 0.7))) for _ in range(dims))
    return options | {"return_indices": draw(st.booleans())}


def samples(rng: np.random.Generator, shapes: Shapes, options: Options) -> Any:
    """Numbers from 0 to 1, for each plane and dimension."""
    shape = shapes[0] or ()
    dims = len(options.get("output_ratio", ())) or len(shape) - 2
    return rng.random((shape[0] if len(shape) == dims + 2 else 1, shape[-dims - 1], dims))


def fractional(dims: int) -> Row:
    def call(library: ModuleType, x: Any, samples: Any, **options: Any) -> Any:
        pool = getattr(library.nn.functional, f"fractional_max_pool{dims}d")
        return pool(x, _random_samples=samples.to(x.dtype), **options)

    return Row(
        f"fractional_max_pool{dims}d", call, batches(dims).map(twice), (FLOATS, samples),
        lambda shapes: fractions(shapes, dims), exact="bits", mixed=("f32", "f64"),
    )  # fmt: skip


def batches(dims: int) -> st.SearchStrategy[Shapes]:
    """Batches of images or volumes, now and then without any."""
    sizes = st.tuples(*(st.sampled_from((5, 4, 7)) for _ in range(dims)))
    return st.tuples(st.sampled_from((2, 1, 0)), sizes).map(lambda s: ((s[0], 2, *s[1]),))


def twice(shapes: Shapes) -> Shapes:
    """For a second argument that is made for the first, whatever its own shape."""
    return shapes * 2


@st.composite
def times_first(draw: st.DrawFn) -> Shapes:
    """Signals, time first, with a kernel for them and a bias."""
    kernel, channels, outputs = (draw(st.sampled_from((2, 1, 3))) for _ in range(3))
    times, batch = draw(st.sampled_from((4, 3, 6))), draw(st.sampled_from((2, 1, 0)))
    return (times, batch, channels), (kernel, channels, outputs), (outputs,)


ROWS = (
    fractional(2),
    fractional(3),
    # PyTorch views what it is given as matrices, which refuses other layouts than the contiguous;
    # and it forgets to look at the dtype of the bias.
    Row("conv_tbc", functional("conv_tbc"), times_first(), (FLOATS,) * 3, choices(pad=(..., 0, 2)),
        mixed=(), skipped={"nonfinite": BACKENDS}, layouts=("contiguous",)),
    Row("unfold-patches", functional("unfold"), pooled(2), (FLOATS,), windows, exact="bits"),
    Row("fold", functional("fold"), st.sampled_from(COLUMNS), (FLOATS,), folded),
    *(Row(f"max_unpool{dims}d", functional(f"max_unpool{dims}d"), pooled(dims).map(twice),
          (FLOATS, places_in_image), lambda shapes, dims=dims: unpooled(shapes, dims),
          layouts=("contiguous",),  # PyTorch's derivative takes no others
          exact="bits") for dims in (2, 3)),
    *(Row(f"grid_sample-{dims}d", functional("grid_sample"), images_and_grids(dims), (FLOATS,) * 2,
          LOOKUPS, data=("normal",), mixed=("f32", "f64"), skipped={"nonfinite": OUTSIDE},
          twice=dims == 2 and not GRIDS_TWICE.missing) for dims in (2, 3)),
    Row("affine_grid", functional("affine_grid"), THETAS, (FLOATS,), matrices),
    *(Row(f"lp_pool{dims}d", functional(f"lp_pool{dims}d"), pooled(dims), (FLOATS,),
          lambda shapes, dims=dims: norms(shapes, dims), data=("normal",)) for dims in (1, 2, 3)),
    Row("local_response_norm", functional("local_response_norm"), pooled(2), (FLOATS,),
        choices(size=(1, 2, 3, 5), alpha=(..., 0.5), beta=(..., 1.0), k=(..., 2)),
        graph="PyTorch averages over windows of volumes; here the images are flattened"),
)  # fmt: skip
