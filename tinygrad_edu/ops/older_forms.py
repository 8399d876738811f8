"""Calls as PyTorch 1.4 had them, with numbers in front of the tensors that they multiply.

``p.add_(-lr, grad)`` is ``p.add_(grad, alpha=-lr)``, ``m.addcmul_(c, g, g)`` is
``m.addcmul_(g, g, value=c)``, and ``torch.addmm(beta, x, alpha, a, b)`` is
``torch.addmm(x, a, b, beta=beta, alpha=alpha)``. PyTorch still takes these forms, in which many
optimizers were written by hand; once in a program it says that they are deprecated.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import TensorBase
from ..once import warn_once
from ..signatures import parameters_of
from . import arithmetic
from .into import into

if TYPE_CHECKING:
    from ..tensor import Tensor


def older_form(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`function`, which may be called in its older form, too.

    Its parameters are tensors and, by name only, numbers: one, or beta, by which the first tensor
    is multiplied, and alpha. In the older form all are given by position. A number stands before
    the tensor that it belongs to; in a method, behind the tensor whose method it is.
    """
    original: Any = function
    while hasattr(original, "__wrapped__"):
        original = original.__wrapped__
    tensors = original.__code__.co_varnames[: original.__code__.co_argcount]
    factors = [n for n in parameters_of(original).names[len(tensors) :] if n != "out"]

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Tensor:
        if kwargs.get("out") is not None:  # from here, so that its warning names the user's line
            out: Tensor = kwargs.pop("out")
            return into(out, call, *args, **kwargs)
        more = len(args) - len(tensors)
        if 0 < more <= len(factors) and not kwargs.keys() & factors:
            # torch.addmm(beta, input, ...), and input.addmm(beta, ...)
            first = 0 if len(factors) == 2 and is_number(args[0]) else 1
            places = [first] if more == 1 else [first, 2]
            if all(is_number(args[place]) for place in places):
                given = dict(zip(factors, (as_number(args[p]) for p in places), strict=False))
                warn_once(deprecated(call.__name__, tensors, factors, places), 2, "overload")
                args = tuple(x for place, x in enumerate(args) if place not in places)
                return function(*args, **given, **kwargs)
        return function(*args, **kwargs)

    return call


def is_number(value: Any) -> bool:
    """Whether PyTorch takes this for a number: tensors of no dimension, too, without a gradient."""
    if isinstance(value, TensorBase):
        return not value.array.ndim and not value._requires_grad
    return isinstance(value, int | float | np.number | np.bool_)


def as_number(value: Any) -> Any:
    return value.array.item() if isinstance(value, TensorBase) else value


def deprecated(name: str, tensors: tuple[str, ...], factors: list[str], places: list[int]) -> str:
    """What PyTorch says of the older form of `name`, which has numbers in these places."""
    is_method = name.endswith("_") or (len(factors) == 2 and places[0] == 1)
    older = [f"Tensor {tensor}" for tensor in tensors]
    for factor, place in zip(factors, places, strict=False):
        older.insert(place, f"Number {factor}")
    newer = [f"Tensor {tensor}" for tensor in tensors]
    if is_method:
        older.remove("Tensor input")
        newer.remove("Tensor input")
    newer += ["*", *(f"Number {factor} = 1" for factor in factors)]
    if not is_method:
        older += ["*", "Tensor out = None"]
        newer += ["Tensor out = None"]
    return (
        f"This overload of {name} is deprecated:\n\t{name}({', '.join(older)})\n"
        f"Consider using one of the following signatures instead:\n\t{name}({', '.join(newer)})"
    )


add, sub = older_form(arithmetic.add), older_form(arithmetic.sub)
