"""Convolutions, transposed convolutions, and padding."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ..draws import FLOATS, Options, Shapes
from .row import Row

BACKENDS = "padding times inf is nan or not, as one or another of PyTorch's kernels is chosen"


def functional(name: str) -> Callable[..., Any]:
    """A function of ``nn.functional``."""

    def call(library: ModuleType, *tensors: Any, **options: Any) -> Any:
        return getattr(library.nn.functional, name)(*tensors, **options)

    return call


def convolving(name: str) -> Callable[..., Any]:
    """A convolution; if PyTorch gets its padding in words, it does not always look at the dtype of
    the bias."""

    def call(library: ModuleType, x: Any, weight: Any, *bias: Any, **options: Any) -> Any:
        if bias and bias[0].dtype != x.dtype and isinstance(options["padding"], str):
            options["padding"] = 0
        return getattr(library.nn.functional, name)(x, weight, *bias, **options)

    return call


@st.composite
def convolved(draw: st.DrawFn, dims: int, transposed: bool) -> Shapes:
    """Input, weight and mostly a bias; the input with a batch, mostly, and now and then empty."""
    groups = draw(st.sampled_from((1, 1, 2, 3)))
    channels, outputs = (draw(st.sampled_from((1, 2, 3))) for _ in range(2))
    kernel = tuple(draw(st.sampled_from((1, 2, 3))) for _ in range(dims))
    lengths = (3, 4, 5, 7) if dims < 3 else (3, 4, 5)
    size = tuple(draw(st.sampled_from(lengths)) for _ in range(dims))
    batch = draw(st.sampled_from(((2,), (1,), (3,), (), (0,))))
    x = (*batch, groups * channels, *size)
    first, second = (channels, outputs) if transposed else (outputs, channels)
    weight = (groups * first, second, *kernel)
    if not transposed and draw(st.integers(0, 3)) == 3:
        return x, weight
    return x, weight, (groups * outputs,)


def per_dimension(draw: st.DrawFn, dims: int, values: tuple[int, ...]) -> int | tuple[int, ...]:
    """One number for all dimensions, or one for each."""
    if draw(st.booleans()):
        return draw(st.sampled_from(values))
    return tuple(draw(st.sampled_from(values)) for _ in range(dims))


def settings(dims: int, transposed: bool) -> Callable[[Shapes], SearchStrategy[Options]]:
    """How the windows move, with the groups that the shapes were drawn for."""

    @st.composite
    def strategy(draw: st.DrawFn, shapes: Shapes) -> Options:
        x, weight, *bias = (shape or () for shape in shapes)
        stride = per_dimension(draw, dims, (1, 1, 2, 3))
        options: Options = {"stride": stride, "dilation": per_dimension(draw, dims, (1, 1, 2))}
        # Transposed, a padding of 2 may leave nothing: which of PyTorch's kernels mind, differs.
        most = (0, 1) if transposed else (0, 1, 2)
        paddings: tuple[Any, ...] = (per_dimension(draw, dims, most),)
        if not transposed and stride == 1:
            paddings += ("valid", "same")
        options["padding"] = draw(st.sampled_from(paddings))
        if transposed:
            extra = draw(st.sampled_from((0, 0, 1)))  # of an empty batch it is not checked
            options["output_padding"] = 0 if 0 in x else extra
            options["groups"] = bias[0][0] // weight[1]
        else:
            options["groups"] = x[-dims - 1] // weight[1]
        return options

    return lambda shapes: strategy(shapes)


def convolution(name: str, dims: int) -> Row:
    transposed = "transpose" in name
    # Transposed, PyTorch forgets to look at the dtype of the bias.
    mixed = () if transposed else ("f32", "f64")
    return Row(
        name, convolving(name), convolved(dims, transposed), (FLOATS,) * 3,
        settings(dims, transposed), mixed=mixed, skipped={"nonfinite": BACKENDS},
    )  # fmt: skip


@st.composite
def padded(draw: st.DrawFn, min_dims: int, max_dims: int) -> Shapes:
    """One tensor, now and then empty."""
    sizes = [
        draw(st.sampled_from((3, 2, 4, 5))) for _ in range(draw(st.integers(min_dims, max_dims)))
    ]
    if draw(st.integers(0, 9)) == 9:
        sizes[0] = 0
    return (tuple(sizes),)


@st.composite
def margins(draw: st.DrawFn, shapes: Shapes, modes: tuple[str, ...]) -> Options:
    """Numbers of elements, some of them negative; sometimes more than there are to copy."""
    mode = draw(st.sampled_from(modes))
    ndim = len(shapes[0] or ())
    if mode == "constant":
        count = draw(st.integers(0, ndim))
    else:
        count = max(ndim - draw(st.sampled_from((1, 2, 2))), 1)
    # PyTorch copies what it has not written yet where it cuts and wraps the same few elements.
    numbers = (1, 0, 2) if mode == "circular" else (1, 0, 2, -1, 3)
    pads = tuple(draw(st.sampled_from(numbers)) for _ in range(2 * count))
    options: Options = {"pad": pads, "mode": mode}
    if mode == "constant" and draw(st.booleans()):
        options["value"] = draw(st.sampled_from((1.5, -2, None)))
    return options


PADDING = (
    Row("pad", functional("pad"), padded(1, 4), (FLOATS,),
        lambda shapes: margins(shapes, ("constant", "reflect", "replicate")), exact="bits"),
    Row("pad-circular", functional("pad"), padded(2, 4), (FLOATS,),
        lambda shapes: margins(shapes, ("circular",)), exact="bits",
        graph="PyTorch copies slices into an empty tensor; here it is one node"),
)  # fmt: skip

ROWS = (
    convolution("conv1d", 1),
    convolution("conv2d", 2),
    convolution("conv3d", 3),
    convolution("conv_transpose1d", 1),
    convolution("conv_transpose2d", 2),
    convolution("conv_transpose3d", 3),
    *PADDING,
)
