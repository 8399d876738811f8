"""A module's dicts of its own members: what is changed in them is changed in the module."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import torch

import tinygrad_edu

from .judge import count_case


def network(lib: Any) -> Any:
    """A module with members of each kind."""
    lib.manual_seed(3)
    nn = lib.nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.act, self.out = nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)
            self.scale = nn.Parameter(lib.ones(2))
            self.register_buffer("mean", lib.zeros(1))
            self.register_buffer("count", None)
            self.register_buffer("unsaved", lib.ones(1), persistent=False)

        def forward(self, x: Any) -> Any:
            return self.out(self.act(self.fc(x)))

    return Net()


def replaced_in_a_loop(lib: Any, m: Any) -> None:
    for name, module in m._modules.items():
        if isinstance(module, lib.nn.ReLU):
            m._modules[name] = lib.nn.Tanh()


#: What programs do with them; what the function returns is compared, too.
CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "set": lambda lib, m: m._modules.__setitem__("fc", lib.nn.Linear(2, 3, bias=False)),
    "set in a loop": replaced_in_a_loop,
    "add": lambda lib, m: m._modules.__setitem__("new", lib.nn.Identity()),
    "delete": lambda lib, m: m._modules.__delitem__("act"),
    "pop": lambda lib, m: m._modules.pop("act"),
    "pop nothing": lambda lib, m: m._modules.pop("none", 3),
    "popitem": lambda lib, m: m._modules.popitem(),
    "clear": lambda lib, m: m._modules.clear(),
    "update": lambda lib, m: m._modules.update(act=lib.nn.ELU(), more=lib.nn.ReLU()),
    "setdefault": lambda lib, m: (
        m._modules.setdefault("more", lib.nn.ELU()),
        m._modules.setdefault("act", None),
    ),
    "put in place": lambda lib, m: setattr(
        m, "_modules", OrderedDict(list(m._modules.items())[1:])
    ),
    "union in place": lambda lib, m: m._modules.__ior__({"more": lib.nn.ReLU()}) is None,
    "parameter": lambda lib, m: m.fc._parameters.__setitem__(
        "weight", lib.nn.Parameter(lib.ones(3, 2))
    ),
    "no parameter": lambda lib, m: m.fc._parameters.__setitem__("bias", None),
    "delete a parameter": lambda lib, m: m._parameters.__delitem__("scale"),
    "a tensor for a parameter": lambda lib, m: setattr(
        m.fc, "weight", m.fc._parameters.pop("weight").detach() * 2
    ),
    "buffer": lambda lib, m: m._buffers.__setitem__("mean", lib.ones(1)),
    "a place for a buffer": lambda lib, m: m._buffers.__setitem__("count", lib.ones(1)),
    "delete a buffer": lambda lib, m: m._buffers.__delitem__("mean"),
    "compare": lambda lib, m: (m.act._modules == {}, m._modules == m._modules, m._buffers == 1),
    "ask": lambda lib, m: ("fc" in m._modules, m._modules.get("x"), len(m._parameters), "x" in m),
    "union": lambda lib, m: (m._modules | {"x": 1}, type(m._modules | {"x": 1})),
    "copy": lambda lib, m: (copy.deepcopy(m._buffers), type(m._modules.copy()), dict(m._modules)),
    "pickle": lambda lib, m: pickle.loads(pickle.dumps(m._buffers)),
    "unknown": lambda lib, m: m._modules["none"],
    "delete an unknown one": lambda lib, m: m._modules.__delitem__("none"),
    "pop an unknown one": lambda lib, m: m._modules.pop("none"),
    "pop from none": lambda lib, m: m.act._modules.popitem(),
}


def seen(lib: Any, change: Callable[[Any, Any], Any]) -> list[str]:
    """The texts of all that can be seen of a module after a change."""
    m = network(lib)
    try:
        result = str(change(lib, m))
    except (KeyError, TypeError) as error:
        result = type(error).__name__
    kinds = ("_modules", "_parameters", "_buffers")
    dicts = [getattr(each, kind) for each in m.modules() for kind in kinds]
    assert all(isinstance(d, dict) for d in dicts)
    names = [n for n in ("fc", "act", "out", "new", "more", "scale", "mean") if hasattr(m, n)]
    values = [getattr(m, name) for name in names]
    state = m.state_dict()
    shown = [dict(d) for d in dicts]
    return [result, *map(str, (m, shown, names, values, state, [*m.named_parameters()]))]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_in_the_dict_is_one_of_the_module(name: str) -> None:
    count_case()
    assert seen(tinygrad_edu, CHANGES[name]) == seen(torch, CHANGES[name])


def test_views_print_as_those_of_a_dict() -> None:
    for kind in ("_modules", "_parameters", "_buffers"):
        count_case()
        for view in ("keys", "values", "items", "__repr__", "__str__"):
            ours, theirs = (
                str(getattr(getattr(network(lib), kind), view)()) for lib in (tinygrad_edu, torch)
            )
            assert ours == theirs


def test_the_new_member_is_used() -> None:
    values = []
    for lib in (tinygrad_edu, torch):
        model = network(lib)
        model._modules["act"] = lib.nn.Tanh()
        model.fc._parameters["bias"] = lib.nn.Parameter(lib.ones(3))
        output = model(lib.ones(1, 2))
        output.backward()
        values.append([output.item(), *model.fc.bias.grad.tolist()])
    assert values[0] == pytest.approx(values[1], rel=1e-6)
