"""What layers have in common that find out their sizes from the first input."""

from ..lazy import LazyModuleMixin

__all__ = ["LazyModuleMixin"]
