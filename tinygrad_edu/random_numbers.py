"""What a uniform number becomes: the arithmetic of PyTorch's CPU distributions.

:mod:`tinygrad_edu.random` decides which bits are drawn, and in what order. This module turns
them into numbers, and has no state. To give PyTorch's numbers *bit for bit* it rounds where
PyTorch's compiled kernels round, which differs from the obvious line of NumPy in three ways:

- PyTorch's builds for x86-64 contract ``x * scale + shift`` into one instruction that rounds
  once. NumPy has no such function; :func:`fused` makes it.
- float32 normals take their logarithm, sine and cosine from short polynomials, not from the C
  library; :func:`_log` and :func:`_sincos` evaluate the same ones, with the same roundings.
- float64 normals take them from the C library. So does :mod:`math`, but NumPy has its own.

That is PyTorch on x86-64 with AVX2; its kernels for other processors may differ from it, and so
from this module, in the last digit of a float. The bits drawn are the same everywhere.

Sources, all in pytorch/aten/src/ATen: core/TransformationHelper.h and
core/DistributionsHelper.h (bits to uniforms, the Box-Muller pair, the exponential),
native/cpu/DistributionTemplates.h (Box-Muller on blocks of 16), native/cpu/avx_mathfun.h (the
polynomials, which are those of ``logf`` and ``sinf`` in S. Moshier's Cephes library).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .dtypes import old_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
Float32s: TypeAlias = "NDArray[np.float32]"
Float64s: TypeAlias = "NDArray[np.float64]"
FloatArray: TypeAlias = "NDArray[np.floating[Any]]"

# A polynomial keeps some ten temporaries alive; those of this many blocks stay in the cache.
BLOCKS_AT_ONCE = 1024


def _short(*numbers: float) -> tuple[float, ...]:
    """Each number rounded to float32: the constants that a float32 kernel really has."""
    return tuple(float(np.float32(number)) for number in numbers)


# log(1 + x) = x - x^2/2 + x^3 * polynomial(x); highest power first, as everywhere below.
LOG_POLYNOMIAL = _short(
    *(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1),
    *(-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1),
)
(SQRT_HALF,) = _short(math.sqrt(0.5))
LOG_2_TAIL, LOG_2_HEAD = _short(-2.12194440e-4, 0.693359375)  # they add up to log(2)
# sin(x) = x + x^3 * polynomial(x^2) and cos(x) = 1 - x^2/2 + x^4 * polynomial(x^2)
SIN_POLYNOMIAL = _short(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
COS_POLYNOMIAL = _short(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
# Added up, pi/4; times a small integer, each but the last is exact.
QUARTER_PI_PARTS = _short(0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)
LARGEST_EXPONENT = math.log(np.finfo(np.float64).max)
FOUR_OVER_PI, TWO_PI = _short(4 / math.pi, 2 * math.pi)


# ---------------------------------------------------------------- bits to uniforms, and scaling


def unit_float32(bits: NDArray[np.uint64]) -> Float32s:
    """Uniform float32 numbers in [0, 1): the low 24 of each 32 random bits, over 2^24."""
    return (bits & np.uint64(2**24 - 1)).astype(np.float32) * np.float32(2.0**-24)


def unit_float64(bits: NDArray[np.uint64]) -> Float64s:
    """Uniform float64 numbers in [0, 1): the low 53 of each 64 random bits, over 2^53."""
    return (bits & np.uint64(2**53 - 1)).astype(np.float64) * 2.0**-53


def unit_float64_below(bits: NDArray[np.uint64], p: float) -> NDArray[np.bool_]:
    """``unit_float64(bits) < p``, for `p` from 0 to 1, by comparing integers, which is quicker."""
    return (bits & np.uint64(2**53 - 1)) < np.uint64(math.ceil(p * 2**53))


def _two_sum(a: Float64s, b: Float64s | float) -> tuple[Float64s, Float64s]:
    """The sum, and what its rounding lost: ``a + b == total + lost`` (Knuth, TAOCP 4.2.2)."""
    total = a + b
    b_in_total = total - a
    return total, (a - (total - b_in_total)) + (b - b_in_total)


@np.errstate(over="ignore", invalid="ignore")
def fused(x: FloatArray, scale: float, shift: float) -> FloatArray:
    """``x * scale + shift``, rounded once.

    Parameters
    ----------
    x : float32 or float64 array
    scale, shift : float
        Rounded to the dtype of `x` first.

    Returns
    -------
    array like `x`
    """
    scale, shift = float(x.dtype.type(scale)), float(x.dtype.type(shift))
    if shift == 0 or not (math.isfinite(scale) and math.isfinite(shift)):
        return x * scale + shift
    if x.dtype == np.float64:
        return _fused_float64(x.astype(np.float64, copy=False), scale, shift)
    return _fused_float32(x.astype(np.float64), scale, shift)


def _fused_float32(x: Float64s, scale: float, shift: float) -> Float32s:
    # The product of two numbers of 24 bits is exact in 53. Rounding the sum to 53 bits and then
    # to 24 is the same as rounding once, unless the first lands just half way between two
    # float32 numbers: then what it lost says which of them is nearer.
    total, lost = _two_sum(x * scale, shift)
    half_way = (total.view(np.int64) & (2**29 - 1)) == 2**28
    ties = np.flatnonzero(half_way & (lost != 0))
    total[ties] = np.nextafter(total[ties], np.copysign(np.inf, lost[ties]))
    return total.astype(np.float32)


def _fused_float64(x: Float64s, scale: float, shift: float) -> Float64s:
    # Halves of at most 27 bits have exact products, so the error of x * scale is known (Dekker,
    # "A floating-point technique for extending the available precision", 1971). That makes three
    # terms, of which the two small ones are rounded to odd (Boldo and Melquiond, "Emulation of a
    # FMA and correctly rounded sums", 2008), so that the last sum sees on which side of a tie
    # they are.
    big = x * (2.0**27 + 1)
    x_head = big - (big - x)
    x_tail = x - x_head
    mantissa, exponent = math.frexp(scale)
    scale_head = math.ldexp(round(math.ldexp(mantissa, 26)), exponent - 26)
    scale_tail = scale - scale_head
    product = x * scale
    error = x_head * scale_head - product
    error += x_head * scale_tail
    error += x_tail * scale_head
    error += x_tail * scale_tail
    addend, rest = _two_sum(error, shift)
    total, lost = _two_sum(product, addend)
    plain = product + shift
    return np.where(np.isfinite(plain), total + _sum_to_odd(lost, rest), plain)


def _sum_to_odd(a: Float64s, b: Float64s) -> Float64s:
    """``a + b``, of the two nearest numbers the one with an odd last digit, unless it is exact."""
    total, lost = _two_sum(a, b)
    even = total.view(np.int64) & 1 == 0
    inexact = np.flatnonzero(even & (np.absolute(lost) > 0))
    total[inexact] = np.nextafter(total[inexact], np.copysign(np.inf, lost[inexact]))
    return total


def cast(values: Array, kind: np.dtype[Any]) -> Array:
    """To `kind`; to float16 by way of float32, as in C++. What is too large becomes inf."""
    with np.errstate(over="ignore"):
        return (values.astype(np.float32) if kind == np.float16 else values).astype(kind)


# ------------------------------------------------------------------------------ Box and Muller
# Two uniforms u1 and u2 make two independent normals, radius * cos(angle) and
# radius * sin(angle), where radius = sqrt(-2 log(1 - u1)) and angle = 2 pi u2
# (Box and Muller, "A note on the generation of random normal deviates", 1958).


def box_muller_pair(u1: float, u2: float) -> tuple[float, float]:
    """One pair of standard normals from one pair of uniforms; here `u2` makes the radius."""
    radius = math.sqrt(-2.0 * math.log1p(-u2))
    angle = 2.0 * math.pi * u1
    return radius * math.cos(angle), radius * math.sin(angle)


def box_muller_blocks(uniforms: FloatArray) -> FloatArray:
    """Standard normals from blocks of 16 uniforms: in each, 8 times u1 and then 8 times u2.

    Parameters
    ----------
    uniforms : float32 or float64 array, shape (16 * blocks,)
        Numbers in [0, 1).

    Returns
    -------
    array like `uniforms`
        In each block the 8 cosine halves of the pairs, then the 8 sine halves.
    """
    blocks = uniforms.reshape(-1, 2, 8)
    normals = np.empty_like(blocks)
    transform = _normals_float64 if blocks.dtype == np.float64 else _normals_float32
    for start in range(0, len(blocks), BLOCKS_AT_ONCE):
        chunk = blocks[start : start + BLOCKS_AT_ONCE].astype(np.float64)
        cosines, sines = transform(chunk[:, 0], chunk[:, 1])
        normals[start : start + BLOCKS_AT_ONCE, 0] = cosines
        normals[start : start + BLOCKS_AT_ONCE, 1] = sines
    return normals.reshape(-1)


def _normals_float64(u1: Float64s, u2: Float64s) -> tuple[Float64s, Float64s]:
    radius = np.sqrt(-2.0 * _with_libm(math.log, 1.0 - u1))
    angle = 2.0 * math.pi * u2
    return radius * _with_libm(math.cos, angle), radius * _with_libm(math.sin, angle)


def _normals_float32(u1: Float64s, u2: Float64s) -> tuple[Float64s, Float64s]:
    radius = _round(np.sqrt(_round(-2.0 * _log(1.0 - u1))))
    sine, cosine = _sincos(_round(TWO_PI * u2))
    return radius * cosine, radius * sine


def exponential(uniforms: Float64s, rate: float) -> Float64s:
    """``-log(1 - u) / rate``: the inverse of the exponential's distribution function."""
    return (-1.0 / rate) * _with_libm(math.log1p, -uniforms)


