"""NumPy's functions on tensors: in a derivative ``np.exp(t)`` is ``t.exp()``, with its gradient.

NumPy asks the class of an argument that is not an array what to do, by ``__array_ufunc__`` and
``__array_function__``, which stand at the end of this file. While a derivative runs on tensors,
under ``create_graph=True``, it finds them there, and the two tables answer: they have the functions
that the derivatives of this engine are written with, which is how the same line works on arrays and
on tensors.

Everywhere else it does not (see `seen_by_numpy`), and NumPy's functions do what they do with
PyTorch's tensors, which have neither method: they read the values through ``__array__``, which
refuses a tensor that requires a gradient, or call a method of the same name. Most return arrays.
Those that ask ``__array_wrap__`` for the form of their result, above all the ufuncs, return
tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from .autograd.graph import TensorBase, wrap
from .autograd.op import Op
from .creation import from_numpy
from .ops import (
    activation,
    arithmetic,
    bounds,
    choice,
    combine,
    compare,
    division,
    join,
    linalg,
    logarithms,
    power,
    reduce,
    repeat,
    rounding,
    shape,
    trigonometry,
    unary,
)


def applied(op: type[Op]) -> Callable[..., Any]:
    """The call of an op. (Not ``op.apply`` itself, or one that was in its place for a while, while
    a trace was recorded, would stay here.)"""
    return lambda *args: op.apply(*args)


UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: arithmetic.add,
    np.subtract: arithmetic.sub,
    np.multiply: arithmetic.mul,
    np.divide: division.div,
    np.floor_divide: division.floor_divide,
    np.remainder: division.remainder,
    np.fmod: applied(division.Fmod),
    np.negative: arithmetic.neg,
    np.power: power.pow,
    np.square: power.square,
    np.matmul: linalg.matmul,
    np.absolute: unary.abs,
    np.sign: rounding.sign,
    np.exp: unary.exp,
    np.exp2: unary.exp2,
    np.logaddexp: applied(logarithms.Logaddexp),
    np.logaddexp2: applied(logarithms.Logaddexp2),
    np.hypot: applied(combine.Hypot),
    np.expm1: unary.expm1,
    np.log: unary.log,
    np.log1p: unary.log1p,
    np.log2: unary.log2,
    np.log10: unary.log10,
    np.sqrt: unary.sqrt,
    np.reciprocal: unary.reciprocal,
    np.sin: unary.sin,
    np.cos: unary.cos,
    np.tan: unary.tan,
    np.arcsin: trigonometry.asin,
    np.arccos: trigonometry.acos,
    np.arctan: trigonometry.atan,
    np.arctan2: applied(trigonometry.Atan2),
    np.sinh: trigonometry.sinh,
    np.cosh: trigonometry.cosh,
    np.arcsinh: trigonometry.asinh,
    np.arccosh: trigonometry.acosh,
    np.arctanh: trigonometry.atanh,
    np.tanh: activation.tanh,
    np.floor: rounding.floor,
    np.ceil: rounding.ceil,
    np.rint: rounding.round,
    np.trunc: rounding.trunc,
    np.maximum: applied(choice.Maximum),
    np.minimum: applied(choice.Minimum),
    np.fmax: applied(bounds.Fmax),
    np.fmin: applied(bounds.Fmin),
    np.equal: applied(compare.Equal),
    np.not_equal: applied(compare.NotEqual),
    np.less: applied(compare.Less),
    np.less_equal: applied(compare.LessEqual),
    np.greater: lambda a, b: compare.Less.apply(b, a),
    np.greater_equal: lambda a, b: compare.LessEqual.apply(b, a),
    np.isnan: compare.isnan,
    np.isinf: compare.isinf,
    np.isfinite: compare.isfinite,
    np.bitwise_and: compare.bitwise_and,
    np.bitwise_or: compare.bitwise_or,
    np.bitwise_xor: compare.bitwise_xor,
    np.invert: compare.bitwise_not,
    np.left_shift: compare.bitwise_left_shift,
    np.right_shift: compare.bitwise_right_shift,
}


def _zeros_like(a: TensorBase, shape: tuple[int, ...] | None = None) -> Any:
    return wrap(np.zeros_like(a.array, shape=shape))


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.where: applied(choice.Where),
    np.expand_dims: lambda a, axis: a.reshape(np.expand_dims(a.array, axis).shape),
    np.broadcast_to: repeat.expand,
    np.transpose: shape.permute,
    np.flip: shape.flip,
    np.cumsum: reduce.cumsum,
    np.concatenate: join.cat,
    np.stack: join.stack,
    np.zeros_like: _zeros_like,
}


def array_ufunc(
    tensor: TensorBase, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any
) -> Any:
    """Answer a NumPy ufunc, such as ``np.exp`` or what ``array * tensor`` calls."""
    if method == "__call__" and not kwargs and ufunc in UFUNCS:
        return UFUNCS[ufunc](*inputs)
    return _on_values(getattr(ufunc, method), inputs, kwargs)


def array_function(
    tensor: TensorBase,
    function: Any,
    types: Any,
    args: Iterable[Any],
    kwargs: Mapping[str, Any],
) -> Any:
    """Answer any other NumPy function, such as ``np.where``."""
    if function in FUNCTIONS:
        return FUNCTIONS[function](*args, **kwargs)
    return _on_values(function, tuple(args), dict(kwargs))


def array_wrap(
    tensor: TensorBase, array: Any, context: Any = None, return_scalar: bool = False
) -> Any:
    """The tensor that some of NumPy's functions return for an `array` computed from `tensor`."""
    values = np.asarray(array)  # bools as uint8, as PyTorch does
    return from_numpy(values.astype(np.uint8) if values.dtype == bool else values)


def _on_values(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    values = [_values(a) for a in args]
    result = function(*values, **{name: _values(v) for name, v in kwargs.items()})
    return wrap(result) if isinstance(result, np.ndarray) else result


def _values(argument: Any) -> Any:
    """Arrays in place of tensors, also inside lists and tuples."""
    if isinstance(argument, TensorBase):
        return np.asarray(argument)
    if isinstance(argument, list | tuple):
        return type(argument)(_values(a) for a in argument)
    return argument
