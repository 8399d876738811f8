"""PyTorch's training core, written again from nothing in NumPy, to be read.

The names are PyTorch's: ``import tinygrad_edu as torch`` and go on. The table says of each function
where it stands, and under what name. What is said to be `later` is fetched from there by
`__getattr__`, at the end, when it is first asked for.
"""

import importlib as _importlib
from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from typing import TYPE_CHECKING

from . import autograd as autograd
from . import creation, dtypes, later, queries, ranges, real_numbers, sampling, tensor_types
from . import memory as _memory
from . import missing as _missing
from . import random as random
from .autograd.anomaly import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from .autograd.anomaly import is_anomaly_enabled as is_anomaly_enabled
from .autograd.grad_mode import enable_grad as enable_grad
from .autograd.grad_mode import inference_mode as inference_mode
from .autograd.grad_mode import is_grad_enabled as is_grad_enabled
from .autograd.grad_mode import no_grad as no_grad
from .autograd.grad_mode import set_grad_enabled as set_grad_enabled
from .dtypes import dtype as dtype
from .layout import channels_last as channels_last
from .layout import channels_last_3d as channels_last_3d
from .layout import contiguous_format as contiguous_format
from .layout import layout as layout
from .layout import memory_format as memory_format
from .layout import preserve_format as preserve_format
from .layout import strided as strided
from .random import Generator as Generator
from .size import Size as Size
from .size import device as device
from .tensor import Tensor as Tensor
from .version import __version__ as __version__

if TYPE_CHECKING:
    from . import accelerator as accelerator
    from . import amp as amp
    from . import backends as backends
    from . import compiler as compiler
    from . import cuda as cuda
    from . import distributed as distributed
    from . import distributions as distributions
    from . import func as func
    from . import functional as functional
    from . import hub as hub
    from . import jit as jit
    from . import linalg as linalg
    from . import mps as mps
    from . import multiprocessing as multiprocessing
    from . import nn as nn
    from . import onnx as onnx
    from . import optim as optim
    from . import profiler as profiler
    from . import return_types as return_types
    from . import signal as signal
    from . import special as special
    from . import testing as testing
    from . import types as types
    from . import utils as utils
    from . import version as version
    from . import xpu as xpu


_memory.keep_freed_memory()

newaxis = None

# Dtypes.
bool, uint8, int8 = dtypes.bool_, dtypes.uint8, dtypes.int8
int16 = short = dtypes.int16
int32 = int = dtypes.int32
int64 = long = dtypes.int64
bfloat16 = dtypes.bfloat16
float16 = half = dtypes.float16
float32 = float = dtypes.float32
float64 = double = dtypes.float64
get_default_dtype, set_default_dtype = dtypes.get_default_dtype, dtypes.set_default_dtype
promote_types = dtypes.promote_types

# Tensors to begin with.
as_tensor, empty, empty_like = creation.as_tensor, creation.empty, creation.empty_like
asarray, frombuffer = later.sharing.asarray, later.sharing.frombuffer
eye, from_numpy, full = creation.eye, creation.from_numpy, creation.full
full_like, ones, ones_like = creation.full_like, creation.ones, creation.ones_like
scalar_tensor, tensor, zeros = creation.scalar_tensor, creation.tensor, creation.zeros
zeros_like = creation.zeros_like
arange, linspace, logspace, range = ranges.arange, ranges.linspace, ranges.logspace, ranges.range
tril_indices, triu_indices = ranges.tril_indices, ranges.triu_indices
bartlett_window, blackman_window = later.windows.bartlett_window, later.windows.blackman_window
hamming_window, hann_window = later.windows.hamming_window, later.windows.hann_window
kaiser_window = later.windows.kaiser_window
normal, rand, rand_like = sampling.normal, sampling.rand, sampling.rand_like
randint, randint_like, randn = sampling.randint, sampling.randint_like, sampling.randn
randn_like, randperm = sampling.randn_like, sampling.randperm
bernoulli, binomial = later.chance.bernoulli, later.chance.binomial
multinomial, poisson = later.chance.multinomial, later.chance.poisson
_dirichlet_grad = later.gamma_chance.dirichlet_grad
_sample_dirichlet = later.gamma_chance.sample_dirichlet
_standard_gamma = later.gamma_chance.standard_gamma

