"""The ops as methods of tensors: a table.

A method is the op itself: ``x.exp()`` is ``ops.unary.exp(x)``. So this is the list of what a tensor
can do, and a debugger steps from a method straight into the op.
"""

from __future__ import annotations

from .autograd.differentiable import Differentiable
from .ops import (
    activation,
    activation_pieces,
    arithmetic,
    choice,
    compare,
    convert,
    extreme,
    index,
    inplace,
    join,
    linalg,
    reduce,
    special,
    unary,
)
from .ops import shape as shape_


class Methods(Differentiable):
    """The part of `Tensor` that computes."""

    __add__ = __radd__ = add = arithmetic.add
    __sub__ = sub = subtract = arithmetic.sub
    __rsub__ = arithmetic.rsub
    __mul__ = __rmul__ = mul = multiply = arithmetic.mul
    __truediv__ = div = divide = true_divide = arithmetic.div
    __rtruediv__ = arithmetic.rdiv
    __neg__ = neg = negative = arithmetic.neg
    __pow__ = pow = arithmetic.pow
    __rpow__ = arithmetic.rpow
    square = arithmetic.square

    __abs__ = abs = absolute = unary.abs
    exp, expm1 = unary.exp, unary.expm1
    log, log1p, log2, log10 = unary.log, unary.log1p, unary.log2, unary.log10
    sqrt, rsqrt, reciprocal = unary.sqrt, unary.rsqrt, unary.reciprocal
    sin, cos, tan = unary.sin, unary.cos, unary.tan
    sign, floor, ceil, round, trunc = unary.sign, unary.floor, unary.ceil, unary.round, unary.trunc

    sigmoid, tanh, relu = activation.sigmoid, activation.tanh, activation.relu
    softmax, log_softmax = activation.softmax, activation.log_softmax
    erf, erfc, logit = special.erf, special.erfc, special.logit
    hardshrink, prelu = activation_pieces.hardshrink, activation_pieces.prelu

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
    equal, allclose = compare.equal, compare.allclose

    sum, mean, prod, cumsum = reduce.sum, reduce.mean, reduce.prod, reduce.cumsum
    var, std, logsumexp = reduce.var, reduce.std, reduce.logsumexp
    max, min, amax, amin = extreme.max, extreme.min, extreme.amax, extreme.amin
    argmax, argmin, all, any = extreme.argmax, extreme.argmin, reduce.all, reduce.any

    view, view_as, reshape = shape_.view, shape_.view_as, shape_.reshape
    flatten, unflatten = shape_.flatten, shape_.unflatten
    transpose = swapaxes = swapdims = shape_.transpose
    t, permute, movedim, flip = shape_.t, shape_.permute, shape_.movedim, shape_.flip
    expand, broadcast_to, repeat = shape_.expand, shape_.broadcast_to, shape_.repeat
    squeeze, unsqueeze = shape_.squeeze, shape_.unsqueeze
    split, chunk, unbind = join.split, join.chunk, join.unbind
    clone, contiguous = convert.clone, convert.contiguous

    __getitem__, __setitem__ = index.getitem, inplace.setitem
    gather, scatter_add = index.gather, index.scatter_add
    index_select, masked_select = index.index_select, index.masked_select

    __matmul__ = matmul = linalg.matmul
    mm, mv, bmm, dot = linalg.mm, linalg.mv, linalg.bmm, linalg.dot
    outer, addmm = linalg.outer, linalg.addmm

    __iadd__ = add_ = inplace.add_
    __isub__ = sub_ = inplace.sub_
    __imul__ = mul_ = inplace.mul_
    __itruediv__ = div_ = inplace.div_
    zero_, fill_, copy_, clamp_ = inplace.zero_, inplace.fill_, inplace.copy_, inplace.clamp_
    normal_, uniform_ = inplace.normal_, inplace.uniform_
