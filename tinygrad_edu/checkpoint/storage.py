"""Storages: the memory that tensors share, and where in it each tensor lies.

A tensor in a file is a storage, an offset, a shape and strides. So views of one memory are views of
one memory again when they are loaded.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..autograd.graph import wrap
from ..memory import address, owner_of
from ..size import device
from ..tensor import Tensor
from .archive import Archive
from .error import CheckpointError

Array = np.ndarray[Any, Any]

#: By NumPy's name of a dtype, PyTorch's name for a storage of it.
STORAGE_NAMES = {
    "float16": "HalfStorage",
    "float32": "FloatStorage",
    "float64": "DoubleStorage",
    "uint8": "ByteStorage",
    "int8": "CharStorage",
    "int16": "ShortStorage",
    "int32": "IntStorage",
    "int64": "LongStorage",
    "bool": "BoolStorage",
}


@dataclass(frozen=True, eq=False)
class StorageType:
    """What stands for ``torch.FloatStorage`` and the like: the dtype of the numbers."""

    dtype: np.dtype[Any]


@dataclass(frozen=True, eq=False)
class Storage:
    """Memory that was loaded: `numbers`, of one dimension."""

    numbers: Array


class Place(NamedTuple):
    """Where a tensor's numbers lie: `offset` and `strides` count elements of `storage`."""

    storage: Array
    offset: int
    strides: tuple[int, ...]


def place_of(array: Array) -> Place:
    """The memory in which `array` lies, whole; or, where a file could not say that, a copy."""
    owner = owner_of(array)
    size = array.itemsize
    offset = address(array) - address(owner)
    contiguous = owner.flags.c_contiguous or owner.flags.f_contiguous
    whole = not any(count % size for count in (offset, owner.nbytes, *array.strides))
    if array.size == 0 or not contiguous or not whole or min(array.strides, default=0) < 0:
        copied = np.array(array, order="C")
        return Place(copied.reshape(-1), 0, tuple(stride // size for stride in copied.strides))
    numbers = owner.reshape(-1, order="A").view(np.uint8).view(array.dtype)
    return Place(numbers, offset // size, tuple(stride // size for stride in array.strides))


class Storages:
    """The storages of an archive, each read when it is first asked for.

    Parameters
    ----------
    archive : Archive
    map_location
        As for `load`.

    Raises
    ------
    CheckpointError
        If the archive's byte order is none.
    """

    def __init__(self, archive: Archive, map_location: Any) -> None:
        self.archive = archive
        self.map_location = map_location
        self.read: dict[str, Storage] = {}
        self.byteorder = "little"
        if "byteorder" in archive:
            self.byteorder = bytes(archive.read("byteorder")).decode("latin1")
        if self.byteorder not in ("little", "big"):
            raise CheckpointError(f"the byte order {self.byteorder!r} is neither little nor big")

    def get(self, kind: Any, key: Any, location: Any, count: Any) -> Storage:
        """The storage with this key: `count` numbers of a `StorageType`.

        `location` is the device on which they were when they were saved.

        Raises
        ------
        CheckpointError
            If there is none, or another type or count of numbers.
        """
        texts = type(key) is str and type(location) is str
        if not isinstance(kind, StorageType) or not texts or type(count) is not int:
            raise CheckpointError(f"{(kind, key, location, count)} does not describe a storage")
        if key not in self.read:
            content = self.archive.read(f"data/{key}")
            if len(content) != count * kind.dtype.itemsize:
                raise CheckpointError(
                    f"storage {key!r} has {len(content)} bytes, but should hold {count} numbers of "
                    f"{kind.dtype}"
                )
            self.read[key] = Storage(self._numbers(content, kind.dtype))
            self._check_location(location, self.read[key])
        storage = self.read[key]
        if storage.numbers.dtype != kind.dtype or storage.numbers.size != count:
            raise CheckpointError(f"storage {key!r} is used with two dtypes or sizes")
        return storage

    def _check_location(self, location: str, storage: Storage) -> None:
        """Raise unless `map_location` brings what was at `location` to the CPU."""
        wanted = self.map_location
        if callable(wanted):
            whole = wrap(storage.numbers)
            placed = wanted(whole, location)
            if placed is whole:
                return
            if placed is not None:
                raise NotImplementedError(
                    "map_location may return the storage it is given, or None, but returned "
                    f"{type(placed).__name__}"
                )
        elif isinstance(wanted, dict):
            location = str(wanted.get(location, location))
        elif wanted is not None:
            location = str(device(wanted))
        if location.partition(":")[0] != "cpu":
            raise CheckpointError(
                f"it holds tensors that were on {location!r}; give map_location='cpu' to load them"
            )

    def _numbers(self, content: memoryview, dtype: np.dtype[Any]) -> Array:
        if dtype == np.bool_:  # a byte that is neither 0 nor 1 would be neither true nor false
            return np.not_equal(np.frombuffer(content, np.uint8), 0)
        numbers = np.frombuffer(content, dtype)
        return numbers.copy() if self.byteorder == sys.byteorder else numbers.byteswap()


def tensor_in(storage: Any, offset: Any, shape: Any, strides: Any, requires_grad: Any) -> Tensor:
    """The tensor that lies there in a storage.

    Raises
    ------
    CheckpointError
        If these are not what they should be, or it would reach beyond the storage.
    """
    if not isinstance(storage, Storage) or type(requires_grad) is not bool:
        raise CheckpointError("a tensor is described by what is no storage, or no bool")
    for sizes in (shape, strides, (offset,)):
        if not isinstance(sizes, tuple) or not all(type(n) is int and n >= 0 for n in sizes):
            raise CheckpointError(f"{sizes} is no tuple of integers from 0 on")
    numbers = storage.numbers
    if len(shape) != len(strides):
        raise CheckpointError(f"a tensor of shape {shape} cannot have strides {strides}")
    reach = sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    if 0 not in shape and offset + reach >= numbers.size:
        raise CheckpointError(
            f"a tensor of shape {shape} with strides {strides} at {offset} reaches beyond its "
            f"storage of {numbers.size} numbers"
        )
    if requires_grad and numbers.dtype.kind != "f":
        raise CheckpointError(f"a tensor of {numbers.dtype} cannot require a gradient")
    tensor = wrap(view(numbers, offset, shape, strides))
    tensor.requires_grad = requires_grad
    return tensor


def view(numbers: Array, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> Array:
    """A view of memory; the arguments are known to fit it."""
    size = numbers.itemsize
    try:
        if 0 in shape:
            return np.empty(shape, numbers.dtype)
        if math.prod(shape) * size >= 2**63:
            raise ValueError("more elements than can be counted")
        # The stride of a dimension of size 1 says nothing, and might be larger than any memory.
        steps = tuple(min(s, numbers.size) * size for s in strides)
        return np.ndarray(shape, numbers.dtype, numbers, offset * size, steps)
    except ValueError as error:
        raise CheckpointError(f"there can be no tensor of shape {shape}: {error}") from error
