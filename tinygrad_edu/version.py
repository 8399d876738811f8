"""Which PyTorch this is like, and which tinygrad_edu it is.

Programs read ``torch.__version__`` to learn what they may call. So it is the version of the PyTorch
whose names, defaults and errors these are, with tinygrad_edu's own name behind the "+" where
PyTorch's builds have "cpu" or "cu126".
"""

from __future__ import annotations

from .torch_version import TorchVersion

__version__ = TorchVersion("2.13.0+tinygrad_edu")

#: The version of this package.
package_version = "0.1.0"

debug = False
cuda: str | None = None
hip: str | None = None
rocm: str | None = None
xpu: str | None = None
git_version = "unknown"
