"""The ops that change their tensor, as its methods: a table.

``x.exp_()`` is ``ops.inplace.exp_(x)``. What they have in common, and how a change is recorded, is
told in `ops.inplace` and `ops.mutation`.
"""

from __future__ import annotations

from . import later
from .autograd.differentiable import Differentiable
from .ops import inplace


class InPlace(Differentiable):
    """The part of `Tensor` that changes it."""

    __iadd__, __isub__, __imul__ = inplace.iadd, inplace.isub, inplace.imul
    __itruediv__, __ifloordiv__, __imod__ = inplace.itruediv, inplace.ifloordiv, inplace.imod
    add_, sub_, mul_, div_ = inplace.add_, inplace.sub_, inplace.mul_, inplace.div_
    subtract_, multiply_, divide_ = inplace.sub_, inplace.mul_, inplace.div_
    true_divide_, floor_divide_ = inplace.true_divide_, inplace.floor_divide_
    remainder_ = inplace.remainder_
    fmod_, exp_, expm1_ = inplace.fmod_, inplace.exp_, inplace.expm1_
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

    __ipow__, pow_ = later.inplace_elementwise.ipow, later.inplace_elementwise.pow_
    square_ = later.inplace_elementwise.square_
    asin_ = arcsin_ = later.inplace_elementwise.asin_
    acos_ = arccos_ = later.inplace_elementwise.acos_
    atan_ = arctan_ = later.inplace_elementwise.atan_
    atan2_ = arctan2_ = later.inplace_elementwise.atan2_
    asinh_ = arcsinh_ = later.inplace_elementwise.asinh_
    acosh_ = arccosh_ = later.inplace_elementwise.acosh_
    atanh_ = arctanh_ = later.inplace_elementwise.atanh_
    sinh_, cosh_ = later.inplace_elementwise.sinh_, later.inplace_elementwise.cosh_
    sinc_ = later.inplace_elementwise.sinc_
    deg2rad_, rad2deg_ = later.inplace_elementwise.deg2rad_, later.inplace_elementwise.rad2deg_
    exp2_, frac_ = later.inplace_elementwise.exp2_, later.inplace_elementwise.frac_
    sgn_, copysign_ = later.inplace_elementwise.sgn_, later.inplace_elementwise.copysign_
    heaviside_ = later.inplace_elementwise.heaviside_
    nextafter_ = later.inplace_elementwise.nextafter_
    erf_, erfc_ = later.inplace_elementwise.erf_, later.inplace_elementwise.erfc_
    igamma_, igammac_ = later.inplace_elementwise.igamma_, later.inplace_elementwise.igammac_
    mvlgamma_ = later.inplace_elementwise.mvlgamma_
    erfinv_, logit_ = later.inplace_elementwise.erfinv_, later.inplace_elementwise.logit_
    lgamma_, digamma_ = later.inplace_elementwise.lgamma_, later.inplace_elementwise.digamma_
    polygamma_, i0_ = later.inplace_elementwise.polygamma_, later.inplace_elementwise.i0_
    ldexp_, nan_to_num_ = later.inplace_elementwise.ldexp_, later.inplace_elementwise.nan_to_num_
    clamp_min_ = later.inplace_elementwise.clamp_min_
    clamp_max_ = later.inplace_elementwise.clamp_max_
    lerp_, addcmul_ = later.inplace_elementwise.lerp_, later.inplace_elementwise.addcmul_
    addcdiv_, xlogy_ = later.inplace_elementwise.addcdiv_, later.inplace_elementwise.xlogy_
    float_power_, hypot_ = later.inplace_elementwise.float_power_, later.inplace_elementwise.hypot_
    gcd_, lcm_ = later.inplace_elementwise.gcd_, later.inplace_elementwise.lcm_
    __iand__, __ior__ = later.inplace_elementwise.iand, later.inplace_elementwise.ior
    __ixor__ = later.inplace_elementwise.ixor
    __ilshift__ = later.inplace_elementwise.ilshift
    __irshift__ = later.inplace_elementwise.irshift
    bitwise_and_ = later.inplace_elementwise.bitwise_and_
    bitwise_or_ = later.inplace_elementwise.bitwise_or_
    bitwise_xor_ = later.inplace_elementwise.bitwise_xor_
    bitwise_left_shift_ = later.inplace_elementwise.bitwise_left_shift_
    bitwise_right_shift_ = later.inplace_elementwise.bitwise_right_shift_
    bitwise_not_ = later.inplace_elementwise.bitwise_not_
    cumsum_, cumprod_ = later.inplace_elementwise.cumsum_, later.inplace_elementwise.cumprod_
    tril_, triu_ = later.inplace_elementwise.tril_, later.inplace_elementwise.triu_
    addmm_, addmv_ = later.inplace_elementwise.addmm_, later.inplace_elementwise.addmv_
    addr_, addbmm_ = later.inplace_elementwise.addr_, later.inplace_elementwise.addbmm_
    baddbmm_, renorm_ = later.inplace_elementwise.baddbmm_, later.inplace_elementwise.renorm_
    fill_diagonal_ = later.diagonal.fill_diagonal_

    eq_, lt_ = later.inplace_compare.eq_, later.inplace_compare.lt_
    ne_ = not_equal_ = later.inplace_compare.ne_
    less_, greater_ = later.inplace_compare.lt_, later.inplace_compare.gt_
    le_ = less_equal_ = later.inplace_compare.le_
    ge_ = greater_equal_ = later.inplace_compare.ge_
    gt_, logical_not_ = later.inplace_compare.gt_, later.inplace_compare.logical_not_
    logical_and_ = later.inplace_compare.logical_and_
    logical_or_ = later.inplace_compare.logical_or_
    logical_xor_ = later.inplace_compare.logical_xor_

    normal_, uniform_ = later.inplace_random.normal_, later.inplace_random.uniform_
    log_normal_, exponential_ = later.inplace_random.log_normal_, later.inplace_random.exponential_
    cauchy_, geometric_ = later.inplace_random.cauchy_, later.inplace_random.geometric_
    random_, bernoulli_ = later.inplace_random.random_, later.inplace_random.bernoulli_

    scatter_, scatter_add_ = later.index_inplace.scatter_, later.index_inplace.scatter_add_
    index_add_, index_copy_ = later.index_inplace.index_add_, later.index_inplace.index_copy_
    index_fill_, index_put_ = later.index_inplace.index_fill_, later.index_inplace.index_put_
    masked_fill_ = later.index_inplace.masked_fill_
    masked_scatter_ = later.index_inplace.masked_scatter_
    scatter_reduce_ = later.index_inplace.scatter_reduce_
    index_reduce_ = later.index_inplace.index_reduce_
    put_ = later.index_inplace.put_

    t_, squeeze_ = later.inplace_shape.t_, later.inplace_shape.squeeze_
    unsqueeze_ = later.inplace_shape.unsqueeze_
    transpose_ = swapdims_ = later.inplace_shape.transpose_
    swapaxes_, as_strided_ = later.inplace_shape.swapaxes_, later.inplace_shape.as_strided_
    resize_, resize_as_ = later.inplace_shape.resize_, later.inplace_shape.resize_as_
