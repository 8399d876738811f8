"""Formulas as one reads them, made of the code that ran.

The code of a derivative says ``each(slope, input.shape, reduction)``; what a reader wants to see is
``grad * (input - target) / (input * (1 - input)) / N``. So calls of helpers and of small ops are
replaced by what they compute: by their form in the table `forms`, else by what their own code
returns; and where that is no formula, by their name and the arrays that they are given. NumPy's
functions lose what is about memory and dtypes only.

The text that comes of it is Python still, so that all views can take it apart: ``f, where a = b``.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ..autograd.op import Op
from .executed import (
    ARRAY,
    NUMBER,
    Computed,
    Execution,
    Known,
    Unclear,
    chosen,
    shortened,
    value_of,
)
from .forms import TABLE
from .formulas import put
from .places import code_of
from .vocabulary import (
    CONSTANTS,
    clipped,
    in_words,
    is_formula,
    last_two,
    names_in,
)  # fmt: skip
from .ways import Run, has_run, parsed

#: NumPy's functions by the names that formulas have for them, where these differ.
NUMPY = {
    "log": "ln", "maximum": "max", "minimum": "min", "absolute": "abs", "fabs": "abs",
    "logical_and": "both", "concatenate": "joined", "stack": "stacked", "flip": "reversed",
    "cumsum": "sums_up_to_each", "inv": "inverse", "solve": "solution",
}  # fmt: skip
OPERATORS: dict[str, type[ast.operator]] = {
    "matmul": ast.MatMult, "dot": ast.MatMult, "multiply": ast.Mult, "add": ast.Add,
    "subtract": ast.Sub,
    "divide": ast.Div, "true_divide": ast.Div, "power": ast.Pow,
}  # fmt: skip
#: NumPy's functions and methods that change nothing but shape, dtype or memory.
SAME = {
    "astype", "ascontiguousarray", "asarray", "float", "copy",
    "constant", "own_constant", "widened", "in_rows", "rounded", "view",
}  # fmt: skip
ZEROS = {"zeros_like", "zeros"}
#: A formula of more characters is no help: then the names of the functions are.
LONG = 150
DEEP = 4


def readable(function: Callable[..., Any], known: Known, run: Run = ()) -> str:
    """What a function computes, to be read; "" where its code does not say it in one expression.

    Parameters
    ----------
    function : callable
        A derivative, or the forward of an op.
    known : dict of str to object
        What it was called with: plain options, and `ARRAY` for arrays.
    run : tuple of int
        The lines of it that have run, if they are known.
    """
    told = tuple((name, item) for name, item in known.items() if is_plain(item))
    return _readable(function, told, run)


@functools.lru_cache(maxsize=4096)
def _readable(function: Callable[..., Any], told: tuple[tuple[str, Any], ...], run: Run) -> str:
    computed = of_function(function, dict(told), run)
    return "" if computed is None else text_of(computed)


def is_plain(item: Any) -> bool:
    """Whether the way that a function goes may depend on an option, and formulas on which way."""
    if isinstance(item, tuple):
        return all(map(is_plain, item))
    if isinstance(item, float):
        return item in (0, 1)
    return item is ARRAY or item is NUMBER or item is None or isinstance(item, bool | int | str)


def text_of(computed: Computed) -> str:
    """A formula as text."""
    text = ast.unparse(computed.value)
    where = "; ".join(f"{name} = {ast.unparse(each)}" for name, each in computed.where.items())
    return f"{text}, where {where}" if where else text


def read(text: str) -> Computed | None:
    """What `text_of` has made a text of; None of one that is no formula."""
    head, _, rest = text.partition(", where ")
    try:
        value = ast.parse(head, mode="eval").body
        where = {}
        for each in filter(None, rest.split("; ")):
            name, _, meaning = each.partition(" = ")
            where[name] = ast.parse(meaning, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    return Computed(value, where)


def of_function(
    function: Callable[..., Any], known: Known, run: Run = (), depth: int = 0
) -> Computed | None:
    """What a function computes, made readable; None where its code does not say it so."""
    code = code_of(function)
    tree = None if code is None else parsed(code.text)
    if code is None or tree is None:
        return None
    ran = None
    if run:
        here = code

        def ran(statement: ast.stmt) -> bool:
            return has_run(statement, here, run)

    try:
        computed = Execution(tree, known, ran).result()
    except Unclear:
        return None
    reader = Reader(getattr(inspect.unwrap(function), "__globals__", {}), known, depth)
    where = {name: reader.read(each) for name, each in computed.where.items()}
    return shortened(reader.read(computed.value), where)


@functools.lru_cache(maxsize=4096)
def form_of(
    function: Callable[..., Any], name: str = "", parameters: tuple[str, ...] = ()
) -> ast.expr | None:
    """The form that the table has for a function, or for an op's `name` and `parameters`."""
    own = tuple(inspect.signature(function).parameters)
    for key in ((function.__qualname__, own), (name, parameters or own)):
        if key in TABLE:
            return TABLE[key]
    return None


