"""PyTorch's training core, written again from nothing in NumPy, to be read.

The names are PyTorch's: ``import tinygrad_edu as torch`` and go on.
"""

import importlib
from typing import TYPE_CHECKING

from . import autograd as autograd
from . import linalg as linalg
from . import missing as _missing
from . import random as random
from . import return_types as return_types
from .autograd.grad_mode import enable_grad as enable_grad
from .autograd.grad_mode import is_grad_enabled as is_grad_enabled
from .autograd.grad_mode import no_grad as no_grad
from .autograd.grad_mode import set_grad_enabled as set_grad_enabled
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
    scalar_tensor,
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
from .ops.attempts import old_cholesky as cholesky
from .ops.bessel import i0
from .ops.bilinear import bilinear
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
from .ops.covariance import corrcoef, cov
from .ops.determinants import det, logdet, slogdet
from .ops.diagonal import diag, diag_embed, diagflat, diagonal, trace, tril, triu
from .ops.distance import cosine_similarity, pairwise_distance
from .ops.division import div, floor_divide, fmod, remainder, true_divide
from .ops.division import div as divide
from .ops.divisors import gcd, lcm
from .ops.einsum import einsum, tensordot
from .ops.exponents import frexp, ldexp, nextafter
from .ops.extreme import amax, amin, argmax, argmin, max, min
from .ops.gamma import digamma, lgamma, polygamma
from .ops.grids import cartesian_prod, combinations, meshgrid
from .ops.index import gather, index_select, masked_select, scatter_add
from .ops.index_inplace import index_put_
from .ops.index_slices import index_add, index_copy, index_fill, index_put
from .ops.inplace import (
    abs_,
    ceil_,
    clamp_,
    cos_,
    exp_,
    expm1_,
    fill,
    fill_,
    floor_,
    log1p_,
    log2_,
    log10_,
    log_,
    neg_,
    reciprocal_,
    relu_,
    round_,
    rsqrt_,
    sigmoid_,
    sin_,
    sqrt_,
    square_,
    tan_,
    tanh_,
    trunc_,
    zero_,
)
from .ops.inplace import clamp_ as clip_
from .ops.inplace import neg_ as negative_
from .ops.inplace import trunc_ as fix_
from .ops.inplace_elementwise import (
    acos_,
    acosh_,
    addmv_,
    asin_,
    asinh_,
    atan_,
    atanh_,
    clamp_max_,
    clamp_min_,
    cosh_,
    deg2rad_,
    erf_,
    erfc_,
    exp2_,
    frac_,
    gcd_,
    i0_,
    lcm_,
    ldexp_,
    logit_,
    nan_to_num_,
    rad2deg_,
    sinc_,
    sinh_,
    xlogy_,
)
from .ops.inplace_elementwise import acos_ as arccos_
from .ops.inplace_elementwise import acosh_ as arccosh_
from .ops.inplace_elementwise import asin_ as arcsin_
from .ops.inplace_elementwise import asinh_ as arcsinh_
from .ops.inplace_elementwise import atan_ as arctan_
from .ops.inplace_elementwise import atanh_ as arctanh_
from .ops.inplace_shape import as_strided_, resize_as_
from .ops.integrals import cumulative_trapezoid, gradient, trapezoid, trapz
from .ops.join import cat, chunk, split, split_with_sizes, stack, unbind
from .ops.join import cat as concat
from .ops.join import cat as concatenate
from .ops.linalg import addmm, bmm, dot, matmul, mm, mv, outer
from .ops.linalg import outer as ger
from .ops.logarithms import logaddexp, logaddexp2, xlogy
from .ops.lu import old_lu as lu
from .ops.lu_solve import lu_unpack
from .ops.lu_solve import old_lu_solve as lu_solve
from .ops.matrix import inverse
from .ops.matrix_functions import matrix_exp, matrix_power, vander
from .ops.membership import isin, isreal, unravel_index
from .ops.norm import norm
from .ops.order import kthvalue, median, mode, nanmedian
from .ops.orthogonal import geqrf, orgqr, ormqr
from .ops.orthogonal import old_qr as qr
from .ops.pairs import cdist, pdist
from .ops.places import argwhere, nonzero, take, take_along_dim
from .ops.pool import avg_pool1d, max_pool1d, max_pool2d
from .ops.products import addbmm, addmv, addr, baddbmm, chain_matmul, cross, inner, kron, vdot
from .ops.pseudo_inverse import pinverse
from .ops.quantile import nanquantile, quantile
from .ops.rearrange import fliplr, flipud, movedim, ravel, roll, rot90, swapaxes
from .ops.rearrange import movedim as moveaxis
from .ops.reduce import all, any, cumsum, logsumexp, mean, prod, sum
from .ops.reduce_scatter import index_reduce, scatter_reduce
from .ops.renorm import dist, renorm
from .ops.repeat import broadcast_to, repeat_interleave, tile
from .ops.resample import channel_shuffle
from .ops.rounding import ceil, floor, frac, round, sign, trunc
from .ops.rounding import trunc as fix
from .ops.scan import cummax, cummin, cumprod, diff, logcumsumexp
from .ops.scatter import masked_scatter, scatter
from .ops.scatter_views import diagonal_scatter, put, select_scatter, slice_scatter
from .ops.shape import flatten, flip, permute, reshape, squeeze, t, transpose, unflatten, unsqueeze
from .ops.shape import transpose as swapdims
from .ops.signs import angle, copysign, heaviside, positive, sgn, signbit
from .ops.sort import argsort, msort, sort, topk, unique, unique_consecutive
from .ops.special import erf, erfc, erfinv, logit
from .ops.spectrum import old_svd as svd
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
from .ops.strided import as_strided
from .ops.subviews import narrow, narrow_copy, select
from .ops.summary import aminmax, count_nonzero, nanmean, nansum, std_mean, var_mean
from .ops.triangular import cholesky_inverse, cholesky_solve, triangular_solve
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
from .queries import (
    broadcast_shapes,
    can_cast,
    detach,
    detach_,
    get_device,
    is_complex,
    is_floating_point,
    is_nonzero,
    is_same_size,
    is_signed,
    is_tensor,
    numel,
    result_type,
    typename,
)
from .random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from .ranges import arange, linspace, logspace, range, tril_indices, triu_indices
from .real_numbers import (
    adjoint,
    conj,
    conj_physical,
    conj_physical_,
    imag,
    is_conj,
    is_inference,
    is_neg,
    real,
    resolve_conj,
    resolve_neg,
)
from .sampling import normal, rand, rand_like, randint, randint_like, randn, randn_like, randperm
from .size import Size, device
from .tensor import Tensor
from .tensor_types import (
    BoolTensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
)
from .threads import get_num_threads, set_num_threads

