"""PyTorch's training core, written again from nothing in NumPy, to be read.

The names are PyTorch's: ``import tinygrad_edu as torch`` and go on.
"""

from typing import TYPE_CHECKING

from . import autograd as autograd
from . import linalg as linalg
from . import nn as nn
from . import optim as optim
from . import random as random
from . import return_types as return_types
from . import utils as utils
from .autograd.grad_mode import enable_grad as enable_grad
from .autograd.grad_mode import is_grad_enabled as is_grad_enabled
from .autograd.grad_mode import no_grad as no_grad
from .autograd.grad_mode import set_grad_enabled as set_grad_enabled
from .checkpoint import load, save
from .creation import (
    as_tensor,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from .dtypes import bool_ as bool
from .dtypes import (
    double,
    dtype,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    set_default_dtype,
    short,
    uint8,
)
from .dtypes import float32 as float
from .dtypes import int32 as int
from .layout import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    strided,
)
from .limits import finfo, iinfo
from .ops.activation import log_softmax, relu, sigmoid, softmax, tanh
from .ops.activation_pieces import hardshrink, prelu, threshold
from .ops.activation_smooth import celu, selu
from .ops.adaptive_pool import adaptive_avg_pool1d
from .ops.arithmetic import add, mul, neg, pow, square, sub
from .ops.arithmetic import mul as multiply
from .ops.arithmetic import neg as negative
from .ops.arithmetic import sub as subtract
from .ops.bins import bincount, bucketize, histc, searchsorted
from .ops.bounds import clamp_max, clamp_min, fmax, fmin, nan_to_num
from .ops.chance import bernoulli, multinomial
from .ops.choice import clamp, masked_fill, maximum, minimum, where
from .ops.choice import clamp as clip
from .ops.closeness import allclose, isclose
from .ops.combine import addcdiv, addcmul, float_power, hypot, lerp, rsub
from .ops.compare import (
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    eq,
    equal,
    ge,
    gt,
    isfinite,
    isinf,
    isnan,
    isneginf,
    isposinf,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
)
from .ops.compare import ge as greater_equal
from .ops.compare import gt as greater
from .ops.compare import le as less_equal
from .ops.compare import lt as less
from .ops.compare import ne as not_equal
from .ops.conv import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from .ops.convert import clone
from .ops.diagonal import diag, diag_embed, diagonal, trace, tril, triu
from .ops.distance import cosine_similarity, pairwise_distance
from .ops.division import div, floor_divide, fmod, remainder, true_divide
from .ops.division import div as divide
from .ops.divisors import gcd, lcm
from .ops.einsum import einsum, tensordot
from .ops.extreme import amax, amin, argmax, argmin, max, min
from .ops.grids import cartesian_prod, combinations, meshgrid
from .ops.index import gather, index_select, masked_select, scatter_add
from .ops.index_slices import index_add, index_copy, index_fill, index_put
from .ops.join import cat, chunk, split, stack, unbind
from .ops.linalg import addmm, bmm, dot, matmul, mm, mv, outer
from .ops.logarithms import logaddexp, logaddexp2, xlogy
from .ops.matrix import det, logdet, slogdet
from .ops.matrix import inv as inverse
from .ops.norm import norm
from .ops.order import kthvalue, median, mode, nanmedian
from .ops.places import argwhere, nonzero, take, take_along_dim
from .ops.pool import avg_pool1d, max_pool1d, max_pool2d
from .ops.products import addbmm, addmv, addr, baddbmm, cross, inner, kron, vdot
from .ops.quantile import nanquantile, quantile
from .ops.rearrange import fliplr, flipud, movedim, ravel, roll, rot90, swapaxes
from .ops.rearrange import movedim as moveaxis
from .ops.reduce import all, any, cumsum, logsumexp, mean, prod, sum
from .ops.repeat import broadcast_to, repeat_interleave, tile
from .ops.rounding import ceil, floor, frac, round, sign, trunc
from .ops.rounding import trunc as fix
from .ops.scan import cummax, cummin, cumprod, diff, logcumsumexp
from .ops.scatter import masked_scatter, scatter
from .ops.shape import flatten, flip, permute, reshape, squeeze, t, transpose, unflatten, unsqueeze
from .ops.shape import transpose as swapdims
from .ops.signs import copysign, heaviside, positive, sgn, signbit
from .ops.sort import argsort, msort, sort, topk, unique, unique_consecutive
from .ops.special import erf, erfc, logit
from .ops.stacking import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    block_diag,
    broadcast_tensors,
    column_stack,
    dsplit,
    dstack,
    hsplit,
    hstack,
    tensor_split,
    vsplit,
    vstack,
)
from .ops.stacking import vstack as row_stack
from .ops.subviews import narrow, select
from .ops.summary import aminmax, count_nonzero, nanmean, nansum, std_mean, var_mean
from .ops.trigonometry import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cosh,
    deg2rad,
    rad2deg,
    sinc,
    sinh,
)
from .ops.trigonometry import acos as arccos
from .ops.trigonometry import acosh as arccosh
from .ops.trigonometry import asin as arcsin
from .ops.trigonometry import asinh as arcsinh
from .ops.trigonometry import atan as arctan
from .ops.trigonometry import atan2 as arctan2
from .ops.trigonometry import atanh as arctanh
from .ops.unary import (
    abs,
    cos,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    reciprocal,
    rsqrt,
    sin,
    sqrt,
    tan,
)
from .ops.unary import abs as absolute
from .ops.variance import std, var
from .printing import set_printoptions
from .queries import can_cast, is_floating_point, is_nonzero, is_tensor, numel, result_type
from .random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from .ranges import arange, linspace, logspace, tril_indices, triu_indices
from .sampling import normal, rand, rand_like, randint, randint_like, randn, randn_like, randperm
from .size import Size, device
from .tensor import Tensor
from .threads import get_num_threads, set_num_threads

