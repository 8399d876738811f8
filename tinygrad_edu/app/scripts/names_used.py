"""Which of PyTorch's names a script's text uses.

What its imports and assignments call PyTorch's (``import torch.nn as nn``, ``act = nn.ReLU``) is
followed through its scopes; so ``act()`` is a use of ``torch.nn.ReLU``. Of ``x.view(2)`` the text
does not tell what ``x`` is: so ``view`` is told apart, as tensors have a method of that name.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from typing import NamedTuple

from ...missing import OF_TENSORS
from ...nn import Module
from ...nn.missing import METHODS as OF_MODULES
from ...tensor import Tensor
from ..errors import InputError, first_line
from .absent import is_here, public_names, value_of
from .torch_names import MODULES, ROOTS

#: The lines on which each name is used.
Lines = dict[str, set[int]]

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = (*FUNCTIONS, *COMPREHENSIONS, ast.ClassDef)

#: Texts, lists and the like, which are no tensors.
DISPLAYS = (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, *COMPREHENSIONS)

#: In the place of a name of PyTorch's: that of something else which is known.
OTHER = ""


class Uses(NamedTuple):
    """What a script uses: PyTorch's names, in full, and names of methods and attributes that
    tensors and modules have, of objects that are not known."""

    names: Lines
    methods: Lines


class Scope(NamedTuple):
    """A module, a class, a function or a comprehension, from within.

    Attributes
    ----------
    meant : dict
        For each name that is bound in it, what of PyTorch's it is, or `OTHER`, or None.
    doubtful : set
        Names that are bound to other things as well.
    """

    meant: dict[str, str | None]
    doubtful: set[str]


def read(path: str) -> ast.Module:
    """A script's syntax tree.

    Raises
    ------
    InputError
        If there is no such file, or it is not Python.
    """
    try:
        with open(path, "rb") as file:
            return ast.parse(file.read(), path)
    except OSError as error:
        raise InputError(f"{path!r} cannot be read: {first_line(error)}") from error
    except SyntaxError as error:
        raise InputError(f"{path!r}, line {error.lineno}, is not Python: {error.msg}") from error
    except (ValueError, RecursionError) as error:  # null bytes; nested too deep
        raise InputError(f"{path!r} is not Python: {first_line(error)}") from error


def uses_in(tree: ast.Module) -> Uses:
    """What of PyTorch's a script uses."""
    reader = Reader()
    reader.read_scope([], tree.body)
    return Uses(reader.names, reader.methods)


class Reader:
    """Walks through a tree, with the scopes around it, the innermost last."""

    def __init__(self) -> None:
        self.names: Lines = {}
        self.methods: Lines = {}
        self.scopes: list[Scope] = []
        self.stars: list[str] = []  # modules of which all was imported
        self.done: set[ast.AST] = set()  # parts of something that was dealt with as a whole

    def read_scope(self, parameters: Iterable[str], body: Iterable[ast.AST]) -> None:
        """Find the names that a scope binds, then their uses in it, and in the scopes within."""
        self.scopes.append(Scope(dict.fromkeys(parameters), set()))
        nodes, within = parted(body)
        for node in nodes:
            self.bind(node)
        for node in nodes:
            self.note(node)
        for inner in within:
            self.read_scope(parameters_of(inner), body_of(inner))
        self.scopes.pop()

    # What names mean ------------------------------------------------------------------------------

    def bind(self, node: ast.AST) -> None:
        """Take down what the names mean that one node binds."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                whole = alias.name if alias.asname else top
                self.mean(alias.asname or top, whole if is_theirs(whole) else OTHER)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = imported(node, alias)
                if alias.name != "*":
                    self.mean(alias.asname or alias.name, whole if is_theirs(whole) else None)
                else:
                    self.bind_all(node.module or "")
        elif isinstance(node, ast.Assign) and (meant := self.meant(node.value)) is not None:
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self.mean(target.id, meant)
                    self.done.add(target)
        elif node not in self.done:
            for name in names_bound(node):
                self.mean(name, None)

    def bind_all(self, module: str) -> None:
        """Take down the names that ``from module import *`` binds."""
        self.stars.append(module)
        if is_theirs(module) and is_here(module):
            for name in public_names(module):
                self.mean(name, f"{module}.{name}")

    def mean(self, name: str, meant: str | None) -> None:
        """Note what a name means in the innermost scope."""
        scope = self.scopes[-1]
        before = scope.meant.get(name, meant)
        if before != meant:
            scope.doubtful.add(name)
            meant = meant or before or None
        scope.meant[name] = meant

    def scope_of(self, name: str) -> Scope | None:
        """The scope in which a name is bound."""
        return next((s for s in reversed(self.scopes) if name in s.meant), None)

    def meant(self, node: ast.AST) -> str | None:
        """What of PyTorch's an expression is; OTHER if it is something else, None if unknown."""
        if isinstance(node, ast.Name):
            scope = self.scope_of(node.id)
            return None if scope is None else scope.meant[node.id]
        if isinstance(node, ast.Attribute):
            owner = self.meant(node.value)
            return f"{owner}.{node.attr}" if owner else owner
        return OTHER if isinstance(node, DISPLAYS) else None

    # What is used ---------------------------------------------------------------------------------

    def note(self, node: ast.AST) -> None:
        """Take down what one node uses; what contains it was noted before."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.use(alias.name, node)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self.use(imported(node, alias).removesuffix(".*"), node)
        elif isinstance(node, ast.Name | ast.Attribute) and node not in self.done:
            self.expression(node)
        elif isinstance(node, ast.Call) and (name := name_in_getattr(node)):
            self.use(f"{self.meant(node.args[0])}.{name}", node)

    def expression(self, node: ast.Name | ast.Attribute) -> None:
        """Note a chain of attributes, as `torch.nn.Linear`, or of an object that is not known."""
        meant, parts = self.meant(node), chain(node)
        if meant and self.is_sure(parts[-1], meant):
            self.done.update(parts)
            self.use(meant, node)
        elif isinstance(node, ast.Attribute):
            if meant != OTHER and is_method(node.attr) and not is_self(node.value):
                self.methods.setdefault(node.attr, set()).add(node.end_lineno or node.lineno)
        elif self.stars and self.is_unknown(node.id):
            self.use(f"{self.stars[-1]}.{node.id}", node)

    def is_sure(self, first: ast.AST, meant: str) -> bool:
        """Whether a chain that begins with this name means that of PyTorch's. Where the name is
        bound to something else too, what is not there is taken for the other's."""
        name = first.id if isinstance(first, ast.Name) else ""
        scope = self.scope_of(name)
        return scope is None or name not in scope.doubtful or is_here(meant)

    def is_unknown(self, name: str) -> bool:
        """Whether a name can only come from a module of which all was imported."""
        return self.scope_of(name) is None and not hasattr(builtins, name) and name[0] != "_"

    def use(self, path: str, node: ast.stmt | ast.expr) -> None:
        """Note a name: all of a path, up to what is missing, or is neither a module nor a class."""
        if not is_theirs(path):
            return
        name, _, rest = path.partition(".")
        while rest and is_here(name) and (name in MODULES or isinstance(value_of(name), type)):
            part, _, rest = rest.partition(".")
            name += f".{part}"
        if name != "torch":
            self.names.setdefault(name, set()).add(node.lineno)


