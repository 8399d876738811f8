"""``out=``: results written into tensors that there are already.

PyTorch's functions compute there from the start, which saves memory; here they compute as always,
and the result is copied. What a program sees of it is the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from ..autograd.grad_mode import grad_mode, no_grad
from ..autograd.graph import TensorBase
from ..dtypes import kind_rank, old_name

T = TypeVar("T")


def into(out: T, function: Callable[..., Any], *args: Any, **kwargs: Any) -> T:
    """Call `function`, and write what it returns into `out`.

    Parameters
    ----------
    out : Tensor, or tuple of Tensor
        As many as there are results. An empty one gets the result's shape; another with a warning.

    Returns
    -------
    Tensor or tuple of Tensor
        `out`; a tuple is named as that of the function.

    Raises
    ------
    RuntimeError
        If something requires a gradient, or a result cannot be cast to the dtype of its `out`.
    TypeError
        If `out` is no tensor, or not as many as there are results.
    """
    name = function.__name__
    targets = out if isinstance(out, tuple | list) else (out,)
    for target in targets:
        if not isinstance(target, TensorBase):
            raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(target).__name__}")
    given = [*targets, *args, *kwargs.values()]
    if grad_mode.enabled and any(isinstance(x, TensorBase) and x._requires_grad for x in given):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic "
            "differentiation, but one of the arguments requires grad."
        )
    with no_grad():
        result = function(*args, **kwargs)
        results = result if isinstance(result, tuple) else (result,)
        if isinstance(result, tuple) != isinstance(out, tuple | list) or (
            len(results) != len(targets)
        ):
            raise TypeError(f"{name}(): got {len(targets)} out, but there are {len(results)}")
        for target, value in zip(targets, results, strict=True):
            _write(target, value)
    return type(result)(*targets) if isinstance(result, tuple) else out  # type: ignore[return-value]


def _write(target: Any, value: Any) -> None:
    to, from_ = target.array.dtype, value.array.dtype
    if kind_rank(to) < kind_rank(from_):
        raise RuntimeError(
            f"result type {old_name(from_)} can't be cast to the desired output type {old_name(to)}"
        )
    if target.shape != value.shape:
        if target.numel():
            warnings.warn(
                "An output with one or more elements was resized since it had shape "
                f"{list(target.shape)}, which does not match the required output shape "
                f"{list(value.shape)}. This behavior is deprecated, and in a future PyTorch "
                "release outputs will not be resized unless they have zero elements. You can "
                "explicitly reuse an out tensor t by resizing it, inplace, to zero elements with "
                "t.resize_(0).",
                stacklevel=4,
            )
        target.resize_(value.shape)
    target.copy_(value)
