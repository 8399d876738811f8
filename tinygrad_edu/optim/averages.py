"""What adaptive algorithms have in common: averages that move, and a step along a quotient.

These work on a bucket's vectors, in place, and take products and sums in PyTorch's order, so that
results are PyTorch's to the last digits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import float64, get_default_dtype
from .bucket import Array, Bucket
from .optimizer import ParamGroup


def counter_dtype() -> type[np.floating[Any]]:
    """The dtype of numbers that are kept once for each parameter, such as the count of steps."""
    return np.float64 if get_default_dtype() is float64 else np.float32


def begin(bucket: Bucket, *names: str) -> None:
    """The state before the first step: no steps taken, and vectors of zeros."""
    bucket.remember("step", np.zeros(len(bucket.parameters), counter_dtype()))
    for name in names:
        bucket.remember(name, np.zeros_like(bucket.p))


def count_step(bucket: Bucket) -> float:
    """The number ``t`` of this step: 1, 2, ..."""
    count = bucket.state["step"]
    count += 1
    return float(count[0])


def descent(bucket: Bucket, group: ParamGroup) -> Array:
    """The gradient of what is minimized: negative to maximize, with ``w p`` for weight decay."""
    g = -bucket.g if group["maximize"] else bucket.g
    if group["weight_decay"] != 0:
        g = g + group["weight_decay"] * bucket.p
    return g


def descent_decoupled(bucket: Bucket, group: ParamGroup) -> Array:
    """As `descent`; decoupled weight decay shrinks the parameters and is not in the gradient."""
    if not group["decoupled_weight_decay"]:
        return descent(bucket, group)
    if group["weight_decay"] != 0:
        bucket.p *= float(1 - group["lr"] * group["weight_decay"])
    return -bucket.g if group["maximize"] else bucket.g


def move_average(m: Array, g: Array, weight: float, scratch: Array) -> None:
    """``m <- m + weight (g - m)``; counted back from g if weight >= 1/2, as PyTorch's lerp is."""
    new = m.dtype.type(weight)
    np.subtract(g, m, out=scratch)
    if new < 0.5:
        scratch *= new
        m += scratch
    else:
        scratch *= 1 - new
        np.subtract(g, scratch, out=m)


def move_square_average(v: Array, g: Array, keep: float, scratch: Array) -> None:
    """``v <- keep v + (1 - keep) g^2``."""
    v *= keep
    np.multiply(g, 1 - keep, out=scratch)
    scratch *= g
    v += scratch


def add_quotient(p: Array, factor: float, a: Array, b: Array, scratch: Array) -> None:
    """``p <- p + factor a / b``."""
    np.multiply(a, factor, out=scratch)
    scratch /= b
    p += scratch