# Number by number.
add = later.older_forms.add
mul = multiply = later.arithmetic.mul
neg = negative = later.arithmetic.neg
pow, square = later.power.pow, later.power.square
sub, subtract = later.older_forms.sub, later.arithmetic.sub
div = divide = later.division.div
floor_divide, fmod = later.division.floor_divide, later.division.fmod
remainder, true_divide = later.division.remainder, later.division.true_divide
gcd, lcm = later.divisors.gcd, later.divisors.lcm
addcdiv, addcmul = later.combine.addcdiv, later.combine.addcmul
float_power, hypot, lerp = later.combine.float_power, later.combine.hypot, later.combine.lerp
rsub = later.combine.rsub
abs = absolute = later.unary.abs
cos, exp, exp2, expm1 = later.unary.cos, later.unary.exp, later.unary.exp2, later.unary.expm1
log, log1p, log2, log10 = later.unary.log, later.unary.log1p, later.unary.log2, later.unary.log10
reciprocal, rsqrt, sin = later.unary.reciprocal, later.unary.rsqrt, later.unary.sin
sqrt, tan = later.unary.sqrt, later.unary.tan
ceil, floor, frac = later.rounding.ceil, later.rounding.floor, later.rounding.frac
round, sign = later.rounding.round, later.rounding.sign
trunc = fix = later.rounding.trunc
angle, copysign, heaviside = later.signs.angle, later.signs.copysign, later.signs.heaviside
positive, sgn, signbit = later.signs.positive, later.signs.sgn, later.signs.signbit
frexp, ldexp, nextafter = later.exponents.frexp, later.exponents.ldexp, later.exponents.nextafter
logaddexp, logaddexp2 = later.logarithms.logaddexp, later.logarithms.logaddexp2
xlogy = later.logarithms.xlogy
acos = arccos = later.trigonometry.acos
acosh = arccosh = later.trigonometry.acosh
asin = arcsin = later.trigonometry.asin
asinh = arcsinh = later.trigonometry.asinh
atan = arctan = later.trigonometry.atan
atan2 = arctan2 = later.trigonometry.atan2
atanh = arctanh = later.trigonometry.atanh
cosh, deg2rad = later.trigonometry.cosh, later.trigonometry.deg2rad
rad2deg, sinc, sinh = later.trigonometry.rad2deg, later.trigonometry.sinc, later.trigonometry.sinh
erf, erfc, erfinv = later.special.erf, later.special.erfc, later.special.erfinv
logit = later.special.logit
digamma, lgamma, polygamma = later.gamma.digamma, later.gamma.lgamma, later.gamma.polygamma
igamma, igammac = later.incomplete_gamma.igamma, later.incomplete_gamma.igammac
mvlgamma = later.gamma.mvlgamma
i0 = later.bessel.i0
log_softmax, relu = later.activation.log_softmax, later.activation.relu
sigmoid, softmax, tanh = later.activation.sigmoid, later.activation.softmax, later.activation.tanh
hardshrink, prelu = later.activation_pieces.hardshrink, later.activation_pieces.prelu
threshold = later.activation_pieces.threshold
celu, selu = later.activation_smooth.celu, later.activation_smooth.selu
adaptive_max_pool1d, alpha_dropout = later.native.adaptive_max_pool1d, later.native.alpha_dropout
batch_norm, dropout = later.native.batch_norm, later.native.dropout
embedding, feature_alpha_dropout = later.native.embedding, later.native.feature_alpha_dropout
feature_dropout, group_norm = later.native.feature_dropout, later.native.group_norm
instance_norm, layer_norm = later.native.instance_norm, later.native.layer_norm
rms_norm = later.native.rms_norm

