"""What programs ask of ``torch.xpu`` before they use a GPU by Intel: there is none here."""

from __future__ import annotations

from typing import Any


def is_available() -> bool:
    """Whether there is one: no."""
    return False


def device_count() -> int:
    """How many there are: 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed its generator, which is not there: nothing happens."""
    int(seed)


def manual_seed_all(seed: int) -> None:
    """Seed the generators of all: nothing happens."""
    int(seed)


def empty_cache() -> None:
    """Give back unused memory: nothing happens."""


def memory_allocated(device: Any = None) -> int:
    """Bytes of its tensors: 0."""
    return 0
