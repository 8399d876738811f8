"""The stream of random bits behind every draw, its seed and its state, as PyTorch's CPU has them.

The bits come from NumPy's own Mersenne Twister [1]_, which equals PyTorch's when seeded in the
legacy way; the state is laid out as PyTorch's C++ does (CPUGeneratorImpl.cpp and
core/MT19937RNGEngine.h in pytorch/aten/src/ATen), so that either library goes on from the other's.

.. [1] M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed
   uniform pseudo-random number generator", ACM TOMACS 8(1), 1998.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np

from . import random_numbers as numbers
from .autograd.graph import TensorBase, wrap
from .size import device as Device

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"

STATE_WORDS = 624  # the Mersenne Twister makes its 32-bit words in batches of this many
DEFAULT_SEED = 67280421310721  # a new Generator's, in PyTorch

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


def _twister(words: NDArray[np.uint32], position: int) -> np.random.MT19937:
    twister = np.random.MT19937(0)
    twister.state = {"bit_generator": "MT19937", "state": {"key": words, "pos": position}}
    return twister


class Stream:
    """Random bits, 32 at a time, and one number more: normals are made in pairs, so the second of
    the last pair may be waiting.

    A new one has PyTorch's default seed, 67280421310721.

    Parameters
    ----------
    device : str or device, optional
        The CPU; for another, RuntimeError is raised.
    """

    def __init__(self, device: str | Device | None = None) -> None:
        if device is not None and Device(device).type != "cpu":
            raise RuntimeError(f"there is no generator for {device}: everything is on the CPU")
        self.manual_seed(DEFAULT_SEED)

    @property
    def device(self) -> Device:
        """Always the CPU."""
        return Device("cpu")

    def clone_state(self) -> Self:
        """Another that goes on from where this one is."""
        clone = type(self)()
        clone.set_state(self.get_state())
        return clone

    # ------------------------------------------------------------------------ seed and state

    def manual_seed(self, seed: int) -> Self:
        """Start the stream that belongs to `seed`.

        Parameters
        ----------
        seed : int
            In [-2^63, 2^64); a negative one means 2^64 + `seed`. The stream depends on the low
            32 bits alone.

        Returns
        -------
        Stream
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

    def get_state(self) -> Any:
        """The whole state, as ``torch.Generator.get_state()``: a Tensor of 5056 bytes, uint8."""
        return wrap(self._state_bytes())

    def set_state(self, state: Any) -> Self:
        """Go on from a state made by :meth:`get_state`, or by PyTorch's.

        Raises
        ------
        TypeError
            If `state` is not a Tensor of uint8.
        RuntimeError
            If it has not 5056 bytes, or is no state of a Mersenne Twister.
        """
        if not isinstance(state, TensorBase) or state.array.dtype != np.uint8:
            raise TypeError(f"expected a torch.ByteTensor, but got {type(state).__name__}")
        return self._take_state_bytes(state.array)

    def exchange(self, other: Stream) -> None:
        """Take the stream of `other`, as far as it has come, and give it this one's."""
        self.__dict__, other.__dict__ = other.__dict__, self.__dict__

    def kept(self) -> dict[str, Any]:
        """What :meth:`go_back` takes: a state that need not be written as PyTorch writes it."""
        twister = None if self._twister is None else self._twister.state
        return {**vars(self), "_twister": twister}

    def go_back(self, kept: dict[str, Any]) -> None:
        """Go on from where the stream was at :meth:`kept`."""
        twister = self._twister
        vars(self).update(kept)
        if kept["_twister"] is not None:
            self._twister = twister or np.random.MT19937(0)  # a new one takes ten times as long
            self._twister.state = kept["_twister"]

    def _state_bytes(self) -> NDArray[np.uint8]:
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

    def _take_state_bytes(self, state: NDArray[np.uint8]) -> Self:
        if state.size != _STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} but found the input "
                f"RNG state size to be {state.size}"
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

    def _engine(self) -> np.random.MT19937:
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
            return numbers.unit_float64(self._bits64(count))
        return numbers.unit_float32(self._bits32(count))

    def _below(self, size: int, count: int, wide: bool) -> NDArray[np.uint64]:
        """Integers in [0, `size`): the remainders of 64 bits if `wide`, and of 32 otherwise."""
        return (self._bits64(count) if wide else self._bits32(count)) % np.uint64(size)
