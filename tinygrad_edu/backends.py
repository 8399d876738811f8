"""What programs ask of, and set in, ``torch.backends``: libraries that PyTorch computes with.

None of them is here. What programs set before they train (``cudnn.deterministic = True``) is taken
and read back, and means nothing: results here are the same from run to run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .missing import ON_CPU, QUANTIZED, by_name, refuse


class Cudnn:
    """Settings of NVIDIA's library for networks, with PyTorch's defaults."""

    enabled = True
    deterministic = False
    benchmark = False
    benchmark_limit: int | None = None
    allow_tf32 = True

    def is_available(self) -> bool:
        """Whether the library is there: no."""
        return False

    def version(self) -> int | None:
        """Its version: None."""
        return None


class Matmul:
    """Settings of matrix products on a GPU."""

    allow_tf32 = False


class Cuda:
    """GPUs by NVIDIA."""

    def __init__(self) -> None:
        self.matmul = Matmul()

    def is_built(self) -> bool:
        """Whether this library could use one: no."""
        return False


class Mps:
    """GPUs by Apple."""

    def is_available(self) -> bool:
        """Whether there is one: not for this library."""
        return False

    is_built = is_available


cuda, cudnn, mps = Cuda(), Cudnn(), Mps()

#: What PyTorch has besides.
MISSING = by_name(
    {
        ON_CPU: "cusparselt miopen",
        QUANTIZED: "quantized",
        "NumPy multiplies": "cpu kleidiai mha mkl mkldnn nnpack openmp opt_einsum",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse("module 'tinygrad_edu.backends'", name, MISSING)
