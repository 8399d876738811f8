"""Numbers at equal distances, as `linspace`, `arange` and histograms need them.

They are PyTorch's to the last bit. It multiplies and adds in one instruction of the processor,
which rounds ``start + step * index`` only once; `rounded_once` does so in several steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def even_steps(
    start: float, end: float, steps: int, target: np.dtype[Any], fused: bool = True
) -> Any:
    """`steps` numbers from `start` to `end`, in the precision of `target`.

    Without `fused` products are rounded, too, as a few of PyTorch's functions do it.
    """
    real = target.type if target.kind == "f" else np.float64
    index = np.arange(steps)
    with np.errstate(all="ignore"):
        first, last = real(start), real(end)
        step = (last - first) / real(max(steps - 1, 1))
        if fused and real is not np.float16:
            up = rounded_once(first, step, index)
            down = rounded_once(last, -step, steps - 1 - index)
        else:
            up = first + step * index.astype(real)
            down = last - step * (steps - 1 - index).astype(real)
    # Each half is counted from its own end, as PyTorch does it.
    return np.where(index < max(steps // 2, 1), up, down)


def in_steps(start: float, step: float, count: int, target: np.dtype[Any]) -> Any:
    """`count` numbers, each by `step` above the one before, in the precision of `target`.

    PyTorch computes them by blocks, of as many as fill 32 bytes: the first of a block is ``start +
    step * index``, the others are counted from it. It takes blocks by twos, and counts what is left
    singly from `start`.
    """
    real = target.type
    exact = np.float32 if real is np.float16 else np.float64  # of the start and the step
    index = np.arange(count)
    width = 32 // target.itemsize
    first = np.where(index < count - count % (2 * width), index - index % width, index)
    with np.errstate(all="ignore"):  # what is too large for the dtype becomes infinite
        base = rounded_once(exact(start), exact(step), first).astype(real)
        return rounded_once(base.astype(exact), exact(step), index - first).astype(real)


def rounded_once(start: Any, step: Any, index: Any) -> Any:
    """``start + step * index`` in the precision of `step`, for whole numbers below 2**26."""
    if step.dtype != np.float64:  # in float64 the product is exact, and the sum nearly so
        return (np.float64(start) + np.float64(step) * index).astype(step.dtype)
    # T. J. Dekker, "A floating-point technique for extending the available precision", 1971: the
    # step in two parts, whose products are exact, and a sum with what its rounding loses.
    shifted = step * (2.0**27 + 1)
    high = shifted - (shifted - step)
    product, rest = high * index, (step - high) * index
    total = start + product
    added = total - start
    lost = (start - (total - added)) + (product - added)
    plain = start + step * index
    return np.where(np.isfinite(plain), total + (lost + rest), plain)
