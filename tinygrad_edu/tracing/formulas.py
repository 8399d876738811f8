"""Formulas, as the code has them: an op's in its docstring, a derivative's in what it returns."""

from __future__ import annotations

import ast
import functools
from typing import Any

from .places import code_of, first_sentence


def of_forward(op: Any) -> str:
    """The formula of an op: the first sentence of its docstring."""
    return first_sentence(op.__doc__).replace("``", "").replace("`", "")


@functools.lru_cache(maxsize=4096)
def of_derivative(function: Any) -> str:
    """The formula of a derivative: the expression that it returns, as its code has it.

    Of a function of several statements it is the expression that is returned at its end, where it
    has met no special case; the others stand in its text.
    """
    code = code_of(function)
    if code is None:
        return ""
    returned = [
        node.value
        for node in ast.walk(ast.parse(code.text))
        if isinstance(node, ast.Return) and node.value is not None
    ]
    # `walk` goes by depth: what stands deepest comes last, such as what is returned under an `if`.
    last = max(returned, key=lambda value: value.lineno, default=None)
    return "" if last is None else ast.unparse(last)
