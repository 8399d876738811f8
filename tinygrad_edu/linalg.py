"""Linear algebra under PyTorch's names: ``torch.linalg``."""

from .ops.norm import linalg_norm as norm
from .ops.norm import matrix_norm, vector_norm

__all__ = ["matrix_norm", "norm", "vector_norm"]
