"""``torch.utils.hooks``: the type of what is returned when a hook is registered."""

from ..autograd.graph import RemovableHandle

__all__ = ["RemovableHandle"]
