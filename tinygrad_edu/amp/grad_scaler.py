"""`GradScaler`: a loss is multiplied before the backward pass, so that small gradients survive half
precision, and gradients are divided again before the step.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from ..optim.optimizer import Optimizer
from ..tensor import Tensor

__all__ = ["GradScaler"]


class GradScaler:
    """What scales losses, if there is a GPU; without one it warns and passes everything through.

    Parameters
    ----------
    device : str
    init_scale, growth_factor, backoff_factor : float
    growth_interval : int
        Without effect.
    enabled : bool
        With False it passes everything through without a warning.

    Raises
    ------
    NotImplementedError
        If it is enabled for another device than "cuda".
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if enabled and device == "cuda":
            warnings.warn(
                "torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.",
                stacklevel=2,
            )
        elif enabled:
            raise NotImplementedError(
                f"GradScaler({device!r}) is for gradients in half precision; there is no mixed "
                "precision here, give enabled=False"
            )

    def scale(self, outputs: Tensor | Iterable[Tensor]) -> Any:
        """`outputs`, the loss or several, as they are."""
        return outputs

    def unscale_(self, optimizer: Optimizer) -> None:
        """Divide the gradients of an optimizer's parameters: nothing happens."""

    def step(self, optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        """``optimizer.step(...)``, and what it returns."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """Find the next scale: nothing happens."""

    def get_scale(self) -> float:
        """What losses are multiplied with: 1."""
        return 1.0

    def is_enabled(self) -> bool:
        """Whether it scales: no."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """What is to be saved: nothing."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state: nothing happens, for one that does not scale has none."""
