"""Mistakes that nobody had to think of: each small change that a rule makes at each place.

mutmut and cosmic-ray do this, too, but run their tests in a new process for every change; here that
would take longer than a test does, and the whole suite takes minutes. So the rules are our own.

`changes_in` finds every change that a rule can make in a source file: an operator becomes its
counterpart, a constant its neighbour, a keyword is forgotten, a statement skipped, and so on.
Texts are left alone (docstrings, annotations, messages of errors), apart from what `__repr__` says.
A `Change` replaces a stretch of the source, and all else stays as it is, lines included.
"""

from __future__ import annotations

import ast
import itertools
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
SAYS = ("__repr__", "__str__", "extra_repr", "_extra_repr")  # functions whose texts are changed
ATOMS = (ast.Constant, ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.JoinedStr)
#: The rooms that are changed, within the package.
ROOMS = ("autograd/**/*.py", "ops/**/*.py", "optim/**/*.py", "nn/functional*.py")


class Change(NamedTuple):
    """A change by a rule.

    Attributes
    ----------
    file : str
        Within the package.
    function : str
        Where in the file, as in ``Sum.forward``; empty: in no function or class.
    line, last_line : int
        Of the statement.
    rule : str
    before, after : str
        The statement, without what is indented under it, in one line.
    start, end, text : int, int, str
        The stretch of the file's bytes that is replaced, and by what.
    """

    file: str
    function: str
    line: int
    last_line: int
    rule: str
    before: str
    after: str
    start: int
    end: int
    text: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the change is, wherever in the function it stands."""
        return self.file, self.function, self.before, self.after

    def applied_to(self, source: str) -> str:
        """The text of the file with the change in it."""
        data = source.encode()
        return (data[: self.start] + self.text.encode() + data[self.end :]).decode()


def of_expression(node: ast.AST, says: bool) -> Iterator[tuple[str, ast.expr]]:
    """What the rules make of an expression; `says`: whether texts may change."""
    match node:
        case ast.BinOp(left, op, right) if type(op) in SWAPPED:
            yield "operator", ast.BinOp(left, SWAPPED[type(op)](), right)  # type: ignore[arg-type]
        case ast.BoolOp(op, values):
            yield "and/or", ast.BoolOp(SWAPPED[type(op)](), values)  # type: ignore[arg-type]
        case ast.Compare(left, ops, others):
            for i, op in enumerate(ops):
                if type(op) in SWAPPED:
                    swapped = [*ops[:i], SWAPPED[type(op)](), *ops[i + 1 :]]
                    yield "comparison", ast.Compare(left, swapped, others)  # type: ignore[arg-type]
        case ast.UnaryOp(ast.Not(), operand):
            yield "not", operand
        case ast.UnaryOp(ast.USub(), operand):
            yield "sign", operand
        case ast.Constant(bool(value)):
            yield "constant", ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield "constant", ast.Constant(type(value)(1 - value if value in (0, 1) else value + 1))
        case ast.Constant(str(value)) if says and value:
            yield "text", ast.Constant(value[:-1])
        case ast.JoinedStr(values) if says:
            for i, part in enumerate(values):
                for _, changed in of_expression(part, says):
                    yield "text", ast.JoinedStr([*values[:i], changed, *values[i + 1 :]])
        case ast.Call(ast.Attribute(value, "copy"), [], []):
            yield "copy", value
        case ast.Call(function, args, keywords):
            for i, keyword in enumerate(keywords):
                if keyword.arg not in (None, "strict"):
                    yield "keyword", ast.Call(function, args, keywords[:i] + keywords[i + 1 :])
            if len(args) == 2 and ast.dump(args[0]) != ast.dump(args[1]):
                yield "arguments", ast.Call(function, args[::-1], keywords)


def of_statement(node: ast.AST, first: str) -> Iterator[tuple[str, str]]:
    """What the rules make of a statement in a function whose first argument is `first`."""
    match node:
        case ast.AugAssign(target, op, value):
            left, right = ast.unparse(target), ast.unparse(value)
            yield "skipped", "pass"
            yield "assignment", f"{left} = {right}"
            if type(op) in SWAPPED:
                swapped = ast.AugAssign(target, SWAPPED[type(op)](), value)  # type: ignore[arg-type]
                yield "operator", ast.unparse(swapped)
        case ast.Raise() | ast.Expr(ast.Call()):
            yield "skipped", "pass"
        case ast.Assign([ast.Attribute() | ast.Subscript()]):
            yield "skipped", "pass"
        case ast.Return(ast.expr() as value) if ast.unparse(value) != "None":
            yield "result", "return None"
            if first and ast.unparse(value) != first:
                yield "result", f"return {first}"


class _Finder:
    """Walks a file's syntax tree and gathers the changes."""

    def __init__(self, file: str, source: str) -> None:
        self.file, self.data = file, source.encode()
        lengths = (len(line) for line in self.data.splitlines(keepends=True))
        self.offsets = [0, *itertools.accumulate(lengths)]
        self.names: tuple[str, ...] = ()
        self.first = ""  # argument of the function
        self.statement: ast.stmt = ast.Pass()
        self.found: list[Change] = []

    def place(self, node: ast.AST, last: bool = False) -> int:
        """Where a node begins, or ends, in bytes."""
        line, column = ("end_lineno", "end_col_offset") if last else ("lineno", "col_offset")
        return self.offsets[getattr(node, line) - 1] + int(getattr(node, column))

    def note(self, rule: str, node: ast.AST, text: str) -> None:
        """Put down that `text` can stand in a node's place."""
        statement = self.statement
        decorators = getattr(statement, "decorator_list", [])
        start = self.place(decorators[0] if decorators else statement)
        body = getattr(statement, "body", [])
        end = self.place(body[0]) if body else self.place(statement, last=True)
        a, b = self.place(node), self.place(node, last=True)
        before = self.data[start:end]
        after = before[: a - start] + text.encode() + before[b - start :]
        last_line = body[0].lineno - 1 if body else statement.end_lineno
        change = Change(
            self.file, ".".join(self.names), node.lineno,  # type: ignore[attr-defined]
            max(last_line or 0, node.lineno), rule,  # type: ignore[attr-defined]
            *(" ".join(t.decode().split()) for t in (before, after)), a, b, text,
        )  # fmt: skip
        self.found.append(change)

    def visit(self, node: ast.AST) -> None:
        """The changes in a node and all that is under it."""
        kept = self.names, self.first, self.statement
        if isinstance(node, ast.stmt):
            self.statement = node
            for rule, text in of_statement(node, self.first):
                self.note(rule, node, text)
        elif isinstance(node, ast.expr):
            says = bool(self.names) and self.names[-1] in SAYS
            for rule, changed in of_expression(node, says):
                text = ast.unparse(changed)
                self.note(rule, node, text if isinstance(changed, ATOMS) else f"({text})")
        for child in self.children(node):
            self.visit(child)
        self.names, self.first, self.statement = kept

    def children(self, node: ast.AST) -> Iterator[ast.AST]:
        """What is looked at under a node; in a function and a class, from inside."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self.names += (node.name,)
                yield from node.decorator_list
                if not isinstance(node, ast.ClassDef):
                    args = [*node.args.posonlyargs, *node.args.args]
                    names = [arg.arg for arg in args if arg.arg not in ("self", "cls")]
                    self.first = names[0] if names else ""
                    yield from (d for d in (*node.args.defaults, *node.args.kw_defaults) if d)
                yield from node.body
            case ast.Raise() | ast.JoinedStr() | ast.Expr(ast.Constant()):
                return
            case ast.Assign([ast.Name("__all__")]) | ast.If(ast.Name("TYPE_CHECKING")):
                return
            case ast.keyword("strict"):  # of `zip`: a check of what holds anyway
                return
            case ast.AnnAssign(target, _, value):
                yield from (part for part in (target, value) if part)
            case ast.UnaryOp(ast.USub(), ast.Constant(1)):
                return  # -1 becomes 1, and nothing else
            case _:
                yield from ast.iter_child_nodes(node)


def changes_in(file: str, source: str) -> list[Change]:
    """All changes that the rules can make in a file, by the order of its text."""
    finder = _Finder(file, source)
    for statement in ast.parse(source).body:
        finder.visit(statement)
    return finder.found


def all_changes(package: Path, rooms: Sequence[str] = ROOMS) -> list[Change]:
    """All changes in the rooms."""
    paths = sorted({path for room in rooms for path in package.glob(room)})
    names = [str(path.relative_to(package)) for path in paths]
    return [
        c for n, path in zip(names, paths, strict=True) for c in changes_in(n, path.read_text())
    ]


def sample(changes: Sequence[Change], count: int, seed: int) -> list[Change]:
    """`count` changes, as many of each file as of any other, and of its rules likewise.

    Those of a file depend on the seed and on that file only.
    """
    by_file: dict[str, dict[str, list[Change]]] = {}
    for change in changes:
        by_file.setdefault(change.file, {}).setdefault(change.rule, []).append(change)
    rows = []
    for file, by_rule in sorted(by_file.items()):
        rng = random.Random(f"{seed} {file}")
        for row in by_rule.values():
            rng.shuffle(row)
        rows.append(in_turn(shuffled([*by_rule.values()], rng)))
    return in_turn(shuffled(rows, random.Random(seed)))[:count]


def shuffled(rows: list[list[Change]], rng: random.Random) -> list[list[Change]]:
    """The rows in another order."""
    return rng.sample(rows, len(rows))


def in_turn(rows: Sequence[Sequence[Change]]) -> list[Change]:
    """The first of each row, then the second of each, and so on."""
    return [c for turn in itertools.zip_longest(*rows) for c in turn if c is not None]
