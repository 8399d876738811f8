"""Where programs import `Module` from that spell out its place in PyTorch."""

from ..module import Module as Module
