"""Views: tensors that look at the memory of another one, and change when it does.

A view knows the tensor whose memory it is, its *base*, and the base knows its living views. So when
memory is changed in place, every tensor that looks at it can be told what its values now depend on
(see `ops.mutation`). All of them also share one counter of changes, by which the backward pass
notices that a value it had saved is no longer the one it was.

A view that was made without recording requires a gradient when its base does, though nothing says
what it was made of: it is a leaf. So after a change of its base it is of no more use.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from ..memory import address
from .grad_mode import grad_mode
from .graph import TensorBase

if TYPE_CHECKING:
    from ..tensor import Tensor


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
                result._requires_grad = base._requires_grad and result.array.dtype.kind == "f"
            elif several:
                result._made_by = "several"
            if base._views is None:
                base._views = weakref.WeakSet()
            base._views.add(result)
            return


def alone(view: Tensor) -> Tensor:
    """`view`, of a tensor that nobody else has, as a tensor for itself."""
    view._base, view._made_by = None, ""
    return view


def looks_at(view: np.ndarray[Any, Any], array: np.ndarray[Any, Any]) -> bool:
    """Whether `view` was made from `array`, or from what `array` is a view of."""
    memory: Any = view.base
    while memory is not None:
        if memory is array or memory is array.base:
            return True
        memory = getattr(memory, "base", None)  # sliding windows have a wrapper in between
    return False


class Region(NamedTuple):
    """Where a view lies in its base, of which the elements lie row by row.

    Attributes
    ----------
    shape : tuple of int
        That of the view.
    strides : tuple of int
        How many elements of the base further the next one along each dimension lies.
    start : int
        How many elements of the base come before its first.
    """

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    start: int

    def of(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The view of the same place in `array`, which lies row by row, too."""
        width = array.itemsize
        strides = tuple([step * width for step in self.strides])
        return np.ndarray(self.shape, array.dtype, array, self.start * width, strides)


#: A region, or an index into the base's elements, counted row by row.
Places: TypeAlias = Region | np.ndarray[Any, Any]


def places_of(view: np.ndarray[Any, Any], base: np.ndarray[Any, Any]) -> Places:
    """Where in `base` the elements of `view` lie: a region where that says it, or an index."""
    if base.flags.c_contiguous and view.flags.writeable and view.size:
        width = base.itemsize
        strides = tuple([step // width for step in view.strides])
        return Region(view.shape, strides, (address(view) - address(base)) // width)
    return positions(view, base)


def positions(view: np.ndarray[Any, Any], base: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Where in `base`, counted row by row, each element of `view` lies.

    Returns
    -------
    numpy.ndarray of int64, of the shape of `view`
    """
    start = address(base)
    of_base, of_view = offsets(base, start).ravel(), offsets(view, start)
    order = np.argsort(of_base)
    found: np.ndarray[Any, Any] = order[np.searchsorted(of_base, of_view, sorter=order)]
    return found


def offsets(array: np.ndarray[Any, Any], start: int) -> np.ndarray[Any, Any]:
    """How many bytes behind `start` each element lies."""
    total = np.array(address(array) - start)
    for size, stride in zip(array.shape, array.strides, strict=True):
        total = total[..., None] + np.arange(size) * stride
    return total
