"""The memory under a tensor, in one dimension: ``x.storage()`` and ``x.untyped_storage()``.

A tensor is a way of looking at such a memory: an offset, and for each dimension a stride. Two
tensors that share memory have the same storage, and ``storage()[0] = 5.0`` changes both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .dtypes import dtype, from_numpy_dtype
from .memory import address


class UntypedStorage:
    """The memory as bytes.

    Parameters
    ----------
    memory : numpy.ndarray
        One-dimensional; the storage shares it.
    """

    def __init__(self, memory: np.ndarray[Any, Any]) -> None:
        self._memory = memory.view(np.uint8)

    def data_ptr(self) -> int:
        """The address of the first byte; 0 if there is none."""
        return address(self._memory) if self._memory.size else 0

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._memory.nbytes

    def size(self) -> int:
        """The number of elements."""
        return self._memory.size

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        return list(self._memory.tolist())

    def __len__(self) -> int:
        return self._memory.size

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return UntypedStorage(self._memory[index])
        return self._memory[index].item()

    def __setitem__(self, index: Any, value: Any) -> None:
        self._memory[index] = value

    def __repr__(self) -> str:
        lines = "".join(f" {value}\n" for value in self.tolist())
        return f"{lines}[torch.storage.UntypedStorage(device=cpu) of size {len(self)}]"


class TypedStorage(UntypedStorage):
    """The memory as elements of one dtype.

    Parameters
    ----------
    memory : numpy.ndarray
        One-dimensional; the storage shares it.
    """

    def __init__(self, memory: np.ndarray[Any, Any]) -> None:
        self._memory = memory

    @property
    def dtype(self) -> dtype:
        """The type of the elements."""
        return from_numpy_dtype(self._memory.dtype)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return super().__getitem__(index)

    def element_size(self) -> int:
        """Bytes of one element."""
        return self._memory.itemsize

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes."""
        return UntypedStorage(self._memory)

    def __repr__(self) -> str:
        lines = "".join(f" {value}\n" for value in self.tolist())
        return (
            f"{lines}[torch.storage.TypedStorage(dtype={self.dtype}, device=cpu) "
            f"of size {len(self)}]"
        )
