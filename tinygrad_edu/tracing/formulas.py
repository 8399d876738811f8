"""Formulas, as the code has them: an op's in its docstring, a derivative's in what it returns."""

from __future__ import annotations

import ast
import functools
from typing import Any

from ..autograd.function import Function
from ..autograd.op import Op
from .events import Code
from .places import code_of, first_sentence
from .ways import STRAIGHT, Run, has_run, is_straight, own_nodes, parsed, returned


@functools.lru_cache(maxsize=4096)
def of_forward(op: Any) -> str:
    """The formula of an op: the first sentence of its docstring; without one, of its base's."""
    kinds = [kind for kind in op.__mro__ if kind not in (Op, Function, object)]
    doc = next((kind.__doc__ for kind in kinds if kind.__doc__), None)
    return first_sentence(doc).replace("``", "").replace("`", "")


@functools.lru_cache(maxsize=4096)
def of_code(code: Code) -> str:
    """What a function has returned, in terms of its arguments alone; "" where that is not one
    expression, or not known."""
    tree, value = parsed(code.text), _value_returned(code, code.ran)
    if tree is None or value is None or not (code.ran or is_straight(tree)):
        return ""
    known: dict[str, ast.expr] = {}
    for each in own_nodes(tree):
        if not isinstance(each, STRAIGHT) or not has_run(each, code, code.ran):
            continue
        match each:
            case ast.Assign(targets=[ast.Name(id=name)]) if not in_loop(tree, each):
                known[name] = put(each.value, known)
            case ast.Return() | ast.Expr(value=ast.Constant()):
                continue
            case _:  # several names, or a change in place
                return ""
    return ast.unparse(put(value, known))


@functools.lru_cache(maxsize=4096)
def of_derivative(function: Any, run: Run = ()) -> str:
    """The formula of a derivative: the expression that it has returned, as its code has it.

    Parameters
    ----------
    function : callable
    run : tuple of int
        The lines of it that have run. If it is empty, where there were several ways, it is the
        expression that is returned at the end, where the function has met no special case.
    """
    code = code_of(function)
    if code is None:
        return ""
    value = _value_returned(code, run)
    return "" if value is None else _computed(code, run, value)


@functools.lru_cache(maxsize=4096)
def of_backward(function: Any, number: int, run: Run = ()) -> str:
    """The formula of a user's ``backward``: of what it has returned the part for one argument; ""
    if that is not seen."""
    code = code_of(function)
    value = None if code is None else _value_returned(code, run)
    if code is None or value is None:
        return ""
    if isinstance(value, ast.Tuple) and number < len(value.elts):
        value = value.elts[number]
    elif number:
        return ""
    return _computed(code, run, value)


@functools.lru_cache(maxsize=4096)
def of_hook(function: Any, run: Run = ()) -> str:
    """The formula of a user's hook: what it has returned; "" if that is not seen."""
    code = code_of(function)
    value = None
    if code is not None and parsed(code.text) is None:
        value = _of_lambda(code.text)
    elif code is not None:
        value = _value_returned(code, run)
    return "" if code is None or value is None else _computed(code, run, value)


def _of_lambda(text: str) -> ast.expr | None:
    """What a lambda computes, which is the only one in a text."""
    try:
        tree = ast.parse(text)
    except SyntaxError:  # it stands in a part of a statement
        return None
    found = [node.body for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    return found[0] if len(found) == 1 else None


def _value_returned(code: Code, run: Run) -> ast.expr | None:
    known = returned(code, run)
    if known is not None:
        return known.value
    tree = parsed(code.text)
    all_returned = [] if tree is None else [n for n in own_nodes(tree) if isinstance(n, ast.Return)]
    values = [each.value for each in all_returned if each.value is not None]
    return values[-1] if values else None


def _computed(code: Code, run: Run, value: ast.expr) -> str:
    """An expression; of a name what the function has computed under it, where it has."""
    tree = parsed(code.text)
    if tree is None or not isinstance(value, ast.Name) or not (run or is_straight(tree)):
        return ast.unparse(value)
    name = value.id
    made: ast.expr | None = value
    statements = []
    for each in own_nodes(tree):
        if isinstance(each, ast.stmt) and changes(each, name) and has_run(each, code, run):
            statements.append(ast.unparse(each))
            known = {} if made is None else {name: made}
            made = None if made is None or in_loop(tree, each) else after(each, name, known)
    if made is not None:
        return ast.unparse(made)
    return f"{name}, where {'; '.join(statements)}"


def changes(statement: ast.stmt, name: str) -> bool:
    """Whether a statement gives something to a name, or changes what it stands for in place."""
    match statement:
        case ast.Assign(targets=targets):
            return any(_begins_with(target, name) for target in targets)
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return _begins_with(target, name)
        case ast.Expr(value=ast.Call() as call):  # as np.add.at(out, places, grad)
            return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(call))
    return False


def _begins_with(target: ast.expr, name: str) -> bool:
    match target:
        case ast.Name(id=known):
            return known == name
        case ast.Subscript(value=value) | ast.Attribute(value=value) | ast.Starred(value=value):
            return _begins_with(value, name)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return any(_begins_with(part, name) for part in parts)
    return False


def after(statement: ast.stmt, name: str, known: dict[str, ast.expr]) -> ast.expr | None:
    """What a name stands for after an assignment, if that is one expression."""
    match statement:
        case ast.Assign(targets=[ast.Name()], value=value):
            return put(value, known)
        case ast.AnnAssign(target=ast.Name(), value=ast.expr() as value):
            return put(value, known)
        case ast.AugAssign(target=ast.Name(), op=op, value=value):
            return ast.BinOp(known[name], op, put(value, known))
    return None


def in_loop(tree: ast.FunctionDef, statement: ast.stmt) -> bool:
    """Whether a statement may run several times."""
    loops = [node for node in own_nodes(tree) if isinstance(node, ast.For | ast.While)]
    return any(statement is each for loop in loops for each in ast.walk(loop))


def put(expression: ast.expr, known: dict[str, ast.expr]) -> ast.expr:
    """An expression with others in the places of some names."""

    class Put(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return known.get(node.id, node)

    replaced: ast.expr = Put().visit(ast.parse(ast.unparse(expression), mode="eval").body)
    return replaced
