"""What an event says of the engine's functions: their names, code and formulas."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from ..autograd import broadcasting, engine, gradients
from ..autograd.function import FunctionCtx
from ..autograd.graph import Node
from ..autograd.op import Op
from ..autograd.op_node import OpNode
from . import expressions, formulas
from .events import Code, Place
from .places import body_of, code_of
from .ways import Run, Watch, lines_of, returned


def text_of(item: Any) -> str:
    """An option as text, not too long; of an array its shape."""
    text = " ".join(_text(item).split())
    return text if len(text) <= 200 else text[:197] + "..."


def _text(item: Any) -> str:
    if isinstance(item, np.generic) or (isinstance(item, np.ndarray) and not item.ndim):
        return str(item)
    if isinstance(item, np.ndarray):
        return f"array of {' x '.join(map(str, item.shape))}"
    if type(item) is tuple and any(isinstance(each, np.ndarray) for each in item):
        return f"({', '.join(map(_text, item))}{',' if len(item) == 1 else ''})"
    return repr(item)


def argument_names(op: Any, count: int) -> list[str]:
    """What an op's `forward` calls its arguments; of ``*xs`` they are numbered."""
    if not (isinstance(op, type) and issubclass(op, Op)):
        return [f"argument {number}" for number in range(count)]
    names = list(op.parameters)
    if op.variadic is not None:
        first = op.parameters[op.variadic]
        names[first:] = [f"{op.variadic}_{number}" for number in range(count - first)]
    return names[:count] + [f"argument {number}" for number in range(len(names), count)]


def derivatives_of(node: Node, edges: Sequence[Any]) -> list[Callable[..., Any]]:
    """The functions that compute the gradients of those arguments of a node that have an edge."""
    if isinstance(node, OpNode):
        return [rule.function for rule, edge in zip(node.rules, edges, strict=True) if edge[0]]
    function = getattr(node, "function", None)
    return [] if function is None else [function.backward]


class Described(NamedTuple):
    """What is said of a derivative.

    Attributes
    ----------
    code : Code or None
    formula : str
        What it has returned, as its code has it.
    argument : str
        The name of its argument.
    reads : dict of str to object
    expression : str
        What it has returned, to be read; "" if that is the formula.
    """

    code: Code | None
    formula: str
    argument: str
    reads: dict[str, Any]
    expression: str = ""


def code_and_formula(node: Node, index: int, watch: Watch) -> Described:
    """What is said of a node's derivative number `index`, which `watch` has watched."""
    if isinstance(node, OpNode):
        rule = node.rules[index]
        names = argument_names(node.op, 1 + max(each.position for each in node.rules))
        saved = node.saved or {}
        reads = {name: saved[name] for name in rule.reads if name in saved}
        argument = names[rule.position]
        run = watch.next_run(rule.function)
        formula = formulas.of_derivative(rule.function, run)
        expression = expressions.of_derivative(rule.function, reads, run)
        return Described(gone(code_of(rule.function), run), formula, argument, reads, expression)
    function = getattr(node, "function", None)
    if function is None or not isinstance(node, FunctionCtx):
        return Described(None, "", str(index), {})
    run = watch.next_run(function.backward)
    position = node._tensor_positions[index]
    formula = formulas.of_backward(function.backward, position, run)
    expression = expressions.of_function_backward(function, position)
    code = gone(code_of(function.backward), run)
    return Described(code, formula, str(index), {}, expression)


def gone(code: Code | None, run: Run) -> Code | None:
    """A function that has gone this way."""
    return code if code is None or not run else code._replace(ran=run)


def code_and_formula_of_hooks(
    functions: Sequence[Callable[..., Any]], watch: Watch
) -> tuple[Code | None, str, str]:
    """Of a tensor's hooks: the code, what they have returned, and what they call the gradient.

    Of several that is not told apart.
    """
    if len(functions) != 1:
        return None, "", "before"
    (function,) = functions
    run = watch.next_run(function)
    code = getattr(inspect.unwrap(function), "__code__", None)
    first = 1 if inspect.ismethod(function) else 0
    named = code is not None and code.co_argcount > first
    name = code.co_varnames[first] if code is not None and named else "before"
    return gone(code_of(function), run), formulas.of_hook(function, run), name


def place_in(function: Callable[..., Any], code: Code | None) -> Place | None:
    """The lines of a user's function at which it has returned, or all; `code` says which ran."""
    place = body_of(function)
    ended = None if code is None else returned(code, code.ran)
    if place is None or code is None or ended is None:
        return place
    lines = [code.first + line - 1 for line in lines_of(ended)]
    return place._replace(line=lines[0], end_line=lines[-1])


def name_of(function: Callable[..., Any]) -> str:
    """What a user's function is called."""
    return str(getattr(function, "__qualname__", type(function).__name__)).rpartition(">.")[2]


def source_of(function: Callable[..., Any]) -> str:
    """The text of the file that a function stands in; "" where there is none."""
    plain = inspect.unwrap(function)
    code, names = getattr(plain, "__code__", None), getattr(plain, "__globals__", None)
    return "" if code is None else "".join(linecache.getlines(code.co_filename, names))


def source_text(frame: FrameType) -> str:
    """The text of the file that a frame runs; "" where there is none."""
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    return "".join(lines)


#: Functions of the engine, as they are when nothing is recorded.
ENGINE: dict[str, Callable[..., Any]] = {
    "undo_broadcast": broadcasting.undo_broadcast,
    "add": engine.GradientBuffer.add,
    "add_to_grad": gradients.add_to_grad,
}
