"""NVIDIA's library for networks: its settings are taken and read back, and mean nothing."""

from __future__ import annotations

enabled = True
deterministic = False
benchmark = False
benchmark_limit: int | None = None
allow_tf32 = True


def is_available() -> bool:
    """Whether the library is there: no."""
    return False


def version() -> int | None:
    """Its version: None."""
    return None