__version__ = "0.1.0"
_COMPLEX = {
    "complex",
    "polar",
    "view_as_complex",
    "view_as_real",
    "complex32",
    "complex64",
    "complex128",
    "chalf",
    "cfloat",
    "cdouble",
}
if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        if name in _COMPLEX:
            raise NotImplementedError(f"{name}: there are no complex numbers in tinygrad_edu")
        raise AttributeError(f"module 'tinygrad_edu' has no attribute {name!r}")


__all__ = [
    "Generator",
    "Size",
    "Tensor",
    "abs",
    "absolute",
    "acos",
    "acosh",
    "adaptive_avg_pool1d",
    "add",
    "addbmm",
    "addcdiv",
    "addcmul",
    "addmm",
    "addmv",
    "addr",
    "all",
    "allclose",
    "amax",
    "amin",
    "aminmax",
    "any",
    "arange",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "argmax",
    "argmin",
    "argsort",
    "argwhere",
    "as_tensor",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "autograd",
    "avg_pool1d",
    "baddbmm",
    "bernoulli",
    "bincount",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "block_diag",
    "bmm",
    "bool",
    "broadcast_tensors",
    "broadcast_to",
    "bucketize",
    "can_cast",
    "cartesian_prod",
    "cat",
    "ceil",
    "celu",
    "channels_last",
    "channels_last_3d",
    "chunk",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "clone",
    "column_stack",
    "combinations",
    "contiguous_format",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "copysign",
    "cos",
    "cosh",
    "cosine_similarity",
    "count_nonzero",
    "cross",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "default_generator",
    "deg2rad",
    "det",
    "device",
    "diag",
    "diag_embed",
    "diagonal",
    "diff",
    "div",
    "divide",
    "dot",
    "double",
    "dsplit",
    "dstack",
    "dtype",
    "einsum",
    "empty",
    "empty_like",
    "enable_grad",
    "eq",
    "equal",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "eye",
    "finfo",
    "fix",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "float",
    "float16",
    "float32",
    "float64",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "frac",
    "from_numpy",
    "full",
    "full_like",
    "gather",
    "gcd",
    "ge",
    "get_default_dtype",
    "get_num_threads",
    "get_rng_state",
    "greater",
    "greater_equal",
    "gt",
    "half",
    "hardshrink",
    "heaviside",
    "histc",
    "hsplit",
    "hstack",
    "hypot",
    "iinfo",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_select",
    "initial_seed",
    "inner",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "inverse",
    "is_floating_point",
    "is_grad_enabled",
    "is_nonzero",
    "is_tensor",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "kron",
    "kthvalue",
    "layout",
    "lcm",
    "le",
    "lerp",
    "less",
    "less_equal",
    "linalg",
    "linspace",
    "load",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logaddexp",
    "logaddexp2",
    "logcumsumexp",
    "logdet",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "logspace",
    "logsumexp",
    "long",
    "lt",
    "manual_seed",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "matmul",
    "max",
    "max_pool1d",
    "max_pool2d",
    "maximum",
    "mean",
    "median",
    "memory_format",
    "meshgrid",
    "min",
    "minimum",
    "mm",
    "mode",
    "moveaxis",
    "movedim",
    "msort",
    "mul",
    "multinomial",
    "multiply",
    "mv",
    "nan_to_num",
    "nanmean",
    "nanmedian",
    "nanquantile",
    "nansum",
    "narrow",
    "ne",
    "neg",
    "negative",
    "nn",
    "no_grad",
    "nonzero",
    "norm",
    "normal",
    "not_equal",
    "numel",
    "ones",
    "ones_like",
    "optim",
    "outer",
    "pairwise_distance",
    "permute",
    "positive",
    "pow",
    "prelu",
    "preserve_format",
    "prod",
    "promote_types",
    "quantile",
    "rad2deg",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "random",
    "randperm",
    "ravel",
    "reciprocal",
    "relu",
    "remainder",
    "repeat_interleave",
    "reshape",
    "result_type",
    "return_types",
    "roll",
    "rot90",
    "round",
    "row_stack",
    "rsqrt",
    "rsub",
    "save",
    "scatter",
    "scatter_add",
    "searchsorted",
    "seed",
    "select",
    "selu",
    "set_default_dtype",
    "set_grad_enabled",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "sgn",
    "short",
    "sigmoid",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "slogdet",
    "softmax",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "std_mean",
    "strided",
    "sub",
    "subtract",
    "sum",
    "swapaxes",
    "swapdims",
    "t",
    "take",
    "take_along_dim",
    "tan",
    "tanh",
    "tensor",
    "tensor_split",
    "tensordot",
    "threshold",
    "tile",
    "topk",
    "trace",
    "transpose",
    "tril",
    "tril_indices",
    "triu",
    "triu_indices",
    "true_divide",
    "trunc",
    "uint8",
    "unbind",
    "unflatten",
    "unique",
    "unique_consecutive",
    "unsqueeze",
    "utils",
    "var",
    "var_mean",
    "vdot",
    "vsplit",
    "vstack",
    "where",
    "xlogy",
    "zeros",
    "zeros_like",
]
