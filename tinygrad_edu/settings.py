"""Settings that programs make once, at the top; here they can be made, and change nothing.

All results are deterministic, computed on the CPU, op by op, and in full precision: so whoever
asks for that has it, and is told so when they ask what is set.
"""

from __future__ import annotations

import warnings

from .size import device as Device
from .size import require_cpu


class _Settings:
    """What was set last."""

    deterministic = False
    warn_only = False
    device = Device("cpu")
    precision = "highest"


_settings = _Settings()


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for deterministic algorithms; there are no others here.

    Raises
    ------
    TypeError
        If `mode` or `warn_only` is no bool.
    """
    for name, value in (("mode", mode), ("warn_only", warn_only)):
        if not isinstance(value, bool):
            raise TypeError(
                f"use_deterministic_algorithms(): argument '{name}' must be bool, not "
                f"{type(value).__name__}"
            )
    _settings.deterministic, _settings.warn_only = mode, warn_only


def are_deterministic_algorithms_enabled() -> bool:
    """Whether they were asked for."""
    return _settings.deterministic


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether others were to be warned of only."""
    return _settings.warn_only


#: The modes of `set_deterministic_debug_mode`, by their numbers.
DEBUG_MODES = ("default", "warn", "error")


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """Ask for deterministic algorithms in one word: "error", "warn" of others, or "default".

    Raises
    ------
    TypeError
        If it is neither an int nor a str.
    RuntimeError
        If it is none of the three, and not 0, 1 or 2, which stand for "default", "warn", "error".
    """
    if not isinstance(debug_mode, int | str):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if debug_mode not in (*DEBUG_MODES, 0, 1, 2):
        raise RuntimeError(
            f"invalid value of debug_mode, {debug_mode!r}: expected 0, 1, 2 or one of {DEBUG_MODES}"
        )
    mode = DEBUG_MODES.index(debug_mode) if isinstance(debug_mode, str) else debug_mode
    use_deterministic_algorithms(mode > 0, warn_only=mode == 1)


def get_deterministic_debug_mode() -> int:
    """What was asked for: 0 for nothing, 1 to warn, 2 for an error."""
    return 0 if not _settings.deterministic else 1 if _settings.warn_only else 2


def set_default_device(device: str | Device | None) -> None:
    """Say where tensors are made: the CPU, which None is, too.

    Raises
    ------
    AssertionError, RuntimeError
        For any other.
    """
    wanted = Device("cpu" if device is None else device)
    require_cpu(wanted)
    _settings.device = wanted


def get_default_device() -> Device:
    """Where tensors are made."""
    return _settings.device


def set_float32_matmul_precision(precision: str) -> None:
    """Say how precise products of float32 matrices have to be; they always are as "highest" says.

    Any other word than PyTorch's three is warned of, and means nothing.
    """
    if precision not in ("highest", "high", "medium"):
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current "
            "setFloat32MatmulPrecision call has no effect.",
            UserWarning,
            stacklevel=2,
        )
        return
    _settings.precision = precision


def get_float32_matmul_precision() -> str:
    """What was said of it."""
    return _settings.precision
