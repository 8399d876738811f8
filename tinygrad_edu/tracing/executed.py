"""What a function computes, as one expression in its arguments and a few names along the way.

The statements of the function are gone through as Python would: of a branch the part that ran, or
that would run with the options that are known.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from .formulas import put

Known: TypeAlias = Mapping[str, Any]

#: Stands for the value of an expression of which one knows but that it is an array.
ARRAY = object()
#: Or a number other than 0 and 1.
NUMBER = object()
#: Up to how many characters an expression may have to stand in the place of the name it was given.
SHORT = 100

COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip


class Unclear(Exception):
    """It depends on what is not known, or is no expression."""


class Computed(NamedTuple):
    """An expression, and what names in it stand for.

    Attributes
    ----------
    value : expr
    where : dict of str to expr
        In the order in which they were computed.
    """

    value: ast.expr
    where: dict[str, ast.expr]

    def whole(self) -> ast.expr:
        """The expression with all that its names stand for put in their places."""
        known: dict[str, ast.expr] = {}
        for name, value in self.where.items():
            known[name] = put(value, known)
        return put(self.value, known)


def value_of(node: ast.expr, known: Known) -> Any:
    """What an expression comes to, of which the parts in `known`, by their text, are.

    Raises
    ------
    Unclear
        If that is not known.
    """
    text = ast.unparse(node)
    if text in known:
        return known[text]
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return tuple(value_of(each, known) for each in items)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not plain(operand, known)
        case ast.BoolOp(op=junction, values=values):
            ends = isinstance(junction, ast.Or)
            return any(plain(v, known) for v in values) if ends else all(
                plain(v, known) for v in values
            )  # fmt: skip
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            a, b = value_of(left, known), value_of(right, known)
            exact = isinstance(op, ast.Is | ast.IsNot)
            if not exact and NUMBER in (a, b):
                if isinstance(op, ast.Eq | ast.NotEq) and {a, b} & {0, 1}:
                    return isinstance(op, ast.NotEq)
            elif exact or ARRAY not in (a, b):
                return COMPARED[type(op)](a, b)
    raise Unclear(text)


def plain(node: ast.expr, known: Known) -> bool:
    """Whether an expression holds."""
    value = value_of(node, known)
    if value is ARRAY:
        raise Unclear(ast.unparse(node))
    return bool(value)


def chosen(expression: ast.expr, known: Known) -> ast.expr:
    """An expression in which of each ``a if test else b`` only that is left which `known` says."""

    class Choose(ast.NodeTransformer):
        def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
            try:
                taken = node.body if plain(node.test, known) else node.orelse
            except Unclear:
                return self.generic_visit(node)
            return self.visit(taken)  # type: ignore[no-any-return]

    made: ast.expr = Choose().visit(ast.parse(ast.unparse(expression), mode="eval").body)
    return made


class Execution:
    """Goes through the statements of a function.

    Parameters
    ----------
    tree : FunctionDef
    known : dict of str to object
        What expressions come to, by their text.
    ran : callable, optional
        Says of a statement whether it has run; without it `known` decides.
    """

    def __init__(
        self, tree: ast.FunctionDef, known: Known, ran: Callable[[ast.stmt], bool] | None = None
    ) -> None:
        self.arguments = {each.arg for each in (*tree.args.args, *tree.args.kwonlyargs)}
        self.known, self.ran = known, ran
        self.names: dict[str, ast.expr] = {}
        self.given: dict[str, ast.expr] = {}  # what arguments stand for that were given new values
        self.tree = tree

    def result(self) -> Computed:
        """What the function returns.

        Raises
        ------
        Unclear
            If it is not one expression.
        """
        value = self._through(self.tree.body)
        if value is None:
            raise Unclear(self.tree.name)
        where = {name: put(each, self.given) for name, each in self.names.items()}
        return shortened(put(value, self.given), where)

    def _through(self, body: Iterable[ast.stmt]) -> ast.expr | None:
        """What is returned, if one of these statements does."""
        for statement in body:
            match statement:
                case ast.Return(value=ast.expr() as value):
                    return chosen(value, self.known)
                case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Assert():
                    continue
                case ast.If(test=test, body=yes, orelse=no):
                    found = self._through(yes if self._holds(test, yes) else no)
                    if found is not None:
                        return found
                case _:
                    self._assign(statement)
        return None

    def _holds(self, test: ast.expr, yes: list[ast.stmt]) -> bool:
        if self.ran is None:
            return plain(put(test, self.names), self.known)
        return self.ran(yes[0])

    def _assign(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(
                names
            ) == len(values):
                for target, value in zip(names, values, strict=True):
                    self._give(target, value)
            case ast.Assign(targets=[ast.Tuple(elts=names) as target], value=value):
                if any(not isinstance(each, ast.Name) for each in names):
                    raise Unclear(ast.unparse(statement))
                self.names[ast.unparse(target).strip("()")] = chosen(value, self.known)
            case ast.Assign(targets=[target], value=value):
                self._give(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._give(target, value)
            case ast.AugAssign(target=ast.Name() as target, op=op, value=value):
                read = ast.Name(target.id)
                self._give(target, ast.BinOp(read, op, value))
            case ast.Expr(value=ast.Call(func=func, args=args, keywords=keywords)):
                out = [each.value for each in keywords if each.arg == "out"]
                rest = [each for each in keywords if each.arg != "out"]
                if not out:
                    raise Unclear(ast.unparse(statement))
                self._give(out[0], ast.Call(func, args, rest))
            case _:
                raise Unclear(ast.unparse(statement))

    def _give(self, target: ast.expr, value: ast.expr) -> None:
        """A name gets a new value; what spoke of the old one says now what that was."""
        if not isinstance(target, ast.Name):
            raise Unclear(ast.unparse(target))
        name = target.id
        value = chosen(value, self.known)
        if name in self.arguments:
            self.given[name] = put(put(value, self.names), self.given)
            return
        old = self.names.pop(name, None)
        if old is not None:
            self.names = {key: put(each, {name: old}) for key, each in self.names.items()}
            value = put(value, {name: old})
        self.names[name] = value


def shortened(value: ast.expr, where: dict[str, ast.expr]) -> Computed:
    """An expression without those names that stand in it once, or are not needed."""
    left: dict[str, ast.expr] = {}
    for name, meaning in reversed(where.items()):
        several = "," in name
        uses = sum(uses_of(each, name) for each in (value, *left.values()))
        if not uses:
            continue
        short = len(ast.unparse(meaning)) <= SHORT
        trivial = isinstance(meaning, ast.Name | ast.Constant)
        alone = isinstance(value, ast.Name) and value.id == name
        if not several and (trivial or alone or (uses == 1 and short)):
            value = put(value, {name: meaning})
            left = {key: put(each, {name: meaning}) for key, each in left.items()}
        else:
            left[name] = meaning
    return Computed(value, dict(reversed(left.items())))


def uses_of(expression: ast.expr, name: str) -> int:
    """How often one of these names, with commas between, stands in an expression."""
    names = set(name.split(", "))
    nodes = ast.walk(ast.parse(ast.unparse(expression), mode="eval"))
    return sum(isinstance(node, ast.Name) and node.id in names for node in nodes)
