"""Ops that change their first argument."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from hypothesis import strategies as st

from ..draws import (
    FLOATS,
    Options,
    choices,
    nothing,
    one,
    pattern,
)
from .elementwise import clamp_options
from .indexing import KEYS, REPEATED, setitem
from .row import Row


def in_place(name: str, shapes: Any = None, options: Any = nothing, **changes: Any) -> Row:
    """An op that changes its first argument: here, a copy of it."""

    def call(library: ModuleType, x: Any, *rest: Any, args: Any = (), **more: Any) -> Any:
        y = x.detach().clone()
        result = getattr(y, name.split("-")[0])(*(r.detach() for r in rest), *args, **more)
        return y, result is y

    defaults: Options = {"arguments": (FLOATS, FLOATS), "call": call, "exact": "bits"}
    shapes = pattern("ab,ab", "ab,b", "ab,1b", "ab,", "b,ab") if shapes is None else shapes
    return Row(name=name, shapes=shapes, options=options, **defaults | changes)


ONE: Options = {"arguments": (FLOATS,)}

#: On each element; recorded changes of these are in test_mutation.py.
ROUNDED = ("abs_", "neg_", "square_", "sign_", "floor_", "ceil_", "round_", "trunc_", "relu_")
CURVES = ("exp_", "expm1_", "log_", "log1p_", "log2_", "log10_", "sqrt_", "rsqrt_", "reciprocal_",
          "sin_", "cos_", "tan_", "sigmoid_", "tanh_")  # fmt: skip

IN_PLACE = (
    in_place("add_", options=choices(alpha=(..., 2)), exact=""),
    in_place("sub_", options=choices(alpha=(..., 0.5)), exact=""),
    in_place("mul_"),
    in_place("div_"),
    in_place("div_-rounded", options=choices(rounding_mode=("floor", "trunc")), exact="values"),
    in_place("floor_divide_"),
    in_place("remainder_"),
    in_place("fmod_"),
    in_place("copy_"),
    in_place("zero_", one(), **ONE),
    in_place("fill_", one(), choices(args=((2,), (-0.5,), (True,), (float("nan"),))), **ONE),
    in_place("clamp_", one(), clamp_options, **ONE | {"exact": "values"}),
    in_place("pow_", one(), choices(args=((2,), (0.5,), (-1,))), **ONE | {"exact": ""}),
    *(in_place(name, one(), **ONE | {"exact": "values"}) for name in ROUNDED),
    *(in_place(name, one(), **ONE | {"exact": ""}) for name in CURVES),
    Row("setitem", setitem, st.sampled_from([((4, 3, 5), value) for value in ((), (5,), (1,))]),
        (FLOATS, FLOATS), choices(key=[k for k in KEYS if k not in REPEATED]), exact="bits"),
)  # fmt: skip

ROWS = IN_PLACE
