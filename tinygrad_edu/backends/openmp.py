"""Threads by OpenMP: this library does not compute with it."""

from __future__ import annotations


def is_available() -> bool:
    """Whether it is there: no."""
    return False
