"""Calls of elementwise ops, and questions about dtypes, as both libraries answer them.

Each row is an expression, evaluated on both sides: the results must agree, with their dtypes, or
the exceptions, by their types. Names in them: `lib`, `x` of int64 and shape (2, 3), `f` of shape
(3,), `g` which requires a gradient, `d` of float64, `z` the same without dimensions, `b` of bools.
"""

import pytest
import torch

import tinygrad_edu

from .judge import check, count_case
from .runner import attempt, compare_errors, flat

ALIASES = (
    "lib.arcsin(f / 9)", "lib.arccos(f / 9)", "lib.arctan(f)", "lib.arctan2(f, g)",
    "lib.arcsinh(f)", "lib.arccosh(f)", "lib.arctanh(f / 9)", "f.arcsin()", "f.arctan2(f)",
    "lib.negative(f)", "lib.absolute(f)", "lib.fix(f)", "f.fix()", "lib.greater(f, 1)",
    "lib.greater_equal(f, f)", "lib.less(f, 1)", "lib.less_equal(f, 1)", "lib.not_equal(f, 1)",
    "f.greater(1)", "f.less_equal(1)", "+f", "+b", "(+g) is g", "lib.positive(x) is x",
    "f.byte().dtype", "(-f).char()", "x.short().dtype", "b.byte()",
)  # fmt: skip

ARGUMENTS = (
    "lib.asin(1.0)", "lib.atan2(f, 1.0)", "lib.atan2(1.0, f)", "lib.hypot(f, 2)",
    "lib.fmax(f, 1.0)", "f.fmin(1)", "lib.logaddexp(1, f)", "lib.logical_xor(f, 2)",
    "lib.isclose(f, 1.0)", "lib.isclose(f, d)", "lib.isclose(f, x)", "lib.isclose(f, f, rtol=-1)",
    "lib.isclose(f, f, atol=-1)", "lib.isclose(b, b)", "lib.isclose(x, x + 1, rtol=0.2)",
    "lib.isclose(f, lib.ones(2))", "lib.allclose(f, f, rtol=-1)", "lib.allclose(f, d)",
    "lib.lerp(f, d, 0.5)", "lib.lerp(f, f, d)", "lib.lerp(f, f, z)", "lib.lerp(f, z, 0.5)",
    "lib.lerp(f, x[0], 2)", "lib.lerp(f, f, weight=2)", "lib.lerp(f, f, 'a')", "lib.lerp(f, 1, 1)",
    "lib.lerp(f, lib.ones(2), 0.5)", "lib.lerp(x, x, 0.5)", "f.lerp(end=f, weight=0.5)",
    "lib.addcmul(f, f, 2.0)", "lib.addcmul(x, x, x, value=2.5)", "lib.addcmul(b, b, b)",
    "lib.addcmul(f, x, d, value=2)", "f.addcmul(f, f, value=0.5)",
    "lib.addcmul(f, f, f, value='a')",
    "lib.addcmul(x, f, x, value=0.5)", "lib.addcmul(f, lib.ones(2), f)", "lib.addcdiv(x, x, x)",
    "lib.addcdiv(f, x, x)", "lib.addcdiv(x, x + 1, f)", "lib.addcdiv(f, b, f, value=2)",
    "lib.addcdiv(f, f, x + 1)", "lib.heaviside(f, d)", "lib.heaviside(f, z)",
    "lib.heaviside(f, values=lib.tensor(0.5))", "lib.heaviside(g, f).sum().backward()",
    "lib.heaviside(g, f).requires_grad", "lib.copysign(1.0, f)", "lib.copysign(x, -1)",
    "lib.copysign(f, 'a')", "lib.xlogy(2, 2)", "lib.xlogy(2, x)", "lib.xlogy(x, 2.5)",
    "lib.xlogy(lib.tensor(2.0), 3.5)", "lib.xlogy(3, z)", "lib.xlogy(f, 'a')",
    "lib.float_power(2, 2)", "lib.float_power(2, f)", "lib.float_power(x, -2)",
    "f.float_power(exponent=x[0])", "lib.rsub(f, f, alpha=2)", "lib.rsub(x, x, alpha=2.5)",
    "lib.rsub(x, 2.5, alpha=2)", "lib.rsub(b, x)", "lib.rsub(x, True)", "lib.rsub(2, f)",
    "lib.gcd(f, f)", "lib.gcd(b, b)", "lib.gcd(x, b)", "lib.gcd(x, 2)", "lib.lcm(x, x + 1)",
    "lib.clamp_min(f, None)", "lib.clamp_min(x, 0.5)", "lib.clamp_max(b, 1)", "f.clamp_min(min=0)",
    "f.clamp_max(max=f - 1)", "lib.clamp_max(2, f)", "lib.clamp_min(f, lib.ones(2))",
    "lib.nan_to_num(f, 1.0)", "lib.nan_to_num(x, 1.5)", "lib.nan_to_num(f / 0, posinf=1, neginf=2)",
    "lib.nan_to_num((f / 0).half(), posinf=1e10)", "lib.nan_to_num(d / 0)", "lib.frac(x)",
    "lib.positive(b)", "lib.exp2(b)", "lib.sinc(x)", "lib.deg2rad(x)", "lib.sgn(b)",
    "lib.signbit(b)", "lib.asin(g, out=f)",
)  # fmt: skip

