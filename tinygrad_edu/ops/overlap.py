"""Memory that is shared in a way that a change in place cannot bear.

Two things can be wrong with a tensor that is to be written to. Its own elements may share memory,
as after `expand`: then there is room for one number where there should be several. And what is read
may share a part of its memory, as in ``x[1:] += x[:-1]``: then what is read depends on how far the
writing has come. As in PyTorch the second is looked for only where both lie in memory without gaps;
whether other ways to look at a memory meet is hard to say.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..autograd.graph import TensorBase
from ..autograd.views import offsets
from ..memory import address, owner_of

#: How what an op reads may share memory with what it writes: be the same, share nothing, or
#: anything, for it has read all before it writes.
Sharing = Literal["same", "nothing", "anything"]


def check_operands(target: TensorBase, operands: tuple[Any, ...], sharing: Sharing) -> None:
    """Raise if `target`, to be written to, shares memory with what is read.

    Raises
    ------
    RuntimeError
        If one of the tensors among `operands` shares more with it than `sharing` allows.
    """
    for operand in operands:
        if isinstance(operand, TensorBase) and operand._versions is target._versions:
            check_pair(target, operand, sharing)


def check_pair(target: TensorBase, operand: TensorBase, sharing: Sharing) -> None:
    """Raise if two tensors share more memory than `sharing` allows."""
    shared = "same" if operand is target else _shared(target.array, operand.array)
    if sharing != "anything" and shared not in ("nothing", sharing):
        raise RuntimeError(
            "unsupported operation: some elements of the input tensor and the written-to tensor "
            "refer to a single memory location. Please clone() the tensor before performing the "
            "operation."
        )


def _shared(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> str:
    """What two arrays share: "nothing", "same" or "part"."""
    if not (a.size and b.size and has_no_gaps(a) and has_no_gaps(b)):
        return "nothing"
    start_a, start_b = address(a), address(b)
    if (start_a, a.nbytes) == (start_b, b.nbytes):
        return "same" if a.strides == b.strides else "part"
    return "part" if start_a < start_b + b.nbytes and start_b < start_a + a.nbytes else "nothing"


def has_no_gaps(array: np.ndarray[Any, Any]) -> bool:
    """Whether its elements fill a piece of memory, in whatever order of dimensions."""
    if array.flags.forc:
        return True
    expected = array.itemsize
    for step, size in sorted(zip(array.strides, array.shape, strict=True)):
        if size != 1 and step != expected:
            return False
        expected *= size
    return True


def repeats(array: np.ndarray[Any, Any]) -> bool:
    """Whether elements of an array share memory with each other."""
    if not array.size:
        return False
    steps = zip(array.strides, array.shape, strict=True)
    if any(step == 0 and size > 1 for step, size in steps):
        return True
    return np.unique(offsets(array, address(array))).size < array.size


def writable(array: np.ndarray[Any, Any], repeated: bool = False) -> np.ndarray[Any, Any]:
    """`array`, or, where NumPy does not let it be written to, the same memory as one that can be.

    Parameters
    ----------
    array : numpy.ndarray
    repeated : bool
        Whether its elements may share memory: all are given the same number.

    Raises
    ------
    RuntimeError
        If they may not, and do; or if the memory may not be written to.
    """
    if array.flags.writeable:
        return array
    owner = owner_of(array)
    if not owner.flags.writeable or (not repeated and repeats(array)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location, or the memory is read-only. Please clone() the tensor first."
        )
    memory = owner.reshape(-1, order="A").view(array.dtype)
    start = address(array) - address(owner)
    return np.ndarray(array.shape, array.dtype, memory, start, array.strides)
