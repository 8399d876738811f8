"""``out=``: results written into tensors that there are already.

PyTorch's functions compute there from the start, which saves memory; here they compute as always,
and the result is copied. What a program sees of it is the same.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ..autograd.grad_mode import grad_mode, no_grad
from ..autograd.graph import TensorBase
from ..dtypes import kind_rank, old_name
from .overlap import check_pair, has_no_gaps, repeats

T = TypeVar("T")

#: Functions whose `out` must have the result's dtype; others cast what they write.
EXACT = (
    "aminmax", "argmax", "argmin", "argsort", "bmm", "chain_matmul", "clamp", "diag", "gather",
    "index_select", "kthvalue", "masked_select", "matmul", "max", "median", "min", "mm", "mode",
    "msort", "multinomial", "nanmedian", "norm", "randperm", "sort", "take", "topk", "tril", "triu",
    "where",
)  # fmt: skip
#: What PyTorch calls dtypes in such an error: after those of C++.
C_NAMES = {
    "float16": "c10::Half", "float32": "float", "float64": "double", "bool": "bool",
    "uint8": "unsigned char", "int8": "signed char", "int16": "short int", "int32": "int",
    "int64": "long int",
}  # fmt: skip
#: Functions whose `out` may share no memory with what they read; others may write into an argument,
#: but not into a part of it.
APART = ("cat", "gather", "index_select", "kthvalue", "masked_select", "take")


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
        If something requires a gradient, if a result cannot be cast to the dtype of its `out`, or
        if an `out` shares memory with itself, or with what is read, in a way that PyTorch refuses.
    TypeError
        If `out` is no tensor, or not as many as there are results.
    """
    name = function.__name__
    targets = out if isinstance(out, tuple | list) else (out,)
    operands = (*args, *kwargs.values())
    for target in targets:
        if not isinstance(target, TensorBase):
            raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(target).__name__}")
        if not has_no_gaps(target.array) and repeats(target.array):
            raise RuntimeError(
                "unsupported operation: more than one element of the written-to tensor refers to a "
                "single memory location. Please clone() the tensor before performing the operation."
            )
        _check_memory(target, operands, name)
    given = [*targets, *operands]
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
            _fit(target, value, name in EXACT)
            _check_memory(target, operands, name)  # again, for its shape may be another
            target.copy_(value)
    return type(result)(*targets) if isinstance(result, tuple) else out  # type: ignore[return-value]


def _check_memory(target: TensorBase, operands: Iterable[Any], name: str) -> None:
    """Raise if `target` shares memory with an operand, or with what is in a list of them."""
    parts = [part if isinstance(part, tuple | list) else (part,) for part in operands]
    for operand in itertools.chain.from_iterable(parts):
        if isinstance(operand, TensorBase):
            check_pair(target, operand, "nothing" if name in APART else "same")


def _fit(target: Any, value: Any, exact: bool) -> None:
    """Look whether `value` can be written into `target`, and give that its shape."""
    to, from_ = target.array.dtype, value.array.dtype
    if exact and to != from_:
        raise RuntimeError(
            f"Expected out tensor to have dtype {C_NAMES[from_.name]}, but got "
            f"{C_NAMES[to.name]} instead"
        )
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
