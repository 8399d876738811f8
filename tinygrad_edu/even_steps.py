"""Numbers at equal distances, as `linspace` and histograms need them."""

from __future__ import annotations

from typing import Any

import numpy as np


def even_steps(start: float, end: float, steps: int, target: np.dtype[Any]) -> Any:
    """`steps` numbers from `start` to `end`, in the precision of `target`."""
    # Each half is counted from its own end, as PyTorch does it.
    real = target.type if target.kind == "f" else np.float64
    index = np.arange(steps, dtype=real)
    with np.errstate(all="ignore"):
        step = real((end - start) / max(steps - 1, 1))
        from_start, from_end = real(start) + step * index, real(end) - step * (steps - 1 - index)
    return np.where(index < max(steps // 2, 1), from_start, from_end)
