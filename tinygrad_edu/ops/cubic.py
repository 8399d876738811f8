"""Cubic interpolation: the weights of the four pixels around a place.

They are values of one kernel, a cubic up to distance 1 and another from there to 2, which fit
together smoothly (R. Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981).
"""

from __future__ import annotations

from ..autograd.graph import Array

SLOPE = -0.75  # of the kernel at distance 1; PyTorch's choice


def near(d: Array, slope: float = SLOPE) -> Array:
    """The kernel up to distance 1."""
    return ((slope + 2) * d - (slope + 3)) * d * d + 1


def near_slope(d: Array) -> Array:
    """The derivative of `near`."""
    return (3 * (SLOPE + 2) * d - 2 * (SLOPE + 3)) * d


def far(d: Array, slope: float = SLOPE) -> Array:
    """The kernel from distance 1 to 2."""
    return ((slope * d - 5 * slope) * d + 8 * slope) * d - 4 * slope


def far_slope(d: Array) -> Array:
    """The derivative of `far`."""
    return (3 * SLOPE * d - 10 * SLOPE) * d + 8 * SLOPE
