"""``torch.amp``: mixed precision, as it is without a GPU: on the CPU alone, and switched off.

A program that trains with `autocast` and `GradScaler` on a GPU runs unchanged where there is none:
PyTorch warns, and computes in float32. That is what happens here. What is lacking is
``autocast("cpu")`` switched on, which computes in bfloat16; NumPy has no such dtype.
"""

from .autocast_mode import autocast, custom_bwd, custom_fwd, is_autocast_available
from .grad_scaler import GradScaler

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]
