"""The bridge: exact copies of tensors between PyTorch and tinygrad_edu.

A copy has the values, dtype and `requires_grad` of the original, and its layout in memory: a
transposed tensor arrives transposed, every second element arrives as every second element of a
larger buffer, and an expanded one with stride 0. The same tensor given twice arrives as the same
tensor twice, for a bridge remembers what crossed it; and views of one PyTorch storage arrive as
views of one array.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided

import tinygrad_edu

LAYOUTS = ("contiguous", "transposed", "sliced", "expanded")


class Bridge:
    """Carries tensors across, each once."""

    def __init__(self) -> None:
        self._crossed: dict[int, tuple[Any, Any]] = {}  # with the original, so that ids stay unique
        self.buffers: dict[int, np.ndarray[Any, Any]] = {}  # by address of the storage
        self._moved: dict[int, tuple[Any, Any]] = {}
        self._storages: dict[int, torch.UntypedStorage] = {}

    def to_ours(self, tensor: torch.Tensor) -> tinygrad_edu.Tensor:
        """The copy of a PyTorch tensor; a leaf, which requires a gradient if `tensor` does."""
        if id(tensor) not in self._crossed:
            storage = tensor.untyped_storage()
            key = storage.data_ptr() or id(tensor)
            if key not in self.buffers:
                memory = torch.empty(0, dtype=torch.uint8).set_(storage)
                self.buffers[key] = memory.numpy().copy()
            buffer = self.buffers[key].view(numpy_dtype(tensor.dtype))
            array = as_strided(
                buffer[tensor.storage_offset() :],
                tuple(tensor.shape),
                tuple(n * buffer.itemsize for n in tensor.stride()),
            )
            copied = tinygrad_edu.from_numpy(array).requires_grad_(tensor.requires_grad)
            self._crossed[id(tensor)] = tensor, copied
        return self._crossed[id(tensor)][1]

    def to_device(self, tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
        """The copy of a PyTorch tensor on a device; a leaf, which requires a gradient if `tensor`
        does."""
        if id(tensor) not in self._moved:
            storage = tensor.untyped_storage()
            key = storage.data_ptr() or id(tensor)
            if key not in self._storages:
                memory = torch.empty(0, dtype=torch.uint8, device=tensor.device).set_(storage)
                self._storages[key] = memory.to(device, copy=True).untyped_storage()
            moved = torch.empty(0, dtype=tensor.dtype, device=device).set_(
                self._storages[key], tensor.storage_offset(), tensor.shape, tensor.stride()
            )
            self._moved[id(tensor)] = tensor, moved.requires_grad_(tensor.requires_grad)
        return self._moved[id(tensor)][1]

    def to_torch(self, tensor: tinygrad_edu.Tensor) -> torch.Tensor:
        """The copy of one of our tensors; a leaf, which requires a gradient if `tensor` does.

        Raises
        ------
        ValueError
            If a stride is negative, which PyTorch does not have.
        """
        if id(tensor) not in self._crossed:
            array = tensor.array
            if any(stride < 0 for stride in array.strides):
                raise ValueError(f"PyTorch has no negative strides, but got {array.strides}")
            span = sum((n - 1) * s for n, s in zip(array.shape, array.strides, strict=True))
            count = span // array.itemsize + 1 if array.size else 0
            memory = as_strided(array, (count,), (array.itemsize,)).copy()
            strides = tuple(s // array.itemsize for s in array.strides)
            copied = torch.as_strided(torch.from_numpy(memory), array.shape, strides)
            self._crossed[id(tensor)] = tensor, copied.requires_grad_(tensor.requires_grad)
        return self._crossed[id(tensor)][1]


@functools.cache
def numpy_dtype(dtype: torch.dtype) -> np.dtype[Any]:
    """The NumPy dtype of the same name."""
    return np.dtype(str(dtype).removeprefix("torch."))


def lay_out(tensor: torch.Tensor, layout: str) -> torch.Tensor:
    """The values of `tensor` in another arrangement of memory.

    Parameters
    ----------
    tensor : torch.Tensor
    layout : {"contiguous", "transposed", "sliced", "expanded"}
        Row by row; column by column; every second element of a larger, used buffer, from its second
        on; or the first slice along the last dimension longer than 1, repeated with stride 0, which
        changes the values.
    """
    if layout == "transposed":
        order = tuple(reversed(range(tensor.ndim)))
        return tensor.permute(order).contiguous().permute(order)
    if layout == "sliced" and tensor.ndim:
        shape = (*tensor.shape[:-1], 2 * tensor.shape[-1] + 1)
        wide = torch.full(shape, 77, device=tensor.device).to(tensor.dtype)
        wide[..., 1::2] = tensor
        return wide[..., 1::2]
    if layout == "expanded":
        for dim in reversed(range(tensor.ndim)):
            if tensor.shape[dim] > 1:
                return tensor.narrow(dim, 0, 1).clone().expand(tensor.shape)
    return tensor.contiguous()
