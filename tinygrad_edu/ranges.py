"""Tensors of counted numbers: steps from one number to another, and places in a triangle."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .creation import _finish, _numpy
from .dtypes import bool_, int64
from .dtypes import dtype as DType
from .even_steps import even_steps, in_steps
from .layout import layout as Layout
from .ops.arguments import torch_arguments
from .ops.convert import numbers
from .ops.dims import WHOLE
from .ops.into import into
from .ops.kinds import PinMemory
from .size import device as Device
from .tensor import Number, Tensor


@torch_arguments
def arange(
    start: Number = WHOLE,
    end: Number = WHOLE,
    step: Number = 1,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """The numbers from `start` to `end`, without `end`, in steps of `step`.

    With one argument it is the end, and the start is 0. The dtype is int64 if all are integers.

    Raises
    ------
    RuntimeError
        If `step` is 0 or leads away from `end`, or one of the two ends is infinite or nan.
    ValueError
        If int64 is asked for, and `step` is below 1.
    NotImplementedError
        For bools.
    """
    if end is WHOLE and (start is WHOLE or step != 1):
        raise TypeError("arange() takes (end), (start, end) or (start, end, step)")
    first: Any = 0 if end is WHOLE or start is WHOLE else start
    last: Any = start if end is WHOLE else end
    _check_range("arange", first, last, step, dtype)
    whole = all(isinstance(x, int) for x in (first, last, step))
    target = np.dtype(np.int64) if whole and dtype is None else _numpy(dtype)
    if target == np.int64 and not whole:  # then PyTorch counts in integers
        first, last, step, whole = int(first), int(last), int(step), True
        if step == 0:
            raise ValueError("step must be nonzero")
    count = max(-(-(last - first) // step) if whole else math.ceil((last - first) / step), 0)
    if target.kind in "iu":
        first, step, whole = int(first), int(step), True
    if target.kind == "f":
        return _finish(in_steps(first, step, count, target), device, requires_grad)
    array = (first + np.arange(count, dtype=np.int64) * step).astype(target)
    return _finish(array, device, requires_grad)


def _check_range(name: str, start: Number, end: Number, step: Number, dtype: DType | None) -> None:
    """Raise PyTorch's errors for bounds between which there is nothing to count."""
    _check_no_bools(name, dtype)
    if not (step > 0 or step < 0):  # also for nan
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if start != end and (end > start) != (step > 0):
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")


def _check_no_bools(name: str, dtype: DType | None) -> None:
    if dtype is bool_:
        raise NotImplementedError(f"{name} is not implemented for torch.bool")


def range(
    start: Number,
    end: Number,
    step: Number = 1,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    requires_grad: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """The numbers from `start` to `end`, `end` included, in steps of `step`.

    PyTorch will remove it; `arange` is what to use, which is like Python's range.

    Raises
    ------
    RuntimeError
        If `step` is 0 or leads away from `end`, or one of the two ends is infinite or nan.
    NotImplementedError
        For bools.
    """
    if out is not None:
        return into(
            out,
            range,
            start,
            end,
            step,
            dtype=dtype,
            layout=layout,
            device=device,
            requires_grad=requires_grad,
        )
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is "
        "inconsistent with Python's range builtin. Instead, use torch.arange, which produces "
        "values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    _check_range("range", start, end, step, dtype)
    count = int((end - start) / step) + 1
    with np.errstate(all="ignore"):
        array = (start + np.arange(count) * step).astype(_numpy(dtype))
    return _finish(array, device, requires_grad)


@torch_arguments
def linspace(
    start: float | Tensor,
    end: float | Tensor,
    steps: int,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """`steps` numbers at equal distances from `start` to `end`, both included.

    Raises
    ------
    RuntimeError
        If `steps` is negative, or an end is a tensor that has dimensions.
    NotImplementedError
        For bools.
    """
    _check_no_bools("linspace", dtype)
    target = _numpy(dtype)
    start, end = _ends("linspace", start, end, steps, target)
    return _finish(even_steps(start, end, steps, target).astype(target), device, requires_grad)


def _ends(
    name: str, start: Any, end: Any, steps: int, target: np.dtype[Any]
) -> tuple[float, float]:
    """Both ends as numbers: where the result is of integers, as integers."""
    for which, value in (("start", start), ("end", end)):
        if isinstance(value, Tensor) and value.array.ndim:
            raise RuntimeError(
                f"{name} only supports 0-dimensional start and end tensors, but got {which} with "
                f"{value.array.ndim} dimension(s)."
            )
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, but got {steps}")
    ends = [x.item() if isinstance(x, Tensor) else x for x in (start, end)]
    if target.kind in "iu" and steps > 1:
        ends = [int(numbers(x, target)) for x in ends]
    elif target.kind == "f" and steps:
        numbers(ends, target)  # an error if one is out of range
    return ends[0], ends[1]


@torch_arguments
def logspace(
    start: float | Tensor,
    end: float | Tensor,
    steps: int,
    base: float = 10.0,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """`base` to the power of each number of `linspace`."""
    target = _numpy(dtype)
    start, end = _ends("logspace", start, end, steps, target)
    exponents = even_steps(start, end, steps, target, fused=False)
    with np.errstate(all="ignore"):
        array = np.power(np.float64(base), exponents).astype(target)
    return _finish(array, device, requires_grad)


@torch_arguments
def tril_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """The places on and below a diagonal of a matrix of `row` rows and `col` columns.

    Parameters
    ----------
    row, col : int
    offset : int
        Which diagonal: 0 is the main one, 1 the next above it.
    dtype, device
        As in `zeros`.

    Returns
    -------
    Tensor of shape (2, number of places)
        Their rows and their columns, row by row.

    Raises
    ------
    RuntimeError
        If `row` or `col` is negative.
    """
    return _triangle(row, col, dtype, device, requires_grad, lambda i, j: j - i <= offset)


@torch_arguments
def triu_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: str | Device | None = None,
    pin_memory: PinMemory = False,
    requires_grad: bool | None = False,
) -> Tensor:
    """The places on and above a diagonal of a matrix; as `tril_indices`."""
    return _triangle(row, col, dtype, device, requires_grad, lambda i, j: j - i >= offset)


def _triangle(
    row: int,
    col: int,
    dtype: DType | None,
    device: str | Device | None,
    requires_grad: bool | None,
    within: Callable[[Any, Any], Any],
) -> Tensor:
    if row < 0 or col < 0:
        raise RuntimeError(f"row and col must be non-negative, but got {row} and {col}")
    places = np.nonzero(within(*np.ogrid[:row, :col]))
    return _finish(np.stack(places).astype(_numpy(dtype or int64)), device, requires_grad)
