"""Poolings: the largest or the mean of windows."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ..draws import FLOATS, Options, Shapes
from .conv import functional, per_dimension
from .row import Row


@st.composite
def pooled(draw: st.DrawFn, dims: int) -> Shapes:
    """Signals, images or volumes, with a batch or without, now and then none of them."""
    lengths = (3, 2, 5, 6, 7) if dims < 3 else (3, 2, 5)
    size = tuple(draw(st.sampled_from(lengths)) for _ in range(dims))
    return ((*draw(st.sampled_from(((2,), (1,), (), (0,)))), 2, *size),)


def settings(dims: int, largest: bool) -> Callable[[Shapes], SearchStrategy[Options]]:
    """How the windows move; now and then there is no room for them, or too much padding."""

    @st.composite
    def strategy(draw: st.DrawFn) -> Options:
        options: Options = {"kernel_size": per_dimension(draw, dims, (2, 3, 1))}
        if draw(st.booleans()):
            options["stride"] = per_dimension(draw, dims, (1, 2, 3))
        options["padding"] = per_dimension(draw, dims, (0, 0, 1) if largest else (0, 1))
        options["ceil_mode"] = draw(st.booleans())
        if largest:
            options["dilation"] = per_dimension(draw, dims, (1, 1, 2))
            options["return_indices"] = draw(st.booleans())
        else:
            options["count_include_pad"] = draw(st.booleans())
            # Beside a divisor, whether padding is counted makes no difference.
            if dims > 1 and draw(st.sampled_from((False, False, False, True))):
                options["divisor_override"] = draw(st.sampled_from((3, -2)))
        return options

    return lambda shapes: strategy()


def sizes(dims: int, largest: bool) -> Callable[[Shapes], SearchStrategy[Options]]:
    """The size after pooling, smaller or larger than before."""

    @st.composite
    def strategy(draw: st.DrawFn) -> Options:
        options: Options = {"output_size": per_dimension(draw, dims, (1, 2, 3, 5))}
        if dims > 1 and draw(st.integers(0, 4)) == 4:
            options["output_size"] = (None, 2, 3)[:dims]
        if largest and draw(st.booleans()):
            options["return_indices"] = True
        return options

    return lambda shapes: strategy()


def pooling(name: str, dims: int) -> Row:
    largest = "max" in name
    options = sizes if name.startswith("adaptive") else settings
    return Row(
        name, functional(name), pooled(dims), (FLOATS,), options(dims, largest),
        exact="bits" if largest else "",
    )  # fmt: skip


ROWS = tuple(
    pooling(f"{prefix}{kind}_pool{dims}d", dims)
    for prefix in ("", "adaptive_")
    for kind in ("max", "avg")
    for dims in (1, 2, 3)
)
