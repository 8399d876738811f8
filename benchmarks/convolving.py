"""The convolutions that are measured, written once for both libraries.

Neither library is imported here: a process that measures one has not loaded the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """Images (n, c, h, h), filters (out, c, k, k), and how these move."""

    n: int
    c: int
    h: int
    out: int
    k: int
    padding: int
    stride: int

    @property
    def flops(self) -> int:
        """Multiplications and additions of the convolution forward.

        Each of the two gradients takes as many.
        """
        side = (self.h + 2 * self.padding - self.k) // self.stride + 1
        return 2 * self.n * self.out * side * side * self.c * self.k * self.k


SHAPES = (
    (64, 1, 28, 16, 3),
    (64, 16, 28, 32, 3),
    (32, 64, 32, 64, 3),
    (32, 3, 64, 32, 5),
    (8, 128, 56, 128, 3),
)


def cases() -> Iterator[Case]:
    """Every shape with and without padding and stride."""
    for shape, padding, stride in itertools.product(SHAPES, (0, 1), (1, 2)):
        yield Case(*shape, padding, stride)


def convolution(library: Any, sizes: list[int], backward: bool) -> Callable[[], object]:
    """One convolution of the `Case` of these sizes, and, if wanted, both its gradients."""
    case = Case(*sizes)
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return rng.standard_normal(shape, dtype=np.float32)

    x = library.from_numpy(draw(case.n, case.c, case.h, case.h))
    weight = library.from_numpy(draw(case.out, case.c, case.k, case.k))
    convolve = library.nn.functional.conv2d
    options = {"padding": case.padding, "stride": case.stride}
    upstream = library.from_numpy(draw(*convolve(x, weight, **options).shape))
    if not backward:
        return lambda: convolve(x, weight, **options)
    x.requires_grad_()
    weight.requires_grad_()
    return lambda: library.autograd.grad(convolve(x, weight, **options), (x, weight), upstream)


def product(library: Any, side: int) -> Callable[[], object]:
    """The product of two square matrices, as quick as the library has it."""
    rng = np.random.default_rng(0)
    a, b = (
        library.from_numpy(rng.standard_normal((side, side), dtype=np.float32)) for _ in range(2)
    )
    return lambda: a @ b
