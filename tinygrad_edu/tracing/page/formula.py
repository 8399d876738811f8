"""What a formula's text says: a target, an expression, and what its names stand for.

A derivative's formula is the expression that its code returns, an optimizer's a statement, and an
op's the first sentence of its docstring, of which a part may be an expression.
"""

from __future__ import annotations

import ast
import textwrap
from typing import NamedTuple

from .. import changes, sentences
from ..formulas import put
from ..readable import read


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
    """A line of an optimizer's algorithm, which stands in `file` of the library."""
    change = changes.of_statement(text, file)
    return None if change is None else Formula(change.target, change.value, [])


def of_expression(text: str) -> Formula | None:
    """An expression of a trace: ``f, where a = b``."""
    computed = read(text)
    return None if computed is None else Formula(None, computed.value, [*computed.where.items()])


def of_change(text: str) -> Formula | None:
    """What a line of an optimizer's algorithm does: ``m <- m + g``."""
    target, _, value = text.partition(" <- ")
    computed = read(value)
    try:
        to = ast.parse(target, mode="eval").body
    except SyntaxError:
        return None
    return None if computed is None else Formula(to, computed.value, [*computed.where.items()])


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
    value = sentences.of_sentence(text)
    return None if value is None else Formula(None, value, [])


def inlined(formula: Formula) -> ast.expr:
    """The expression with what its names stand for put in their places."""
    known: dict[str, ast.expr] = {}
    for name, value in formula.where:
        known[name] = put(value, known)
    return put(formula.value, known)
