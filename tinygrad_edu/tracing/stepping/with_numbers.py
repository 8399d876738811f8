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

from .lines import number

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.Pow: operator.pow,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[..., float]] = {
    "max": max, "min": min, "exp": math.exp, "ln": math.log, "log": math.log, "sqrt": math.sqrt,
    "tanh": math.tanh, "sin": math.sin, "cos": math.cos, "abs": abs, "absolute": abs,
    "maximum": max, "minimum": min, "square": lambda x: x * x, "floor": math.floor,
    "trunc": math.trunc,
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


def evaluated(node: ast.expr, numbers: Mapping[str, float]) -> Any:
    """What an expression comes to."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.Name) and node.id in numbers:
        return numbers[node.id]
    if isinstance(node, ast.Name) and node.id == "e":
        return math.e
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
