"""The ops as methods of tensors: a table.

A method is the op itself: ``x.exp()`` is ``ops.unary.exp(x)``. So this is the list of what a tensor
can do, and a debugger steps from a method straight into the op. The methods that change the tensor
are in `methods_in_place`. What is said to be `later` is imported at its first use.
"""

from __future__ import annotations

from . import later
from .methods_in_place import InPlace
from .ops import (
    activation,
    arithmetic,
    brackets,
    choice,
    compare,
    convert,
    division,
    extreme,
    index,
    inplace,
    join,
    linalg,
    older_forms,
    operators,
    reduce,
    rounding,
    strided,
    unary,
)
from .ops import shape as shape_


class Methods(InPlace):
    """The part of `Tensor` that computes."""

    __add__ = __radd__ = operators.plus
    __sub__, __rsub__ = operators.minus, operators.subtracted_from
    __mul__ = __rmul__ = operators.times
    __truediv__, __rtruediv__ = operators.divided_by, operators.divides
    __floordiv__, __rfloordiv__ = operators.floor_divided_by, operators.floor_divides
    __mod__, __rmod__ = operators.modulo, operators.leaves
    __pow__, __rpow__ = later.power.raised_to, later.power.raises
    __matmul__, __rmatmul__ = operators.matrix_times, operators.times_matrix
    __eq__, __ne__ = operators.equals, operators.differs
    __lt__, __le__ = operators.is_less, operators.is_at_most
    __gt__, __ge__ = operators.is_greater, operators.is_at_least
    __and__ = __rand__ = operators.bits_and
    __or__ = __ror__ = operators.bits_or
    __xor__ = __rxor__ = operators.bits_xor
    __lshift__, __rlshift__ = operators.shifted_left, operators.shifts_left
    __rshift__, __rrshift__ = operators.shifted_right, operators.shifts_right

    add, sub = older_forms.add, older_forms.sub
    subtract = arithmetic.sub
    mul = multiply = arithmetic.mul
    div = divide = division.div
    true_divide = division.true_divide
    floor_divide, remainder, fmod = division.floor_divide, division.remainder, division.fmod
    __neg__ = neg = negative = arithmetic.neg
    pow, square = later.power.pow, later.power.square
    float_power = later.combine.float_power
    lerp, addcmul, addcdiv = later.combine.lerp, later.combine.addcmul, later.combine.addcdiv
    gcd, lcm = later.divisors.gcd, later.divisors.lcm

    __abs__ = abs = absolute = unary.abs
    exp, exp2, expm1 = unary.exp, unary.exp2, unary.expm1
    log, log1p, log2, log10 = unary.log, unary.log1p, unary.log2, unary.log10
    sqrt, rsqrt, reciprocal = unary.sqrt, unary.rsqrt, unary.reciprocal
    sin, cos, tan = unary.sin, unary.cos, unary.tan
    asin = arcsin = later.trigonometry.asin
    acos = arccos = later.trigonometry.acos
    atan = arctan = later.trigonometry.atan
    atan2 = arctan2 = later.trigonometry.atan2
    sinh, cosh = later.trigonometry.sinh, later.trigonometry.cosh
    asinh = arcsinh = later.trigonometry.asinh
    acosh = arccosh = later.trigonometry.acosh
    atanh = arctanh = later.trigonometry.atanh
    hypot, xlogy = later.combine.hypot, later.logarithms.xlogy
    logaddexp, logaddexp2 = later.logarithms.logaddexp, later.logarithms.logaddexp2
    deg2rad, rad2deg = later.trigonometry.deg2rad, later.trigonometry.rad2deg
    sinc = later.trigonometry.sinc
    sign, floor, ceil = rounding.sign, rounding.floor, rounding.ceil
    round, frac = rounding.round, rounding.frac
    trunc = fix = rounding.trunc
    sgn, signbit, copysign = later.signs.sgn, later.signs.signbit, later.signs.copysign
    __pos__ = positive = later.signs.positive
    heaviside, angle = later.signs.heaviside, later.signs.angle

    sigmoid, tanh, relu = activation.sigmoid, activation.tanh, activation.relu
    softmax, log_softmax = activation.softmax, activation.log_softmax
    erf, erfc, logit = later.special.erf, later.special.erfc, later.special.logit
    erfinv, i0 = later.special.erfinv, later.bessel.i0
    lgamma, digamma, polygamma = later.gamma.lgamma, later.gamma.digamma, later.gamma.polygamma_of
    igamma, igammac = later.incomplete_gamma.igamma, later.incomplete_gamma.igammac
    mvlgamma = later.gamma.mvlgamma
    ldexp, frexp = later.exponents.ldexp, later.exponents.frexp
    nextafter = later.exponents.nextafter
    hardshrink, prelu = later.activation_pieces.hardshrink, later.activation_pieces.prelu

    clamp = clip = choice.clamp
    maximum, minimum = choice.maximum, choice.minimum
    masked_fill = choice.masked_fill
    where = choice.kept_where
    isreal = later.membership.isreal
    clamp_min, clamp_max = later.bounds.clamp_min, later.bounds.clamp_max
    fmax, fmin, nan_to_num = later.bounds.fmax, later.bounds.fmin, later.bounds.nan_to_num
    eq = compare.eq
    ne = not_equal = compare.ne
    lt = less = compare.lt
    le = less_equal = compare.le
    gt = greater = compare.gt
    ge = greater_equal = compare.ge
    isnan, isinf, isfinite = compare.isnan, compare.isinf, compare.isfinite
    isposinf, isneginf = compare.isposinf, compare.isneginf
    logical_xor = compare.logical_xor
    logical_not, logical_and = compare.logical_not, compare.logical_and
    logical_or = compare.logical_or
    __invert__, bitwise_not = compare.inverted, compare.bitwise_not
    bitwise_and, bitwise_or = compare.bitwise_and, compare.bitwise_or
    bitwise_xor = compare.bitwise_xor
    bitwise_left_shift = compare.bitwise_left_shift
    bitwise_right_shift = compare.bitwise_right_shift
    equal, allclose, isclose = compare.equal, later.closeness.allclose, later.closeness.isclose

    sum, mean, prod, cumsum = reduce.sum, reduce.mean, reduce.prod, reduce.cumsum
    var, std, logsumexp = later.variance.var, later.variance.std, reduce.logsumexp
    max, min, amax, amin = extreme.max, extreme.min, extreme.amax, extreme.amin
    argmax, argmin, all, any = extreme.argmax, extreme.argmin, reduce.all, reduce.any

    nansum, nanmean, aminmax = later.summary.nansum, later.summary.nanmean, later.summary.aminmax
    count_nonzero, norm = later.summary.count_nonzero, later.norm.norm
    dist, renorm = later.renorm.dist, later.renorm.renorm
    cov, corrcoef = later.covariance.cov, later.covariance.corrcoef
    cumprod, cummax, cummin = later.scan.cumprod, later.scan.cummax, later.scan.cummin
    logcumsumexp, diff = later.scan.logcumsumexp, later.scan.diff

    median, nanmedian, mode = later.order.median, later.order.nanmedian, later.order.mode
    kthvalue, quantile = later.order.kthvalue, later.quantile.quantile
    nanquantile = later.quantile.nanquantile
    argsort, msort, topk = later.sort.argsort, later.sort.msort, later.sort.topk
    unique, unique_consecutive = later.sort.unique, later.sort.unique_consecutive
    sort = later.sort.sort
    bincount, histc = later.bins.bincount, later.bins.histc
    histogram = later.histograms.histogram

    view, view_as, reshape = shape_.view, shape_.view_as, shape_.reshape
    flatten, unflatten = shape_.flatten, shape_.unflatten
    transpose = swapdims = shape_.transpose
    t, permute, flip = shape_.t, shape_.permute, shape_.flip
    movedim = moveaxis = later.rearrange.movedim
    swapaxes = later.rearrange.swapaxes
    roll, rot90, fliplr = later.rearrange.roll, later.rearrange.rot90, later.rearrange.fliplr
    flipud = later.rearrange.flipud
    narrow, select, unfold = later.subviews.narrow, later.subviews.select, later.subviews.unfold
    narrow_copy, as_strided = later.subviews.narrow_copy, strided.as_strided
    sum_to_size, split_with_sizes = later.repeat.sum_to_size, join.split_with_sizes
    ravel, reshape_as = later.rearrange.ravel, later.rearrange.reshape_as
    expand_as = later.repeat.expand_as
    tile, repeat_interleave = later.repeat.tile, later.repeat.repeat_interleave
    expand, broadcast_to = later.repeat.expand, later.repeat.broadcast_to
    repeat = later.repeat.repeat
    squeeze, unsqueeze = shape_.squeeze, shape_.unsqueeze
    split, chunk, unbind = join.split_method, join.chunk, join.unbind
    unsafe_split, unsafe_chunk = join.unsafe_split, join.unsafe_chunk
    unsafe_split_with_sizes = join.unsafe_split_with_sizes
    tensor_split, hsplit = later.stacking.tensor_split, later.stacking.hsplit
    vsplit, dsplit = later.stacking.vsplit, later.stacking.dsplit
    bernoulli, multinomial = later.chance.bernoulli, later.chance.multinomial
    new_tensor, new_full, new_empty = later.new.new_tensor, later.new.new_full, later.new.new_empty
    new_zeros, new_ones = later.new.new_zeros, later.new.new_ones
    clone, contiguous = convert.clone, convert.contiguous

    __getitem__, __setitem__ = brackets.getitem, inplace.setitem
    __delitem__ = brackets.delitem
    gather, scatter_add = index.gather, index.scatter_add
    index_select, masked_select = index.index_select, index.masked_select

    index_add, index_copy = later.index_slices.index_add, later.index_slices.index_copy
    index_fill, index_put = later.index_slices.index_fill, later.index_slices.index_put
    scatter = later.scatter.scatter
    scatter_reduce = later.reduce_scatter.scatter_reduce
    index_reduce = later.reduce_scatter.index_reduce
    select_scatter = later.scatter_views.select_scatter
    slice_scatter = later.scatter_views.slice_scatter
    diagonal_scatter, put = later.scatter_views.diagonal_scatter, later.scatter_views.put
    as_strided_scatter = later.scatter_views.as_strided_scatter
    masked_scatter = later.scatter.masked_scatter
    take, take_along_dim = later.places.take, later.places.take_along_dim
    nonzero, argwhere = later.places.nonzero, later.places.argwhere
    nonzero_static = later.places.nonzero_static

    matmul = linalg.matmul
    mm, mv, bmm, dot = linalg.mm, linalg.mv, linalg.bmm, linalg.dot
    outer = ger = linalg.outer
    addmm = linalg.addmm

    inner, vdot, kron = later.products.inner, later.products.vdot, later.products.kron
    cross = later.products.cross
    addmv, addr = later.products.addmv, later.products.addr
    baddbmm, addbmm = later.products.baddbmm, later.products.addbmm
    tril, triu, trace = later.diagonal.tril, later.diagonal.triu, later.diagonal.trace
    diagflat = later.diagonal.diagflat
    diag, diagonal = later.diagonal.diag, later.diagonal.diagonal
    diag_embed = later.diagonal.diag_embed
    det, slogdet = later.determinants.det, later.determinants.slogdet
    logdet = later.determinants.logdet
    inverse, pinverse = later.matrix.inverse, later.pseudo_inverse.pinverse
    matrix_exp = later.matrix_functions.matrix_exp
    matrix_power = later.matrix_functions.matrix_power
    cholesky, svd = later.attempts.old_cholesky, later.spectrum.old_svd
    cholesky_solve = later.triangular.cholesky_solve
    cholesky_inverse = later.triangular.cholesky_inverse
    triangular_solve = later.triangular.triangular_solve
    qr, geqrf, ormqr = later.orthogonal.old_qr, later.orthogonal.geqrf, later.orthogonal.ormqr
    orgqr = later.orthogonal.orgqr
    lu, lu_solve = later.lu.old_lu, later.lu_solve.old_lu_solve