def chain(node: ast.AST) -> list[ast.AST]:
    """The parts of `a.b.c`: itself, `a.b` and `a`."""
    parts = [node]
    while isinstance(parts[-1], ast.Attribute):
        parts.append(parts[-1].value)
    return parts


def is_theirs(name: str) -> bool:
    """Whether a full name is PyTorch's, or of a package that needs PyTorch's own code."""
    return name.partition(".")[0] in ROOTS


def is_method(name: str) -> bool:
    """Whether tensors or modules have an attribute of this name; also if only PyTorch's do, and not
    texts, lists and dicts besides."""
    if hasattr(Tensor, name) or hasattr(Module, name):
        return name[0] != "_"
    elsewhere = any(hasattr(kind, name) for kind in (str, list, dict))
    return (name in OF_TENSORS or name in OF_MODULES) and not elsewhere


def is_self(node: ast.AST) -> bool:
    """Whether it is the object of which this is a method, whose attributes are the script's own."""
    return isinstance(node, ast.Name) and node.id == "self"


def name_in_getattr(node: ast.Call) -> str | None:
    """The name in ``getattr(owner, "name")``; with a default, there need not be such a name."""
    if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) == 2:
        name = node.args[1]
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            return name.value
    return None


def imported(node: ast.ImportFrom, alias: ast.alias) -> str:
    """The full name of what is imported; one that begins with dots is of the script's package."""
    return "." * node.level + f"{node.module}.{alias.name}"


# Scopes -------------------------------------------------------------------------------------------


def parted(body: Iterable[ast.AST]) -> tuple[list[ast.AST], list[ast.AST]]:
    """What stands in a scope, each node before its parts, and the nodes of the scopes within."""
    nodes: list[ast.AST] = []
    waiting = [*body][::-1]
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        parts = outside(node) if isinstance(node, SCOPES) else [*ast.iter_child_nodes(node)]
        waiting += parts[::-1]
    return nodes, [node for node in nodes if isinstance(node, SCOPES)]


def outside(node: ast.AST) -> list[ast.AST]:
    """The parts of a scope's node that belong to the scope around it."""
    inside = {id(part) for part in body_of(node)}
    return [part for part in ast.iter_child_nodes(node) if id(part) not in inside]


def body_of(node: ast.AST) -> list[ast.AST]:
    """The parts of a scope's node that stand in the scope."""
    if isinstance(node, COMPREHENSIONS):
        return [*ast.iter_child_nodes(node)]
    body = getattr(node, "body", [])
    return body if isinstance(body, list) else [body]


def parameters_of(node: ast.AST) -> list[str]:
    """The names that a scope begins with."""
    if not isinstance(node, FUNCTIONS):
        return []
    return [each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)]


def names_bound(node: ast.AST) -> list[str]:
    """The names that a node binds in its scope, other than by an import."""
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)
    if isinstance(node, (*named, ast.MatchAs, ast.MatchStar)):
        return [node.name] if node.name else []
    return [node.rest] if isinstance(node, ast.MatchMapping) and node.rest else []
