"""Which way a function has gone: the lines of it that have run, and what it has returned.

Of most functions one need not ask, for they are straight: statement after statement runs, to the
``return`` at the end. Where there are branches or loops, Python itself says which lines run,
through `sys.settrace`, while that one function is called.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FrameType
from typing import Any, TypeAlias

from .events import Code
from .places import code_of

Run: TypeAlias = tuple[int, ...]  # lines, in the order in which they ran (last)

#: Functions within a function, and classes.
WITHIN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
#: Statements after which the next one runs, whatever is computed.
STRAIGHT = (
    ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return, ast.Pass, ast.Assert,
    ast.FunctionDef, ast.Global, ast.Import, ast.ImportFrom,
)  # fmt: skip


class Told:
    """What `sys.settrace` tells of the functions that are called in a ``with`` block.

    A debugger, or what measures coverage, stays: then there is nothing told. One that begins within
    the block stays, too.
    """

    def __enter__(self) -> Told:
        before: Any = sys.gettrace()
        self.before = before
        if before is None or isinstance(before, Told):  # a call within another
            sys.settrace(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        now: object = sys.gettrace()
        if now is self:  # and no debugger has begun
            sys.settrace(self.before)

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        """A function is called: what this returns is told of each of its lines."""
        raise NotImplementedError


class Watch(Told):
    """Watches calls of those of some functions that are not straight.

    Parameters
    ----------
    functions : iterable of callable
    """

    def __init__(self, functions: Iterable[Callable[..., Any]]) -> None:
        self.codes = {code for code in map(forked, functions) if code is not None}
        self.runs: defaultdict[CodeType, deque[dict[int, None]]] = defaultdict(deque)

    def __enter__(self) -> Watch:
        if self.codes:
            super().__enter__()
        return self

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code not in self.codes:
            return None
        lines: dict[int, None] = {}
        self.runs[frame.f_code].append(lines)

        def at_line(frame: FrameType, event: str, argument: Any) -> Any:
            if event == "line":
                lines.pop(frame.f_lineno, None)
                lines[frame.f_lineno] = None
            return at_line

        return at_line

    def next_run(self, function: Callable[..., Any]) -> Run:
        """The lines that have run in the next call of a function, of several calls; empty if that
        is not known, or the function is straight."""
        code = forked(function)
        runs = self.runs.get(code) if code is not None else None
        if not runs:
            return ()
        return tuple(runs.popleft() if len(runs) > 1 else runs[0])


@functools.lru_cache(maxsize=4096)
def forked(function: Callable[..., Any]) -> CodeType | None:
    """The code of a function that may go several ways; None of one that is straight, or has no
    text."""
    tree = tree_of(function)
    code: CodeType | None = getattr(inspect.unwrap(function), "__code__", None)
    return None if tree is None or is_straight(tree) else code


def tree_of(function: Callable[..., Any]) -> ast.FunctionDef | None:
    """A function as Python reads it; None of what has no text of its own, such as a lambda."""
    code = code_of(function)
    return None if code is None else parsed(code.text)


@functools.lru_cache(maxsize=4096)
def parsed(text: str) -> ast.FunctionDef | None:
    """The function that a text is."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return None
    return body[0] if len(body) == 1 and isinstance(body[0], ast.FunctionDef) else None


def is_straight(tree: ast.FunctionDef) -> bool:
    """Whether all statements of a function run when it is called, and it returns at its end."""
    returns = [each for each in own_nodes(tree) if isinstance(each, ast.Return)]
    return len(returns) <= 1 and all(isinstance(each, STRAIGHT) for each in tree.body)


def own_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function, in the order of its text, but not in those within it."""
    for child in ast.iter_child_nodes(tree):
        yield child
        if not isinstance(child, WITHIN):
            yield from own_nodes(child)


def returned(code: Code, run: Run) -> ast.Return | None:
    """The ``return`` with which a function has ended that went this way; None if it is not known.

    Of an empty `run` it is known if there is but one.
    """
    tree = parsed(code.text)
    found = [] if tree is None else [n for n in own_nodes(tree) if isinstance(n, ast.Return)]
    if not run:
        return found[0] if len(found) == 1 else None
    for line in reversed(run):
        for each in found:
            if line - code.first + 1 in lines_of(each):
                return each
    return None


def lines_of(node: ast.stmt) -> range:
    """The lines of a statement, counted from the first of the function's text as 1."""
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def has_run(statement: ast.stmt, code: Code, run: Run) -> bool:
    """Whether a statement was among those that have run; of an empty `run` all were."""
    lines = lines_of(statement)
    return not run or any(line - code.first + 1 in lines for line in run)


@functools.lru_cache(maxsize=4096)
def lines_run(code: Code) -> tuple[int, ...]:
    """The lines of a function that have run, from the first on: of a statement all its lines.
    Empty if that is not known, or the function is straight."""
    tree = parsed(code.text)
    found = {*code.ran}
    for each in () if tree is None or not code.ran else own_nodes(tree):
        if isinstance(each, STRAIGHT) and has_run(each, code, code.ran):
            found.update(code.first + line - 1 for line in lines_of(each))
    return tuple(sorted(found))
