"""The ops as methods of tensors: a table.

A method is the op itself: ``x.exp()`` is ``ops.unary.exp(x)``. So this is the list of what a tensor
can do, and a debugger steps from a method straight into the op.
"""

from __future__ import annotations

from .autograd.differentiable import Differentiable
from .ops import (
    activation,
    arithmetic,
    bins,
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
    matrix,
    order,
    products,
    reduce,
    rounding,
    scan,
    summary,
    unary,
    variance,
)
from .ops import diagonal as diagonal_
from .ops import norm as norm_
from .ops import quantile as quantile_
from .ops import repeat as repeat_
from .ops import shape as shape_
from .ops import sort as sort_


class Methods(Differentiable):
    """The part of `Tensor` that computes."""

    __add__ = __radd__ = add = arithmetic.add
    __sub__ = sub = subtract = arithmetic.sub
    __rsub__ = arithmetic.rsub
    __mul__ = __rmul__ = mul = multiply = arithmetic.mul
    __truediv__ = div = divide = true_divide = division.div
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

    __abs__ = abs = absolute = unary.abs
    exp, expm1 = unary.exp, unary.expm1
    log, log1p, log2, log10 = unary.log, unary.log1p, unary.log2, unary.log10
    sqrt, rsqrt, reciprocal = unary.sqrt, unary.rsqrt, unary.reciprocal
    sin, cos, tan = unary.sin, unary.cos, unary.tan
    sign, floor, ceil = rounding.sign, rounding.floor, rounding.ceil
    round, trunc = rounding.round, rounding.trunc

    sigmoid, tanh, relu = activation.sigmoid, activation.tanh, activation.relu
    softmax, log_softmax = activation.softmax, activation.log_softmax

    clamp = clip = choice.clamp
    maximum, minimum = choice.maximum, choice.minimum
    masked_fill = choice.masked_fill
    __eq__, eq = compare.equals, compare.eq
    __ne__, ne = compare.differs, compare.ne
    __lt__ = lt = compare.lt
    __le__ = le = compare.le
    __gt__ = gt = compare.gt
    __ge__ = ge = compare.ge
    isnan, isinf, isfinite = compare.isnan, compare.isinf, compare.isfinite
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
    equal, allclose = compare.equal, compare.allclose

    sum, mean, prod, cumsum = reduce.sum, reduce.mean, reduce.prod, reduce.cumsum
    var, std, logsumexp = variance.var, variance.std, reduce.logsumexp
    max, min, amax, amin = extreme.max, extreme.min, extreme.amax, extreme.amin
    argmax, argmin, all, any = extreme.argmax, extreme.argmin, reduce.all, reduce.any

    nansum, nanmean, aminmax = summary.nansum, summary.nanmean, summary.aminmax
    count_nonzero, norm = summary.count_nonzero, norm_.norm
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
    transpose = swapaxes = swapdims = shape_.transpose
    t, permute, movedim, flip = shape_.t, shape_.permute, shape_.movedim, shape_.flip
    expand, broadcast_to, repeat = repeat_.expand, repeat_.broadcast_to, repeat_.repeat
    squeeze, unsqueeze = shape_.squeeze, shape_.unsqueeze
    split, chunk, unbind = join.split, join.chunk, join.unbind
    clone, contiguous = convert.clone, convert.contiguous

    __getitem__, __setitem__ = brackets.getitem, inplace.setitem
    gather, scatter_add = index.gather, index.scatter_add
    index_select, masked_select = index.index_select, index.masked_select

    __matmul__ = matmul = linalg.matmul
    mm, mv, bmm, dot = linalg.mm, linalg.mv, linalg.bmm, linalg.dot
    outer, addmm = linalg.outer, linalg.addmm

    inner, vdot, kron, cross = products.inner, products.vdot, products.kron, products.cross
    addmv, addr = products.addmv, products.addr
    baddbmm, addbmm = products.baddbmm, products.addbmm
    tril, triu, trace = diagonal_.tril, diagonal_.triu, diagonal_.trace
    diag, diagonal, diag_embed = diagonal_.diag, diagonal_.diagonal, diagonal_.diag_embed
    det, slogdet, logdet = matrix.det, matrix.slogdet, matrix.logdet
    inverse = matrix.inv

    __iadd__ = add_ = inplace.add_
    __isub__ = sub_ = inplace.sub_
    __imul__ = mul_ = inplace.mul_
    __itruediv__ = div_ = inplace.div_
    __ifloordiv__ = floor_divide_ = inplace.floor_divide_
    __imod__ = remainder_ = inplace.remainder_
    fmod_ = inplace.fmod_
    zero_, fill_, copy_, clamp_ = inplace.zero_, inplace.fill_, inplace.copy_, inplace.clamp_
    normal_, uniform_ = inplace.normal_, inplace.uniform_
