"""Where PyTorch keeps those functions of ``torch`` that it writes in Python."""

from .ops.einsum import einsum, tensordot
from .ops.grids import cartesian_prod, meshgrid
from .ops.norm import norm
from .ops.pairs import cdist
from .ops.products import chain_matmul
from .ops.sort import unique, unique_consecutive
from .ops.stacking import atleast_1d, atleast_2d, atleast_3d, block_diag, broadcast_tensors
from .queries import broadcast_shapes

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "broadcast_shapes",
    "broadcast_tensors",
    "cartesian_prod",
    "cdist",
    "chain_matmul",
    "einsum",
    "meshgrid",
    "norm",
    "tensordot",
    "unique",
    "unique_consecutive",
]
