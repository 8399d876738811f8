"""PyTorch's training core, written again from nothing in NumPy, to be read.

The names are PyTorch's: ``import tinygrad_edu as torch`` and go on.
"""

from typing import TYPE_CHECKING

from . import autograd as autograd
from . import nn as nn
from . import optim as optim
from . import random as random
from . import utils as utils
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
from .ops.activation import log_softmax, relu, sigmoid, softmax, tanh
from .ops.arithmetic import add, mul, neg, pow, square, sub
from .ops.arithmetic import mul as multiply
from .ops.arithmetic import sub as subtract
from .ops.chance import bernoulli, multinomial
from .ops.choice import clamp, masked_fill, maximum, minimum, where
from .ops.choice import clamp as clip
from .ops.compare import (
    allclose,
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
    le,
    logical_and,
    logical_not,
    logical_or,
    lt,
    ne,
)
from .ops.convert import clone
from .ops.division import div, floor_divide, fmod, remainder
from .ops.division import div as divide
from .ops.division import div as true_divide
from .ops.extreme import amax, amin, argmax, argmin, max, min
from .ops.grids import cartesian_prod, combinations, meshgrid
from .ops.index import gather, index_select, masked_select, scatter_add
from .ops.index_slices import index_add, index_copy, index_fill, index_put
from .ops.join import cat, chunk, split, stack, unbind
from .ops.linalg import addmm, bmm, dot, matmul, mm, mv, outer
from .ops.places import argwhere, nonzero, take, take_along_dim
from .ops.rearrange import fliplr, flipud, movedim, ravel, roll, rot90, swapaxes
from .ops.rearrange import movedim as moveaxis
from .ops.reduce import all, any, cumsum, logsumexp, mean, prod, sum
from .ops.repeat import broadcast_to, repeat_interleave, tile
from .ops.rounding import ceil, floor, round, sign, trunc
from .ops.scatter import masked_scatter, scatter
from .ops.shape import (
    flatten,
    flip,
    permute,
    reshape,
    squeeze,
    t,
    transpose,
    unflatten,
    unsqueeze,
)
from .ops.shape import transpose as swapdims
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
from .ops.unary import (
    abs,
    cos,
    exp,
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
from .ops.variance import std, var
from .printing import set_printoptions
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
from .sampling import (
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
)
from .size import Size, device
from .tensor import Tensor

__version__ = "0.1.0"

_COMPLEX = {
    "complex", "polar", "view_as_complex", "view_as_real", "complex32", "complex64", "complex128",
    "chalf", "cfloat", "cdouble",
}  # fmt: skip

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
    "add",
    "addmm",
    "all",
    "allclose",
    "amax",
    "amin",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argwhere",
    "as_tensor",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "autograd",
    "bernoulli",
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
    "cartesian_prod",
    "cat",
    "ceil",
    "chunk",
    "clamp",
    "clip",
    "clone",
    "column_stack",
    "combinations",
    "cos",
    "cumsum",
    "default_generator",
    "device",
    "div",
    "divide",
    "dot",
    "double",
    "dsplit",
    "dstack",
    "dtype",
    "empty",
    "empty_like",
    "enable_grad",
    "eq",
    "equal",
    "exp",
    "expm1",
    "eye",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "float",
    "float16",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "fmod",
    "from_numpy",
    "full",
    "full_like",
    "gather",
    "ge",
    "get_default_dtype",
    "get_rng_state",
    "gt",
    "half",
    "hsplit",
    "hstack",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_select",
    "initial_seed",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_grad_enabled",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "linspace",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
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
    "maximum",
    "mean",
    "meshgrid",
    "min",
    "minimum",
    "mm",
    "moveaxis",
    "movedim",
    "mul",
    "multinomial",
    "multiply",
    "mv",
    "narrow",
    "ne",
    "neg",
    "nn",
    "no_grad",
    "nonzero",
    "normal",
    "ones",
    "ones_like",
    "optim",
    "outer",
    "permute",
    "pow",
    "prod",
    "promote_types",
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
    "roll",
    "rot90",
    "round",
    "row_stack",
    "rsqrt",
    "scatter",
    "scatter_add",
    "seed",
    "select",
    "set_default_dtype",
    "set_grad_enabled",
    "set_printoptions",
    "set_rng_state",
    "short",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
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
    "tile",
    "transpose",
    "tril_indices",
    "triu_indices",
    "true_divide",
    "trunc",
    "uint8",
    "unbind",
    "unflatten",
    "unsqueeze",
    "utils",
    "var",
    "vsplit",
    "vstack",
    "where",
    "zeros",
    "zeros_like",
]
