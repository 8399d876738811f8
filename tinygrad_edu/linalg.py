"""Linear algebra under PyTorch's names: ``torch.linalg``."""

from typing import TYPE_CHECKING

from .missing import COMPLEX, NOT_YET, by_name, refuse
from .ops.attempts import cholesky_ex, inv_ex, solve_ex
from .ops.determinants import linalg_det as det
from .ops.determinants import linalg_slogdet as slogdet
from .ops.diagonal import linalg_diagonal as diagonal
from .ops.least_squares import lstsq
from .ops.linalg import matmul
from .ops.lu import lu, lu_factor, lu_factor_ex
from .ops.lu_solve import lu_solve
from .ops.matrix import LinAlgError, cholesky, inv, solve
from .ops.matrix_functions import linalg_vander as vander
from .ops.matrix_functions import (
    matrix_exp,
    matrix_power,
    tensorinv,
    tensorsolve,
    vecdot,
)
from .ops.norm import linalg_norm as norm
from .ops.norm import matrix_norm, vector_norm
from .ops.orthogonal import householder_product, qr
from .ops.products import linalg_cross as cross
from .ops.products import multi_dot
from .ops.pseudo_inverse import cond, matrix_rank, pinv
from .ops.spectrum import eigh, eigvalsh, svd, svdvals
from .ops.triangular import solve_triangular

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]

#: What PyTorch has besides. (For a symmetric matrix there are `eigh` and `eigvalsh`.)
MISSING = by_name({COMPLEX: "eig eigvals", NOT_YET: "ldl_factor ldl_factor_ex ldl_solve"})

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
