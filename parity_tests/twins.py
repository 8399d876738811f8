"""Two generators with one seed, ours and PyTorch's, and whether they agree to the bit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tinygrad_edu import random

from .versions import HALF_DRAWS, OPEN_END

Array = NDArray[Any]
Draw = Callable[[random.Generator, torch.Generator], tuple[Array, torch.Tensor]]

TORCH_DTYPE = {
    np.dtype(name): getattr(torch, name)
    for name in ["bool", "uint8", "int8", "int16", "int32", "int64"]
    + ["float16", "float32", "float64"]
}
FLOATS = ["float32", "float64", *HALF_DRAWS.only("float16")]


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> torch.Tensor:
    return torch.empty(shape, dtype=TORCH_DTYPE[dtype])


def torch_uniform(
    t: torch.Generator, shape: tuple[int, ...], low: float, high: float, dtype: np.dtype[Any]
) -> torch.Tensor:
    values = empty(shape, dtype).uniform_(low, high, generator=t)
    if OPEN_END.missing:  # which is mapped to `low`
        values[values == high] = low
    return values


def assert_same_bits(ours: Array, theirs: torch.Tensor) -> None:
    expected = theirs.numpy()
    assert ours.dtype == expected.dtype
    assert ours.shape == expected.shape
    assert ours.tobytes() == expected.tobytes()


def assert_same_state(ours: random.Generator, theirs: torch.Generator) -> None:
    assert ours.get_state().numpy().tobytes() == theirs.get_state().numpy().tobytes()
    assert ours.initial_seed() == theirs.initial_seed()


def twins(seed: int) -> tuple[random.Generator, torch.Generator]:
    return random.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


def check(seed: int, *draws: Draw) -> None:
    ours, theirs = twins(seed)
    for draw in draws:
        assert_same_bits(*draw(ours, theirs))
        assert_same_state(ours, theirs)