__version__ = "0.1.0"

#: What is imported when it is first asked for, because together it takes as long as much of the
#: rest: by module, and what stands here under its own name.
LATER = {
    ".nn": (),
    ".optim": (),
    ".utils": (),
    ".checkpoint": ("load", "save"),
    ".nn.functional_inplace": (
        "alpha_dropout_",
        "celu_",
        "dropout_",
        "rrelu_",
        "selu_",
        "threshold_",
    ),
    ".nn.native": (
        "adaptive_max_pool1d",
        "alpha_dropout",
        "batch_norm",
        "dropout",
        "embedding",
        "feature_alpha_dropout",
        "feature_dropout",
        "group_norm",
        "instance_norm",
        "layer_norm",
        "rms_norm",
    ),
}

if TYPE_CHECKING:
    from . import nn as nn
    from . import optim as optim
    from . import utils as utils
    from .checkpoint import load, save
    from .nn.functional_inplace import (
        alpha_dropout_,
        celu_,
        dropout_,
        rrelu_,
        selu_,
        threshold_,
    )
    from .nn.native import (
        adaptive_max_pool1d,
        alpha_dropout,
        batch_norm,
        dropout,
        embedding,
        feature_alpha_dropout,
        feature_dropout,
        group_norm,
        instance_norm,
        layer_norm,
        rms_norm,
    )
