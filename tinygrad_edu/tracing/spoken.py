"""Formulas with words in the places of their named functions: ``convolution of x with weight``."""

from __future__ import annotations

import ast

from .executed import Computed
from .forms import PHRASES
from .readable import read, text_of


def said(text: str) -> str:
    """A formula with words in the places of its named functions, as one would say it."""
    computed = read(text.replace("^", " ** "))
    if computed is None:
        return text
    where = {name: worded(each) for name, each in computed.where.items()}
    return text_of(Computed(worded(computed.value), where)).replace(" ** ", "^")


def in_brackets(expression: ast.expr) -> str:
    """The text of an expression within words."""
    text = ast.unparse(expression)
    return f"({text})" if isinstance(expression, ast.BinOp) else text


def worded(expression: ast.expr) -> ast.expr:
    """An expression whose named functions are names, of several words."""

    class Worded(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            if not isinstance(node.func, ast.Name) or node.keywords:
                return node
            words = PHRASES.get(node.func.id)
            if words is None or words.count("{}") != len(node.args):
                return ast.Call(ast.Name(node.func.id.replace("_", " ")), node.args, node.keywords)
            return ast.Name(words.format(*map(in_brackets, node.args)))

        def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
            self.generic_visit(node)
            for side in ("left", "right"):
                operand = getattr(node, side)
                if isinstance(operand, ast.Name) and " " in operand.id:
                    setattr(node, side, ast.Name(f"({operand.id})"))
            return node

    made: ast.expr = Worded().visit(ast.parse(ast.unparse(expression), mode="eval").body)
    return made
