"""Calls as PyTorch 1.4 had them, with numbers in front of the tensors that they multiply."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu import once

from .judge import count_case

Call = Callable[[ModuleType, Any, Any, Any], Any]

#: By name: a call with a vector, a matrix and a stack of two matrices.
FORMS: dict[str, Call] = {
    "add": lambda lib, v, m, s: lib.add(v, 2, v),
    "add, method": lambda lib, v, m, s: v.add(-0.5, m),
    "add_": lambda lib, v, m, s: (m * 1).add_(-0.5, v),
    "add_, a tensor's number": lambda lib, v, m, s: (m * 1).add_(lib.tensor(2.0), v),
    "add_, NumPy's number": lambda lib, v, m, s: (m * 1).add_(np.float32(2), v),
    "add_, a number": lambda lib, v, m, s: (m * 1).add_(2, 3),
    "sub": lambda lib, v, m, s: lib.sub(v, 2, v),
    "sub_": lambda lib, v, m, s: (m * 1).sub_(3, v),
    "addcmul": lambda lib, v, m, s: lib.addcmul(m, 2, v, m),
    "addcmul_": lambda lib, v, m, s: (m * 1).mul_(0.9).addcmul_(1 - 0.9, v, m),
    "addcdiv": lambda lib, v, m, s: lib.addcdiv(m, 2, v, m),
    "addcdiv_": lambda lib, v, m, s: (m * 1).addcdiv_(-0.1, m, v),
    "addmm": lambda lib, v, m, s: lib.addmm(2, v, 3, m, m),
    "addmm, one number": lambda lib, v, m, s: lib.addmm(2, v, m, m),
    "addmm, method": lambda lib, v, m, s: m.addmm(2, 3, m, m),
    "addmm, method, one number": lambda lib, v, m, s: m.addmm(2, m, m),
    "addmm_": lambda lib, v, m, s: (m * 1).addmm_(2, 3, m, m),
    "addmm_, one number": lambda lib, v, m, s: (m * 1).addmm_(2, m, m),
    "addmv": lambda lib, v, m, s: lib.addmv(2, v, 3, m, v),
    "addmv_": lambda lib, v, m, s: (v * 1).addmv_(2, 3, m, v),
    "addmv_, as a function": lambda lib, v, m, s: lib.addmv_(2, v * 1, 3, m, v),
    "addr": lambda lib, v, m, s: lib.addr(2, m, 3, v, v),
    "addr_": lambda lib, v, m, s: (m * 1).addr_(2, 3, v, v),
    "addbmm": lambda lib, v, m, s: lib.addbmm(2, m, 3, s, s),
    "addbmm_": lambda lib, v, m, s: (m * 1).addbmm_(2, 3, s, s),
    "baddbmm": lambda lib, v, m, s: lib.baddbmm(2, s, 3, s, s),
    "baddbmm_": lambda lib, v, m, s: (s * 1).baddbmm_(2, s, s),
    "out": lambda lib, v, m, s: lib.add(v, 2, v, out=lib.empty(2, dtype=v.dtype)),
}

#: Those of which PyTorch tells the same here; of `addmm` it lists another, with a dtype.
TOLD = ("add", "add_", "sub", "sub_", "addcmul", "addcmul_", "addcdiv", "addcdiv_", "addmm_",
        "addmm, method", "addmm, method, one number", "addmv", "addmv_", "addr", "addr_",
        "addbmm", "addbmm_", "baddbmm_")  # fmt: skip

#: What is refused.
WRONG: dict[str, Call] = {
    "three tensors": lambda lib, v, m, s: v.add(v, v),
    "a tensor with a gradient": lambda lib, v, m, s: v.add(lib.tensor(2.0, requires_grad=True), v),
    "a tensor of one element": lambda lib, v, m, s: v.add(lib.tensor([2.0]), v),
    "a text": lambda lib, v, m, s: v.add("2", v),
    "twice": lambda lib, v, m, s: v.addcmul(2, v, v, value=3),
    "too many": lambda lib, v, m, s: v.addcmul(2, 3, v, v),
    "another name": lambda lib, v, m, s: v.subtract(2, v),
    "numbers only": lambda lib, v, m, s: v.addcmul(2, 3, 4),
    "a bool": lambda lib, v, m, s: v.add(True, v),
    "a fraction of integers": lambda lib, v, m, s: lib.arange(3).add(0.5, lib.arange(3)),
}


def operands(lib: ModuleType, dtype: str, grad: bool = False) -> list[Any]:
    values = np.random.default_rng(3).uniform(0.5, 2.0, 14)
    made = lib.tensor(values, dtype=getattr(lib, dtype))
    cut = [made[:2], made[2:6].reshape(2, 2), made[6:].reshape(2, 2, 2)]
    return [x.clone().requires_grad_(grad) for x in cut]


@pytest.fixture(autouse=True)
def _said_before():
    """Nothing was said yet; afterwards, what was."""
    before = set(once.said)
    once.said.clear()
    yield
    once.said.clear()
    once.said.update(before)
    torch.set_warn_always(False)


def said_in(call: Call, lib: ModuleType, given: list[Any]) -> tuple[Any, list[Any]]:
    """The result, and the warnings with the files they blame."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call(lib, *given)
    return result, [(str(w.message).partition(" (Triggered")[0], w.filename) for w in caught]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FORMS)