DTYPES = (
    "str(lib.result_type(f, 2))", "str(lib.result_type(x, 2.5))", "str(lib.result_type(f, d))",
    "str(lib.result_type(2, 2))", "str(lib.result_type(2, 2.5))", "str(lib.result_type(b, True))",
    "str(lib.result_type(f, z))", "str(lib.result_type(x, z))", "lib.result_type(f, 'a')",
    "[lib.can_cast(a, c) for a in TYPES for c in TYPES]", "lib.can_cast(f, lib.uint8)",
    "lib.can_cast(from_=lib.bool, to=lib.uint8)", "lib.numel(x)", "lib.numel(2)",
    "lib.is_tensor(f)", "lib.is_tensor(2)", "lib.is_floating_point(x)", "lib.is_floating_point(f)",
    "lib.is_floating_point(2)", "lib.is_nonzero(z)", "lib.is_nonzero(f)", "lib.is_nonzero(2)",
    "repr(lib.finfo())", "repr(lib.finfo(lib.float16))", "repr(lib.finfo(type=lib.float64))",
    "lib.finfo(lib.int64)", "lib.finfo('float32')", "lib.finfo(lib.float32) == lib.finfo()",
    "lib.finfo(lib.float16) == lib.finfo()", "lib.iinfo(lib.int8) == lib.iinfo(lib.int8)",
    "repr(lib.iinfo(lib.int8))", "repr(lib.iinfo(type=lib.uint8))", "lib.iinfo(lib.float32)",
    "lib.iinfo(lib.bool)", "lib.iinfo()", "lib.iinfo(3)",
    "[[getattr(lib.finfo(t), n) for n in FLOAT_LIMITS] for t in TYPES[-3:]]",
    "[[getattr(lib.iinfo(t), n) for n in LIMITS] for t in TYPES[1:-3]]",
)  # fmt: skip


def names(library):
    types = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
    return {
        "lib": library,
        "x": library.arange(6).reshape(2, 3),
        "f": library.tensor([1.0, -2.0, 7.5]),
        "g": library.tensor([1.0, -2.0, 7.5], requires_grad=True),
        "d": library.tensor([1.0, 2.0, 0.0], dtype=library.float64),
        "z": library.tensor(2.0, dtype=library.float64),
        "b": library.tensor([True, False, True]),
        "TYPES": [getattr(library, name) for name in types],
        "LIMITS": ("bits", "min", "max", "dtype"),
        "FLOAT_LIMITS": ("bits", "min", "max", "dtype", "eps", "tiny", "smallest_normal",
                         "resolution"),
    }  # fmt: skip


@pytest.mark.parametrize("expression", (*ALIASES, *ARGUMENTS, *DTYPES), ids=str)
def test_call(expression):
    count_case()
    expected, their_error = attempt(lambda: eval(expression, names(torch)))
    got, error = attempt(lambda: eval(expression, names(tinygrad_edu)))
    compare_errors(error, their_error)
    for mine, theirs in zip(flat(got), flat(expected), strict=True):
        if isinstance(theirs, torch.Tensor):
            check(mine, theirs)
        elif isinstance(theirs, torch.dtype):
            assert str(mine) == str(theirs)
        else:
            assert mine == theirs


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda lib, f: lib.lerp(f, f.double(), 0.5), "float32.*end.*float64"),
        (lambda lib, f: lib.heaviside(f, f.double()), "float32.*float64"),
        (lambda lib, f: lib.addcdiv(f, f.int(), f.long()), "int32.*int64"),
        (lambda lib, f: lib.isclose(f, f, rtol=-0.5), "-0.5"),
    ],
)
def test_the_message_names_what_is_wrong(call, words):
    with pytest.raises(RuntimeError, match=words):
        call(tinygrad_edu, tinygrad_edu.ones(3))
