"""What programs ask of ``torch.accelerator``: there is none, and so the answer is the CPU.

``torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else "cpu"``
goes the right way; whatever would need one raises PyTorch's error.
"""

from __future__ import annotations

from typing import Any, NoReturn

from .size import device as _device


def is_available() -> bool:
    """Whether there is one: no."""
    return False


def current_accelerator(check_available: bool = False) -> _device | None:
    """The one in use: None."""
    return None


def device_count() -> int:
    """How many there are: 0."""
    return 0


def synchronize(device: Any = None) -> NoReturn:
    """Wait for it.

    Raises
    ------
    RuntimeError
        Always, as in a PyTorch without one.
    """
    raise RuntimeError("Cannot access accelerator device when none is available.")


def current_device_index() -> NoReturn:
    """Which one it is; errors as for `synchronize`."""
    synchronize()


def set_device_index(device: Any) -> NoReturn:
    """Use another one; errors as for `synchronize`."""
    synchronize(device)


def current_stream(device: Any = None) -> NoReturn:
    """Its queue of work; errors as for `synchronize`."""
    synchronize(device)


def empty_cache() -> NoReturn:
    """Give back its unused memory; errors as for `synchronize`."""
    synchronize()


def memory_allocated(device: Any = None) -> NoReturn:
    """Bytes of its tensors; errors as for `synchronize`."""
    synchronize(device)


def max_memory_allocated(device: Any = None) -> NoReturn:
    """The most bytes there were; errors as for `synchronize`."""
    synchronize(device)


def memory_reserved(device: Any = None) -> NoReturn:
    """Bytes kept for its tensors; errors as for `synchronize`."""
    synchronize(device)


def reset_peak_memory_stats(device: Any = None) -> NoReturn:
    """Count its memory anew; errors as for `synchronize`."""
    synchronize(device)
