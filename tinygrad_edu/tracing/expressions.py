"""The expression of an event: what it computes, in the names that the event has for its values.

That of an op is its form in a table, or the formula in its docstring if it speaks of the op's
arguments, or what its code returns; that of a derivative is what its code has returned; and of a
line of an optimizer's algorithm what it writes, and to which vector. All are readable (see
`readable`). Where there is no expression, the event has its formula, in words, alone.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase
from ..autograd.op import Op
from ..ops.recurrent import Recurrent
from .events import Event
from .executed import ARRAY, NUMBER, Known, chosen
from .forms import OF_OPS, RECURRENT, REDUCED, WEIGHED
from .formulas import of_derivative as formula_of
from .formulas import of_forward as sentence_of
from .formulas import put
from .readable import Reader, form_of, is_plain, of_function, readable, text_of
from .sentences import of_sentence
from .vocabulary import is_formula, names_in, uses
from .ways import Run


def known_of(items: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of an op's arguments: plain options, and which are arrays."""
    known: dict[str, Any] = {}
    for name, item in items.items():
        array = item.array if isinstance(item, TensorBase) else item
        if isinstance(array, np.ndarray | np.generic):
            known[name] = ARRAY
            if name == "weights":
                known["unweighted"] = bool(np.all(array == 1))
        elif is_plain(item):
            known[name] = item
        elif isinstance(item, float):
            known[name] = NUMBER
    return known


def of_call(op: Any, items: Mapping[str, Any], run: Run = ()) -> str:
    """The expression of a call of an op; "" if there is none.

    Parameters
    ----------
    op : type
        An `Op`, or a user's function.
    items : dict of str to object
        The arguments, by the names that the op has for them.
    run : tuple of int
        The lines of its forward that have run, if they are known.
    """
    if not (isinstance(op, type) and issubclass(op, Op)):
        return ""
    kind: Any = op
    return _of_call(kind, tuple(known_of(items).items()), run)


@functools.lru_cache(maxsize=4096)
def _of_call(op: Any, told: tuple[tuple[str, Any], ...], run: Run) -> str:
    known = dict(told)
    form = OF_OPS.get((op.__name__, tuple(op.parameters)))
    if form is not None:
        return ast.unparse(Reader({}, known).read(total(form, known)))
    in_docstring = of_sentence(sentence_of(op))
    if in_docstring is not None and names_in(in_docstring) <= {*op.parameters, "e"}:
        return ast.unparse(in_docstring)
    computed = of_function(op.forward, known, run)
    if computed is None or not all(map(is_formula, (computed.value, *computed.where.values()))):
        return ""
    named = names_in(computed.whole()) <= {*op.parameters, "N", "e", "pi"}
    return text_of(computed) if named else ""


def total(form: ast.expr, known: Known) -> ast.expr:
    """A form in which is written out how the losses of elements are weighed and reduced."""

    class Write(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            match node:
                case ast.Call(func=ast.Name(id="reduced"), args=[losses]):
                    return put(chosen(REDUCED, known), {"losses": losses})
                case ast.Call(func=ast.Name(id="weighed"), args=[losses]):
                    return put(chosen(WEIGHED, known), {"losses": losses})
            return node

    made: ast.expr = Write().visit(chosen(form, known))
    return made


def of_derivative(function: Callable[..., Any], reads: Mapping[str, Any], run: Run) -> str:
    """The expression of a derivative; "" if its code is not to be seen as one."""
    known = known_of(reads) | {"grad": ARRAY}
    form = form_of(function)
    if form is not None:
        return ast.unparse(chosen(form, known))
    return readable(function, known, run) or as_it_stands(function, known, run)


def of_function_backward(function: Any, position: int) -> str:
    """The expression of the gradient that a function's ``backward`` returns at a position; "" of
    a user's, whose text says it."""
    if not (isinstance(function, type) and issubclass(function, Recurrent)):
        return ""
    return RECURRENT[min(position, len(RECURRENT) - 1)]


def as_it_stands(function: Callable[..., Any], known: Known, run: Run) -> str:
    """The formula of a derivative that is no one expression, with readable forms of its calls."""
    head, _, rest = formula_of(function, run).partition(", where ")
    reader = Reader(getattr(inspect.unwrap(function), "__globals__", {}), known)
    try:
        text = ast.unparse(reader.read(ast.parse(head, mode="eval").body))
        where = [ast.unparse(reader.visit(ast.parse(each))) for each in rest.split("; ") if each]
    except SyntaxError:  # it is said in words
        return ""
    return f"{text}, where {'; '.join(where)}" if where else text


def count_for(text: str, sizes: Mapping[str, int], size: int, forward: bool) -> float | None:
    """What N stands for in an expression, of how many elements a mean is taken; None if it is in
    none.

    Parameters
    ----------
    text : str
    sizes : dict of str to int
        How many elements each of the arrays has that are read.
    size : int
        And the result.
    forward : bool
        Whether it is an op's, or a derivative's.
    """
    if not (uses(text, "N") or text.startswith("mean(")) or not sizes:
        return None
    if "weights" in sizes:  # a sample has one, and many elements
        return float(sizes["weights"])
    if forward:
        return max(sizes.values()) / max(size, 1)
    return size / max([1, *(n for name, n in sizes.items() if name.startswith("grad"))])


def expression_of(event: Event) -> str:
    """The expression of an event, as text; else its formula."""
    return str(event.details.get("expression") or event.formula)
