"""Python text in coloured pieces: line by line a list of ``[class, text]``.

Pygments says what each piece is. The page makes elements of them whose text they are, so that no
text can become markup.
"""

from __future__ import annotations

import ast
import functools
import textwrap
from typing import TypeAlias

Piece: TypeAlias = list[str]
Line: TypeAlias = list[Piece]

#: The first of these that a token belongs to gives its class.
CLASSES = (
    ("Comment", "c"), ("Literal.String", "s"), ("Literal.Number", "n"), ("Operator.Word", "k"),
    ("Keyword", "k"), ("Name.Function", "f"), ("Name.Class", "f"), ("Name.Decorator", "d"),
    ("Name.Builtin", "b"), ("Operator", "o"), ("Punctuation", "o"),
)  # fmt: skip


@functools.lru_cache(maxsize=1024)
def pieces(text: str) -> tuple[Line, ...]:
    """The lines of a Python text."""
    from pygments.lexers import PythonLexer

    lexer = PythonLexer(stripnl=False, stripall=False, ensurenl=False)
    lines: list[Line] = [[]]
    for token, part in lexer.get_tokens(text):
        name = str(token).removeprefix("Token.")
        css = next((css for prefix, css in CLASSES if name.startswith(prefix)), "")
        for number, stretch in enumerate(part.split("\n")):
            if number:
                lines.append([])
            if stretch and lines[-1] and lines[-1][-1][0] == css:
                lines[-1][-1][1] += stretch
            elif stretch:
                lines[-1].append([css, stretch])
    return tuple(lines)


def around(text: str, numbers: set[int], margin: int = 9) -> dict[int, Line]:
    """Of a file the lines near those that are spoken of, by their numbers, counted from 1."""
    lines = pieces(text.replace("\r\n", "\n").replace("\r", "\n")) if text else ()
    wanted = {n + d for n in numbers for d in range(-margin, margin + 1)}
    return {n: lines[n - 1] for n in sorted(wanted) if 1 <= n <= len(lines)}


def running(text: str, first: int) -> tuple[int, int]:
    """The lines of a function that run when it is called: its body without its docstring."""
    try:
        tree = ast.parse(textwrap.dedent(text))
    except SyntaxError:
        return first, first + text.count("\n")
    function = tree.body[0] if tree.body else None
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return first, first + max(len(text.splitlines()) - 1, 0)
    body = function.body
    if len(body) > 1 and ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    return first + body[0].lineno - 1, first + (body[-1].end_lineno or body[-1].lineno) - 1
