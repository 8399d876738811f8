"""GPUs by Apple: there are none here."""

from __future__ import annotations


def is_available() -> bool:
    """Whether there is one: not for this library."""
    return False


def is_built() -> bool:
    """Whether this library could use one: no."""
    return False
