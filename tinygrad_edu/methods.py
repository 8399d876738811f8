"""The ops as methods of tensors: a table.

A method is the op itself: ``x.exp()`` is ``ops.unary.exp(x)``. So this is the list of what a tensor
can do, and a debugger steps from a method straight into the op. The methods that change the tensor
are in `methods_in_place`.
"""

from __future__ import annotations

from .methods_in_place import InPlace
from .ops import (
    activation,
    activation_pieces,
    arithmetic,
    attempts,
    bessel,
    bins,
    bounds,
    brackets,
    chance,
    choice,
    closeness,
    combine,
    compare,
    convert,
    covariance,
    determinants,
    division,
    divisors,
    exponents,
    extreme,
    gamma,
    index,
    index_slices,
    inplace,
    join,
    linalg,
    logarithms,
    matrix,
    matrix_functions,
    membership,
    new,
    order,
    orthogonal,
    places,
    products,
    pseudo_inverse,
    rearrange,
    reduce,
    reduce_scatter,
    rounding,
    scan,
    scatter_views,
    signs,
    special,
    spectrum,
    stacking,
    strided,
    subviews,
    summary,
    triangular,
    trigonometry,
    unary,
    variance,
)
from .ops import diagonal as diagonal_
from .ops import lu as lu_
from .ops import lu_solve as lu_solve_
from .ops import norm as norm_
from .ops import quantile as quantile_
from .ops import renorm as renorm_
from .ops import repeat as repeat_
from .ops import scatter as scatter_ops
from .ops import shape as shape_
from .ops import sort as sort_


