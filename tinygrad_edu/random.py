"""PyTorch's CPU random stream: after the same seed, the same numbers in the same order.

A :class:`Generator` is a Mersenne Twister [1]_ that gives 32 random bits at a time, and one
number more: normals are made in pairs, so it may hold the second half of the last pair. Every
method below says how many draws it takes and what becomes of them, and returns a NumPy array.
Tensors are made of these arrays elsewhere; this module does not know them.

PyTorch writes this in C++ (pytorch/aten/src/ATen: CPUGeneratorImpl.cpp and
core/MT19937RNGEngine.h for the generator and its state, native/DistributionTemplates.h and
native/cpu/DistributionTemplates.h for the draws, native/TensorFactories.cpp for permutations,
native/Distributions.cpp and native/cpu/MultinomialKernel.cpp for multinomial samples). The bits
come from NumPy's own Mersenne Twister, which equals PyTorch's when seeded in the legacy way.

.. [1] M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed
   uniform pseudo-random number generator", ACM TOMACS 8(1), 1998.
"""

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from . import distributions

Array = NDArray[Any]

STATE_WORDS = 624  # the Mersenne Twister makes its 32-bit words in batches of this many
DEFAULT_SEED = 67280421310721  # a new Generator's, in PyTorch
BLOCK = 16  # from this size on, normals are made in blocks of this many
# Below these sizes the remainder of 32 bits is taken, from them on the remainder of 64.
WIDE_RANGE = 2**28
WIDE_PERMUTATION = (2**32 - 1) // 20

# The C structs CPUGeneratorImplStateLegacy and CPUGeneratorImplState, padding included.
_LEGACY_STATE = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),  # draws until the next batch is made, this one included
        ("seeded", "<i4"),
        ("next", "<u8"),  # index of the next word of this batch
        ("words", "<u8", STATE_WORDS),
        ("normal_x", "<f8"),
        ("normal_y", "<f8"),  # the waiting second half of a pair of normals
        ("normal_rho", "<f8"),
        ("normal_is_valid", "<i4"),
    ],
    align=True,
)
_STATE = np.dtype(
    [("legacy", _LEGACY_STATE), ("float_normal", "<f4"), ("float_normal_is_valid", "?")],
    align=True,
)


def _count(shape: Sequence[int]) -> int:
    if any(length < 0 for length in shape):
        raise RuntimeError(f"a shape cannot have a negative dimension, got {list(shape)}")
    return math.prod(shape)


def _floating(name: str, dtype: DTypeLike) -> np.dtype[Any]:
    result = np.dtype(dtype)
    if result not in (np.float16, np.float32, np.float64):
        raise NotImplementedError(f"{name} knows float16, float32 and float64, but not {result}")
    return result


def _twister(words: NDArray[np.uint32], position: int) -> "np.random.MT19937":
    twister = np.random.MT19937(0)
    twister.state = {"bit_generator": "MT19937", "state": {"key": words, "pos": position}}
    return twister


