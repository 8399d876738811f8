"""Formulas as MathML, made from the tree of a Python expression.

A piece of MathML is ``[tag, {attribute: text}, *children]``, where a child is another piece or a
text. Names have the attribute ``data-name``, so that the page can write shapes under them, or
numbers in their place.
"""

from __future__ import annotations

import ast
from typing import Any, TypeAlias

from ..forms import PHRASES

Piece: TypeAlias = list[Any]

MINUS = "\N{MINUS SIGN}"
#: How tightly operators bind.
SUM, PRODUCT, SIGN, POWER, ATOM = 1, 2, 3, 4, 5

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "=", ast.NotEq: "≠", ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "∈", ast.NotIn: "∉",
}  # fmt: skip
SHORT = {"log": "ln", "maximum": "max", "minimum": "min", "log1p": "ln1p"}
#: NumPy's functions that stand for an operator.
BINARY: dict[str, type[ast.operator]] = {
    "matmul": ast.MatMult, "multiply": ast.Mult, "add": ast.Add, "subtract": ast.Sub,
    "divide": ast.Div, "true_divide": ast.Div, "power": ast.Pow,
}  # fmt: skip


def piece(tag: str, *children: Any, **attributes: str) -> Piece:
    """An element of MathML; an attribute's ``_`` stands for the ``-`` in its name."""
    return [tag, {key.replace("_", "-"): text for key, text in attributes.items()}, *children]


def row(*children: Any) -> Piece:
    """Pieces in a row, which is one piece."""
    return piece("mrow", *children)


def sign(text: str) -> Piece:
    """An operator, a bracket or a comma."""
    return piece("mo", text)


def name(text: str) -> Piece:
    """A variable, in place of which the page can put its shape or its number."""
    return piece("mi", text, data_name=text, mathvariant="normal")


def word(text: str) -> Piece:
    """The name of a function or of an attribute."""
    return piece("mi", text, mathvariant="normal", **{"class": "word"})


def bracketed(inside: Any, left: str = "(", right: str = ")") -> Piece:
    return row(sign(left), inside, sign(right))


def listed(items: list[Piece]) -> Piece:
    """Pieces with commas between them."""
    parts: list[Piece] = []
    for item in items:
        parts += [sign(","), item] if parts else [item]
    return row(*parts)


def math(node: ast.expr) -> Piece:
    """The MathML of an expression."""
    return _made(node)[0]


def _made(node: ast.expr) -> tuple[Piece, int]:
    """The MathML, and how tightly its outermost operator binds."""
    match node:
        case ast.Name(id=text):
            return name(text), ATOM
        case ast.Constant(value=value):
            tag = "mn" if isinstance(value, int | float) and value is not True else "mtext"
            return piece(tag, repr(value)), ATOM
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(op, left, right)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return row(sign(MINUS), _within(operand, SIGN)), SIGN
        case ast.UnaryOp(op=ast.Invert() | ast.Not(), operand=operand):
            return row(sign("¬"), _within(operand, SIGN)), SIGN
        case ast.Attribute(value=value, attr="T" | "mT"):
            return piece("msup", _within(value, ATOM), word("T")), POWER
        case ast.Attribute(value=ast.Name(id="np" | "math"), attr=attr):
            return word(SHORT.get(attr, attr)), ATOM
        case ast.Attribute(value=value, attr=attr):
            if isinstance(value, ast.Name) and value.id in ("bucket", "self", "cls"):
                return name(attr), ATOM
            return row(_within(value, ATOM), sign("."), word(attr)), ATOM
        case ast.Call():
            return _call(node)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            parts = [_within(left, SUM)]
            for comparison, other in zip(ops, comparators, strict=True):
                parts += [sign(COMPARISONS[type(comparison)]), _within(other, SUM)]
            return row(*parts), 0
        case ast.BoolOp(op=junction, values=values):
            text = "and" if isinstance(junction, ast.And) else "or"
            parts = [_within(values[0], 1)]
            for other in values[1:]:
                parts += [piece("mtext", f" {text} "), _within(other, 1)]
            return row(*parts), 0
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _cases(test, body, orelse), ATOM
        case ast.Subscript(value=ast.Name(id="group"), slice=ast.Constant(value=str(option))):
            return name(option), ATOM
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id="bucket"), attr="state"),
            slice=ast.Constant(value=str(vector)),
        ):
            return name(vector), ATOM
        case ast.Subscript(value=value, slice=index):
            inside = (
                listed([math(each) for each in index.elts])
                if isinstance(index, ast.Tuple) and not any_slice(index)
                else piece("mtext", ast.unparse(index).removeprefix("(").removesuffix(")"))
            )
            return row(_within(value, ATOM), bracketed(inside, "[", "]")), ATOM
        case ast.List(elts=[condition]):  # 1 where it holds, and else 0
            return bracketed(math(condition), "[", "]"), ATOM
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return bracketed(listed([math(each) for each in items])), ATOM
        case ast.Starred(value=value):
            return row(sign("*"), math(value)), SIGN
    return piece("mtext", ast.unparse(node)), ATOM


def any_slice(node: ast.expr) -> bool:
    """Whether there is a slice in an index, as in ``x[1:, 0]``."""
    return any(isinstance(each, ast.Slice) for each in ast.walk(node))


