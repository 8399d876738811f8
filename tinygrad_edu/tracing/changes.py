"""What a line of an optimizer's algorithm does: which vector it writes, and what to it.

The algorithms work in place, ``np.multiply(m, factor, out=scratch)``, with helpers such as
``move_average(m, g, 1 - b1, scratch)``, and on a bucket's vectors, ``bucket.p``. What is shown is
``scratch <- m * factor``, ``m <- m + (1 - b1) * (g - m)`` and ``p``.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .executed import chosen
from .formulas import put
from .places import code_of
from .readable import Reader
from .ways import own_nodes, parsed

LIBRARY = __package__.partition(".")[0]


class Change(NamedTuple):
    """A change of a vector.

    Attributes
    ----------
    target : expr or None
        What is written to; None if the line says nothing of it.
    value : expr
    """

    target: ast.expr | None
    value: ast.expr


def of_statement(text: str, file: str = "") -> Change | None:
    """A line of an optimizer's algorithm, which stands in `file` of the library.

    Of a call of a function whose docstring begins with a formula, as ``m <- m + weight (g - m)``,
    it is that formula, with the arguments in the places of the parameters.
    """
    try:
        (statement,) = ast.parse(text.strip()).body
    except (SyntaxError, ValueError):
        return None
    if isinstance(statement, ast.AugAssign):
        changed = ast.BinOp(statement.target, statement.op, statement.value)
        return Change(statement.target, changed)
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return Change(statement.targets[0], statement.value)
    if not isinstance(statement, ast.Expr):
        return None
    value = statement.value
    if isinstance(value, ast.Call):
        for keyword in value.keywords:
            if keyword.arg == "out":
                rest = [each for each in value.keywords if each is not keyword]
                return Change(keyword.value, ast.Call(value.func, value.args, rest))
        return of_helper(value, file) or Change(None, value)
    return Change(None, value)


def of_helper(call: ast.Call, file: str) -> Change | None:
    """The formula in the docstring of a function that is called; None if it has none."""
    module = sys.modules.get(f"{LIBRARY}.{file.removesuffix('.py').replace('/', '.')}")
    function = getattr(module, ast.unparse(call.func), None)
    found = re.match(r"``(\w+) <- (.+?)``", getattr(function, "__doc__", None) or "")
    if found is None or not inspect.isfunction(function):
        return None
    # What stands side by side is multiplied, and ^ is a power.
    text = re.sub(r"(?<=[\w)]) (?=[\w(])", " * ", found[2]).replace("^", "**")
    try:
        value = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    given = dict(zip(inspect.signature(function).parameters, call.args, strict=False))
    target = given.get(found[1])
    return None if target is None else Change(target, put(value, given))


def expression_of(statement: str, function: Callable[..., Any], options: Mapping[str, Any]) -> str:
    """A statement of an algorithm to be read, as ``m <- m + (1 - b1) * (g - m)``; "" if it cannot.

    Parameters
    ----------
    statement : str
    function : callable
        The algorithm, an optimizer's ``_update``.
    options : dict of str to object
        What its group holds: which way it went.
    """
    plain = (bool, int, float, str, type(None))
    told = tuple((name, item) for name, item in options.items() if isinstance(item, plain))
    return _expression_of(statement, function, told)


@functools.lru_cache(maxsize=4096)
def _expression_of(
    statement: str, function: Callable[..., Any], told: tuple[tuple[str, Any], ...]
) -> str:
    options = dict(told)
    names: dict[str, Any] = getattr(inspect.unwrap(function), "__globals__", {})
    known = {f"group[{name!r}]": item for name, item in options.items()}
    short = short_names(function)
    decoupled = options.get("decoupled_weight_decay") and options.get("weight_decay")
    if "descent_decoupled(" in statement and decoupled:
        return "p <- p * (1 - lr * weight_decay)"
    module = str(names.get("__name__", "")).removeprefix(f"{LIBRARY}.").replace(".", "/")
    change = helper_change(statement, short) or of_statement(statement, module)
    if change is None or change.target is None:
        return ""
    value = plainly(Reader(names, known).read(chosen(change.value, known)), short)
    target = plainly(change.target, short)
    return f"{ast.unparse(target).strip('()')} <- {ast.unparse(value)}"


def helper_change(statement: str, short: Mapping[str, str]) -> Change | None:
    """What a helper does that begins the state, or counts a step."""
    try:
        body = ast.parse(statement).body
    except SyntaxError:  # the head of a branch or loop
        return None
    match body:
        case [ast.Expr(value=ast.Call(func=ast.Name(id="begin"), args=[_, *names]))]:
            given = [each.value for each in names if isinstance(each, ast.Constant)]
            targets = [ast.Name(short.get(str(each), str(each))) for each in ("step", *given)]
            target = ast.Tuple([*targets]) if len(targets) > 1 else targets[0]
            return Change(target, ast.Constant(0))
        case [ast.Assign(targets=[target], value=ast.Call(func=ast.Name(id="count_step")))]:
            return Change(target, ast.BinOp(target, ast.Add(), ast.Constant(1)))
        case [ast.Expr(value=ast.Call(func=ast.Name(id="count_step")))]:
            counter = ast.Name("step")
            return Change(counter, ast.BinOp(counter, ast.Add(), ast.Constant(1)))
    return None


@functools.lru_cache(maxsize=256)
def short_names(function: Callable[..., Any]) -> dict[str, str]:
    """What an algorithm calls the vectors of its state: "exp_avg" is its ``m``."""
    code = code_of(function)
    tree = None if code is None else parsed(code.text)
    found: dict[str, str] = {}
    for each in () if tree is None else own_nodes(tree):
        match each:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                pairs = [*zip(targets, values, strict=False)]
            case ast.Assign(targets=[target], value=value):
                pairs = [(target, value)]
            case _:
                continue
        for target, value in pairs:
            match target, value:
                case ast.Name(id=name), ast.Call(func=ast.Name(id="count_step")):
                    found.setdefault("step", name)
                case ast.Name(id=name), ast.Subscript(
                    value=ast.Attribute(value=ast.Name(id="bucket"), attr="state"),
                    slice=ast.Constant(value=str(vector)),
                ):
                    found.setdefault(vector, name)
    return found


def plainly(expression: ast.expr, short: Mapping[str, str]) -> ast.expr:
    """An expression with names for the bucket's vectors and the group's options."""

    class Plain(ast.NodeTransformer):
        def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
            match node:
                case ast.Attribute(value=ast.Name(id="bucket"), attr=vector):
                    return ast.Name(vector)
            return self.generic_visit(node)

        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            return node.args[0] if isinstance(node.func, ast.Call) else node  # a dtype's

        def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
            self.generic_visit(node)
            match node:
                case ast.BinOp(left=ast.Constant(value=1), op=ast.Mult(), right=other):
                    return other
            return node

        def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
            match node:
                case ast.Subscript(value=vector, slice=ast.Constant(value=dots)) if dots is ...:
                    return self.visit(vector)  # type: ignore[no-any-return]
                case ast.Subscript(value=ast.Name(id="group"), slice=ast.Constant(value=option)):
                    return ast.Name(str(option))
                case ast.Subscript(
                    value=ast.Attribute(value=ast.Name(id="bucket"), attr="state"),
                    slice=ast.Constant(value=vector),
                ):
                    return ast.Name(short.get(str(vector), str(vector)))
            return self.generic_visit(node)

    made: ast.expr = Plain().visit(ast.parse(ast.unparse(expression), mode="eval").body)
    return made
