"""What a formula's text says: a target, an expression, and what its names stand for.

A derivative's formula is the expression that its code returns, an optimizer's a statement, and an
op's the first sentence of its docstring, of which a part may be an expression.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from typing import NamedTuple

from ..formulas import put

#: Functions that sentences name.
FUNCTIONS = ("ln", "exp", "log", "sqrt", "sin", "cos", "tanh", "max", "min", "abs")
LIBRARY = __package__.partition(".")[0]
#: What may follow an expression in a docstring's sentence.
AFTERWARDS = (":", "; ", ", ", ". ", " for ", " where ", " of ", " along ", " with ")


class Formula(NamedTuple):
    """An expression, read.

    Attributes
    ----------
    target : expr or None
        What it is written to, of a statement.
    value : expr
    where : list of (str, expr)
        What names in it stand for, which the function computes first.
    """

    target: ast.expr | None
    value: ast.expr
    where: list[tuple[str, ast.expr]]


def of_statement(text: str, file: str = "") -> Formula | None:
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
        return Formula(statement.target, changed, [])
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return Formula(statement.targets[0], statement.value, [])
    if not isinstance(statement, ast.Expr):
        return None
    value = statement.value
    if isinstance(value, ast.Call):
        for keyword in value.keywords:
            if keyword.arg == "out":
                rest = [each for each in value.keywords if each is not keyword]
                return Formula(keyword.value, ast.Call(value.func, value.args, rest), [])
        return of_helper(value, file) or Formula(None, value, [])
    return Formula(None, value, [])


def of_helper(call: ast.Call, file: str) -> Formula | None:
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
    return None if target is None else Formula(target, put(value, given), [])


def of_derivative(text: str, code: str) -> Formula | None:
    """What a derivative returns; `code` is the text of the function, whose simple assignments
    say what its names stand for."""
    try:
        value = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    return Formula(None, value, assignments(code))


def assignments(code: str) -> list[tuple[str, ast.expr]]:
    """The names that a function gives to expressions, if it consists of that and a return."""
    try:
        body = ast.parse(textwrap.dedent(code)).body
    except (SyntaxError, ValueError):
        return []
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        return []
    found: list[tuple[str, ast.expr]] = []
    given = {argument.arg for argument in body[0].args.args}
    for statement in body[0].body[:-1]:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if name in given or any(known == name for known, _ in found):
                    return []  # its meaning changes on the way
                found.append((name, value))
            case ast.Expr(value=ast.Constant()):
                continue  # the docstring
            case _:
                return []
    return found


def of_sentence(text: str) -> Formula | None:
    """The expression with which a sentence begins, if it does so with one."""
    side_by_side = products(text.partition(" for ")[0].partition("; ")[0].rstrip("."))
    if side_by_side is not None:
        return Formula(None, side_by_side, [])
    ends = {
        len(text.rstrip(".")),
        *(m.start() for a in AFTERWARDS for m in re.finditer(re.escape(a), text)),
    }
    for end in sorted(ends, reverse=True):
        try:  # in sentences ^ is a power
            value = ast.parse(text[:end].replace("^", "**"), mode="eval").body
        except (SyntaxError, ValueError):
            continue
        named = any(isinstance(each, ast.Name) for each in ast.walk(value))
        if named and isinstance(value, ast.BinOp | ast.Call | ast.UnaryOp | ast.IfExp):
            return Formula(None, value, [])
    return None


def products(text: str) -> ast.expr | None:
    """An expression as it is written by hand, of names of one letter: ``-t ln x - (1 - t)``."""
    words = re.findall(r"[^\W\d_]+", text)
    if (
        not words
        or not any(c in text for c in "+-/^")
        or any(len(w) > 1 and w not in FUNCTIONS for w in words)
    ):
        return None
    called = re.sub(rf"\b({'|'.join(FUNCTIONS)}) (\w+)", r"\1(\2)", text)
    written = re.sub(r"(?<=[\w)]) (?=[\w(])", " * ", called).replace("^", "**")
    try:
        return ast.parse(written, mode="eval").body
    except SyntaxError:
        return None


def inlined(formula: Formula) -> ast.expr:
    """The expression with what its names stand for put in their places."""
    known: dict[str, ast.expr] = {}
    for name, value in formula.where:
        known[name] = put(value, known)
    return put(formula.value, known)
