"""`DataParallel`, where there is no GPU."""

from __future__ import annotations

from typing import Any

from ..module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """A module as PyTorch wraps it to run it on several GPUs: without any, it runs the module.

    Parameters are called "module.weight" and so on.

    Parameters
    ----------
    module : Module
    device_ids : list, optional
    output_device : int or device, optional
    dim : int
        Without effect.
    """

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[Any] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)
