"""GPUs by NVIDIA: there are none here.

PyTorch also keeps here which of its implementations `scaled_dot_product_attention` may choose from,
on a CPU, too: there it has two, "flash" and "math".
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Matmul:
    """Settings of matrix products on a GPU: they are taken, and mean nothing."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True


matmul = Matmul()


def is_built() -> bool:
    """Whether this library could use one: no."""
    return False


# Implementations of attention ---------------------------------------------------------------------

#: Which may be chosen, under PyTorch's names for them, in the order in which it lists them.
_enabled = {"cudnn": True, "flash": True, "mem_efficient": True, "math": True, "overrideable": True}


def _enable(name: str, enabled: bool) -> None:
    if not isinstance(enabled, bool):
        raise RuntimeError(f"set_sdp_use_{name} expects a bool, but got {type(enabled).__name__}")
    _enabled[name] = enabled


def enable_cudnn_sdp(enabled: bool) -> None:
    """Say whether attention may be computed by cuDNN; it never is."""
    _enable("cudnn", enabled)


def enable_flash_sdp(enabled: bool) -> None:
    """Say whether attention may be computed by the implementation that is called flash."""
    _enable("flash", enabled)


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Say whether attention may be computed with little memory of a GPU; it never is."""
    _enable("mem_efficient", enabled)


def enable_math_sdp(enabled: bool) -> None:
    """Say whether attention may be computed as its formula is written."""
    _enable("math", enabled)


def cudnn_sdp_enabled() -> bool:
    """What `enable_cudnn_sdp` set last."""
    return _enabled["cudnn"]


def flash_sdp_enabled() -> bool:
    """What `enable_flash_sdp` set last."""
    return _enabled["flash"]


def mem_efficient_sdp_enabled() -> bool:
    """What `enable_mem_efficient_sdp` set last."""
    return _enabled["mem_efficient"]


def math_sdp_enabled() -> bool:
    """What `enable_math_sdp` set last."""
    return _enabled["math"]


def is_flash_attention_available() -> bool:
    """Whether a GPU could compute attention by flash: no."""
    return False


@contextmanager
def sdp_kernel(
    enable_flash: bool = True,
    enable_math: bool = True,
    enable_mem_efficient: bool = True,
    enable_cudnn: bool = True,
) -> Iterator[dict[str, Any]]:
    """Let attention be computed by these implementations within a ``with`` block.

    It is deprecated: `nn.attention.sdpa_kernel` takes its place.
    """
    warnings.warn(
        "`torch.backends.cuda.sdp_kernel()` is deprecated. In the future, this context manager "
        "will be removed. Please see `torch.nn.attention.sdpa_kernel()` for the new context "
        "manager, with updated signature.",
        FutureWarning,
        stacklevel=3,
    )
    before = dict(_enabled)
    enable_flash_sdp(enable_flash)
    enable_math_sdp(enable_math)
    enable_mem_efficient_sdp(enable_mem_efficient)
    enable_cudnn_sdp(enable_cudnn)
    _enabled["overrideable"] = False
    try:
        yield {}
    finally:
        _enabled.update(before)