# Comparisons, and choices.
bitwise_and, bitwise_left_shift = later.compare.bitwise_and, later.compare.bitwise_left_shift
bitwise_not, bitwise_or = later.compare.bitwise_not, later.compare.bitwise_or
bitwise_right_shift, bitwise_xor = later.compare.bitwise_right_shift, later.compare.bitwise_xor
eq, equal = later.compare.eq, later.compare.equal
ge = greater_equal = later.compare.ge
gt = greater = later.compare.gt
isfinite, isinf, isnan = later.compare.isfinite, later.compare.isinf, later.compare.isnan
isneginf, isposinf = later.compare.isneginf, later.compare.isposinf
le = less_equal = later.compare.le
logical_and, logical_not = later.compare.logical_and, later.compare.logical_not
logical_or, logical_xor = later.compare.logical_or, later.compare.logical_xor
lt = less = later.compare.lt
ne = not_equal = later.compare.ne
allclose, isclose = later.closeness.allclose, later.closeness.isclose
isin, isreal = later.membership.isin, later.membership.isreal
unravel_index = later.membership.unravel_index
clamp = clip = later.choice.clamp
masked_fill, maximum, minimum = later.choice.masked_fill, later.choice.maximum, later.choice.minimum
where = later.choice.where
clamp_max, clamp_min, fmax = later.bounds.clamp_max, later.bounds.clamp_min, later.bounds.fmax
fmin, nan_to_num = later.bounds.fmin, later.bounds.nan_to_num

# One number of many.
all, any, cumsum = later.reduce.all, later.reduce.any, later.reduce.cumsum
logsumexp, mean, prod = later.reduce.logsumexp, later.reduce.mean, later.reduce.prod
sum = later.reduce.sum
amax, amin, argmax = later.extreme.amax, later.extreme.amin, later.extreme.argmax
argmin, max, min = later.extreme.argmin, later.extreme.max, later.extreme.min
std, var = later.variance.std, later.variance.var
aminmax = later.summary.aminmax
nanmean, nansum, std_mean = later.summary.nanmean, later.summary.nansum, later.summary.std_mean
var_mean = later.summary.var_mean
norm = later.norm.norm
dist, renorm = later.renorm.dist, later.renorm.renorm
cummax, cummin, cumprod = later.scan.cummax, later.scan.cummin, later.scan.cumprod
diff, logcumsumexp = later.scan.diff, later.scan.logcumsumexp
cumulative_trapezoid, gradient = later.integrals.cumulative_trapezoid, later.integrals.gradient
trapezoid, trapz = later.integrals.trapezoid, later.integrals.trapz
kthvalue, median, mode = later.order.kthvalue, later.order.median, later.order.mode
nanmedian = later.order.nanmedian
nanquantile, quantile = later.quantile.nanquantile, later.quantile.quantile
argsort, msort, sort, topk = later.sort.argsort, later.sort.msort, later.sort.sort, later.sort.topk
unique, unique_consecutive = later.sort.unique, later.sort.unique_consecutive
bincount, bucketize, histc = later.bins.bincount, later.bins.bucketize, later.bins.histc
searchsorted = later.bins.searchsorted
histogram, histogramdd = later.histograms.histogram, later.histograms.histogramdd
corrcoef, cov = later.covariance.corrcoef, later.covariance.cov

