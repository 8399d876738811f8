"""How PyTorch's functions can be called, by PyTorch's own account, and where ours differ.

For what is written in C++ its type stubs list every overload (`_VariableFunctions.pyi` for
functions, the class `TensorBase` in `__init__.pyi` for methods, `_nn.pyi` for some of
`nn.functional`); for what is written in Python there is `inspect.signature`.

One function of ours answers for all overloads of PyTorch's. It must take each argument of each
overload at the same position and under the same name, have its default, ask for no more, and offer
nothing that no overload has.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch

POSITIONAL, KEYWORD, VARIADIC = "positional", "keyword", "variadic"
REQUIRED = "required"

#: What is compared in no function, and why.
LEFT_OUT = {
    "out": "refused by name, with NotImplementedError: assign the result",
    "names": "dimensions with names, a prototype that PyTorch has given up",
}


class Argument(NamedTuple):
    """One argument of one overload; `default` is its source text, or `REQUIRED`."""

    name: str
    kind: str
    default: str
    annotation: str = ""


Overload = tuple[Argument, ...]


def stub(name: str) -> ast.Module:
    """A type stub that PyTorch ships."""
    return ast.parse((Path(torch.__file__).parent / name).read_text())


def overloads_in(body: list[ast.stmt]) -> dict[str, list[Overload]]:
    """The overloads of every function defined in `body`."""
    found: dict[str, list[Overload]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(tuple(_arguments(node.args)))
    return found


def _arguments(args: ast.arguments) -> Iterator[Argument]:
    def text(node: ast.expr | None) -> str:
        return REQUIRED if node is None else ast.unparse(node)

    def annotation(node: ast.arg) -> str:
        return "" if node.annotation is None else ast.unparse(node.annotation)

    plain = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults))
    for arg, default in zip(plain, [*defaults, *args.defaults], strict=True):
        yield Argument(arg.arg, POSITIONAL, text(default), annotation(arg))
    if args.vararg:
        yield Argument(args.vararg.arg, VARIADIC, REQUIRED, annotation(args.vararg))
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield Argument(arg.arg, KEYWORD, text(default), annotation(arg))


def of_callable(function: Callable[..., Any]) -> Overload:
    """The one overload of what is written in Python."""
    kinds = {
        inspect.Parameter.KEYWORD_ONLY: KEYWORD,
        inspect.Parameter.VAR_POSITIONAL: VARIADIC,
    }
    return tuple(
        Argument(
            p.name,
            kinds.get(p.kind, POSITIONAL),
            REQUIRED if p.default is p.empty else repr(p.default),
            str(p.annotation),
        )
        for p in inspect.signature(function).parameters.values()
        if p.kind is not p.VAR_KEYWORD
    )


@functools.cache
def functions_in_c() -> dict[str, list[Overload]]:
    """torch.*"""
    return overloads_in(stub("_C/_VariableFunctions.pyi").body)


@functools.cache
def methods_in_c() -> dict[str, list[Overload]]:
    """torch.Tensor.*"""
    classes = [n for n in stub("_C/__init__.pyi").body if isinstance(n, ast.ClassDef)]
    return overloads_in(next(c for c in classes if c.name == "TensorBase").body)


def differences(
    ours: Callable[..., Any], overloads: list[Overload], *, method: bool = False
) -> list[str]:
    """What of `overloads` cannot be called on our side, and what can be there and not in PyTorch.

    Parameters
    ----------
    ours : callable
    overloads : list of Overload
    method : bool
        Whether the first argument is the tensor itself, under whatever name.
    """
    mine = list(of_callable(ours))
    theirs = [list(o) for o in overloads if not deprecated(o)] or [list(o) for o in overloads]
    if method:
        mine, theirs = mine[1:], [o[1:] for o in theirs]
    theirs = [[a for a in o if a.name not in LEFT_OUT] for o in theirs]
    for overload in theirs:  # the stubs' name for a number where another overload has a tensor
        if overload and overload[0].name == "self":
            overload[0] = overload[0]._replace(name="input")
    found: list[str] = []
    for overload in theirs:
        for position, argument in enumerate(overload):
            found += _missing(mine, position, argument)
    for position, argument in enumerate(mine):
        found += _surplus(theirs, position, argument)
    return list(dict.fromkeys(found))


def deprecated(overload: Overload) -> bool:
    """Whether PyTorch warns of it: numbers between tensors, as in ``add(x, alpha, y)``."""
    return (
        bool(overload)
        and any(
            a.name in ("alpha", "beta", "value") and a.kind == POSITIONAL
            and any(b.annotation == "Tensor" and b.kind == POSITIONAL for b in overload[i + 1 :])
            for i, a in enumerate(overload)
        )
    )  # fmt: skip


def _missing(mine: list[Argument], position: int, argument: Argument) -> Iterator[str]:
    """What one argument of PyTorch's has no counterpart for."""
    known = {a.name: a for a in mine}
    spread = next((i for i, a in enumerate(mine) if a.kind == VARIADIC), None)
    if argument.kind == VARIADIC:
        if spread != position:
            yield f"does not take *{argument.name}"
        return
    if argument.name not in known:
        yield f"has no {argument.name}"
        return
    same = known[argument.name]
    if argument.kind == POSITIONAL and mine.index(same) != position:
        yield f"{argument.name} is not at position {position}"
    elif argument.kind == POSITIONAL and same.kind == KEYWORD:
        yield f"{argument.name} is only a keyword"
    if argument.default != REQUIRED and same.kind != VARIADIC and same.default == REQUIRED:
        yield f"{argument.name} has no default"


def _surplus(theirs: list[list[Argument]], position: int, argument: Argument) -> Iterator[str]:
    """What one argument of ours takes that none of PyTorch's overloads does."""
    same = [a for o in theirs for a in o if a.name == argument.name]
    if not same:
        yield f"takes {argument.name} beyond PyTorch"
        return
    kinds = {a.kind for a in same}
    if argument.kind == POSITIONAL and kinds == {KEYWORD}:
        yield f"{argument.name} need not be a keyword"
    optional = [a for a in same if a.default != REQUIRED]
    everywhere = len(same) == len(theirs) and not optional
    if everywhere and argument.kind != VARIADIC and argument.default != REQUIRED:
        yield f"{argument.name} need not be given"
    if optional and argument.kind != VARIADIC:
        wanted = {a.default for a in optional}
        if not any(_same_default(argument.default, w) for w in wanted):
            yield f"{argument.name} is {argument.default} by default, not {' or '.join(wanted)}"


def _same_default(ours: str, theirs: str) -> bool:
    """Whether two texts mean the same value."""
    return _plain(ours) == _plain(theirs)


def _plain(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text.removeprefix("torch.").removeprefix("_int(").rstrip(")")
