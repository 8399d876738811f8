"""Everything public can be called as PyTorch's can, or stands in a table with the reason."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import torch
import torch.optim.swa_utils
import torch.utils.data

import tinygrad_edu
from tinygrad_edu.nn import Module

from .signatures import OTHER_DEFAULTS, REASONS, differences, of_callable, pytorchs

NAMESPACES = (
    "", "Tensor", "nn.functional", "nn.init", "nn.utils", "linalg", "autograd", "random", "nn",
    "optim", "optim.lr_scheduler", "optim.swa_utils", "utils.data", "func",
    "testing",
)  # fmt: skip

#: Names that a namespace has only because it imports them.
IMPORTED = ("Any", "Tensor", "Module", "OrderedDict", "Iterable")


def inside(library: ModuleType, path: str) -> Any:
    """``library.<path>``."""
    found: Any = library
    for name in filter(None, path.split(".")):
        found = getattr(found, name)
    return found


def shared(namespace: str) -> Iterator[tuple[str, Any, Any]]:
    """What both sides can call: its name, ours and theirs; of classes their methods too."""
    ours, theirs = inside(tinygrad_edu, namespace), inside(torch, namespace)
    for name in dir(ours):
        mine, other = getattr(ours, name, None), getattr(theirs, name, None)
        if (
            name.startswith("_")
            or (name in IMPORTED and namespace not in ("", "nn"))
            or not callable(mine)
            or not callable(other)
        ):
            continue
        if isinstance(mine, type) and issubclass(mine, Exception):
            continue
        if not isinstance(mine, type):
            yield name, mine, other
        elif namespace:
            yield name, mine, other
            for method in dir(mine):
                own, its = getattr(mine, method, None), getattr(other, method, None)
                inherited = mine is not Module and own is getattr(Module, method, None)
                if (
                    not method.startswith("_")
                    and callable(own)
                    and inspect.isfunction(its)
                    and not inherited
                ):
                    yield f"{name}.{method}", own, its


def compared(namespace: str) -> dict[str, list[str]]:
    """The differences of everything in a namespace that has some."""
    found = {}
    for name, mine, other in shared(namespace):
        is_method = namespace == "Tensor" or "." in name
        listed = pytorchs(namespace, name, other)
        difference = differences(mine, listed, method=is_method)
        if difference:
            found[f"{namespace}.{name}".lstrip(".")] = difference
    return found


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_arguments_are_pytorchs(namespace):
    found = compared(namespace)
    known = {name for names in REASONS.values() for name in names}
    unknown = {name: what for name, what in found.items() if name not in known}
    assert not unknown, "\n".join(f"{n}: {'; '.join(w)}" for n, w in unknown.items())


def test_every_entry_of_the_table_is_needed():
    found = [name for namespace in NAMESPACES for name in compared(namespace)]
    listed = [name for names in REASONS.values() for name in names]
    assert len(listed) == len(set(listed))
    assert set(listed) <= set(found), f"no longer different: {sorted(set(listed) - set(found))}"


def test_a_reason_excuses_no_other_default():
    found = {
        (name, what.partition(" ")[0])
        for namespace in NAMESPACES
        for name, differing in compared(namespace).items()
        for what in differing
        if " by default, not " in what
    }
    assert found <= OTHER_DEFAULTS


def test_what_is_compared_is_what_can_be_called():
    """The comparison itself: a renamed, a missing, a moved and a surplus argument are seen."""
    theirs = [of_callable(lambda input, dim, keepdim=False, *, dtype=None: ...)]
    for ours, said in (
        (lambda input, axis, keepdim=False, *, dtype=None: ..., "has no dim"),
        (lambda input, dim, keepdim=False: ..., "has no dtype"),
        (lambda input, keepdim=False, dim=0, *, dtype=None: ..., "dim is not at position 1"),
        (lambda input, dim, keepdim=True, *, dtype=None: ..., "keepdim is True by default"),
        (lambda input, dim=0, keepdim=False, *, dtype=None: ..., "dim need not be given"),
        (lambda input, dim, keepdim=False, dtype=None: ..., "dtype need not be a keyword"),
        (lambda input, dim, keepdim=False, *, dtype=None, x=1: ..., "takes x beyond"),
        (lambda input, dim, *, keepdim=False, dtype=None: ..., "keepdim is only a keyword"),
        (lambda input, dim, keepdim, *, dtype=None: ..., "keepdim has no default"),
    ):
        assert any(line.startswith(said) for line in differences(ours, theirs))
    assert not differences(lambda input, dim, keepdim=False, *, dtype=None: ..., theirs)
