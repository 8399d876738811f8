"""The ops that change their tensor, as its methods: a table.

``x.exp_()`` is ``ops.inplace.exp_(x)``. What they have in common, and how a change is recorded, is
told in `ops.inplace` and `ops.mutation`.
"""

from __future__ import annotations

from .autograd.differentiable import Differentiable
from .ops import (
    diagonal,
    index_inplace,
    inplace,
    inplace_compare,
    inplace_elementwise,
    inplace_random,
    inplace_shape,
)


class InPlace(Differentiable):
    """The part of `Tensor` that changes it."""

    __iadd__ = add_ = inplace.add_
    __isub__ = sub_ = subtract_ = inplace.sub_
    __imul__ = mul_ = multiply_ = inplace.mul_
    __itruediv__ = div_ = divide_ = inplace.div_
    true_divide_ = inplace.true_divide_
    __ifloordiv__ = floor_divide_ = inplace.floor_divide_
    __imod__ = remainder_ = inplace.remainder_
    fmod_, square_, exp_, expm1_ = inplace.fmod_, inplace.square_, inplace.exp_, inplace.expm1_
    __ipow__ = pow_ = inplace.pow_
    neg_ = negative_ = inplace.neg_
    abs_ = absolute_ = inplace.abs_
    log_, log1p_, log2_, log10_ = inplace.log_, inplace.log1p_, inplace.log2_, inplace.log10_
    sqrt_, rsqrt_, reciprocal_ = inplace.sqrt_, inplace.rsqrt_, inplace.reciprocal_
    sin_, cos_, tan_, sign_ = inplace.sin_, inplace.cos_, inplace.tan_, inplace.sign_
    floor_, ceil_, round_ = inplace.floor_, inplace.ceil_, inplace.round_
    trunc_ = fix_ = inplace.trunc_
    relu_, sigmoid_, tanh_ = inplace.relu_, inplace.sigmoid_, inplace.tanh_
    zero_, fill_, copy_ = inplace.zero_, inplace.fill_, inplace.copy_
    clamp_ = clip_ = inplace.clamp_

    asin_ = arcsin_ = inplace_elementwise.asin_
    acos_ = arccos_ = inplace_elementwise.acos_
    atan_ = arctan_ = inplace_elementwise.atan_
    atan2_ = arctan2_ = inplace_elementwise.atan2_
    asinh_ = arcsinh_ = inplace_elementwise.asinh_
    acosh_ = arccosh_ = inplace_elementwise.acosh_
    atanh_ = arctanh_ = inplace_elementwise.atanh_
    sinh_, cosh_, sinc_ = (
        inplace_elementwise.sinh_,
        inplace_elementwise.cosh_,
        inplace_elementwise.sinc_,
    )
    deg2rad_, rad2deg_ = inplace_elementwise.deg2rad_, inplace_elementwise.rad2deg_
    exp2_, frac_ = inplace_elementwise.exp2_, inplace_elementwise.frac_
    sgn_, copysign_ = inplace_elementwise.sgn_, inplace_elementwise.copysign_
    heaviside_, nextafter_ = inplace_elementwise.heaviside_, inplace_elementwise.nextafter_
    erf_, erfc_ = inplace_elementwise.erf_, inplace_elementwise.erfc_
    erfinv_, logit_ = inplace_elementwise.erfinv_, inplace_elementwise.logit_
    lgamma_, digamma_ = inplace_elementwise.lgamma_, inplace_elementwise.digamma_
    polygamma_, i0_ = inplace_elementwise.polygamma_, inplace_elementwise.i0_
    ldexp_, nan_to_num_ = inplace_elementwise.ldexp_, inplace_elementwise.nan_to_num_
    clamp_min_, clamp_max_ = inplace_elementwise.clamp_min_, inplace_elementwise.clamp_max_
    lerp_, addcmul_ = inplace_elementwise.lerp_, inplace_elementwise.addcmul_
    addcdiv_, xlogy_ = inplace_elementwise.addcdiv_, inplace_elementwise.xlogy_
    float_power_, hypot_ = inplace_elementwise.float_power_, inplace_elementwise.hypot_
    gcd_, lcm_ = inplace_elementwise.gcd_, inplace_elementwise.lcm_
    __iand__ = bitwise_and_ = inplace_elementwise.bitwise_and_
    __ior__ = bitwise_or_ = inplace_elementwise.bitwise_or_
    __ixor__ = bitwise_xor_ = inplace_elementwise.bitwise_xor_
    __ilshift__ = bitwise_left_shift_ = inplace_elementwise.bitwise_left_shift_
    __irshift__ = bitwise_right_shift_ = inplace_elementwise.bitwise_right_shift_
    bitwise_not_ = inplace_elementwise.bitwise_not_
    cumsum_, cumprod_ = inplace_elementwise.cumsum_, inplace_elementwise.cumprod_
    tril_, triu_ = inplace_elementwise.tril_, inplace_elementwise.triu_
    addmm_, addmv_ = inplace_elementwise.addmm_, inplace_elementwise.addmv_
    addr_, addbmm_ = inplace_elementwise.addr_, inplace_elementwise.addbmm_
    baddbmm_, renorm_ = inplace_elementwise.baddbmm_, inplace_elementwise.renorm_
    fill_diagonal_ = diagonal.fill_diagonal_

    eq_, lt_ = inplace_compare.eq_, inplace_compare.lt_
    ne_ = not_equal_ = inplace_compare.ne_
    less_, greater_ = inplace_compare.lt_, inplace_compare.gt_
    le_ = less_equal_ = inplace_compare.le_
    ge_ = greater_equal_ = inplace_compare.ge_
    gt_, logical_not_ = inplace_compare.gt_, inplace_compare.logical_not_
    logical_and_, logical_or_ = inplace_compare.logical_and_, inplace_compare.logical_or_
    logical_xor_ = inplace_compare.logical_xor_

    normal_, uniform_ = inplace_random.normal_, inplace_random.uniform_
    log_normal_, exponential_ = inplace_random.log_normal_, inplace_random.exponential_
    cauchy_, geometric_ = inplace_random.cauchy_, inplace_random.geometric_
    random_, bernoulli_ = inplace_random.random_, inplace_random.bernoulli_

    scatter_, scatter_add_ = index_inplace.scatter_, index_inplace.scatter_add_
    index_add_, index_copy_ = index_inplace.index_add_, index_inplace.index_copy_
    index_fill_, index_put_ = index_inplace.index_fill_, index_inplace.index_put_
    masked_fill_, masked_scatter_ = index_inplace.masked_fill_, index_inplace.masked_scatter_
    scatter_reduce_, index_reduce_ = index_inplace.scatter_reduce_, index_inplace.index_reduce_
    put_ = index_inplace.put_

    t_, squeeze_, unsqueeze_ = inplace_shape.t_, inplace_shape.squeeze_, inplace_shape.unsqueeze_
    transpose_ = swapdims_ = inplace_shape.transpose_
    swapaxes_, as_strided_ = inplace_shape.swapaxes_, inplace_shape.as_strided_
    resize_, resize_as_ = inplace_shape.resize_, inplace_shape.resize_as_
