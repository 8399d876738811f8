"""Views: tensors that look at the memory of another one, and change when it does.

A view knows the tensor whose memory it is, its *base*, and the base knows its living views (but not
those that were made without recording, which may not be changed with it). So when
memory is changed in place, every tensor that looks at it can be told what its values now depend on
(see `ops.mutation`). All of them also share one counter of changes, by which the backward pass
notices that a value it had saved is no longer the one it was.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from .grad_mode import grad_mode
from .graph import TensorBase


def note_view(result: TensorBase, args: tuple[Any, ...], several: bool = False) -> None:
    """If `result` is a view of an argument, let the two know of each other.

    Parameters
    ----------
    result : Tensor
    args : tuple
        What it was computed from.
    several : bool
        Whether it is one of several results, as of `split`.
    """
    if result.array.base is None:
        return
    for argument in args:
        if isinstance(argument, TensorBase) and looks_at(result.array, argument.array):
            result._versions = argument._versions
            base = result._base = argument if argument._base is None else argument._base
            result._made_by, result._made_at = argument._made_by, argument._versions[0]
            if not grad_mode.enabled:
                result._made_by = "no_grad"
                return
            if several:
                result._made_by = "several"
            if base._views is None:
                base._views = weakref.WeakSet()
            base._views.add(result)
            return


def looks_at(view: np.ndarray[Any, Any], array: np.ndarray[Any, Any]) -> bool:
    """Whether `view` was made from `array`, or from what `array` is a view of."""
    memory: Any = view.base
    while memory is not None:
        if memory is array or memory is array.base:
            return True
        memory = getattr(memory, "base", None)  # sliding windows have a wrapper in between
    return False


def positions(view: np.ndarray[Any, Any], base: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Where in `base`, counted row by row, each element of `view` lies.

    Returns
    -------
    numpy.ndarray of int64, of the shape of `view`
    """
    start = _address(base)
    of_base, of_view = offsets(base, start).ravel(), offsets(view, start)
    order = np.argsort(of_base)
    found: np.ndarray[Any, Any] = order[np.searchsorted(of_base, of_view, sorter=order)]
    return found


def offsets(array: np.ndarray[Any, Any], start: int) -> np.ndarray[Any, Any]:
    """How many bytes behind `start` each element lies."""
    total = np.array(_address(array) - start)
    for size, stride in zip(array.shape, array.strides, strict=True):
        total = total[..., None] + np.arange(size) * stride
    return total


def _address(array: np.ndarray[Any, Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address