class Methods(InPlace):
    """The part of `Tensor` that computes."""

    __add__ = __radd__ = add = arithmetic.add
    __sub__ = sub = subtract = arithmetic.sub
    __rsub__ = arithmetic.rsub
    __mul__ = __rmul__ = mul = multiply = arithmetic.mul
    __truediv__ = div = divide = division.div
    true_divide = division.true_divide
    __rtruediv__ = division.rdiv
    __floordiv__ = floor_divide = division.floor_divide
    __rfloordiv__ = division.rfloordiv
    __mod__ = remainder = division.remainder
    __rmod__ = division.rmod
    fmod = division.fmod
    __neg__ = neg = negative = arithmetic.neg
    __pow__ = pow = arithmetic.pow
    __rpow__ = arithmetic.rpow
    square = arithmetic.square
    float_power = combine.float_power
    lerp, addcmul, addcdiv = combine.lerp, combine.addcmul, combine.addcdiv
    gcd, lcm = divisors.gcd, divisors.lcm

    __abs__ = abs = absolute = unary.abs
    exp, exp2, expm1 = unary.exp, unary.exp2, unary.expm1
    log, log1p, log2, log10 = unary.log, unary.log1p, unary.log2, unary.log10
    sqrt, rsqrt, reciprocal = unary.sqrt, unary.rsqrt, unary.reciprocal
    sin, cos, tan = unary.sin, unary.cos, unary.tan
    asin = arcsin = trigonometry.asin
    acos = arccos = trigonometry.acos
    atan = arctan = trigonometry.atan
    atan2 = arctan2 = trigonometry.atan2
    sinh, cosh = trigonometry.sinh, trigonometry.cosh
    asinh = arcsinh = trigonometry.asinh
    acosh = arccosh = trigonometry.acosh
    atanh = arctanh = trigonometry.atanh
    hypot, xlogy = combine.hypot, logarithms.xlogy
    logaddexp, logaddexp2 = logarithms.logaddexp, logarithms.logaddexp2
    deg2rad, rad2deg, sinc = trigonometry.deg2rad, trigonometry.rad2deg, trigonometry.sinc
    sign, floor, ceil = rounding.sign, rounding.floor, rounding.ceil
    round, frac = rounding.round, rounding.frac
    trunc = fix = rounding.trunc
    sgn, signbit, copysign = signs.sgn, signs.signbit, signs.copysign
    __pos__ = positive = signs.positive
    heaviside, angle = signs.heaviside, signs.angle

    sigmoid, tanh, relu = activation.sigmoid, activation.tanh, activation.relu
    softmax, log_softmax = activation.softmax, activation.log_softmax
    erf, erfc, logit = special.erf, special.erfc, special.logit
    erfinv, i0 = special.erfinv, bessel.i0
    lgamma, digamma, polygamma = gamma.lgamma, gamma.digamma, gamma.polygamma_of
    ldexp, frexp, nextafter = exponents.ldexp, exponents.frexp, exponents.nextafter
    hardshrink, prelu = activation_pieces.hardshrink, activation_pieces.prelu

    clamp = clip = choice.clamp
    maximum, minimum = choice.maximum, choice.minimum
    masked_fill = choice.masked_fill
    where = choice.kept_where
    isreal = membership.isreal
    clamp_min, clamp_max = bounds.clamp_min, bounds.clamp_max
    fmax, fmin, nan_to_num = bounds.fmax, bounds.fmin, bounds.nan_to_num
    __eq__, eq = compare.equals, compare.eq
    __ne__ = compare.differs
    ne = not_equal = compare.ne
    __lt__ = lt = less = compare.lt
    __le__ = le = less_equal = compare.le
    __gt__ = gt = greater = compare.gt
    __ge__ = ge = greater_equal = compare.ge
    isnan, isinf, isfinite = compare.isnan, compare.isinf, compare.isfinite
    isposinf, isneginf = compare.isposinf, compare.isneginf
    logical_xor = compare.logical_xor
    logical_not, logical_and, logical_or = (
        compare.logical_not,
        compare.logical_and,
        compare.logical_or,
    )
    __invert__, bitwise_not = compare.inverted, compare.bitwise_not
    __and__ = __rand__ = bitwise_and = compare.bitwise_and
    __or__ = __ror__ = bitwise_or = compare.bitwise_or
    __xor__ = __rxor__ = bitwise_xor = compare.bitwise_xor
    __lshift__ = bitwise_left_shift = compare.bitwise_left_shift
    __rshift__ = bitwise_right_shift = compare.bitwise_right_shift
    __rlshift__, __rrshift__ = compare.left_shifted_by, compare.right_shifted_by
    equal, allclose, isclose = compare.equal, closeness.allclose, closeness.isclose

    sum, mean, prod, cumsum = reduce.sum, reduce.mean, reduce.prod, reduce.cumsum
    var, std, logsumexp = variance.var, variance.std, reduce.logsumexp
    max, min, amax, amin = extreme.max, extreme.min, extreme.amax, extreme.amin
    argmax, argmin, all, any = extreme.argmax, extreme.argmin, reduce.all, reduce.any

    nansum, nanmean, aminmax = summary.nansum, summary.nanmean, summary.aminmax
    count_nonzero, norm = summary.count_nonzero, norm_.norm
    dist, renorm = renorm_.dist, renorm_.renorm
    cov, corrcoef = covariance.cov, covariance.corrcoef
    cumprod, cummax, cummin = scan.cumprod, scan.cummax, scan.cummin
    logcumsumexp, diff = scan.logcumsumexp, scan.diff

    median, nanmedian, mode = order.median, order.nanmedian, order.mode
    kthvalue, quantile, nanquantile = order.kthvalue, quantile_.quantile, quantile_.nanquantile
    argsort, msort, topk = sort_.argsort, sort_.msort, sort_.topk
    unique, unique_consecutive = sort_.unique, sort_.unique_consecutive
    sort = sort_.sort
    bincount, histc = bins.bincount, bins.histc

    view, view_as, reshape = shape_.view, shape_.view_as, shape_.reshape
    flatten, unflatten = shape_.flatten, shape_.unflatten
    transpose = swapdims = shape_.transpose
    t, permute, flip = shape_.t, shape_.permute, shape_.flip
    movedim = moveaxis = rearrange.movedim
    swapaxes = rearrange.swapaxes
    roll, rot90, fliplr, flipud = (
        rearrange.roll,
        rearrange.rot90,
        rearrange.fliplr,
        rearrange.flipud,
    )
    narrow, select, unfold = subviews.narrow, subviews.select, subviews.unfold
    narrow_copy, as_strided = subviews.narrow_copy, strided.as_strided
    sum_to_size, split_with_sizes = repeat_.sum_to_size, join.split_with_sizes
    ravel, reshape_as, expand_as = rearrange.ravel, rearrange.reshape_as, repeat_.expand_as
    tile, repeat_interleave = repeat_.tile, repeat_.repeat_interleave
    expand, broadcast_to, repeat = repeat_.expand, repeat_.broadcast_to, repeat_.repeat
    squeeze, unsqueeze = shape_.squeeze, shape_.unsqueeze
    split, chunk, unbind = join.split_method, join.chunk, join.unbind
    tensor_split, hsplit = stacking.tensor_split, stacking.hsplit
    vsplit, dsplit = stacking.vsplit, stacking.dsplit
    bernoulli, multinomial = chance.bernoulli, chance.multinomial
    new_tensor, new_full, new_empty = new.new_tensor, new.new_full, new.new_empty
    new_zeros, new_ones = new.new_zeros, new.new_ones
    clone, contiguous = convert.clone, convert.contiguous

    __getitem__, __setitem__ = brackets.getitem, inplace.setitem
    __delitem__ = brackets.delitem
    gather, scatter_add = index.gather, index.scatter_add
    index_select, masked_select = index.index_select, index.masked_select

    index_add, index_copy = index_slices.index_add, index_slices.index_copy
    index_fill, index_put = index_slices.index_fill, index_slices.index_put
    scatter = scatter_ops.scatter
    scatter_reduce, index_reduce = reduce_scatter.scatter_reduce, reduce_scatter.index_reduce
    select_scatter, slice_scatter = scatter_views.select_scatter, scatter_views.slice_scatter
    diagonal_scatter, put = scatter_views.diagonal_scatter, scatter_views.put
    masked_scatter = scatter_ops.masked_scatter
    take, take_along_dim = places.take, places.take_along_dim
    nonzero, argwhere = places.nonzero, places.argwhere

    __matmul__ = matmul = linalg.matmul
    __rmatmul__ = linalg.rmatmul
    mm, mv, bmm, dot = linalg.mm, linalg.mv, linalg.bmm, linalg.dot
    outer = ger = linalg.outer
    addmm = linalg.addmm

    inner, vdot, kron, cross = products.inner, products.vdot, products.kron, products.cross
    addmv, addr = products.addmv, products.addr
    baddbmm, addbmm = products.baddbmm, products.addbmm
    tril, triu, trace = diagonal_.tril, diagonal_.triu, diagonal_.trace
    diagflat = diagonal_.diagflat
    diag, diagonal, diag_embed = diagonal_.diag, diagonal_.diagonal, diagonal_.diag_embed
    det, slogdet, logdet = determinants.det, determinants.slogdet, determinants.logdet
    inverse, pinverse = matrix.inverse, pseudo_inverse.pinverse
    matrix_exp, matrix_power = matrix_functions.matrix_exp, matrix_functions.matrix_power
    cholesky, svd = attempts.old_cholesky, spectrum.old_svd
    cholesky_solve, cholesky_inverse = triangular.cholesky_solve, triangular.cholesky_inverse
    triangular_solve = triangular.triangular_solve
    qr, geqrf, ormqr = orthogonal.old_qr, orthogonal.geqrf, orthogonal.ormqr
    orgqr = orthogonal.orgqr
    lu, lu_solve = lu_.old_lu, lu_solve_.old_lu_solve
