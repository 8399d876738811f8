"""Where programs import the type from that a hook's registration returns."""

from ..autograd.graph import RemovableHandle

__all__ = ["RemovableHandle"]
