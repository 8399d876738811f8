"""What a formula may have in it: names of arguments, arithmetic, and functions that have words."""

from __future__ import annotations

import ast
import re

import numpy as np

from .forms import PHRASES

#: Names that are no argument's.
CONSTANTS = {"N", "e", "pi", "inf", "nan"}
VOCABULARY = {"ln", "max", "min", "sigmoid", "both", "sqrt", "sign"}
TOTALS = {"sum", "mean", "max", "min"}


def uses(text: str, name: str) -> bool:
    """Whether a name stands in a formula."""
    return re.search(rf"\b{name}\b", text) is not None


def names_in(expression: ast.expr) -> set[str]:
    """The names in an expression that are not called."""
    called = {id(n.func) for n in ast.walk(expression) if isinstance(n, ast.Call)}
    return {n.id for n in ast.walk(expression) if isinstance(n, ast.Name) and id(n) not in called}


def clipped(x: ast.expr, low: ast.expr, high: ast.expr) -> ast.expr:
    """``min(max(x, low), high)``, without what is infinite."""
    if ast.unparse(low) != "-inf":
        x = ast.Call(ast.Name("max"), [x, low], [])
    return x if ast.unparse(high) == "inf" else ast.Call(ast.Name("min"), [x, high], [])


def last_two(axes: list[ast.expr]) -> bool:
    """Whether these are the last two axes."""
    return sorted(ast.unparse(each) for each in axes) == ["-1", "-2"]


def is_formula(expression: ast.expr) -> bool:
    """Whether an expression has but arithmetic, and functions that have words."""
    inside: set[int] = set()  # what a sum over axes is written with
    for node in ast.walk(expression):
        if isinstance(node, ast.Call) and not (
            isinstance(node.func, ast.Name)
            and (node.func.id in PHRASES or hasattr(np, node.func.id) or node.func.id in VOCABULARY)
        ):
            if not (isinstance(node.func, ast.Attribute) and node.func.attr in TOTALS):
                return False
            inside.add(id(node.func))
        if id(node) in inside:
            continue
        if isinstance(node, ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.Starred | ast.IfExp):
            return False
        if isinstance(node, ast.Tuple | ast.Constant) and not numeric(node):
            return False
        if isinstance(node, ast.Subscript | ast.Attribute):
            owner = ast.unparse(node.value)
            plainly_named = owner in ("bucket", "group") or getattr(node, "attr", "") in ("T", "mT")
            if not plainly_named:
                return False
            inside.update(id(each) for each in ast.walk(node) if each is not node)
    return True


def numeric(node: ast.Tuple | ast.Constant) -> bool:
    """Whether a constant is a number, or a tuple holds but numbers."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float)
    return all(isinstance(each, ast.Constant) for each in node.elts)


def in_words(name: str) -> str:
    """``CtcLossBackward`` as ``ctc_loss_backward``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", name).lower()
