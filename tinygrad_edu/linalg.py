"""Linear algebra under PyTorch's names: ``torch.linalg``."""

from .ops.linalg import matmul
from .ops.matrix import LinAlgError, cholesky, det, inv, solve
from .ops.matrix import linalg_slogdet as slogdet
from .ops.norm import linalg_norm as norm
from .ops.norm import matrix_norm, vector_norm
from .ops.products import linalg_cross as cross
from .ops.products import multi_dot

__all__ = [
    "LinAlgError",
    "cholesky",
    "cross",
    "det",
    "inv",
    "matmul",
    "matrix_norm",
    "multi_dot",
    "norm",
    "slogdet",
    "solve",
    "vector_norm",
]
