"""What an event says of the engine's functions: their names, code and formulas."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from types import FrameType
from typing import Any

from ..autograd import broadcasting, engine, gradients
from ..autograd.graph import Node
from ..autograd.op import Op
from ..autograd.op_node import OpNode
from ..optim.optimizer import Optimizer
from . import formulas
from .events import Code
from .places import code_of


def text_of(item: Any) -> str:
    """An option as text, not too long."""
    text = " ".join(repr(item).split())
    return text if len(text) <= 200 else text[:197] + "..."


def argument_names(op: Any, count: int) -> list[str]:
    """What an op's `forward` calls its arguments; of ``*xs`` they are numbered."""
    if not (isinstance(op, type) and issubclass(op, Op)):
        return [f"argument {number}" for number in range(count)]
    names = list(op.parameters)
    if op.variadic is not None:
        first = op.parameters[op.variadic]
        names[first:] = [f"{op.variadic}_{number}" for number in range(count - first)]
    return names[:count] + [f"argument {number}" for number in range(len(names), count)]


def described(node: Node, index: int) -> tuple[Code | None, str, str, dict[str, Any]]:
    """Of a node's derivative number `index`: its code, its formula, the name of its argument, and
    what it reads."""
    if isinstance(node, OpNode):
        rule = node.rules[index]
        names = argument_names(node.op, 1 + max(each.position for each in node.rules))
        saved = node.saved or {}
        reads = {name: saved[name] for name in rule.reads if name in saved}
        argument = names[rule.position]
        return code_of(rule.function), formulas.of_derivative(rule.function), argument, reads
    function = getattr(node, "function", None)
    if function is None:
        return None, "", str(index), {}
    return code_of(function.backward), "as the function says", str(index), {}


def source_text(frame: FrameType) -> str:
    """The text of the file that a frame runs; "" where there is none."""
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    return "".join(lines)


#: Functions of the engine, as they are when nothing is recorded.
ENGINE: dict[str, Callable[..., Any]] = {
    "undo_broadcast": broadcasting.undo_broadcast,
    "add": engine.GradientBuffer.add,
    "add_to_grad": gradients.add_to_grad,
    "zero_grad": Optimizer.zero_grad,
}