class Reader(ast.NodeTransformer):
    """Puts readable forms in the places of calls.

    Parameters
    ----------
    names : dict
        What the names of functions and constants stand for: the globals of a module.
    known : dict of str to object
        What is known of arguments and options.
    depth : int
        Within how many calls this is.
    """

    def __init__(self, names: Mapping[str, Any], known: Known, depth: int = 0) -> None:
        self.names, self.known, self.depth = names, known, depth

    def read(self, expression: ast.expr) -> ast.expr:
        """The readable form of an expression."""
        made: ast.expr = self.visit(ast.parse(ast.unparse(expression), mode="eval").body)
        return made

    def visit_Name(self, node: ast.Name) -> ast.expr:
        item = None if node.id in self.known else self.names.get(node.id)
        if isinstance(item, float):  # a constant of the module
            return ast.Constant(float(f"{item:.6g}"))
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        whole = isinstance(node.value, float) and node.value in (0, 1, 2)
        return ast.Constant(int(node.value)) if whole else node  # type: ignore[arg-type]

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        match node:
            case ast.Attribute(value=ast.Name(id="np" | "math"), attr="pi" | "inf" | "nan" as name):
                return ast.Name(name)
        return self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        match node:
            case ast.Subscript(value=ast.Name(id="grads"), slice=ast.Constant(value=int(number))):
                return ast.Name(f"grad_{number}")
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        made = self.generic_visit(node)
        match made:
            case ast.BoolOp(op=ast.Or(), values=[ast.Name(id="N") as count, ast.Constant()]):
                return count  # ``count(...) or 1``
        return made

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node.func:
            case ast.Name(id=name):
                return self._helper(node, name)
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id="np")), attr=name):
                return self._numpy(node, name)  # np.linalg.inv
            case ast.Attribute(value=ast.Name(id="np" | "math"), attr=name):
                return self._numpy(node, name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in self.names:
                op = self.names[owner]
                if isinstance(op, type) and issubclass(op, Op):
                    return self._of_op(node, op, name)
            case ast.Attribute(value=value, attr="astype") if ast.unparse(node.args[0]) == "bool":
                return ast.Compare(self.visit(value), [ast.NotEq()], [ast.Constant(0)])
            case ast.Attribute(value=value, attr="astype" | "copy"):
                return self.visit(value)  # type: ignore[no-any-return]
            case ast.Attribute(value=value, attr="swapaxes") if last_two(node.args):
                return ast.Attribute(self.visit(value), "mT")
            case ast.Attribute(value=value, attr="clip") if len(node.args) == 2:
                low, high = map(self.visit, node.args)
                return clipped(self.visit(value), low, high)
            case ast.Attribute(attr="sum" | "mean" | "max" | "min"):
                return self._along(node)
        return self.generic_visit(node)

    def _along(self, node: ast.Call) -> ast.expr:
        """A sum over axes, with their numbers."""
        assert isinstance(node.func, ast.Attribute)
        func = ast.Attribute(self.visit(node.func.value), node.func.attr)
        axes = [*node.args, *(k.value for k in node.keywords if k.arg == "axis")][:1]
        numbers: list[ast.expr] = []
        for axis in axes:
            try:
                item = value_of(axis, self.known)
            except Unclear:
                numbers.append(axis)
                continue
            if item is not None:
                numbers.append(ast.parse(repr(item), mode="eval").body)
        keeps = [k for k in node.keywords if k.arg == "keepdims"]
        for keyword in keeps:
            with contextlib.suppress(Unclear):
                keyword.value = ast.Constant(bool(value_of(keyword.value, self.known)))
        kept = [k for k in keeps if ast.unparse(k.value) != "False"]
        return ast.Call(func, numbers, kept)

    def _numpy(self, node: ast.Call, name: str) -> ast.AST:
        if name in SAME and node.args:
            return self.visit(node.args[0])  # type: ignore[no-any-return]
        if name in ("expand_dims", "broadcast_to"):
            return self._broadcast(node)
        if name in ZEROS:
            return ast.Constant(0)
        made = self.generic_visit(node)
        assert isinstance(made, ast.Call)
        keywords = [k for k in made.keywords if k.arg not in ("dtype", "out")]
        if name == "reciprocal":
            return ast.BinOp(ast.Constant(1), ast.Div(), made.args[0])
        if name in OPERATORS and len(made.args) == 2:
            return ast.BinOp(made.args[0], OPERATORS[name](), made.args[1])
        return ast.Call(ast.Name(NUMPY.get(name, name)), made.args, keywords)

    def _broadcast(self, node: ast.Call) -> ast.expr:
        """An array with axes put in; of a sum perhaps those along which it was taken."""
        made: ast.expr = self.visit(node.args[0])
        match made:
            case ast.Call(func=ast.Attribute(attr="sum"), args=[axis], keywords=[]) if len(
                node.args
            ) == 2 and self._same(axis, node.args[1]):
                keeps = ast.keyword("keepdims", ast.Constant(True))
                return ast.Call(made.func, made.args, [keeps])
        return ast.Call(ast.Name("broadcast"), [made], [])

    def _same(self, axis: ast.expr, other: ast.expr) -> bool:
        """Whether two expressions name the same axes."""
        try:
            return bool(value_of(axis, self.known) == value_of(other, self.known))
        except Unclear:
            return ast.unparse(axis) == ast.unparse(other)

    def _helper(self, node: ast.Call, name: str) -> ast.AST:
        function = self.names.get(name)
        if name in SAME and node.args:
            return self.visit(node.args[0])  # type: ignore[no-any-return]
        if not inspect.isfunction(function):
            return self.generic_visit(node)
        return self._replaced(node, name, function, [*inspect.signature(function).parameters], None)

    def _of_op(self, node: ast.Call, op: type[Op], name: str) -> ast.AST:
        if name == "call":
            return self._replaced(node, op.__name__, op.forward, [*op.parameters], op)
        function = getattr(op, name, None)
        if not inspect.isfunction(function):
            return self.generic_visit(node)
        title = f"derivative_of_{in_words(op.__name__)}" if name.startswith("d_") else name
        parameters = [*inspect.signature(function).parameters]
        return self._replaced(node, title, function, parameters, None)

    def _replaced(
        self,
        node: ast.Call,
        name: str,
        function: Callable[..., Any],
        parameters: list[str],
        op: type[Op] | None,
    ) -> ast.AST:
        """What a call computes, in its arguments."""
        given = dict(zip(parameters, node.args, strict=False))
        given |= {k.arg: k.value for k in node.keywords if k.arg is not None}
        told = {key: item for key, each in given.items() if (item := self._told(each)) is not ...}
        for key, parameter in inspect.signature(function).parameters.items():
            if key not in given and parameter.default is not inspect.Parameter.empty:
                told[key] = parameter.default
        arguments = {key: self.visit(each) for key, each in given.items()}
        told |= {text: item for text, item in self.known.items() if text.startswith("group[")}
        told["unweighted"] = self.known.get("unweighted", False)
        form = form_of(function, name, tuple(parameters))
        if form is not None:
            return put(chosen(form, told), arguments)
        made = None
        if self.depth < DEEP:
            made = of_function(function, told, depth=self.depth + 1)
        whole = None if made is None else made.whole()
        if whole is not None and is_formula(whole) and names_in(whole) <= {*given, *CONSTANTS}:
            inside = put(whole, arguments)
            if len(ast.unparse(inside)) <= LONG:
                return inside
        if op is None:
            return ast.Call(ast.Name(name.lstrip("_")), [*arguments.values()], [])
        arrays = [each for key, each in arguments.items() if key in op.arrays]
        present = [each for each in arrays if ast.unparse(each) != "None"]
        return ast.Call(ast.Name(in_words(op.__name__)), present, [])

    def _told(self, argument: ast.expr) -> Any:
        """What is known of an argument; ``...`` if nothing."""
        try:
            return value_of(argument, self.known)
        except Unclear:
            array = isinstance(argument, ast.BinOp | ast.UnaryOp | ast.Call)
            return ARRAY if array else ...
