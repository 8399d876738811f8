"""Ops on each element, or on each two, with numbers too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ..draws import (
    FLOATS,
    POSITIVE,
    Options,
    Shapes,
    broadcasting,
    choices,
    mask,
    pattern,
)
from ..versions import EQUAL_NANS
from .row import Row, binary, function, unary

ARITHMETIC = (
    binary("add", options=choices(alpha=(..., ..., 2, -0.5))),
    binary("sub", options=choices(alpha=(..., ..., 3, -0.5))),
    binary("mul", exact="bits"),
    binary("div", exact="bits"),
    binary("div-rounded", exact="values", call=function("div"),
           options=choices(rounding_mode=("floor", "trunc"))),
    # Without gradients: there are none, see test_spellings.py.
    binary("floor_divide", exact="bits", call=lambda _, x, y: x.detach() // y.detach()),
    # Of 1e30 and 1e-30 PyTorch's vector code in float32 makes nan, its scalar code does not.
    binary("remainder", exact="bits", edge_data=()),
    binary("fmod", exact="bits", edge_data=()),
    binary("bitwise_left_shift", edge_data=()),
    binary("bitwise_right_shift", edge_data=()),
    # PyTorch subtracts 1 from the exponent: it fails for bools, and 0 becomes 255 for uint8.
    binary("pow", POSITIVE, FLOATS, mixed=("f32", "f64", "i64")),
    unary("neg", exact="bits"),
    unary("square"),
)  # fmt: skip

NUMBERS = (2, -3, 0, 1, 0.5, -1.5, True, 2.0, 3.0)


def with_number(name: str, call: Callable[..., Any], **changes: Any) -> Row:
    """An op on a tensor and a Python number."""
    numbers = changes.pop("numbers", NUMBERS)
    return unary(
        name, changes.pop("kind", FLOATS), call=call, options=choices(number=numbers),
        edge_options=[{"number": n} for n in numbers], **changes,
    )  # fmt: skip


WITH_NUMBERS = (
    with_number("add-number", lambda _, x, number: x + number, exact="bits"),
    with_number("radd-number", lambda _, x, number: number + x, exact="bits"),
    with_number("sub-number", lambda _, x, number: x - number, exact="bits"),
    with_number("rsub-number", lambda _, x, number: number - x, exact="bits"),
    with_number("mul-number", lambda _, x, number: x * number, exact="bits"),
    with_number("rmul-number", lambda _, x, number: number * x, exact="bits"),
    with_number("div-number", lambda _, x, number: x / number),
    with_number("rdiv-number", lambda _, x, number: number / x),
    with_number("div-number-rounded", lambda _, x, number: x.div(number, rounding_mode="trunc"),
                numbers=(2, -3, 0.5, True), exact="values",
                graph="PyTorch makes a tensor of the number"),
    with_number("floor_divide-number", lambda _, x, number: x.detach() // number, exact="bits"),
    with_number("rfloor_divide-number", lambda _, x, number: number // x.detach(), exact="bits"),
    with_number("remainder-number", lambda _, x, number: x % number, exact="bits"),
    with_number("rremainder-number", lambda _, x, number: number % x.detach(), exact="bits"),
    with_number("fmod-number", lambda _, x, number: x.fmod(number), exact="bits"),
    with_number("shift-number", lambda _, x, number: (x << number) + (x >> number),
                numbers=(0, 1, 7, 8, 31, 32, 63, 64, -1, True, 1.5)),
    with_number("rshift-number", lambda _, x, number: (number << x) + (number >> x),
                numbers=(0, 1, 7, -1, True, 1.5)),
    with_number("pow-number", lambda _, x, number: x**number, kind=POSITIVE),
    with_number("pow-number-signed", lambda _, x, number: x**number, numbers=(2, 3, -1, 0, 2.0)),
    with_number("rpow-number", lambda _, x, number: number**x, numbers=(2, 0.5, 1, 0, -2, 3.5)),
)  # fmt: skip

UNARY = (
    *(unary(name) for name in ("exp", "expm1", "sin", "cos", "tan", "sigmoid", "tanh")),
    *(unary(name, POSITIVE) for name in ("log", "log2", "log10", "rsqrt")),
    unary("log1p", POSITIVE),
    unary("sqrt", POSITIVE),  # PyTorch's own is now and then off by one bit
    unary("reciprocal", exact="bits"),
    *(unary(name, exact="bits") for name in ("abs", "sign", "floor", "ceil", "round", "trunc")),
    unary("relu", exact="values"),
    unary("round-decimals", call=function("round"), options=choices(decimals=(0, 1, 2, -1)),
          edge_options=[{"decimals": 2}, {"decimals": -1}], exact="bits"),
)  # fmt: skip


def clamp_options(shapes: Shapes) -> SearchStrategy[Options]:
    return st.sampled_from(CLAMPS)


CLAMPS: list[Options] = [
    {"min": -1.0}, {"max": 1}, {"min": -1, "max": 0.5}, {"min": 1.0, "max": -1.0},
    {"min": 0, "max": 0}, {"min": float("-inf"), "max": 2.0},
]  # fmt: skip

CHOICES = (
    unary("clamp", options=clamp_options, edge_options=CLAMPS, exact="values"),
    unary("clip", options=clamp_options, edge_data=(), exact="values"),
    # Of equally many dimensions: PyTorch fails to broadcast shapes like (), (1,) and (1, 1) here.
    Row("clamp-tensors", lambda _, x, low, high: x.clamp(low, high),
        pattern("abc,abc,abc", "ab,1b,a1", "a1,ab,ab", "a,=,a"), (FLOATS,) * 3, exact="values"),
    Row("clamp-min-tensor", lambda _, x, low: x.clamp(min=low), broadcasting(),
        (FLOATS, FLOATS), exact="values"),
    Row("clamp-max-tensor", lambda _, x, high: x.clamp(max=high), broadcasting(),
        (FLOATS, FLOATS), exact="values"),
    binary("maximum", exact="values"),
    binary("minimum", exact="values"),
    Row("where", function("where"), broadcasting(3), (mask, FLOATS, FLOATS), exact="bits"),
    Row("where-number", lambda lib, condition, x, number: lib.where(condition, x, number),
        broadcasting(twice=False), (mask, FLOATS), choices(number=(0, 1.5, float("inf"))),
        exact="bits"),
    Row("where-numbers-first", lambda lib, condition, x, number: lib.where(condition, number, x),
        broadcasting(twice=False), (mask, FLOATS), choices(number=(0, 1.5, float("nan"))),
        exact="bits"),
    Row("masked_fill-tensor", lambda _, condition, x, value: x.masked_fill(condition, value),
        pattern("abc,abc,", "1b,ab,", "ab,ab,"), (mask, FLOATS, FLOATS), exact="bits",
        mixed=("f32", "f64")),
    Row("masked_fill", lambda _, condition, x, value: x.masked_fill(condition, value),
        pattern("abc,abc", "1b,ab", "b,ab", "ab,ab", "1,a"), (mask, FLOATS),
        choices(value=(0, -1.5, float("-inf"), True)), exact="bits"),
    *(binary(name) for name in ("eq", "ne", "lt", "le", "gt", "ge")),
    *(with_number(f"{name}-number", lambda lib, x, number, name=name: getattr(lib, name)(x, number))
      for name in ("eq", "ne", "lt", "le", "gt", "ge")),
    *(unary(name) for name in ("isnan", "isinf", "isfinite", "logical_not")),
    *(binary(name) for name in ("logical_and", "logical_or")),
    *(binary(name, edge_data=()) for name in ("bitwise_and", "bitwise_or", "bitwise_xor")),
    unary("bitwise_not", edge_data=()),
    Row("equal", function("equal"), pattern("ab,ab", "ab,=", "a,ab", "a,b"), (FLOATS, FLOATS),
        data=("ties",)),
    binary("allclose", options=choices(rtol=(..., 0.5), atol=(..., 1.0),
           equal_nan=(..., *EQUAL_NANS.only(True))),
           data=("ties", "nonfinite"), edge_data=()),
)  # fmt: skip

ROWS = (*ARITHMETIC, *WITH_NUMBERS, *UNARY, *CHOICES)
