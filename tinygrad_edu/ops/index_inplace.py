"""Changing elements in place, by an index: ``x.index_add_(0, index, source)`` and the like.

What is computed stands in `scatter`, `index_slices`, `reduce_scatter` and `scatter_views`; how a
change is recorded, in `mutation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..autograd.graph import TensorBase
from . import index, index_slices, reduce_scatter, scatter, scatter_views
from .arguments import torch_arguments
from .choice import masked_fill
from .convert import numbers
from .inplace import in_place
from .mutation import change

if TYPE_CHECKING:
    from ..tensor import Number, Tensor

scatter_, scatter_add_ = in_place(scatter.scatter), in_place(index.scatter_add)
index_add_, index_copy_ = in_place(index_slices.index_add), in_place(index_slices.index_copy)
index_fill_, index_put_ = in_place(index_slices.index_fill), in_place(index_slices.index_put)
masked_scatter_ = in_place(scatter.masked_scatter)
scatter_reduce_ = in_place(reduce_scatter.scatter_reduce)
index_reduce_, put_ = in_place(reduce_scatter.index_reduce), in_place(scatter_views.put)


@torch_arguments
def masked_fill_(input: Tensor, mask: Tensor, value: Number | Tensor) -> Tensor:
    """`masked_fill`, in place.

    Raises
    ------
    RuntimeError
        If `value` is out of the range of the dtype; or as `masked_fill`.
    """
    if isinstance(value, TensorBase):
        numbers(value.array, input.array.dtype)
    return change(input, lambda before: masked_fill(before, mask, value), value)