else:  # not for mypy, to which every misspelt name would pass for one

    def __getattr__(name):
        """Import what is asked for; of what is missing on purpose, say so by name."""
        for module, names in LATER.items():
            if name == module[1:] or name in names:
                found = importlib.import_module(module, __name__)
                globals()[name] = getattr(found, name) if names else found
                return globals()[name]
        _missing.refuse("module 'tinygrad_edu'", name, _missing.OF_TORCH)

    def __dir__():
        return sorted({*globals(), *__all__})


__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "Generator",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "Size",
    "Tensor",
    "abs",
    "abs_",
    "absolute",
    "acos",
    "acos_",
    "acosh",
    "acosh_",
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
    "add",
    "addbmm",
    "addcdiv",
    "addcmul",
    "addmm",
    "addmv",
    "addmv_",
    "addr",
    "adjoint",
    "all",
    "allclose",
    "alpha_dropout",
    "alpha_dropout_",
    "amax",
    "amin",
    "aminmax",
    "angle",
    "any",
    "arange",
    "arccos",
    "arccos_",
    "arccosh",
    "arccosh_",
    "arcsin",
    "arcsin_",
    "arcsinh",
    "arcsinh_",
    "arctan",
    "arctan2",
    "arctan_",
    "arctanh",
    "arctanh_",
    "argmax",
    "argmin",
    "argsort",
    "argwhere",
    "as_strided",
    "as_strided_",
    "as_tensor",
    "asin",
    "asin_",
    "asinh",
    "asinh_",
    "atan",
    "atan2",
    "atan_",
    "atanh",
    "atanh_",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "autograd",
    "avg_pool1d",
    "baddbmm",
    "batch_norm",
    "bernoulli",
    "bilinear",
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
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "bucketize",
    "can_cast",
    "cartesian_prod",
    "cat",
    "cdist",
    "ceil",
    "ceil_",
    "celu",
    "celu_",
    "chain_matmul",
    "channel_shuffle",
    "channels_last",
    "channels_last_3d",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "chunk",
    "clamp",
    "clamp_",
    "clamp_max",
    "clamp_max_",
    "clamp_min",
    "clamp_min_",
    "clip",
    "clip_",
    "clone",
    "column_stack",
    "combinations",
    "concat",
    "concatenate",
    "conj",
    "conj_physical",
    "conj_physical_",
    "contiguous_format",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "copysign",
    "corrcoef",
    "cos",
    "cos_",
    "cosh",
    "cosh_",
    "cosine_similarity",
    "count_nonzero",
    "cov",
    "cross",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "cumulative_trapezoid",
    "default_generator",
    "deg2rad",
    "deg2rad_",
    "det",
    "detach",
    "detach_",
    "device",
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "diagonal_scatter",
    "diff",
    "digamma",
    "dist",
    "div",
    "divide",
    "dot",
    "double",
    "dropout",
    "dropout_",
    "dsplit",
    "dstack",
    "dtype",
    "einsum",
    "embedding",
    "empty",
    "empty_like",
    "enable_grad",
    "eq",
    "equal",
    "erf",
    "erf_",
    "erfc",
    "erfc_",
    "erfinv",
    "exp",
    "exp2",
    "exp2_",
    "exp_",
    "expm1",
    "expm1_",
    "eye",
    "feature_alpha_dropout",
    "feature_dropout",
    "fill",
    "fill_",
    "finfo",
    "fix",
    "fix_",
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
    "floor_",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "frac",
    "frac_",
    "frexp",
    "from_numpy",
    "full",
    "full_like",
    "gather",
    "gcd",
    "gcd_",
    "ge",
    "geqrf",
    "ger",
    "get_default_dtype",
    "get_device",
    "get_num_threads",
    "get_rng_state",
    "gradient",
    "greater",
    "greater_equal",
    "group_norm",
    "gt",
    "half",
    "hardshrink",
    "heaviside",
    "histc",
    "hsplit",
    "hstack",
    "hypot",
    "i0",
    "i0_",
    "iinfo",
    "imag",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_put_",
    "index_reduce",
    "index_select",
    "initial_seed",
    "inner",
    "instance_norm",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "inverse",
    "is_complex",
    "is_conj",
    "is_floating_point",
    "is_grad_enabled",
    "is_inference",
    "is_neg",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_tensor",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "kron",
    "kthvalue",
    "layer_norm",
    "layout",
    "lcm",
    "lcm_",
    "ldexp",
    "ldexp_",
    "le",
    "lerp",
    "less",
    "less_equal",
    "lgamma",
    "linalg",
    "linspace",
    "load",
    "log",
    "log1p",
    "log1p_",
    "log2",
    "log2_",
    "log10",
    "log10_",
    "log_",
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
    "logit_",
    "logspace",
    "logsumexp",
    "long",
    "lt",
    "lu",
    "lu_solve",
    "lu_unpack",
    "manual_seed",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "matmul",
    "matrix_exp",
    "matrix_power",
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
    "nan_to_num_",
    "nanmean",
    "nanmedian",
    "nanquantile",
    "nansum",
    "narrow",
    "narrow_copy",
    "ne",
    "neg",
    "neg_",
    "negative",
    "negative_",
    "nextafter",
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
    "orgqr",
    "ormqr",
    "outer",
    "pairwise_distance",
    "pdist",
    "permute",
    "pinverse",
    "polygamma",
    "positive",
    "pow",
    "prelu",
    "preserve_format",
    "prod",
    "promote_types",
    "put",
    "qr",
    "quantile",
    "rad2deg",
    "rad2deg_",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "random",
    "randperm",
    "range",
    "ravel",
    "real",
    "reciprocal",
    "reciprocal_",
    "relu",
    "relu_",
    "remainder",
    "renorm",
    "repeat_interleave",
    "reshape",
    "resize_as_",
    "resolve_conj",
    "resolve_neg",
    "result_type",
    "return_types",
    "rms_norm",
    "roll",
    "rot90",
    "round",
    "round_",
    "row_stack",
    "rrelu_",
    "rsqrt",
    "rsqrt_",
    "rsub",
    "save",
    "scalar_tensor",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "searchsorted",
    "seed",
    "select",
    "select_scatter",
    "selu",
    "selu_",
    "set_default_dtype",
    "set_grad_enabled",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "sgn",
    "short",
    "sigmoid",
    "sigmoid_",
    "sign",
    "signbit",
    "sin",
    "sin_",
    "sinc",
    "sinc_",
    "sinh",
    "sinh_",
    "slice_scatter",
    "slogdet",
    "softmax",
    "sort",
    "split",
    "split_with_sizes",
    "sqrt",
    "sqrt_",
    "square",
    "square_",
    "squeeze",
    "stack",
    "std",
    "std_mean",
    "strided",
    "sub",
    "subtract",
    "sum",
    "svd",
    "swapaxes",
    "swapdims",
    "t",
    "take",
    "take_along_dim",
    "tan",
    "tan_",
    "tanh",
    "tanh_",
    "tensor",
    "tensor_split",
    "tensordot",
    "threshold",
    "threshold_",
    "tile",
    "topk",
    "trace",
    "transpose",
    "trapezoid",
    "trapz",
    "triangular_solve",
    "tril",
    "tril_indices",
    "triu",
    "triu_indices",
    "true_divide",
    "trunc",
    "trunc_",
    "typename",
    "uint8",
    "unbind",
    "unflatten",
    "unique",
    "unique_consecutive",
    "unravel_index",
    "unsqueeze",
    "utils",
    "vander",
    "var",
    "var_mean",
    "vdot",
    "vsplit",
    "vstack",
    "where",
    "xlogy",
    "xlogy_",
    "zero_",
    "zeros",
    "zeros_like",
]
