"""`linspace`, `arange`, what is counted by them, and cubes of it are PyTorch's to the last bit.

With tolerances they were alike before; but a program that is trained on such numbers, or looks up
pixels at them, as `grid_sample` does, comes to other results by the last bits.
"""

import math

import numpy as np
import pytest
import torch

import tinygrad_edu

from .both import BOTH

#: PyTorch multiplies and adds in one instruction where the processor has it.
pytestmark = pytest.mark.skipif(
    torch.backends.cpu.get_cpu_capability() == "DEFAULT",
    reason="this processor, for which PyTorch rounds twice, is not the one that is imitated",
)

FLOATS = ("float16", "float32", "float64")
KINDS = (*FLOATS, "uint8", "int8", "int16", "int32", "int64")
COUNTS = [*range(70), 99, 100, 127, 128, 1000, 2000, 10_001]


def same_bits(call):
    theirs, mine = (call(lib).numpy() for lib in BOTH)
    assert mine.dtype == theirs.dtype and mine.shape == theirs.shape
    assert mine.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ends", [(0, 1), (-1, 1), (-3, 7), (0, 100), (5, -2), (2, 2), (-0.7, 9.1)])
def test_linspace(ends, kind):
    if min(ends) < 0 and kind == "uint8":
        ends = tuple(abs(end) for end in ends)
    for count in COUNTS:
        same_bits(lambda lib, n=count: lib.linspace(*ends, n, dtype=getattr(lib, kind)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("start", "step"),
    [(0, 0.1), (-1.3, 0.37), (5, -0.01), (0.0, 1), (2, 3), (1e3, 0.5), (-7, 1e-3)],
)
def test_arange(start, step, kind):
    if kind == "int64" and 0 < abs(step) < 1:  # integers are counted by integers
        step = 2
    for count in COUNTS:
        end = start + count * step
        if kind not in FLOATS and not 0 <= min(start, end) <= max(start, end) < 128:
            continue
        same_bits(lambda lib, e=end: lib.arange(start, e, step, dtype=getattr(lib, kind)))


def test_arange_beyond_the_largest_number():
    same_bits(lambda lib: lib.arange(3e38, 3.7e38, 1e37))
    same_bits(lambda lib: lib.arange(6e4, 7e4, 1e3, dtype=lib.float16))
    same_bits(lambda lib: lib.linspace(-1e308, 1e308, 20, dtype=lib.float64))
    same_bits(lambda lib: lib.linspace(-3e38, 3e38, 20))


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_the_edges_of_bins(kind):
    for bins in range(1, 60):
        same_bits(
            lambda lib, n=bins: (
                lib.histogram(lib.arange(300, dtype=getattr(lib, kind)) / 300, bins=n).bin_edges
            )
        )


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.filterwarnings("ignore:Since version 1.3.0, affine_grid behavior has changed")
def test_the_places_of_a_grid(corners, kind):
    for size in range(1, 40):

        def grid(lib, size=size):
            still = lib.eye(2, 3, dtype=getattr(lib, kind))[None]
            return lib.nn.functional.affine_grid(still, (1, 1, size, size + 1), corners)

        same_bits(grid)


def test_slopes_at_the_borders_of_pixels():
    """A grid that moves nothing looks at borders of pixels, where the slope of its image jumps."""

    def slope(lib):
        theta = lib.eye(2, 3)[None].requires_grad_()
        image = lib.from_numpy(np.random.default_rng(0).random((1, 1, 28, 28), np.float32))
        grid = lib.nn.functional.affine_grid(theta, (1, 1, 28, 28), align_corners=False)
        lib.nn.functional.grid_sample(image, grid, align_corners=False).pow(2).sum().backward()
        return theta.grad.numpy()

    theirs, mine = (slope(lib) for lib in (torch, tinygrad_edu))
    np.testing.assert_allclose(mine, theirs, rtol=1e-4)


@pytest.mark.parametrize("kind", FLOATS)
def test_cubes_and_inverse_squares(kind):
    """PyTorch multiplies, where NumPy would take a power that rounds otherwise."""
    for exponent in (2, 3, -1, -2, 3.0, -2.0):
        same_bits(lambda lib, e=exponent: lib.linspace(-9, 9, 1001, dtype=getattr(lib, kind)) ** e)
        same_bits(lambda lib, e=exponent: lib.tensor([0.0, -0.0, 1e-30, 1e30, -1e30, 1e-4]) ** e)


def test_powers_of_several_exponents():
    """As PyTorch's tutorials fit a polynomial: a column for each power of x."""
    ends = (-math.pi, math.pi)
    same_bits(lambda lib: lib.linspace(*ends, 2000)[:, None].pow(lib.tensor([1, 2, 3])))
    same_bits(lambda lib: lib.tensor([-8.0, 0.0, 1e30, 1e-30]) ** lib.tensor([3.0, -1.0, 2.0, 2.0]))
