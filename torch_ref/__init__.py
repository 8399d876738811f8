"""The reference: the same models and the same job in plain PyTorch, and a bridge between both."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .mirroring import MirrorError as MirrorError
    from .mirroring import mirror as mirror
    from .mirroring import pull as pull

__all__ = ["MirrorError", "mirror", "pull"]


def __getattr__(name: str) -> Any:
    """What `mirroring` has, when it is asked for: only then PyTorch is imported."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import mirroring

    return getattr(mirroring, name)
