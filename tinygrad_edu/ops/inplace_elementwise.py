"""Elementwise ops, scans and sums of products in place: ``x.atan_()``, ``x.lerp_(end, weight)``.

Each is the op of the same name without the underscore, written into the memory of its first
argument; see `inplace`. So this is a table, by the files in which the ops stand;
below it are those that refuse more dtypes than the op does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import (
    bessel,
    bounds,
    combine,
    compare,
    diagonal,
    divisors,
    exponents,
    gamma,
    incomplete_gamma,
    logarithms,
    power,
    products,
    reduce,
    renorm,
    rounding,
    scan,
    signs,
    special,
    trigonometry,
    unary,
)
from . import linalg as linalg_
from .arguments import torch_arguments
from .inplace import in_place
from .mutation import change, write
from .older_forms import older_form
from .operators import operator_of

if TYPE_CHECKING:
    from ..dtypes import dtype as DType
    from ..tensor import Number, Tensor

asin_, acos_, atan_ = map(in_place, (trigonometry.asin, trigonometry.acos, trigonometry.atan))
sinh_, cosh_, sinc_ = map(in_place, (trigonometry.sinh, trigonometry.cosh, trigonometry.sinc))
asinh_, acosh_ = in_place(trigonometry.asinh), in_place(trigonometry.acosh)
atanh_, atan2_ = in_place(trigonometry.atanh), in_place(trigonometry.atan2)
deg2rad_, rad2deg_ = in_place(trigonometry.deg2rad), in_place(trigonometry.rad2deg)
pow_, square_ = in_place(power.pow), in_place(power.square)
exp2_, frac_, sgn_ = in_place(unary.exp2), in_place(rounding.frac), in_place(signs.sgn)
copysign_, heaviside_ = in_place(signs.copysign), in_place(signs.heaviside)
erf_, erfc_, erfinv_ = map(in_place, (special.erf, special.erfc, special.erfinv))
logit_, i0_ = in_place(special.logit), in_place(bessel.i0)
lgamma_, digamma_ = in_place(gamma.lgamma), in_place(gamma.digamma)
polygamma_, mvlgamma_ = in_place(gamma.polygamma_in_place), in_place(gamma.mvlgamma)
igamma_, igammac_ = in_place(incomplete_gamma.igamma), in_place(incomplete_gamma.igammac)
ldexp_ = in_place(exponents.ldexp, sharing="anything")
nextafter_ = in_place(exponents.nextafter)

clamp_min_, clamp_max_ = in_place(bounds.clamp_min), in_place(bounds.clamp_max)
nan_to_num_ = in_place(bounds.nan_to_num)
lerp_ = in_place(combine.lerp)
addcmul_ = older_form(in_place(combine.addcmul))
addcdiv_ = older_form(in_place(combine.addcdiv))
hypot_ = in_place(combine.hypot)
xlogy_ = in_place(logarithms.xlogy)
gcd_, lcm_ = in_place(divisors.gcd), in_place(divisors.lcm)

bitwise_and_, bitwise_or_ = in_place(compare.bitwise_and), in_place(compare.bitwise_or)
bitwise_xor_, bitwise_not_ = in_place(compare.bitwise_xor), in_place(compare.bitwise_not)
bitwise_left_shift_ = in_place(compare.bitwise_left_shift)
bitwise_right_shift_ = in_place(compare.bitwise_right_shift)

ipow, iand, ior = operator_of(pow_), operator_of(bitwise_and_), operator_of(bitwise_or_)
ixor, ilshift = operator_of(bitwise_xor_), operator_of(bitwise_left_shift_)
irshift = operator_of(bitwise_right_shift_)

tril_, triu_ = in_place(diagonal.tril), in_place(diagonal.triu)
# Products are computed as a whole, and then written.
addmm_ = older_form(in_place(linalg_.addmm, sharing="anything"))
addmv_ = older_form(in_place(products.addmv, sharing="anything"))
addr_ = older_form(in_place(products.addr))
addbmm_ = older_form(in_place(products.addbmm, sharing="anything"))
baddbmm_ = older_form(in_place(products.baddbmm, sharing="anything"))
renorm_ = in_place(renorm.renorm)


@torch_arguments
def float_power_(input: Tensor, exponent: Tensor | Number) -> Tensor:
    """`float_power`, in place.

    Raises
    ------
    RuntimeError
        If `input` is not float64, which the result is.
    """
    if input.array.dtype != np.float64:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {input.dtype} but the operation's result "
            "requires dtype torch.float64"
        )
    return change(input, lambda before: combine.float_power(before, exponent), exponent)


@torch_arguments
def cumsum_(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """`cumsum`, in place; `dtype` can only be that of `input`.

    Raises
    ------
    NotImplementedError
        If `input` is of bools.
    RuntimeError
        If `dtype` is another one.
    """
    _need_dtype(input, dtype)
    if input.array.dtype == bool:
        return _of_bools("cumsum_", input)
    return change(input, lambda before: reduce.cumsum(before, dim))


@torch_arguments
def cumprod_(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """`cumprod`, in place; `dtype` can only be that of `input`.

    Raises
    ------
    NotImplementedError
        If `input` is of bools.
    RuntimeError
        If `dtype` is another one.
    """
    _need_dtype(input, dtype)
    if input.array.dtype == bool:
        return _of_bools("cumprod_", input)
    return change(input, lambda before: scan.cumprod(before, dim))


def _need_dtype(input: Tensor, dtype: DType | None) -> None:
    if dtype not in (None, input.dtype):
        raise RuntimeError(
            f"Bad in-place call: input tensor dtype {input.dtype} and output tensor dtype {dtype} "
            "should match"
        )


def _of_bools(name: str, input: Tensor) -> Tensor:
    """A running sum of a single bool is that bool, and of several it would be no bool."""
    if input.array.ndim:
        raise NotImplementedError(f"{name} of a tensor of bools: convert it with .long() first")
    return write(input, input.array)
