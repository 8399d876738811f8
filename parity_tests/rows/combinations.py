"""Elementwise ops on two or three tensors, and what is about signs, bounds and nan."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..draws import FLOATS, POSITIVE, broadcasting, choices
from ..versions import EQUAL_NANS
from .elementwise import NUMBERS, with_number
from .row import Row, binary, function, method, unary

#: PyTorch multiplies integer arguments in their own dtype inside of derivatives, where uint8
#: overflows and bools cannot be negative; the engine multiplies in the dtype of the result.
SIGNED = ("f32", "f64", "i64")


def three(name: str, **changes: Any) -> Row:
    """An op on each three elements, which broadcasts."""
    call = changes.pop("call", function(name))
    return Row(name, call, broadcasting(3), (FLOATS,) * 3, **changes)


def detached(name: str) -> Any:
    """The function `name` on arguments without gradient: PyTorch has none for it."""

    def call(library: ModuleType, *tensors: Any) -> Any:
        return getattr(library, name)(*(t.detach() for t in tensors))

    return call


WEIGHTS = (0, 0.25, 0.5, 1, -0.7, 2.5, True)
VALUES = (..., 2, -0.5)

COMBINED = (
    # Not of uint8 and bool, in which PyTorch computes the gradient of the weight, end - input.
    three("lerp", mixed=("f32", "f64", "i64")),
    binary("lerp-number", call=lambda lib, a, b, weight: lib.lerp(a, b, weight),
           options=choices(weight=WEIGHTS), edge_data=()),
    three("addcmul", options=choices(value=VALUES), mixed=SIGNED),
    # Of an integer divisor PyTorch's derivative fails.
    three("addcdiv", options=choices(value=VALUES), mixed=("f32", "f64")),
    binary("hypot"),
    binary("logaddexp"),
    binary("logaddexp2"),
    binary("xlogy", FLOATS, POSITIVE),
    with_number("xlogy-number", lambda lib, x, number: lib.xlogy(x, number)),
    with_number("xlogy-of-number", lambda lib, x, number: lib.xlogy(number, x), kind=POSITIVE),
    binary("float_power", POSITIVE),
    with_number("float_power-number", lambda lib, x, number: x.float_power(number), kind=POSITIVE),
    with_number("float_power-of-number", lambda lib, x, number: lib.float_power(number, x),
                numbers=(2, 0.5, 1, 0, -2)),
    binary("rsub-tensors", call=function("rsub"), options=choices(alpha=(..., 2, -0.5))),
    with_number("rsub-scaled", lambda lib, x, number: lib.rsub(x, number, alpha=2)),
    # Halved: the smallest integer has no opposite, and of it PyTorch's gcd comes out negative.
    binary("gcd", call=lambda lib, a, b: lib.gcd(a // 2, b // 2), edge_data=()),
    binary("lcm", call=lambda lib, a, b: lib.lcm(a // 2, b // 2), edge_data=()),
)  # fmt: skip

SIGNS = (
    unary("sgn", exact="bits"),
    unary("signbit"),
    unary("positive", exact="bits"),
    unary("frac", exact="bits"),
    binary("copysign", exact="bits"),
    with_number("copysign-number", lambda lib, x, number: lib.copysign(x, number), exact="bits",
                numbers=(*NUMBERS, -0.0)),
    binary("heaviside", exact="bits", call=detached("heaviside")),
)  # fmt: skip

BOUNDS = (
    binary("fmax", exact="values"),
    binary("fmin", exact="values"),
    binary("clamp_min", exact="values"),
    binary("clamp_max", exact="values"),
    with_number("clamp_min-number", lambda lib, x, number: lib.clamp_min(x, number),
                exact="values"),
    with_number("clamp_max-number", lambda lib, x, number: lib.clamp_max(x, number),
                exact="values"),
    unary("nan_to_num", exact="bits",
          options=choices(nan=(..., 1.5), posinf=(..., 2.0), neginf=(..., -3.0, 1e300)),
          edge_options=[{}, {"nan": 2.5}, {"posinf": 1.0, "neginf": 1e300}]),
    unary("isposinf"),
    unary("isneginf"),
    binary("logical_xor"),
    binary("isclose", options=choices(rtol=(..., 0.5), atol=(..., 1.0),
           equal_nan=(..., *EQUAL_NANS.only(True))),
           data=("ties", "nonfinite"), edge_data=()),
)  # fmt: skip

CASTS = tuple(
    unary(name, call=method(name), data=("ties",), edge_data=())
    for name in ("short", "char", "byte")
)

ROWS = (unary("exp2"), *COMBINED, *SIGNS, *BOUNDS, *CASTS)
