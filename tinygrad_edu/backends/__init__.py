"""What programs ask of, and set in, ``torch.backends``: libraries that PyTorch computes with.

None of them is here. What programs set before they train (``cudnn.deterministic = True``) is taken
and read back, and means nothing: results here are the same from run to run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..missing import ON_CPU, QUANTIZED, by_name, refuse
from . import cuda, cudnn, mkl, mkldnn, mps, openmp

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]

#: What PyTorch has besides.
MISSING = by_name(
    {
        ON_CPU: "cusparselt miopen",
        QUANTIZED: "quantized",
        "NumPy multiplies": "cpu kleidiai mha nnpack opt_einsum",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