# Elements moved about.
flatten, t = later.shape.flatten, later.shape.t
transpose = swapdims = later.shape.transpose
unflatten, unsqueeze = later.shape.unflatten, later.shape.unsqueeze
fliplr, flipud = later.rearrange.fliplr, later.rearrange.flipud
movedim = moveaxis = later.rearrange.movedim
ravel, roll, rot90 = later.rearrange.ravel, later.rearrange.roll, later.rearrange.rot90
swapaxes = later.rearrange.swapaxes
narrow, narrow_copy = later.subviews.narrow, later.subviews.narrow_copy
select = later.subviews.select
as_strided = later.strided.as_strided
repeat_interleave = later.repeat.repeat_interleave
broadcast_to, tile = later.one_sequence.broadcast_to, later.one_sequence.tile
flip, permute = later.one_sequence.flip, later.one_sequence.permute
reshape, squeeze = later.one_sequence.reshape, later.one_sequence.squeeze
count_nonzero = later.one_sequence.count_nonzero
cat = concat = concatenate = later.join.cat
chunk, split, split_with_sizes = later.join.chunk, later.join.split, later.join.split_with_sizes
stack, unbind = later.join.stack, later.join.unbind
unsafe_chunk, unsafe_split = later.join.unsafe_chunk, later.join.unsafe_split
unsafe_split_with_sizes = later.join.unsafe_split_with_sizes
atleast_1d, atleast_2d = later.stacking.atleast_1d, later.stacking.atleast_2d
atleast_3d, block_diag = later.stacking.atleast_3d, later.stacking.block_diag
broadcast_tensors, column_stack = later.stacking.broadcast_tensors, later.stacking.column_stack
dsplit, dstack, hsplit = later.stacking.dsplit, later.stacking.dstack, later.stacking.hsplit
hstack, tensor_split = later.stacking.hstack, later.stacking.tensor_split
vsplit = later.stacking.vsplit
vstack = row_stack = later.stacking.vstack
cartesian_prod, combinations = later.grids.cartesian_prod, later.grids.combinations
meshgrid = later.grids.meshgrid
diag, diag_embed, diagflat = later.diagonal.diag, later.diagonal.diag_embed, later.diagonal.diagflat
diagonal, tril = later.diagonal.diagonal, later.diagonal.tril
trace = later.tracing.trace
triu = later.diagonal.triu
clone = later.convert.clone
alias_copy, as_strided_copy = later.view_copies.alias_copy, later.view_copies.as_strided_copy
detach_copy, diagonal_copy = later.view_copies.detach_copy, later.view_copies.diagonal_copy
expand_copy, permute_copy = later.view_copies.expand_copy, later.view_copies.permute_copy
select_copy, slice_copy = later.view_copies.select_copy, later.view_copies.slice_copy
split_copy = later.view_copies.split_copy
split_with_sizes_copy = later.view_copies.split_with_sizes_copy
squeeze_copy, t_copy = later.view_copies.squeeze_copy, later.view_copies.t_copy
transpose_copy, unbind_copy = later.view_copies.transpose_copy, later.view_copies.unbind_copy
unfold_copy, unsqueeze_copy = later.view_copies.unfold_copy, later.view_copies.unsqueeze_copy
view_copy = later.view_copies.view_copy

# By index.
gather, index_select = later.index.gather, later.index.index_select
masked_select, scatter_add = later.index.masked_select, later.index.scatter_add
index_add, index_copy = later.index_slices.index_add, later.index_slices.index_copy
index_fill, index_put = later.index_slices.index_fill, later.index_slices.index_put
masked_scatter, scatter = later.scatter.masked_scatter, later.scatter.scatter
index_reduce = later.reduce_scatter.index_reduce
scatter_reduce = later.reduce_scatter.scatter_reduce
diagonal_scatter, put = later.scatter_views.diagonal_scatter, later.scatter_views.put
select_scatter = later.scatter_views.select_scatter
slice_scatter = later.scatter_views.slice_scatter
as_strided_scatter = later.scatter_views.as_strided_scatter
argwhere, nonzero, take = later.places.argwhere, later.places.nonzero, later.places.take
nonzero_static = later.places.nonzero_static
take_along_dim = later.places.take_along_dim

# Matrices.
addmm, bmm, dot = later.linalg.addmm, later.linalg.bmm, later.linalg.dot
matmul, mm, mv = later.linalg.matmul, later.linalg.mm, later.linalg.mv
outer = ger = later.linalg.outer
addbmm, addmv, addr = later.products.addbmm, later.products.addmv, later.products.addr
baddbmm, chain_matmul = later.products.baddbmm, later.products.chain_matmul
cross, inner, kron = later.products.cross, later.products.inner, later.products.kron
vdot = later.products.vdot
einsum, tensordot = later.einsum.einsum, later.einsum.tensordot
bilinear = later.bilinear.bilinear
cosine_similarity = later.distance.cosine_similarity
pairwise_distance = later.distance.pairwise_distance
cdist, pdist = later.pairs.cdist, later.pairs.pdist
inverse = later.matrix.inverse
det, logdet, slogdet = later.determinants.det, later.determinants.logdet, later.determinants.slogdet
cholesky = later.attempts.old_cholesky
lu = later.lu.old_lu
lu_unpack, lu_solve = later.lu_solve.lu_unpack, later.lu_solve.old_lu_solve
cholesky_inverse = later.triangular.cholesky_inverse
cholesky_solve = later.triangular.cholesky_solve
triangular_solve = later.triangular.triangular_solve
geqrf, orgqr, ormqr = later.orthogonal.geqrf, later.orthogonal.orgqr, later.orthogonal.ormqr
qr = later.orthogonal.old_qr
svd = later.spectrum.old_svd
pca_lowrank, svd_lowrank = later.low_rank.pca_lowrank, later.low_rank.svd_lowrank
pinverse = later.pseudo_inverse.pinverse
matrix_exp, matrix_power = later.matrix_functions.matrix_exp, later.matrix_functions.matrix_power
vander = later.matrix_functions.vander