def _within(node: ast.expr, strength: int) -> Piece:
    """The MathML of an operand, in brackets if it binds less tightly than what is around it."""
    inside, own = _made(node)
    return inside if own >= strength else bracketed(inside)


def _binary(op: ast.operator, left: ast.expr, right: ast.expr) -> tuple[Piece, int]:
    match op:
        case ast.Add():
            return row(_within(left, SUM), sign("+"), _within(right, SUM)), SUM
        case ast.Sub():
            return row(_within(left, SUM), sign(MINUS), _within(right, PRODUCT)), SUM
        case ast.Div():
            return piece("mfrac", math(left), math(right)), PRODUCT
        case ast.Pow():
            return piece("msup", _within(left, ATOM), math(right)), POWER
        case ast.MatMult():
            text = "⋅"
        case ast.Mult():
            # A number times something, or element by element.
            numbers = any(isinstance(each, ast.Constant) for each in (left, right))
            text = "⋅" if numbers else "⊙"
        case ast.Mod():
            text = "mod"
        case ast.FloorDiv():
            return row(sign("⌊"), piece("mfrac", math(left), math(right)), sign("⌋")), ATOM
        case ast.BitAnd():
            text = "∧"
        case ast.BitOr():
            text = "\N{LOGICAL OR}"
        case ast.LShift():
            text = "≪"
        case ast.RShift():
            text = "≫"
        case _:
            text = "xor"
    return row(_within(left, PRODUCT), sign(text), _within(right, SIGN)), PRODUCT


def _cases(test: ast.expr, body: ast.expr, orelse: ast.expr) -> Piece:
    """One of two, as a condition has it."""
    first = piece("mtr", piece("mtd", math(body)), piece("mtd", row(text(" if "), math(test))))
    second = piece("mtr", piece("mtd", math(orelse)), piece("mtd", text(" otherwise")))
    return row(sign("{"), piece("mtable", first, second, **{"class": "cases"}))


def text(words: str) -> Piece:
    return piece("mtext", words.replace(" ", "\u00a0"))


def _call(node: ast.Call) -> tuple[Piece, int]:
    func, args = node.func, node.args
    numpy = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)
    numpy = numpy and func.value.id in ("np", "math")  # type: ignore[attr-defined]
    called = func.attr if isinstance(func, ast.Attribute) else ast.unparse(func)
    plain = isinstance(func, ast.Name)
    where = called == "chosen" or ((numpy or plain) and called == "where")
    if where and len(args) == 3:
        return _cases(*args), ATOM
    if plain and called == "sum" and len(args) == 1:
        return _total(called, args[0], keywords=node.keywords)
    if plain and called == "mean" and len(args) == 1:
        over = piece("munder", word("mean"), row(text("of "), name("N")))
        return row(over, _within(args[0], PRODUCT)), PRODUCT
    if plain and called in PHRASES:
        return phrase(called, args)
    if numpy and called in BINARY and len(args) == 2:
        return _binary(BINARY[called](), *args)
    if called in ("sum", "mean") and isinstance(func, ast.Attribute):
        return _total(called, *([*args] if numpy else [func.value, *args]), keywords=node.keywords)
    if called == "reciprocal" and len(args) == 1:
        return _binary(ast.Div(), ast.Constant(1), args[0])
    if called == "float" and len(args) == 1:
        return _made(args[0])
    if len(args) == 1 and not node.keywords and (numpy or isinstance(func, ast.Name)):
        inside = args[0]
        if called == "exp":
            return piece("msup", name("e"), math(inside)), POWER
        if called == "sqrt":
            return piece("msqrt", math(inside)), ATOM
        if called == "abs":
            return bracketed(math(inside), "|", "|"), ATOM
        if called == "square":
            return piece("msup", _within(inside, ATOM), piece("mn", "2")), POWER
    items = [math(each) for each in args]
    for keyword in node.keywords:
        label = sign("**") if keyword.arg is None else row(word(keyword.arg), sign("="))
        items.append(row(label, math(keyword.value)))
    if numpy or isinstance(func, ast.Name):
        head: Piece = word(SHORT.get(called, called).replace("_", " "))
    else:
        head = math(func)
    return row(head, bracketed(listed(items))), ATOM


def phrase(called: str, args: list[ast.expr]) -> tuple[Piece, int]:
    """A function that is said in words, with its arguments between them."""
    words = PHRASES[called].split("{}")
    parts: list[Piece] = []
    for number, between in enumerate(words):
        parts += [text(between)] if between else []
        parts += [_within(args[number], ATOM)] if number < len(args) else []
    return row(*parts), 0


def _total(
    called: str, inside: ast.expr, *axes: ast.expr, keywords: list[ast.keyword]
) -> tuple[Piece, int]:
    """A sum or a mean, with what it runs over beneath it."""
    over = [ast.unparse(each) for each in axes]
    over += [ast.unparse(k.value) for k in keywords if k.arg in ("axis", "dim")]
    operator = sign("∑") if called == "sum" else word("mean")
    if over:
        many = "axes" if over[0].startswith("(") else "axis"
        under = piece("mtext", f"{many} {over[0].strip('()').rstrip(',')}")
        operator = piece("munder", operator, under)
    return row(operator, _within(inside, PRODUCT)), PRODUCT