def geometric(uniforms: Float64s, p: float) -> Float64s:
    """``ceil(log(u) / log(1 - p))``: the inverse of the geometric's distribution function."""
    logs = np.array([math.log(u) if u else -math.inf for u in uniforms.ravel().tolist()])
    return np.asarray(np.ceil(logs / math.log(1.0 - p))).reshape(uniforms.shape)


def log_normal(normals: Float64s) -> Float64s:
    """``e^x``; what is too large becomes inf."""
    return _with_libm(math.exp, np.minimum(normals, LARGEST_EXPONENT)) + np.where(
        normals > LARGEST_EXPONENT, math.inf, 0
    )


def tangent(x: Float64s) -> Float64s:
    """``tan(x)``."""
    return _with_libm(math.tan, x)


def _with_libm(function: Callable[[float], float], x: Float64s) -> Float64s:
    """`function` of each element, by the C library, whose last digits NumPy need not share."""
    return np.fromiter(map(function, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


# --------------------------------------------------------------- float32 log, sine and cosine
# These take and give float64 arrays that hold float32 numbers. A product of two such numbers is
# exact, so one _round around ``a * b + c`` is one fused float32 instruction. (Rounding via
# float64 could still differ in rare ties; all 2^24 arguments have been tried, and none does.)


def _round(x: Float64s) -> Float64s:
    return x.astype(np.float32).astype(np.float64)


def _log(x: Float64s) -> Float64s:
    """The natural logarithm of numbers in (0, 1], as PyTorch's ``log256_ps`` rounds it."""
    mantissa, binary_exponent = np.frexp(x)
    low = mantissa < SQRT_HALF
    exponent = (binary_exponent - low).astype(np.float64)
    x = np.where(low, 2.0 * mantissa, mantissa) - 1.0  # in [sqrt(1/2) - 1, sqrt(2) - 1]
    square = _round(x * x)
    y = np.full_like(x, LOG_POLYNOMIAL[0])
    for coefficient in LOG_POLYNOMIAL[1:]:
        y = _round(y * x + coefficient)
    y = _round(_round(y * x) * square + _round(exponent * LOG_2_TAIL))
    y = _round(y - 0.5 * square)
    return _round(exponent * LOG_2_HEAD + _round(x + y))


def _sincos(x: Float64s) -> tuple[Float64s, Float64s]:
    """Sine and cosine of angles in [0, 2 pi], as PyTorch's ``sincos256_ps`` rounds them."""
    # x is reduced to [-pi/4, pi/4] around the nearest even multiple of pi/4.
    octant = (_round(x * FOUR_OVER_PI).astype(np.int32) + 1) & ~1
    for part in QUARTER_PI_PARTS:
        x = _round(x - octant * part)
    square = _round(x * x)
    cosine = np.full_like(x, COS_POLYNOMIAL[0])
    for coefficient in COS_POLYNOMIAL[1:]:
        cosine = _round(cosine * square + coefficient)
    cosine = _round(_round(_round(cosine * square) * square - 0.5 * square) + 1.0)
    sine = np.full_like(x, SIN_POLYNOMIAL[0])
    for coefficient in SIN_POLYNOMIAL[1:]:
        sine = _round(sine * square + coefficient)
    sine = _round(_round(sine * square) * x + x)
    # A quarter turn swaps the two; the octant also gives the signs.
    swap = octant & 2 != 0
    sine, cosine = np.where(swap, cosine, sine), np.where(swap, sine, cosine)
    return (
        np.where(octant & 4 != 0, -sine, sine),
        np.where((octant - 2) & 4 == 0, -cosine, cosine),
    )


# ------------------------------------------------------------------------- integers and indices


def integer_range(kind: np.dtype[Any]) -> tuple[int, int]:
    """The least and the greatest integer between which a dtype holds all of them."""
    if kind == np.bool_:
        return 0, 1
    if kind.kind == "f":
        most = 2 ** (np.finfo(kind).nmant + 1)
        return -most, most
    if kind.kind not in "iu":
        raise NotImplementedError(f"random integers cannot have dtype {kind}")
    return int(np.iinfo(kind).min), int(np.iinfo(kind).max)


def shuffled(n: int, targets: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The integers below `n` after swapping places 0, 1, 2, ... with `targets`, in this order."""
    order = list(range(n))
    for i, j in enumerate(targets.tolist()):
        order[i], order[j] = order[j], order[i]
    return np.array(order, np.int64)


def check_multinomial(weights: Array, num_samples: int, replacement: bool) -> None:
    """Raise RuntimeError for what ``torch.multinomial`` refuses."""
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if weights.dtype not in (np.float32, np.float64):
        raise RuntimeError(
            "multinomial only supports floating-point dtypes for input, got: "
            f"{old_name(weights.dtype)}"
        )
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > weights.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        )
    if not np.all((weights >= 0) & (weights < np.inf)):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if np.any(weights.sum(axis=-1) <= 0):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")


def look_up(weights: FloatArray, uniforms: Float64s) -> NDArray[np.int64]:
    """In each row, the index at which the cumulative distribution reaches each uniform.

    `weights` has shape (rows, n), `uniforms` and the result (rows, samples).
    """
    cumulative = np.cumsum(weights, axis=1, dtype=weights.dtype)
    cumulative /= cumulative[:, -1:].copy()
    found = [np.searchsorted(row, u) for row, u in zip(cumulative, uniforms, strict=True)]
    return np.array(found, np.int64).reshape(uniforms.shape)


def winners(weights: FloatArray, race: FloatArray, count: int) -> NDArray[np.int64]:
    """In each row, the `count` indices with the largest ``weights / race``, largest first.

    An exponential number divided by its weight has that weight as its rate, and the least of
    several exponentials is each one with a probability proportional to its rate.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = weights / race
    return np.argsort(-ratio, axis=1, kind="stable")[:, :count]
