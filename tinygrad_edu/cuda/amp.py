"""The old place of `amp`, in which the device is always "cuda"."""

from __future__ import annotations

import warnings
from typing import Any

from .. import amp
from ..dtypes import dtype as Dtype
from ..made_modules import made_module

__all__ = ["GradScaler", "autocast"]


class autocast(amp.autocast):
    """``torch.amp.autocast("cuda", ...)``, which warns of its new place."""

    def __init__(
        self, enabled: bool = True, dtype: Dtype | None = None, cache_enabled: bool = True
    ) -> None:
        _warn_of("autocast")
        super().__init__("cuda", enabled=enabled, dtype=dtype, cache_enabled=cache_enabled)


class GradScaler(amp.GradScaler):
    """``torch.amp.GradScaler("cuda", ...)``, which warns of its new place."""

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        _warn_of("GradScaler")
        options: dict[str, Any] = {"growth_interval": growth_interval, "enabled": enabled}
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, **options)


def _warn_of(name: str) -> None:
    warnings.warn(
        f"`torch.cuda.amp.{name}(args...)` is deprecated. Please use "
        f"`torch.amp.{name}('cuda', args...)` instead.",
        FutureWarning,
        stacklevel=3,
    )


autocast_mode = made_module(f"{__name__}.autocast_mode", {"autocast": autocast}, {})
grad_scaler = made_module(f"{__name__}.grad_scaler", {"GradScaler": GradScaler}, {})
