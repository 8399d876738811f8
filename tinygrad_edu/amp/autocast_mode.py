"""`autocast`: a part of a program in which some ops would compute in half precision."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

from ..dtypes import dtype as Dtype
from ..dtypes import float16

__all__ = ["autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]

#: The devices that PyTorch knows by name, and on which of them it has mixed precision.
DEVICES = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga",
    "maia", "xla", "lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip
AVAILABLE = ("cpu", "cuda", "ipu", "xpu", "maia", "xla", "mps", "hpu", "mtia", "privateuseone")


class autocast:
    """Mixed precision inside, with ``with`` or as a decorator; without a GPU, none.

    Parameters
    ----------
    device_type : str
        For "cuda" it warns that there is none, and computes as outside.
    dtype : dtype, optional
    enabled : bool
        With False it does nothing, for any device.
    cache_enabled : bool, optional
        Without effect.

    Raises
    ------
    NotImplementedError
        If it is enabled for another device, such as "cpu", whose ops would compute in bfloat16.
    ValueError
        If `device_type` is no str.
    RuntimeError
        If it is no device that has mixed precision.
    """

    def __init__(
        self,
        device_type: str,
        dtype: Dtype | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        if not is_autocast_available(device_type):
            raise RuntimeError(
                f"User specified an unsupported autocast device_type '{device_type}'"
            )
        self.device = device_type.partition(":")[0]
        if enabled and self.device == "cuda":
            warnings.warn(
                "CUDA is not available or torch_xla is imported. Disabling autocast.", stacklevel=2
            )
        elif enabled and dtype is not None and dtype is not float16:
            name = self.device.upper()
            warnings.warn(
                f"In {name} autocast, but the target dtype is not supported. Disabling autocast.\n"
                f"{name} Autocast only supports dtypes of torch.bfloat16, torch.float16 currently.",
                stacklevel=2,
            )
        elif enabled:
            raise NotImplementedError(
                f"autocast({device_type!r}) computes in bfloat16 or float16; there is no mixed "
                "precision here, give enabled=False"
            )

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *error: Any) -> None:
        pass

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        if not callable(func):
            raise TypeError(
                f"autocast()(func) requires a callable, but got {type(func).__name__}. "
                "Did you mean to use autocast as a context manager? For example:\n"
                "    with torch.autocast(device_type=...):\n"
                "        output = model(input)"
            )

        @functools.wraps(func)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return decorated


def is_autocast_available(device_type: str) -> bool:
    """Whether PyTorch has mixed precision for this device; whether there is one does not count.

    Raises
    ------
    RuntimeError
        If PyTorch does not know the device.
    """
    name = device_type.partition(":")[0]
    if name not in DEVICES:
        raise RuntimeError(
            f"Expected one of {', '.join(DEVICES)} device type at start of device string: {name}"
        )
    return name in AVAILABLE


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Whether ops compute in mixed precision: no.

    Raises
    ------
    RuntimeError
        If PyTorch does not know the device.
    """
    if device_type is not None:
        is_autocast_available(device_type)
    return False


def custom_fwd(
    fwd: Callable[..., Any] | None = None,
    *,
    device_type: str,
    cast_inputs: Dtype | None = None,
) -> Any:
    """Mark the `forward` of an autograd.Function: without mixed precision it runs as it is.

    Parameters
    ----------
    fwd : function, optional
        Without it, a decorator is returned.
    device_type : str
    cast_inputs : dtype, optional
        Without effect, as for PyTorch outside of `autocast`.

    Raises
    ------
    ValueError
        If `device_type` is no str.
    """
    if not isinstance(device_type, str):
        _refuse_device(device_type)
    if fwd is None:
        return lambda function: function
    return fwd


def custom_bwd(bwd: Callable[..., Any] | None = None, *, device_type: str) -> Any:
    """Mark the `backward` of an autograd.Function, as `custom_fwd` its `forward`."""
    return custom_fwd(bwd, device_type=device_type)


def _refuse_device(device_type: object) -> NoReturn:
    raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
