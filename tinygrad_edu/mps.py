"""What programs ask of ``torch.mps`` before they use a GPU by Apple: there is none here."""

from __future__ import annotations

from typing import NoReturn


def is_available() -> bool:
    """Whether there is one: no."""
    return False


def device_count() -> int:
    """How many there are: 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed its generator, which is not there: nothing happens."""
    int(seed)


def synchronize() -> NoReturn:
    """Wait for it.

    Raises
    ------
    RuntimeError
        Always, as in a PyTorch without one.
    """
    raise RuntimeError("Cannot execute deviceSynchronize() without MPS backend.")


def empty_cache() -> NoReturn:
    """Give back its unused memory; errors as for `synchronize`."""
    raise RuntimeError("Cannot execute emptyCache() without MPS backend.")


def current_allocated_memory() -> NoReturn:
    """Bytes of its tensors; errors as for `synchronize`."""
    raise RuntimeError("Cannot execute getCurrentAllocatedMemory() without MPS backend.")
