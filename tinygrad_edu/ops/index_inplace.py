"""Changing elements in place, by an index: ``x.index_add_(0, index, source)`` and the like.

What is computed stands in `scatter`, `index_slices`, `reduce_scatter` and `scatter_views`; how a
change is recorded, in `mutation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import index, index_slices, reduce_scatter, scatter, scatter_views
from .arguments import torch_arguments
from .choice import masked_fill
from .inplace import in_place
from .mutation import change

if TYPE_CHECKING:
    from ..tensor import Number, Tensor

# Where an index says which element goes where, what is read may not even be the same memory.
scatter_ = in_place(scatter.scatter, sharing="nothing")
scatter_add_ = in_place(index.scatter_add, sharing="nothing")
index_add_ = in_place(index_slices.index_add, sharing="nothing")
index_copy_ = in_place(index_slices.index_copy, sharing="nothing")
index_fill_ = in_place(index_slices.index_fill)
index_put_ = in_place(index_slices.index_put, sharing="nothing")
masked_scatter_ = in_place(scatter.masked_scatter, sharing="anything")
scatter_reduce_ = in_place(reduce_scatter.scatter_reduce, sharing="nothing")
index_reduce_ = in_place(reduce_scatter.index_reduce, sharing="nothing")
put_ = in_place(scatter_views.put, sharing="nothing")


@torch_arguments
def masked_fill_(input: Tensor, mask: Tensor, value: Number | Tensor) -> Tensor:
    """`masked_fill`, in place."""
    return change(input, lambda before: masked_fill(before, mask, value), value, sharing="anything")
