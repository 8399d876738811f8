"""What is printed, and how: arrays with all that decides on a notation, and options of printing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinygrad_edu.printing import set_printoptions

FLOATS = [np.float16, np.float32, np.float64]
DTYPES = [*FLOATS, np.int8, np.int16, np.int32, np.int64, np.uint8, np.bool_]

# Values at which PyTorch's choice of notation changes, and values that have no say in it.
LANDMARKS = [
    0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 0.5, -12.0, 999.0, 1000.0, 1001.0,
    1e-4, 9.9e-5, 1.1e-4, 1e-5, 6e-8, 65504.0, 99999.0, 1e8, 1.0000001e8, 3.4e38, 1e-45, 1e300,
    5e-324, 0.1, 100.0, 100.1, 0.99999, 0.00005, 2.5, 3.5,
]  # fmt: skip

shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
options = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.none() | st.integers(0, 12),
        "threshold": st.none() | st.sampled_from([0, 1, 5, 20, 1000, math.inf]),
        "edgeitems": st.none() | st.integers(0, 4),
        "linewidth": st.none() | st.integers(1, 130),
        "profile": st.none() | st.sampled_from(["default", "short", "full", "no such profile"]),
        "sci_mode": st.none() | st.booleans(),
    },
)


@st.composite
def arrays(draw: st.DrawFn) -> npt.NDArray[Any]:
    """An array of any dtype, its values anything at all, landmarks, or everyday numbers."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(shapes)
    if dtype.kind != "f" or draw(st.booleans()):
        return draw(hnp.arrays(dtype, shape))
    if draw(st.booleans()):
        rng = np.random.default_rng(draw(st.integers(0, 2**32)))
        scale = 10.0 ** draw(st.integers(-5, 9))
        everyday = rng.standard_normal(shape) * scale
        with np.errstate(over="ignore"):
            return np.asarray(np.round(everyday, draw(st.integers(0, 6)))).astype(dtype)
    landmarks = draw(hnp.arrays(np.float64, shape, elements=st.sampled_from(LANDMARKS)))
    with np.errstate(over="ignore"):
        return landmarks.astype(dtype)


@contextmanager
def printoptions(*calls: dict[str, Any]) -> Iterator[None]:
    """Make the same calls of set_printoptions on both sides; go back to the defaults at the end."""
    try:
        for call in calls:
            set_printoptions(**call)
            torch.set_printoptions(**call)
        yield
    finally:
        set_printoptions(profile="default")
        torch.set_printoptions(profile="default")
