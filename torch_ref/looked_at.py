"""What `onlooker` asks of PyTorch's tensors and nodes, and of the script that runs."""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import Any

import torch
from torch import overrides
from torch.utils._pytree import tree_leaves

from tinygrad_edu.app.compare.script_names import is_library
from tinygrad_edu.app.step.beside_record import TorchNode


def requires_grad(thing: Any) -> bool:
    """Whether it is a tensor that requires a gradient."""
    return isinstance(thing, torch.Tensor) and thing.requires_grad


def node_of(tensor: Any) -> Any:
    """The node that computed a tensor; None of a leaf."""
    try:
        return tensor.grad_fn
    except RuntimeError:  # a view whose base was changed: the script will hear of it
        return None


def top_mode() -> Any:
    """The mode that was entered last."""
    return overrides._get_current_function_mode()  # type: ignore[no-untyped-call]


def is_recorded(result: Any, args: Any) -> bool:
    """Whether a call has made something that is a part of a graph."""
    made = [item for item in tree_leaves(result) if requires_grad(item) and node_of(item)]
    return any(all(item is not given for given in args) for item in made)


def place_of_script() -> tuple[CodeType, int] | None:
    """The innermost instruction that runs and is no library's."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and is_library(frame.f_globals.get("__name__")):
        frame = frame.f_back
    return None if frame is None else (frame.f_code, frame.f_lasti)


def accumulates(node: TorchNode) -> bool:
    """Whether it is where the gradient of a leaf ends."""
    return node.name == "torch::autograd::AccumulateGrad"


def tensors_in(given: Any) -> list[Any]:
    """Those of some things that are tensors, and no edges."""
    return [item for item in given if isinstance(item, torch.Tensor)]
