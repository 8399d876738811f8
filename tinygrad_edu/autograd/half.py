"""float16: eleven bits hold a number, but no sum of many, nor what is computed on the way.

So an op of several steps, one that says ``widens``, computes in float32 what it got in float16,
and rounds its result once. Its derivatives do, too. (A single step NumPy rounds as well itself; but
products and quotients widen for numbers, which need not be float16: for Python's, and where an op
says ``keeps_number`` also for tensors of one element.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from .graph import Array, TensorBase

if TYPE_CHECKING:
    from ..tensor import Tensor

HALF = np.dtype(np.float16)


def is_half(x: Array) -> bool:
    """Whether an array, or a tensor, is float16."""
    array = x.array if isinstance(x, TensorBase) else x
    return bool(array.dtype == HALF)


def widened(value: Any) -> Any:
    """float16 as float32, and all else as it is; a tensor's conversion is recorded."""
    if isinstance(value, TensorBase):
        return cast("Tensor", value).float() if is_half(value) else value
    if isinstance(value, np.ndarray) and is_half(value):
        return value.astype(np.float32)
    return value


def rounded_once(forward: Callable[..., Array], values: list[Any]) -> Array:
    """The float16 result of `forward` on `values`, which become float32 for it and stay so: the
    derivatives will read them. Of several results it is the first; the others are float32."""
    values[:] = map(widened, values)
    result: Array = forward(*values)
    if isinstance(result, tuple):
        return result[0].astype(np.float16), *result[1:]
    return result.astype(np.float16)
