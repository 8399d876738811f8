"""Checking derivatives against differences, and noting which derivatives a check has run.

A derivative is a method ``d_...`` of an op. Which of them some check runs is written down in
`differentiated`; from there a check knows what it must not cease to run, and a test that no
derivative is left out.
"""

from __future__ import annotations

import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from unittest.mock import patch

import numpy as np
from hypothesis import settings

import tinygrad_edu
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.autograd.op import Op
from tinygrad_edu.autograd.op_node import OpNode

from .cases import Case
from .differentiated import DIFFERENTIATED
from .scoreboard.board import comparing

#: By check, how often each derivative was run in one that passed.
RUN: dict[str, Counter[str]] = {}


def check_derivatives(
    check: str,
    call: Callable[..., Any],
    tensors: Sequence[Any],
    twice: bool = True,
    case: Case | None = None,
    eps: float = 1e-6,
) -> None:
    """Hold the first derivatives of `call`, and the second, against differences.

    Parameters
    ----------
    check : str
        Its kind and the name of what is checked, as in ``row/atan``.
    call : callable
        From the tensors to a tuple of tensors.
    tensors : sequence of Tensor
        Those that require a gradient are moved, all elements at once, in one random direction.
    twice : bool
        Whether there is a second derivative.
    case : Case, optional
        The case of a row that this is.
    eps : float
        The step of the differences.
    """
    name = check.partition("/")[2]
    with noted(RUN.setdefault(check, Counter())):
        with comparing(name, case, kind="gradient"):
            assert gradcheck(call, tensors, eps=eps, fast_mode=True)
        if twice:
            with comparing(name, case, kind="second order"):
                assert gradgradcheck(call, tensors, eps=eps, fast_mode=True)


@contextmanager
def noted(count: Counter[str]) -> Iterator[None]:
    """Count the derivatives that backward passes run in a block, each once, unless it raises."""
    met = set()
    backward = OpNode.backward

    def noting(node: OpNode, grads: Any, edges: Any, create_graph: bool) -> Any:
        for rule, (target, _) in zip(node.rules, edges, strict=True):
            if target is not None:
                met.add(name_of(rule.function))
        return backward(node, grads, edges, create_graph)

    with patch.object(OpNode, "backward", noting):
        yield
    count.update(met)


def assert_none_is_missed(check: str) -> None:
    """That a check has run the derivatives that are written down for it.

    Which cases are drawn depends on ``--seed`` and ``--examples``; so that is not asked there.
    """
    missed = {*DIFFERENTIATED.get(check, ())} - {*RUN.get(check, ())}
    assert not missed or not settings.default.derandomize, (
        f"{check} no longer runs {missed}: python -m parity_tests.differentiated"
    )


def is_finite(outputs: Sequence[Any]) -> bool:
    """Whether there is nothing in them that has no limit."""
    return all(o.numel() and np.isfinite(o.detach().numpy()).all() for o in outputs)


def with_history(outputs: Sequence[Any]) -> tuple[Any, ...]:
    """Those of the outputs that have a derivative."""
    return tuple(o for o in outputs if getattr(o, "requires_grad", False))


def all_derivatives() -> dict[str, Callable[..., Any]]:
    """Every derivative of an op in ``tinygrad_edu.ops`` and ``tinygrad_edu.nn``, by its name."""
    for package in (tinygrad_edu.ops, tinygrad_edu.nn):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    return {
        name_of(rule.function): rule.function
        for op in subclasses(Op)
        if op.__module__.startswith("tinygrad_edu.") and hasattr(op, "rules")
        for rule in op.rules
    }


def name_of(derivative: Callable[..., Any]) -> str:
    """Its module, class and argument, as in ``trigonometry.Atan.d_x``."""
    return f"{derivative.__module__.rpartition('.')[2]}.{derivative.__qualname__}"


def subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    """All classes below one."""
    for below in kind.__subclasses__():
        yield below
        yield from subclasses(below)
