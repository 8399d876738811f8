"""Programs: one piece of source, run with PyTorch and with tinygrad_edu, that must do the same.

A program is a function of the library. What it returns (tensors, numbers, strings, None, what
`raised` caught, and sequences of these) is compared by `compare`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import torch

import tinygrad_edu

from .judge import check, count_case

Program = Callable[[ModuleType], Any]

#: What wrong arguments raise in PyTorch, and so may here; anything else fails a test.
ERRORS = (
    RuntimeError, TypeError, ValueError, LookupError, AttributeError, AssertionError,
    ArithmeticError,
)  # fmt: skip


class Programs(list[Any]):
    """The programs of a file, as parameters of a test."""

    def add(self, program: Program) -> Program:
        """Decorator: this function is one."""
        self.append(pytest.param(program, id=program.__name__))
        return program


class Raised(NamedTuple):
    """An exception that a program caught."""

    error: Exception


def raised(function: Callable[[], Any]) -> Any:
    """What the call raised; what it returned, if it did not."""
    try:
        return function()
    except ERRORS as error:
        return Raised(error)


def leaf(library: ModuleType, *values: float, shape: tuple[int, ...] | None = None) -> Any:
    """A float64 leaf that requires a gradient."""
    tensor = library.tensor(values, dtype=library.float64)
    return (tensor if shape is None else tensor.reshape(shape)).requires_grad_()


def compare(program: Program) -> None:
    """Run a program on both sides, and raise if what it returns differs."""
    count_case()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's
        expected = program(torch)
    same(program(tinygrad_edu), expected, "what the program returns")


def same(ours: Any, theirs: Any, where: str) -> None:
    """Raise unless two results are alike; an exception must be of the type of PyTorch's."""
    if isinstance(theirs, Raised):
        text = f"{where}: got {ours!r}, PyTorch raises {theirs.error!r}"
        assert isinstance(ours, Raised) and isinstance(ours.error, type(theirs.error)), text
    elif isinstance(ours, Raised):
        raise AssertionError(f"{where}: raised {ours.error!r}, PyTorch {theirs!r}") from ours.error
    elif isinstance(theirs, torch.Tensor):
        check(ours, theirs, where)
    elif isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs), f"{where}: {ours!r}, not {theirs!r}"
        for i, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            same(mine, other, f"{where}[{i}]")
    else:
        assert ours == theirs, f"{where}: {ours!r}, not {theirs!r}"


def graph_difference(ours: Any, theirs: Any) -> str | None:
    """Where two graphs of nodes differ in names, edges or sharing; None if they do not.

    Parameters
    ----------
    ours, theirs : node or None
        The two ``grad_fn``.
    """
    paired: dict[Any, Any] = {}
    stack = [(ours, theirs, "grad_fn")]
    while stack:
        mine, other, where = stack.pop()
        names = [None if n is None else (n.name(), type(n).__name__) for n in (mine, other)]
        if names[0] != names[1]:
            return f"{where} is {names[0]}, not {names[1]}"
        if mine is None:
            continue
        if mine in paired:
            if paired[mine] is not other:
                return f"{where}, {names[0]}, is one node where PyTorch has two"
            continue
        paired[mine] = other
        edges, their_edges = mine.next_functions, other.next_functions
        if [number for _, number in edges] != [number for _, number in their_edges]:
            return f"the edges of {where}, {names[0]}, are {edges}, not {their_edges}"
        for i, (edge, their_edge) in enumerate(zip(edges, their_edges, strict=True)):
            stack.append((edge[0], their_edge[0], f"{where}.next_functions[{i}]"))
    if len(set(map(id, paired.values()))) != len(paired):
        return "two nodes where PyTorch has one"
    return None
