"""PyTorch's CPU random stream: after the same seed, the same numbers in the same order.

A `Generator` draws from a `Stream` of bits. Every method below says how many draws of 32 bits it
takes and what becomes of them, and returns a NumPy array. Tensors are made of these arrays
elsewhere; only the state itself is given and taken as one.

PyTorch writes this in C++ (pytorch/aten/src/ATen: native/DistributionTemplates.h and
native/cpu/DistributionTemplates.h for the draws, native/TensorFactories.cpp for permutations,
native/Distributions.cpp and native/cpu/MultinomialKernel.cpp for multinomial samples).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from . import random_numbers as numbers
from . import rejection
from .named import Named
from .random_stream import Stream
from .size import require_cpu

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = "NDArray[Any]"

BLOCK = 16  # from this size on, normals are made in blocks of this many
AT_ONCE = 16384  # uniform numbers, whose bits and wider numbers on the way then stay in the cache
# Below these sizes the remainder of 32 bits is taken, from them on the remainder of 64.
WIDE_RANGE = 2**28
WIDE_PERMUTATION = (2**32 - 1) // 20


def _count(shape: Sequence[int]) -> int:
    if any(length < 0 for length in shape):
        raise RuntimeError(f"a shape cannot have a negative dimension, got {list(shape)}")
    return math.prod(shape)


def _floating(name: str, dtype: DTypeLike) -> np.dtype[Any]:
    result = np.dtype(dtype)
    if result not in (np.float16, np.float32, np.float64):
        raise NotImplementedError(f"{name} knows float16, float32 and float64, but not {result}")
    return result


class Generator(Stream, metaclass=Named):
    """PyTorch's CPU generator, drawing NumPy arrays.

    In all methods `shape` is a sequence of lengths (a negative one is a RuntimeError) and a
    floating `dtype` is float16, float32 or float64 (any other is a NotImplementedError).
    """

    _printed_as = "torch._C.Generator"

    def uniform(
        self,
        shape: Sequence[int],
        low: float = 0.0,
        high: float = 1.0,
        dtype: DTypeLike = np.float32,
    ) -> Array:
        """Uniform numbers in [`low`, `high`): one draw each, two for float64.

        Raises
        ------
        RuntimeError
            If `low` > `high`, or if one of them or their distance is too large for `dtype`.
        """
        kind = _floating("uniform", dtype)
        limit = float(np.finfo(kind).max)
        if not (abs(low) <= limit and abs(high) <= limit and high - low <= limit):
            raise RuntimeError(f"uniform from {low} to {high} is out of bounds for {kind}")
        if low > high:
            raise RuntimeError(
                f"uniform_ expects to return a [from, to) range, but found from={low:g} > "
                f"to={high:g}"
            )
        values = np.empty(_count(shape), kind)
        for first in range(0, len(values), AT_ONCE):
            piece = values[first : first + AT_ONCE]
            units = self._units(len(piece), kind)
            start, stop = units.dtype.type(low), units.dtype.type(high)
            piece[...] = numbers.cast(numbers.fused(units, stop - start, start), kind)
            piece[piece == kind.type(stop)] = start  # rounding may have reached the open end
        return values.reshape(shape)

    def normal(
        self,
        shape: Sequence[int],
        mean: float = 0.0,
        std: float = 1.0,
        dtype: DTypeLike = np.float32,
        in_blocks: bool = True,
    ) -> Array:
        """Normal numbers, by one of two algorithms.

        Fewer than 16 are made in pairs, in float64, from four draws a pair; if the last pair has
        a half to spare, the generator keeps it for the next such call. From 16 on they are made
        in blocks of 16, from one draw each (two for float64), in `dtype`; if 16 does not divide
        the size, the last 16 are made again from 16 draws more.

        PyTorch treats a non-contiguous tensor of any size like a small one: then `in_blocks` is
        False.

        Raises
        ------
        RuntimeError
            If `std` < 0.
        """
        kind = _floating("normal", dtype)
        if not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
        count = _count(shape)
        in_blocks = in_blocks and count >= BLOCK
        values = self._normal_blocks(count, kind) if in_blocks else self._normal_pairs(count)
        return numbers.cast(numbers.fused(values, std, mean), kind).reshape(shape)

    def _normal_pairs(self, count: int) -> Array:
        values: list[float] = []
        if count and self._next_normal is not None:
            values.append(self._next_normal)
            self._next_normal = None
        pairs = (count - len(values) + 1) // 2
        units = numbers.unit_float64(self._bits64(2 * pairs)).tolist()
        for u1, u2 in zip(units[::2], units[1::2], strict=True):
            values.extend(numbers.box_muller_pair(u1, u2))
        if len(values) > count:
            self._next_normal = values.pop()
        return np.array(values, np.float64)

    def _normal_blocks(self, count: int, kind: np.dtype[Any]) -> Array:
        whole = count - count % BLOCK
        again = BLOCK if whole < count else 0
        # float16 blocks are drawn one by one, so nothing is drawn for what is made again.
        first = whole if kind == np.float16 else count
        units = self._units(first + again, kind)
        values = numbers.box_muller_blocks(np.concatenate([units[:whole], units[first:]]))
        # The last block, if made again, overlaps the one before.
        return np.concatenate([values[: count - again], values[whole:]])

    def exponential(
        self, shape: Sequence[int], rate: float = 1.0, dtype: DTypeLike = np.float32
    ) -> Array:
        """Exponential numbers with mean 1 / `rate`: two draws each, in float64, then cast.

        Raises
        ------
        RuntimeError
            If `rate` is not positive.
        """
        kind = _floating("exponential", dtype)
        if not rate > 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
        units = numbers.unit_float64(self._bits64(_count(shape)))
        return numbers.cast(numbers.exponential(units, rate), kind).reshape(shape)

    def bernoulli(self, p: float | Array, shape: Sequence[int] = ()) -> NDArray[np.bool_]:
        """True with probability `p`.

        Parameters
        ----------
        p : float or floating array
            In [0, 1]. A float takes two draws for each result, as ``Tensor.bernoulli_(p)`` and
            dropout do. A float64 array, too; a float32 or float16 array takes one.
        shape : sequence of int
            The result's, if `p` is a float. An array gives its own.

        Raises
        ------
        RuntimeError
            If a probability is outside [0, 1] or nan.
        """
        kind = _floating("bernoulli", p.dtype if isinstance(p, np.ndarray) else np.float64)
        if not np.all((p >= 0) & (p <= 1)):
            shown = p if isinstance(p, np.ndarray) else f"{p:g}"
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={shown}")
        if not isinstance(p, np.ndarray):
            bits = self._bits64(_count(shape))
            return numbers.unit_float64_below(bits, p).reshape(shape)
        result: NDArray[np.bool_] = self._units(p.size, kind).reshape(p.shape) < p
        return result

    def poisson(self, rates: Array) -> Array:
        """Poisson numbers with these expectations: two draws for each try, in float64.

        Raises
        ------
        RuntimeError
            If a rate is negative or nan.
        """
        if not np.all(rates >= 0):
            raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
        values = [rejection.poisson(r, self._unit) for r in rates.ravel().tolist()]
        return np.array(values, np.float64).astype(rates.dtype).reshape(rates.shape)

    def gamma(self, concentrations: Array, single: bool) -> Array:
        """Gamma numbers of rate 1: for each try a normal number and two draws, in float64.

        Parameters
        ----------
        concentrations : float32 or float64 array
        single : bool
            Whether each concentration is used as a float32.

        Returns
        -------
        float64 array
            Positive numbers, not yet rounded to float32.

        Raises
        ------
        RuntimeError
            If a concentration is negative or nan. (PyTorch would draw for ever.)
        """
        if not np.all(concentrations >= 0):
            raise RuntimeError("a concentration must not be negative")
        values = [
            rejection.gamma(a, single, self._unit, self._normal)
            for a in concentrations.ravel().tolist()
        ]
        return np.array(values, np.float64).reshape(concentrations.shape)

    def binomial(self, counts: Array, chances: Array) -> Array:
        """Numbers of successes: two draws for each gap between two, or four for each try.

        Parameters
        ----------
        counts, chances : float32 or float64 arrays of one shape and dtype

        Raises
        ------
        RuntimeError
            If a count is infinite or nan. (PyTorch would draw for ever.)
        """
        if not np.isfinite(counts).all():
            raise RuntimeError("a count must be finite")
        single = counts.dtype == np.float32
        pairs = zip(counts.ravel().tolist(), chances.ravel().tolist(), strict=True)
        values = [rejection.binomial(n, p, single, self._unit) for n, p in pairs]
        return np.array(values, np.float64).astype(counts.dtype).reshape(counts.shape)

    def _normal(self) -> float:
        """One standard normal number, in float64."""
        return float(self._normal_pairs(1)[0])

    def _unit(self) -> float:
        """One uniform number in [0, 1), in float64."""
        return float(numbers.unit_float64(self._bits64(1))[0])

    def randint(
        self, low: int, high: int, shape: Sequence[int], dtype: DTypeLike = np.int64
    ) -> Array:
        """Integers in [`low`, `high`): one draw each, or two if there are 2^28 or more of them.

        Raises
        ------
        RuntimeError
            If `low` >= `high`, or if one of the integers does not fit `dtype`.
        ValueError
            If `low` or `high` does not fit an int64.
        NotImplementedError
            If `dtype` is floating and has no room for each of them. (PyTorch warns and rounds.)
        """
        if not (-(2**63) <= low < 2**63 and -(2**63) <= high < 2**63):
            raise ValueError(f"randint needs int64 bounds, but got low={low}, high={high}")
        if low >= high:
            raise RuntimeError(
                f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
            )
        kind = np.dtype(dtype)
        least, most = numbers.integer_range(kind)
        if low < least or high - 1 > most:
            problem = f"randint from {low} to {high - 1} is out of bounds for {kind}"
            raise NotImplementedError(problem) if kind.kind == "f" else RuntimeError(problem)
        size = high - low
        values = self._below(size, _count(shape), wide=size >= WIDE_RANGE)
        return (values + np.uint64(low % 2**64)).view(np.int64).astype(kind).reshape(shape)

    def random(self, shape: Sequence[int], dtype: DTypeLike = np.int64) -> Array:
        """All the integers from 0 that `dtype` holds without a gap, as ``Tensor.random_()``.

        One draw each, two for int64 and float64. (The sampler of a shuffling DataLoader takes
        its seed like this.)
        """
        kind = np.dtype(dtype)
        _, most = numbers.integer_range(kind)
        values = self._below(most + 1, _count(shape), wide=kind in (np.int64, np.float64))
        return values.astype(kind).reshape(shape)

    def permutation(self, n: int) -> NDArray[np.int64]:
        """The integers below `n` in random order: the shuffle of Fisher and Yates.

        ``n - 1`` draws; from n = 214748364 on, n times two draws.

        Raises
        ------
        RuntimeError
            If `n` is negative.
        """
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
        places = np.arange(n, dtype=np.uint64)
        if n < WIDE_PERMUTATION:
            places = places[:-1]
            targets = places + self._bits32(places.size) % (np.uint64(n) - places)
        else:
            targets = self._bits64(n) % (places + np.uint64(1))
        return numbers.shuffled(n, targets)

    def multinomial(
        self, weights: Array, num_samples: int, replacement: bool = False
    ) -> NDArray[np.int64]:
        """Indices drawn with probabilities proportional to `weights`.

        With replacement each index takes two draws, looked up in the cumulative distribution.
        Without (or if there is just one to draw) each *weight* takes two draws, for an
        exponential number; the indices with the largest ratios of weight to exponential win.

        Parameters
        ----------
        weights : float32 or float64 array, shape (n,) or (rows, n)
            Not negative, finite; each row with a positive sum.
        num_samples : int
            At least 1; without replacement at most n.

        Returns
        -------
        int64 array, shape (num_samples,) or (rows, num_samples)
            Of equal ratios the first index wins; PyTorch leaves their order open. (They are rare:
            0.3 % of all draws of 600 out of 1000 float32 weights had a pair of them. And all
            weights of 0 have the ratio 0.)

        Raises
        ------
        RuntimeError
            If an argument is not as said above.
        """
        numbers.check_multinomial(weights, num_samples, replacement)
        rows = np.atleast_2d(weights)
        if replacement and num_samples > 1:
            draws = numbers.unit_float64(self._bits64(len(rows) * num_samples))
            chosen = numbers.look_up(rows, draws.reshape(len(rows), num_samples))
        else:
            race = self.exponential(rows.shape, dtype=weights.dtype)
            chosen = numbers.winners(rows, race, num_samples)
        return chosen.reshape(*weights.shape[:-1], num_samples)


default_generator = Generator()
default_generator.seed()


def manual_seed(seed: int) -> Generator:
    """Seed the default generator; see :meth:`Generator.manual_seed`."""
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator unforeseeably, and return the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed of the default generator's current stream."""
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """The default generator's state, a Tensor of uint8; see :meth:`Generator.get_state`."""
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Give the default generator a state; see :meth:`Generator.set_state`."""
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(
    devices: Iterable[Any] | None = None, enabled: bool = True, device_type: str | None = None
) -> Iterator[None]:
    """Inside, draw random numbers as if nobody drew them: at the end, the state is what it was.

    Parameters
    ----------
    devices : iterable, optional
        Of which GPUs the generators are set back, too: there are none.
    enabled : bool
        Whether to do so.
    device_type : str, optional
        What kind of device `devices` are.

    Raises
    ------
    AssertionError, RuntimeError
        If there are any in `devices`.
    """
    if enabled and list(devices or ()):
        require_cpu(device_type or "cuda")
    kept = default_generator.kept() if enabled else None
    try:
        yield
    finally:
        if kept is not None:
            default_generator.go_back(kept)