class Generator:
    """PyTorch's CPU generator, drawing NumPy arrays.

    A new one has PyTorch's default seed, 67280421310721. In all methods `shape` is a sequence of
    lengths (a negative one is a RuntimeError) and a floating `dtype` is float16, float32 or
    float64 (any other is a NotImplementedError).
    """

    def __init__(self) -> None:
        self.manual_seed(DEFAULT_SEED)

    # ------------------------------------------------------------------------ seed and state

    def manual_seed(self, seed: int) -> "Generator":
        """Start the stream that belongs to `seed`.

        Parameters
        ----------
        seed : int
            In [-2^63, 2^64); a negative one means 2^64 + `seed`. The stream depends on the low
            32 bits alone.

        Returns
        -------
        Generator
            Itself.

        Raises
        ------
        RuntimeError
            If `seed` is not an int.
        ValueError
            If it is out of range.
        """
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise RuntimeError(f"manual_seed expects an int, but got {type(seed).__name__}")
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"a seed must lie in [-2^63, 2^64), but got {seed}")
        self._seed = seed % 2**64
        # Made at the first draw: importing numpy.random takes a fifth of the time NumPy takes.
        self._twister: np.random.MT19937 | None = None
        self._untouched = True
        self._next_normal: float | None = None
        return self

    def seed(self) -> int:
        """Start a stream that nobody can foresee, and return its seed, in [0, 2^64)."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self) -> int:
        """The seed of the current stream, in [0, 2^64)."""
        return self._seed

    def get_state(self) -> NDArray[np.uint8]:
        """The whole state, as the 5056 bytes of ``torch.Generator.get_state()``."""
        record = np.zeros(1, _STATE)
        legacy = record["legacy"]
        words = self._engine().state["state"]
        legacy["seed"], legacy["seeded"], legacy["words"] = self._seed, 1, words["key"]
        legacy["left"] = STATE_WORDS + 1 - words["pos"]
        legacy["next"] = words["pos"]
        if self._untouched:
            legacy["left"], legacy["next"] = 1, 0
        if self._next_normal is not None:
            legacy["normal_y"], legacy["normal_is_valid"] = self._next_normal, 1
        return record.view(np.uint8)

    def set_state(self, state: NDArray[np.uint8]) -> "Generator":
        """Go on from a state made by :meth:`get_state`, or by PyTorch's.

        Raises
        ------
        TypeError
            If `state` is not an array of uint8.
        RuntimeError
            If it has not 5056 bytes, or is no state of a Mersenne Twister.
        """
        if not isinstance(state, np.ndarray) or state.dtype != np.uint8:
            raise TypeError("a generator's state must be an array of uint8")
        if state.size != _STATE.itemsize:
            raise RuntimeError(
                f"a generator's state must have {_STATE.itemsize} bytes, but got {state.size}"
            )
        legacy = np.frombuffer(state.tobytes(), _STATE)["legacy"][0]
        left, following = int(legacy["left"]), int(legacy["next"])
        untouched = (left, following) == (1, 0)
        consistent = 0 < left <= STATE_WORDS and left + following == STATE_WORDS + 1
        if legacy["seeded"] != 1 or not (untouched or consistent):
            raise RuntimeError("the bytes are not the state of a Mersenne Twister")
        self._seed = int(legacy["seed"])
        self._twister = _twister(legacy["words"].astype(np.uint32), STATE_WORDS + 1 - left)
        self._untouched = untouched
        self._next_normal = float(legacy["normal_y"]) if legacy["normal_is_valid"] else None
        return self

    # --------------------------------------------------------------------------------- draws

    def _engine(self) -> "np.random.MT19937":
        if self._twister is None:
            seeded = np.random.RandomState(self._seed % 2**32).get_state(legacy=False)
            self._twister = _twister(seeded["state"]["key"], STATE_WORDS)
        return self._twister

    def _bits32(self, count: int) -> NDArray[np.uint64]:
        """The next `count` draws."""
        self._untouched = self._untouched and count == 0
        return self._engine().random_raw(count)

    def _bits64(self, count: int) -> NDArray[np.uint64]:
        """Two draws each, the first one on top."""
        pairs = self._bits32(2 * count).reshape(count, 2)
        return (pairs[:, 0] << np.uint64(32)) | pairs[:, 1]

    def _units(self, count: int, kind: np.dtype[Any]) -> Array:
        """Uniform numbers in [0, 1): float64 if that is `kind`, and otherwise float32."""
        if kind == np.float64:
            return distributions.unit_float64(self._bits64(count))
        return distributions.unit_float32(self._bits32(count))

    def _below(self, size: int, count: int, wide: bool) -> NDArray[np.uint64]:
        """Integers in [0, `size`): the remainders of 64 bits if `wide`, and of 32 otherwise."""
        return (self._bits64(count) if wide else self._bits32(count)) % np.uint64(size)

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
            raise RuntimeError(f"uniform needs low <= high, but got low={low} > high={high}")
        units = self._units(_count(shape), kind)
        start, stop = units.dtype.type(low), units.dtype.type(high)
        values = distributions.cast(distributions.fused(units, stop - start, start), kind)
        values[values == kind.type(stop)] = start  # rounding may have reached the open end
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
            raise RuntimeError(f"normal needs std >= 0, but got std={std}")
        count = _count(shape)
        in_blocks = in_blocks and count >= BLOCK
        values = self._normal_blocks(count, kind) if in_blocks else self._normal_pairs(count)
        return distributions.cast(distributions.fused(values, std, mean), kind).reshape(shape)

    def _normal_pairs(self, count: int) -> Array:
        values: list[float] = []
        if count and self._next_normal is not None:
            values.append(self._next_normal)
            self._next_normal = None
        pairs = (count - len(values) + 1) // 2
        units = distributions.unit_float64(self._bits64(2 * pairs)).tolist()
        for u1, u2 in zip(units[::2], units[1::2], strict=True):
            values.extend(distributions.box_muller_pair(u1, u2))
        if len(values) > count:
            self._next_normal = values.pop()
        return np.array(values, np.float64)

    def _normal_blocks(self, count: int, kind: np.dtype[Any]) -> Array:
        whole = count - count % BLOCK
        again = BLOCK if whole < count else 0
        # float16 blocks are drawn one by one, so nothing is drawn for what is made again.
        first = whole if kind == np.float16 else count
        units = self._units(first + again, kind)
        values = distributions.box_muller_blocks(np.concatenate([units[:whole], units[first:]]))
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
            raise RuntimeError(f"exponential needs a positive rate, but got {rate}")
        units = distributions.unit_float64(self._bits64(_count(shape)))
        return distributions.cast(distributions.exponential(units, rate), kind).reshape(shape)

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
            raise RuntimeError(f"bernoulli needs probabilities in [0, 1], but got p={p}")
        if not isinstance(p, np.ndarray):
            bits = self._bits64(_count(shape))
            return distributions.unit_float64_below(bits, p).reshape(shape)
        result: NDArray[np.bool_] = self._units(p.size, kind).reshape(p.shape) < p
        return result

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
            raise RuntimeError(f"randint needs low < high, but got low={low} >= high={high}")
        kind = np.dtype(dtype)
        least, most = distributions.integer_range(kind)
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
        _, most = distributions.integer_range(kind)
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
            raise RuntimeError(f"a permutation needs n >= 0, but got {n}")
        places = np.arange(n, dtype=np.uint64)
        if n < WIDE_PERMUTATION:
            places = places[:-1]
            targets = places + self._bits32(places.size) % (np.uint64(n) - places)
        else:
            targets = self._bits64(n) % (places + np.uint64(1))
        return distributions.shuffled(n, targets)

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
        distributions.check_multinomial(weights, num_samples, replacement)
        rows = np.atleast_2d(weights)
        if replacement and num_samples > 1:
            draws = distributions.unit_float64(self._bits64(len(rows) * num_samples))
            chosen = distributions.look_up(rows, draws.reshape(len(rows), num_samples))
        else:
            race = self.exponential(rows.shape, dtype=weights.dtype)
            chosen = distributions.winners(rows, race, num_samples)
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


def get_rng_state() -> NDArray[np.uint8]:
    """The default generator's state; see :meth:`Generator.get_state`."""
    return default_generator.get_state()


def set_rng_state(new_state: NDArray[np.uint8]) -> None:
    """Give the default generator a state; see :meth:`Generator.set_state`."""
    default_generator.set_state(new_state)
