"""Expressions as arithmetic that the page can do again for one element.

A piece of it is a list that begins with what is to be done: ``["name", NAME]``,
``["number", 0.5]``, ``["+", A, B]``, ``["T", A]``, ``["sum", A, AXES, KEEPDIMS]``,
``["mean", A]``, ``["where", CONDITION, A, B]``, ``["exp", A]``. What the page has computed it
compares with the number that was recorded, and shows it only if they agree.
"""

from __future__ import annotations

import ast
import math
from typing import Any, TypeAlias

Arithmetic: TypeAlias = list[Any]

OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@",
}  # fmt: skip
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
#: Functions of one argument, by the names that NumPy, the math module and sentences have.
SINGLE = {
    "exp": "exp", "log": "log", "ln": "log", "log1p": "log1p", "expm1": "expm1", "sqrt": "sqrt",
    "abs": "abs", "absolute": "abs", "sin": "sin", "cos": "cos", "tan": "tan", "tanh": "tanh",
    "sinh": "sinh", "cosh": "cosh", "sign": "sign", "square": "square", "negative": "-",
    "float": "same", "sigmoid": "sigmoid", "log2": "log2", "log10": "log10", "exp2": "exp2",
}  # fmt: skip
DOUBLE = {
    "maximum": "max", "minimum": "min", "max": "max", "min": "min", "multiply": "*", "add": "+",
    "subtract": "-", "divide": "/", "true_divide": "/", "power": "**", "matmul": "@",
}  # fmt: skip


class NotArithmetic(Exception):
    """An expression has something that the page cannot do."""


def arithmetic(node: ast.expr) -> Arithmetic | None:
    """The arithmetic of an expression; None if some of it is not among what the page can do."""
    try:
        return _made(node)
    except NotArithmetic:
        return None


def _made(node: ast.expr) -> Arithmetic:
    match node:
        case ast.Name(id="e"):
            return ["number", math.e]
        case ast.Name(id="pi"):
            return ["number", math.pi]
        case ast.Name(id=name):
            return ["name", name]
        case ast.Constant(value=bool(value) | int(value) | float(value)):
            return ["number", float(value)] if math.isfinite(value) else _refuse()
        case ast.List(elts=[condition]):
            return _made(condition)
        case ast.BinOp(left=left, op=ast.Mult(), right=ast.List(elts=[condition])):
            return ["where", _made(condition), _made(left), ["number", 0.0]]  # of inf, too
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return [OPERATORS[type(op)], _made(left), _made(right)]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return ["-", _made(operand)]
        case ast.Attribute(value=value, attr="T"):
            return ["T", _made(value)]
        case ast.Attribute(value=ast.Name(id="bucket"), attr=name):
            return ["name", name]
        case ast.Subscript(value=ast.Name(id="group"), slice=ast.Constant(value=str(name))):
            return ["name", name]
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id="bucket"), attr="state"),
            slice=ast.Constant(value=str(name)),
        ):
            return ["name", name]
        case ast.Attribute(value=ast.Name(id="math" | "np"), attr="pi"):
            return ["number", math.pi]
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
            return [COMPARISONS[type(op)], _made(left), _made(right)]
        case ast.Call(func=func, args=args, keywords=keywords):
            return _call(func, args, keywords)
    return _refuse()


def _call(func: ast.expr, args: list[ast.expr], keywords: list[ast.keyword]) -> Arithmetic:
    match func:
        case ast.Attribute(value=ast.Name(id="np" | "math"), attr=called):
            pass
        case ast.Attribute(value=value, attr=called):
            args = [value, *args]
        case ast.Name(id=called) if called in (*SINGLE, *DOUBLE, "sum", "mean", "where"):
            pass
        case ast.Name(id="chosen"):  # what `ops.masks` has in its place
            called = "where"
        case ast.Name(id=name) if len(args) == 1 and len(name) == 1 and not keywords:
            # In sentences a product is written so: s (1 - s).
            return ["*", ["name", name], _made(args[0])]
        case _:
            return _refuse()
    if called == "mean" and len(args) == 1 and not keywords:
        return ["mean", _made(args[0])]
    if called == "sum":
        return _sum(args, {k.arg: k.value for k in keywords})
    if keywords:
        return _refuse()
    if called == "where" and len(args) == 3:
        return ["where", *map(_made, args)]
    if called in SINGLE and len(args) == 1:
        return [SINGLE[called], _made(args[0])]
    if called in DOUBLE and len(args) == 2:
        return [DOUBLE[called], *map(_made, args)]
    return _refuse()


def _sum(args: list[ast.expr], keywords: dict[str | None, ast.expr]) -> Arithmetic:
    try:
        given = {name: ast.literal_eval(value) for name, value in keywords.items()}
        axes = [ast.literal_eval(each) for each in args[1:]]
    except ValueError:
        return _refuse()
    axis = axes[0] if axes else given.get("axis")
    if len(axes) > 1 or given.keys() - {"axis", "keepdims"}:
        return _refuse()
    if axis is not None and not isinstance(axis, tuple):
        axis = (axis,)
    return ["sum", _made(args[0]), None if axis is None else [*axis], bool(given.get("keepdims"))]


def _refuse() -> Arithmetic:
    raise NotArithmetic
