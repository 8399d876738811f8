"""Ops that change their first argument."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from hypothesis import strategies as st

from ..draws import (
    FLOATS,
    POSITIVE,
    Options,
    choices,
    dim,
    new_dim,
    nothing,
    one,
    pattern,
    squeezed,
    two_dims,
)
from .elementwise import clamp_options
from .indexing import KEYS, REPEATED, setitem
from .linear_algebra import SCALES
from .row import Row
from .special import LGAMMA_TERMS


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
    in_place("true_divide_"),
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

#: The in-place forms of ops that have rows of their own elsewhere.
MORE_CURVES = ("acos_", "asin_", "atan_", "sinh_", "asinh_", "acosh_", "atanh_", "sinc_",
               "deg2rad_", "rad2deg_", "exp2_", "erf_", "erfc_", "erfinv_", "logit_", "i0_",
               "digamma_")  # fmt: skip
#: PyTorch's copy of a transposed tensor is transposed in memory, and these show the memory.
IN_ORDER: Options = {"layouts": ("contiguous", "sliced")}
COMPARISONS = ("eq_", "ne_", "lt_", "le_", "gt_", "ge_")
LOGIC = ("logical_and_", "logical_or_", "logical_xor_")
BITS = ("bitwise_and_", "bitwise_or_", "bitwise_xor_", "bitwise_left_shift_",
        "bitwise_right_shift_")  # fmt: skip
SAME_SHAPES = pattern("ab,ab", "ab,b", "a,1")
SQUARES = st.sampled_from([((3, 4),), ((4, 4),), ((7, 3),), ((2, 2, 2),), ((2, 3, 2),), ((5,),)])


def of_positive(name: str, **changes: Any) -> Row:
    return in_place(name, **{"arguments": (POSITIVE, POSITIVE), "exact": ""} | changes)


MORE = (
    *(in_place(name, one(), **ONE | {"exact": ""}) for name in MORE_CURVES),
    in_place("cosh_", one(), **ONE | {"exact": ""}),
    in_place("lgamma_", one(), **ONE | {"exact": "", "scale": LGAMMA_TERMS}),
    in_place("polygamma_", one(), choices(args=((0,), (1,), (2,))), **ONE | {"exact": ""}),
    *(in_place(name, one(), **ONE) for name in ("frac_", "sgn_", "logical_not_")),
    in_place("bitwise_not_", one(), **ONE),
    in_place("nan_to_num_", one(), choices(args=((), (1.5,), (2.0, 3.0, -3.0))), **ONE),
    in_place("clamp_min_", exact="values"),
    in_place("clamp_max_", exact="values"),
    in_place("clamp_min_-number", one(), choices(args=((0,), (0.5,))), **ONE | {"exact": "values"}),
    in_place("clamp_max_-number", one(), choices(args=((0,), (0.5,))), **ONE | {"exact": "values"}),
    *(in_place(name) for name in (*COMPARISONS, *LOGIC, "copysign_", "heaviside_")),
    *(in_place(f"{name}-number", one(), choices(args=((0,), (0.5,), (True,))), **ONE)
      for name in COMPARISONS),
    *(in_place(name, SAME_SHAPES) for name in BITS),
    *(in_place(f"{name}-number", one(), choices(args=((0,), (3,))), **ONE) for name in BITS),
    in_place("gcd_"),
    in_place("lcm_"),
    in_place("atan2_", exact=""),
    in_place("hypot_", exact=""),
    in_place("nextafter_", mixed=()),
    in_place("ldexp_", exact=""),
    of_positive("float_power_"),
    of_positive("xlogy_"),
    in_place("lerp_", options=choices(args=((0.25,), (2,))), exact=""),
    in_place("lerp_-tensor", pattern("ab,ab,ab", "ab,b,1b", "ab,,a1"), exact="",
             arguments=(FLOATS,) * 3),
    in_place("addcmul_", pattern("ab,ab,ab", "ab,b,1b"), choices(value=(..., 2)), exact="",
             arguments=(FLOATS,) * 3, mixed=("f32", "f64", "i64")),
    in_place("addcdiv_", pattern("ab,ab,ab", "ab,b,1b"), choices(value=(..., 2)), exact="",
             arguments=(FLOATS,) * 3, mixed=("f32", "f64")),
    in_place("cumsum_", one(), dim, **ONE | {"exact": ""}),
    in_place("cumprod_", one(), dim, **ONE | {"exact": ""}),
    in_place("tril_", pattern("ab", "cab", "a"), choices(args=((), (1,), (-1,))), **ONE),
    in_place("triu_", pattern("ab", "cab", "a"), choices(args=((), (1,), (-1,))), **ONE),
    in_place("fill_diagonal_", SQUARES, choices(args=((2,), (-0.5,), (1, True))), **ONE),
    in_place("renorm_", pattern("ab", "abc", "a"), choices(args=((2, 0, 1.0), (1, -1, 0.5))),
             **ONE | {"exact": ""}),
    in_place("addmm_", pattern("ab,ac,cb"), SCALES, exact="", arguments=(FLOATS,) * 3, mixed=()),
    in_place("addmv_", pattern("a,ac,c"), SCALES, exact="", arguments=(FLOATS,) * 3, mixed=()),
    in_place("addr_", pattern("ab,a,b"), SCALES, exact="", arguments=(FLOATS,) * 3, mixed=()),
    in_place("addbmm_", pattern("ab,dac,dcb"), SCALES, exact="", arguments=(FLOATS,) * 3, mixed=()),
    in_place("baddbmm_", pattern("dab,dac,dcb"), SCALES, exact="", arguments=(FLOATS,) * 3,
             mixed=()),
    in_place("t_", pattern("ab", "a", "", "abc"), **ONE),
    in_place("transpose_", one(), two_dims, **ONE),
    in_place("swapaxes_", one(), two_dims, **ONE),
    in_place("squeeze_", one(), squeezed, **ONE),
    in_place("unsqueeze_", one(), new_dim, **ONE),
    in_place("as_strided_", pattern("ab", "abc"), choices(args=(((2,), (1,)), ((2, 2), (0, 1)),
             ((1, 1), (1, 1), 1), ((99,), (1,)), ((2,), (1, 1)))), **ONE | IN_ORDER),
    in_place("resize_", one(min_dims=1, empty=False), choices(args=((1,), (1, 1), ((),), ((1, 1),),
             (-2,))), **ONE | IN_ORDER),
    in_place("resize_as_", pattern("ab,a", "abc,ab", "ab,ab", empty=False), mixed=(), **IN_ORDER),
)  # fmt: skip

ROWS = (*IN_PLACE, *MORE)
