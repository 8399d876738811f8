"""Numbers of distributions without a simple inverse, each made of as many draws as it takes.

All but the smallest cases propose a number from a curve that lies above the distribution, and
accept it or not by the ratio of the two. What is computed, in which precision and from which draws,
is as in PyTorch's CPU kernels (pytorch/aten/src/ATen/native, Distributions.cpp and .h), which round
as the C library does; so does :mod:`math`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Draw = Callable[[], float]

#: 1/3 and a constant of Marsaglia and Tsang's, as the float32 numbers that PyTorch takes.
THIRD, SQUEEZE = float(np.float32(1) / np.float32(3)), float(np.float32(0.0331))
#: What Stirling's formula lacks of log(k!), for k from 0 to 9.
STIRLING_REST = tuple(
    math.lgamma(k + 1) - (0.5 * math.log(2 * math.pi) + (k + 0.5) * math.log(k + 1) - (k + 1))
    for k in range(10)
)


def poisson(rate: float, unit: Draw) -> int:
    """A Poisson number, made of uniform ones.

    Of small rates as many are multiplied as it takes to come below e^-rate (D. Knuth, The Art of
    Computer Programming, volume 2, 3.4.1). From 10 on a number from a curve that lies above the
    distribution is accepted or not, by the ratio of the two (W. Hoermann, "The transformed
    rejection method for generating Poisson random variables", 1993, algorithm PTRS).

    Parameters
    ----------
    rate : float
        Not negative.
    unit : callable
        The next uniform number.
    """
    if rate == 0:
        return 0
    if rate < 10:
        count, product, least = 0, unit(), math.exp(-rate)
        while product > least:
            count, product = count + 1, product * unit()
        return count
    root, log = math.sqrt(rate), math.log(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = unit() - 0.5, unit()
        s = 0.5 - abs(u)
        k = math.floor((2 * a / s + b) * u + rate + 0.43)
        if s >= 0.07 and v <= v_r:
            return k
        if k < 0 or (s < 0.013 and v > s):
            continue
        hat = math.log(v) + math.log(inverse_alpha) - math.log(a / (s * s) + b)
        if hat <= -rate + k * log - math.lgamma(k + 1):
            return k


def gamma(concentration: float, single: bool, unit: Draw, normal: Draw) -> float:
    """A gamma number of rate 1 (G. Marsaglia and W. Tsang, "A simple method for generating gamma
    variables", ACM Transactions on Mathematical Software 26, 2000).

    Parameters
    ----------
    concentration : float
        Not negative. Below 1, a number of the next higher one is multiplied by a power of a
        uniform number.
    single : bool
        Whether the concentration is a float32, with which PyTorch takes its first steps.
    unit, normal : callable
        The next uniform number, and the next standard normal one.
    """
    scale, a = 1.0, concentration
    if a == 0:
        return 0.0
    if a < 1:
        power = float(np.float32(1) / np.float32(a)) if single else 1 / a
        scale = math.pow(1 - unit(), power)
        a = float(np.float32(a) + np.float32(1)) if single else a + 1
    d = float(np.float32(a) - np.float32(THIRD)) if single else a - THIRD
    c = 1 / math.sqrt(9 * d)
    while True:
        x = normal()
        y = 1 + c * x
        if y <= 0:
            continue
        v, u, xx = y * y * y, 1 - unit(), x * x
        if u < 1 - SQUEEZE * xx * xx or math.log(u) < 0.5 * xx + d * (1 - v + math.log(v)):
            return scale * d * v


def binomial(count: float, chance: float, single: bool, unit: Draw) -> float:
    """How many of `count` trials succeed, of this chance.

    Parameters
    ----------
    count, chance : float
        Of a chance above 1/2 the failures are drawn. Where less than 10 successes are expected,
        the gaps between them are (L. Devroye, Non-Uniform Random Variate Generation, 1986, X.4),
        and otherwise they are by rejection (W. Hoermann, "The generation of binomial random
        variates", Journal of Statistical Computation and Simulation 46, 1993, algorithm BTRS).
    single : bool
        Whether the two are float32 numbers, with which PyTorch takes some of its steps.
    unit : callable
        The next uniform number.
    """
    if count <= 0 or chance <= 0:
        return 0.0
    if chance >= 1:
        return count
    if math.isnan(chance):
        return math.nan
    kind = np.float32 if single else np.float64
    few = chance if chance <= 0.5 else float(kind(1 - chance))
    method = _by_rejection if float(kind(count) * kind(few)) >= 10 else _by_gaps
    drawn = method(count, few, kind, unit)
    return drawn if chance <= 0.5 else float(kind(count) - kind(drawn))


def _by_gaps(count: float, chance: float, kind: type, unit: Draw) -> float:
    log_fail, passed, found = float(np.log1p(kind(-chance))), 0.0, 0
    while True:
        u = unit()
        passed += math.ceil(math.log(u) / log_fail) if u else math.inf
        if passed > count:
            return float(found)
        found += 1


def _by_rejection(count: float, chance: float, kind: type, unit: Draw) -> float:
    n, p = kind(count), kind(chance)
    fail = kind(1) - p
    deviation = float(np.sqrt(n * p * fail))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * chance
    c = float(n * p) + 0.5
    v_r = 0.92 - 4.2 / b
    r = float(p / fail)
    alpha = (2.83 + 5.1 / b) * deviation
    m = float(np.floor((n + kind(1)) * p))
    while True:
        u = unit() - 0.5
        v = unit()
        us = 0.5 - abs(u)
        k = float(kind(math.floor((2 * a / us + b) * u + c))) if us else -1.0
        if k < 0 or k > count:
            continue
        if us >= 0.07 and v <= v_r:
            return k
        v = math.log(v * alpha / (a / (us * us) + b)) if v else -math.inf
        bound = (
            (m + 0.5) * math.log((m + 1) / (r * (count - m + 1)))
            + (count + 1) * math.log((count - m + 1) / (count - k + 1))
            + (k + 0.5) * math.log(r * (count - k + 1) / (k + 1))
            + _stirling_rest(m)
            + _stirling_rest(count - m)
            - _stirling_rest(k)
            - _stirling_rest(count - k)
        )
        if v <= bound:
            return k


def _stirling_rest(k: float) -> float:
    """What Stirling's formula lacks of log(k!)."""
    if k <= 9:
        return STIRLING_REST[int(k)]
    square = (k + 1) * (k + 1)
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)
