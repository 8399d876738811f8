"""A formula with numbers in place of its names, and what that comes to.

Only plain arithmetic is understood: ``max(x, 0)``, ``1 / (1 + e^-x)``, ``a * b``. Whether a formula
means its arguments element by element one sees by what it comes to.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .lines import number

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.Pow: operator.pow,
}  # fmt: skip
COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "max": np.maximum, "min": np.minimum, "exp": np.exp, "ln": np.log, "log": np.log,
    "sqrt": np.sqrt, "tanh": np.tanh, "sin": np.sin, "cos": np.cos, "abs": np.abs,
    "absolute": np.abs, "maximum": np.maximum, "minimum": np.minimum, "square": np.square,
    "floor": np.floor, "trunc": np.trunc, "truncated": np.trunc, "where": np.where,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "log1p": np.log1p, "expm1": np.expm1,
    "log2": np.log2, "log10": np.log10, "exp2": np.exp2, "sign": np.sign, "tan": np.tan,
    "sinh": np.sinh, "cosh": np.cosh,
}  # fmt: skip


class NotArithmetic(ValueError):
    """The formula says something else."""


def with_numbers(formula: str, numbers: Mapping[str, float]) -> tuple[str, float] | None:
    """A formula with `numbers`, and its result; None where it is not plain arithmetic.

    Parameters
    ----------
    formula : str
        As an op's docstring or code has it; ``^`` is a power, ``e`` Euler's number.
    numbers : dict of str to float
        What its names stand for.
    """
    try:
        tree = ast.parse(formula.replace("^", "**"), mode="eval").body
        if isinstance(tree, ast.Compare):
            return None
        with np.errstate(all="ignore"):  # ln(0) is -inf
            result = float(evaluated(tree, numbers))
    except (SyntaxError, NotArithmetic, ArithmeticError, ValueError, TypeError):
        return None
    alone = {
        id(each) for node in ast.walk(tree) if isinstance(node, ast.Call) for each in node.args
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in numbers:
            item = numbers[node.id]
            node.id = number(item) if item >= 0 or id(node) in alone else f"({number(item)})"
    text = ast.unparse(tree)
    return text.replace(" ** ", "^") if "^" in formula else text, result


def evaluated(node: ast.expr, numbers: Mapping[str, Any]) -> Any:
    """What an expression comes to, of numbers or arrays.

    Raises
    ------
    NotArithmetic
        If there is something in it that is no arithmetic.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.Name) and node.id in numbers:
        item = numbers[node.id]
        return item if isinstance(item, np.ndarray) else np.float64(item)
    if isinstance(node, ast.Name) and node.id in ("e", "pi"):
        return getattr(math, node.id)
    if isinstance(node, ast.List) and len(node.elts) == 1:  # a condition: 1 or 0
        return evaluated(node.elts[0], numbers) * 1.0
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARED:
        sides = (evaluated(each, numbers) for each in (node.left, node.comparators[0]))
        return COMPARED[type(node.ops[0])](*sides)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -evaluated(node.operand, numbers)
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        left, right = evaluated(node.left, numbers), evaluated(node.right, numbers)
        return BINARY[type(node.op)](left, right)
    if isinstance(node, ast.Call) and not node.keywords:
        function = FUNCTIONS.get(ast.unparse(node.func).removeprefix("np."))
        if function is not None:
            return function(*(evaluated(argument, numbers) for argument in node.args))
    raise NotArithmetic(ast.unparse(node))