def test_values_and_gradients(name: str, dtype: str) -> None:
    results = []
    for lib in (torch, tinygrad_edu):
        count_case()
        given = operands(lib, dtype, grad=name != "out")
        result, _ = said_in(FORMS[name], lib, given)
        found = [result.detach().numpy()]
        if name != "out":
            used = [x for x in given if x is not None]
            grads = lib.autograd.grad((result * result).sum(), used, allow_unused=True)
            found += [None if g is None else g.numpy() for g in grads]
        results.append(found)
    for theirs, ours in zip(*results, strict=True):
        if theirs is None:
            assert ours is None
        else:
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, rtol=4 * np.finfo(theirs.dtype).eps)


@pytest.mark.parametrize("name", TOLD)
def test_what_is_said(name: str) -> None:
    torch.set_warn_always(True)
    _, theirs = said_in(FORMS[name], torch, operands(torch, "float32"))
    _, ours = said_in(FORMS[name], tinygrad_edu, operands(tinygrad_edu, "float32"))
    assert len(theirs) == 1
    assert ours == theirs
    assert ours[0][1] == __file__


def test_it_is_said_once_of_all() -> None:
    given = operands(tinygrad_edu, "float32")
    _, first = said_in(FORMS["add_"], tinygrad_edu, given)
    assert len(first) == 1
    for name in FORMS:
        assert said_in(FORMS[name], tinygrad_edu, given)[1] == []


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(name: str) -> None:
    kinds = []
    for lib in (torch, tinygrad_edu):
        with pytest.raises((TypeError, RuntimeError)) as raised:
            said_in(WRONG[name], lib, operands(lib, "float32"))
        kinds.append(raised.type)
    assert kinds[0] is kinds[1]


def test_adam_as_it_was_written_by_hand() -> None:
    """A step as in the custom optimizers of 2019."""
    ends = []
    for lib in (torch, tinygrad_edu):
        p, _, _ = operands(lib, "float64")
        mean, square = lib.zeros_like(p), lib.zeros_like(p)

        def step(lib: ModuleType, p: Any, mean: Any, square: Any) -> None:
            for _ in range(5):
                g = p * 2
                mean.mul_(0.9).add_(1 - 0.9, g)
                square.mul_(0.999).addcmul_(1 - 0.999, g, g)
                p.data.addcdiv_(-0.01, mean, square.sqrt().add_(1e-8))

        said_in(step, lib, [p, mean, square])
        ends.append(p.numpy())
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-14)
