"""Formulas with which sentences begin, as they are written by hand: ``-t ln x - (1 - t)``."""

from __future__ import annotations

import ast
import re

#: Functions that sentences name.
FUNCTIONS = ("ln", "exp", "log", "sqrt", "sin", "cos", "tanh", "max", "min", "abs")
#: What may follow an expression in a docstring's sentence.
AFTERWARDS = (":", "; ", ", ", ". ", " for ", " where ", " of ", " along ", " with ")


def beginning(text: str) -> str:
    """A sentence up to where it says what its names are."""
    return re.split(" for |; |, with ", text)[0].rstrip(".")


def of_sentence(text: str) -> ast.expr | None:
    """The expression with which a sentence begins, if it does so with one."""
    side_by_side = products(beginning(text))
    if side_by_side is not None:
        return side_by_side
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
            return value
    return None


def products(text: str) -> ast.expr | None:
    """An expression as it is written by hand, of names of one letter: ``-t ln x - (1 - t)``."""
    words = re.findall(r"[^\W\d_]+", text)
    if (
        not words
        or not (any(c in text for c in "+-/^") or words[0] in FUNCTIONS)
        or any(len(w) > 1 and w not in FUNCTIONS for w in words)
    ):
        return None
    called = re.sub(rf"\b({'|'.join(FUNCTIONS)}) (\w+)", r"\1(\2)", text)
    written = re.sub(r"(?<=[\w)]) (?=[\w(])", " * ", called).replace("^", "**")
    try:
        return ast.parse(written, mode="eval").body
    except SyntaxError:
        return None