# Windows on images and volumes.
conv1d, conv2d, conv_transpose1d = later.conv.conv1d, later.conv.conv2d, later.conv.conv_transpose1d
conv_transpose2d = later.conv.conv_transpose2d
conv3d, conv_transpose3d = later.conv3d.conv3d, later.conv3d.conv_transpose3d
conv_tbc = later.conv_tbc.conv_tbc
avg_pool1d, max_pool1d = later.pool.avg_pool1d, later.pool.max_pool1d
max_pool2d, max_pool3d = later.pool.max_pool2d, later.pool3d.max_pool3d
adaptive_avg_pool1d = later.adaptive_pool.adaptive_avg_pool1d
channel_shuffle = later.resample.channel_shuffle
pixel_shuffle = later.resample.pixel_shuffle
pixel_unshuffle = later.resample.pixel_unshuffle

# In place.
abs_, ceil_ = later.inplace.abs_, later.inplace.ceil_
clamp_ = clip_ = later.inplace.clamp_
cos_, exp_, expm1_ = later.inplace.cos_, later.inplace.exp_, later.inplace.expm1_
fill, fill_, floor_ = later.inplace.fill, later.inplace.fill_, later.inplace.floor_
log1p_, log2_, log10_ = later.inplace.log1p_, later.inplace.log2_, later.inplace.log10_
log_ = later.inplace.log_
neg_ = negative_ = later.inplace.neg_
reciprocal_, relu_, round_ = later.inplace.reciprocal_, later.inplace.relu_, later.inplace.round_
rsqrt_, sigmoid_, sin_ = later.inplace.rsqrt_, later.inplace.sigmoid_, later.inplace.sin_
sqrt_, tan_ = later.inplace.sqrt_, later.inplace.tan_
tanh_ = later.inplace.tanh_
trunc_ = fix_ = later.inplace.trunc_
zero_ = later.inplace.zero_
acos_ = arccos_ = later.inplace_elementwise.acos_
acosh_ = arccosh_ = later.inplace_elementwise.acosh_
addmv_ = later.inplace_elementwise.addmv_
asin_ = arcsin_ = later.inplace_elementwise.asin_
asinh_ = arcsinh_ = later.inplace_elementwise.asinh_
atan_ = arctan_ = later.inplace_elementwise.atan_
atanh_ = arctanh_ = later.inplace_elementwise.atanh_
clamp_max_, clamp_min_ = later.inplace_elementwise.clamp_max_, later.inplace_elementwise.clamp_min_
cosh_, deg2rad_ = later.inplace_elementwise.cosh_, later.inplace_elementwise.deg2rad_
erf_, erfc_ = later.inplace_elementwise.erf_, later.inplace_elementwise.erfc_
exp2_, frac_ = later.inplace_elementwise.exp2_, later.inplace_elementwise.frac_
gcd_, i0_ = later.inplace_elementwise.gcd_, later.inplace_elementwise.i0_
lcm_, ldexp_ = later.inplace_elementwise.lcm_, later.inplace_elementwise.ldexp_
logit_, nan_to_num_ = later.inplace_elementwise.logit_, later.inplace_elementwise.nan_to_num_
square_ = later.inplace_elementwise.square_
rad2deg_, sinc_ = later.inplace_elementwise.rad2deg_, later.inplace_elementwise.sinc_
sinh_, xlogy_ = later.inplace_elementwise.sinh_, later.inplace_elementwise.xlogy_
as_strided_, resize_as_ = later.inplace_shape.as_strided_, later.inplace_shape.resize_as_
index_put_ = later.index_inplace.index_put_
alpha_dropout_, celu_ = later.functional_inplace.alpha_dropout_, later.functional_inplace.celu_
dropout_, rrelu_ = later.functional_inplace.dropout_, later.functional_inplace.rrelu_
selu_, threshold_ = later.functional_inplace.selu_, later.functional_inplace.threshold_

# Questions, settings and files.
broadcast_shapes, can_cast, detach = queries.broadcast_shapes, queries.can_cast, queries.detach
detach_, get_device, is_complex = queries.detach_, queries.get_device, queries.is_complex
is_floating_point, is_nonzero = queries.is_floating_point, queries.is_nonzero
is_same_size, is_signed, is_tensor = queries.is_same_size, queries.is_signed, queries.is_tensor
numel, result_type, typename = queries.numel, queries.result_type, queries.typename
adjoint, conj, conj_physical = real_numbers.adjoint, real_numbers.conj, real_numbers.conj_physical
conj_physical_, imag, is_conj = real_numbers.conj_physical_, real_numbers.imag, real_numbers.is_conj
is_inference, is_neg, real = real_numbers.is_inference, real_numbers.is_neg, real_numbers.real
resolve_conj, resolve_neg = real_numbers.resolve_conj, real_numbers.resolve_neg
finfo = later.limits.finfo
iinfo = later.limits.iinfo
BoolTensor, ByteTensor = tensor_types.BoolTensor, tensor_types.ByteTensor
CharTensor, DoubleTensor = tensor_types.CharTensor, tensor_types.DoubleTensor
FloatTensor, HalfTensor = tensor_types.FloatTensor, tensor_types.HalfTensor
IntTensor, LongTensor = tensor_types.IntTensor, tensor_types.LongTensor
ShortTensor = tensor_types.ShortTensor
default_generator, get_rng_state = random.default_generator, random.get_rng_state
initial_seed, manual_seed, seed = random.initial_seed, random.manual_seed, random.seed
set_rng_state = random.set_rng_state
get_num_threads, set_num_threads = later.threads.get_num_threads, later.threads.set_num_threads
are_deterministic_algorithms_enabled = later.settings.are_deterministic_algorithms_enabled
compile, get_default_device = later.compiled.compile, later.settings.get_default_device
get_float32_matmul_precision = later.settings.get_float32_matmul_precision
is_deterministic_algorithms_warn_only_enabled = (
    later.settings.is_deterministic_algorithms_warn_only_enabled
)
set_default_device = later.settings.set_default_device
set_float32_matmul_precision = later.settings.set_float32_matmul_precision
use_deterministic_algorithms = later.settings.use_deterministic_algorithms
get_deterministic_debug_mode = later.settings.get_deterministic_debug_mode
set_deterministic_debug_mode = later.settings.set_deterministic_debug_mode
set_default_tensor_type = tensor_types.set_default_tensor_type
autocast = later.autocast_mode.autocast
is_autocast_enabled = later.autocast_mode.is_autocast_enabled
GradScaler = later.grad_scaler.GradScaler
set_printoptions = later.printing.set_printoptions
vmap = later.batches.vmap
load, save = later.checkpoint.load, later.checkpoint.save

# What PyTorch has not; see also `trace`, which has more to it than the sum of a diagonal.
summary = later.model_summary.summary

if not TYPE_CHECKING:  # to mypy every misspelt name would pass for one
    #: Modules that are imported when they are first asked for.
    MODULES = (
        "accelerator", "amp", "backends", "compiler", "cuda", "distributed", "distributions",
        "func", "functional", "hub", "jit", "linalg", "mps", "multiprocessing", "nn", "onnx",
        "optim", "profiler", "return_types", "signal", "special", "testing", "types", "utils",
        "version", "xpu",
    )  # fmt: skip

    #: And functions. They are taken out of the globals again, so that `__getattr__` is asked.
    LATER = later.taken_out(globals())

    #: All that is meant for users: what stands above, without the modules that it comes from.
    _own = later.without_modules(globals()) - {"LATER", "MODULES", "TYPE_CHECKING"}
    __all__ = sorted({"autograd", "random"}.union(MODULES, LATER, _own))

    def __getattr__(name):
        """Import what is asked for; of what is missing on purpose, say so by name."""
        if name in LATER:
            found = LATER[name].find()
        elif name in MODULES:
            found = _importlib.import_module(f".{name}", __package__)
        else:
            _missing.refuse(f"module {__name__!r}", name, _missing.OF_TORCH)
        globals()[name] = found  # the next time Python finds it there
        return found

    def __dir__():
        return sorted({*globals(), *__all__})
