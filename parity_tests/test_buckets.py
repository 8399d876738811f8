"""Optimizers update parameters in buckets; nothing of that may be seen from outside.

Each program does to an optimizer, between two steps, what could leave a bucket behind that no
longer is what it was. Both libraries must come to the same numbers.
"""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu.optim import bucket

from .judge import check, count_case

BOTH = (tinygrad_edu, torch)
OPTIMIZERS = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    "Adam": {"lr": 0.1, "amsgrad": True, "weight_decay": 0.01},
    "AdamW": {"lr": 0.1},
}
SIZES = [(3, 2), (4,), (), (2, 2)]


class Run:
    """Some parameters and an optimizer in one library."""

    def __init__(self, lib: Any, name: str) -> None:
        self.lib = lib
        self.rng = np.random.default_rng(0)
        self.parameters = [self.random(size).requires_grad_() for size in SIZES]
        self.optimizer = getattr(lib.optim, name)(self.parameters, **OPTIMIZERS[name])

    def random(self, size: tuple[int, ...]) -> Any:
        return self.lib.tensor(np.asarray(self.rng.standard_normal(size), np.float64))

    def step(self, without: tuple[int, ...] = ()) -> None:
        for number, parameter in enumerate(self.parameters):
            grad = self.random(tuple(parameter.shape)).to(parameter.dtype)
            parameter.grad = None if number in without else grad
        self.optimizer.step()

    def state(self, number: int) -> dict[str, Any]:
        return self.optimizer.state[self.parameters[number]]  # type: ignore[no-any-return]


def some_without_gradient(run: Run) -> None:
    run.step(without=(1,))
    run.step(without=(0, 2))


def state_tensors_replaced(run: Run) -> None:
    for name, value in run.state(0).items():
        run.state(0)[name] = value * 2


def state_tensors_changed_in_place(run: Run) -> None:
    for value in run.state(3).values():
        value += 1


def state_of_one_forgotten(run: Run) -> None:
    del run.optimizer.state[run.parameters[0]]


def all_state_forgotten(run: Run) -> None:
    run.optimizer.state = defaultdict(dict)


def all_state_cleared(run: Run) -> None:
    run.optimizer.state.clear()


def parameters_in_single_precision(run: Run) -> None:
    for parameter in run.parameters:
        parameter.data = parameter.data.float()
    for state in run.optimizer.state.values():
        for name, value in state.items():
            if name != "step":
                state[name] = value.float()


def values_replaced(run: Run) -> None:
    run.parameters[0].data = run.random((3, 2))
    run.parameters[3].data = run.random((2, 2)).t()


def group_added(run: Run) -> None:
    run.parameters.append(run.random((5,)).requires_grad_())
    run.optimizer.add_param_group({"params": [run.parameters[-1]], "lr": 0.01})


def parameter_taken_out_of_its_group(run: Run) -> None:
    run.optimizer.param_groups[0]["params"].pop(1)


def parameter_exchanged_in_its_group(run: Run) -> None:
    run.parameters[1] = run.random((4,)).requires_grad_()
    run.optimizer.param_groups[0]["params"][1] = run.parameters[1]


def own_state_loaded(run: Run) -> None:
    run.optimizer.load_state_dict(run.optimizer.state_dict())


def parameters_changed_by_hand(run: Run) -> None:
    with run.lib.no_grad():
        for parameter in run.parameters:
            parameter.mul_(2)


def memory_shared_by_two(run: Run) -> None:
    run.parameters[3].data = run.parameters[0].data[1:]


def memory_shared_with_a_transpose(run: Run) -> None:
    run.parameters[0].data = run.random((2, 2))
    run.parameters[3].data = run.parameters[0].data.t()
    run.optimizer.state.clear()


def state_of_the_users_own(run: Run) -> None:
    run.state(0)["average"] = run.lib.tensor(0.0)
    run.state(1)["average"] = run.lib.tensor([True])


def a_state_given_while_there_is_one(run: Run) -> None:
    largest = run.lib.full((4,), 5.0, dtype=run.lib.float64)
    run.state(1)["max_exp_avg_sq"] = largest


CHANGES = [
    memory_shared_by_two,
    memory_shared_with_a_transpose,
    state_of_the_users_own,
    a_state_given_while_there_is_one,
    some_without_gradient,
    state_tensors_replaced,
    state_tensors_changed_in_place,
    state_of_one_forgotten,
    all_state_forgotten,
    all_state_cleared,
    parameters_in_single_precision,
    values_replaced,
    group_added,
    parameter_taken_out_of_its_group,
    parameter_exchanged_in_its_group,
    own_state_loaded,
    parameters_changed_by_hand,
]


@pytest.mark.parametrize("full", [1, 7, 8192])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_change_between_steps(
    monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[[Run], None], full: int
) -> None:
    """With all in one bucket, with several in each of some, and with one in each."""
    monkeypatch.setattr(bucket, "FULL", full)
    runs = [Run(lib, name) for lib in BOTH]
    for run in runs:
        run.step()
        run.step()
        change(run)
        run.step()
        run.step()
    count_case()
    ours, theirs = runs
    for number, (mine, its) in enumerate(zip(ours.parameters, theirs.parameters, strict=True)):
        check(mine, its, f"parameter {number}")
        assert ours.state(number).keys() == theirs.state(number).keys()


def test_large_parameters_are_not_copied() -> None:
    large = tinygrad_edu.zeros(bucket.FULL + 1, requires_grad=True)
    small = [tinygrad_edu.zeros(3, requires_grad=True) for _ in range(4)]
    optimizer = tinygrad_edu.optim.SGD([*small[:2], large, *small[2:]], lr=1.0, momentum=0.9)
    for parameter in (large, *small):
        parameter.grad = tinygrad_edu.ones(parameter.shape)
    optimizer.step()
    (rounds,) = optimizer._rounds.values()
    (buckets,) = rounds.buckets
    assert [len(b.parameters) for b in buckets] == [2, 1, 2]
    assert [b.alone for b in buckets] == [False, True, False]
    assert (large == -1).all() and all((s == -1).all() for s in small)


def test_a_state_of_the_wrong_shape_is_named() -> None:
    run = Run(tinygrad_edu, "SGD")
    run.step()
    run.state(0)["momentum_buffer"] = tinygrad_edu.zeros(2, 3, dtype=tinygrad_edu.float64)
    with pytest.raises(RuntimeError, match=r"'momentum_buffer' has shape \[2, 3\].* \[3, 2\]"):
        run.step()


@pytest.mark.parametrize("lib", BOTH)
def test_a_parameter_given_twice_among_others(lib: Any) -> None:
    p, q, r = (lib.ones(2, requires_grad=True) for _ in range(3))
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optimizer = lib.optim.Adam([p, q, p, r], lr=0.1)
    for _ in range(2):
        for parameter in (p, q, r):
            parameter.grad = lib.ones(2)
        optimizer.step()
    assert [round(x[0].item(), 5) for x in (p, q, r)] == [0.6, 0.8, 0.8]
    assert [optimizer.state[x]["step"].item() for x in (p, q, r)] == [4, 2, 2]


def test_a_count_of_steps_may_be_loaded_as_a_number() -> None:
    values = []
    for lib in BOTH:
        p = lib.ones(2, requires_grad=True)
        optimizer = lib.optim.Adam([p], lr=0.1)
        saved = optimizer.state_dict()
        saved["state"][0] = {"step": 5.0, "exp_avg": lib.ones(2), "exp_avg_sq": lib.ones(2)}
        optimizer.load_state_dict(saved)
        p.grad = lib.ones(2)
        optimizer.step()
        assert optimizer.state[p]["step"].item() == 6
        values.append(p[0].item())
    assert values[0] == pytest.approx(values[1], rel=1e-6)


def test_a_step_does_not_keep_gradients_alive() -> None:
    large = tinygrad_edu.zeros(bucket.FULL + 1, requires_grad=True)
    optimizer = tinygrad_edu.optim.SGD([large], lr=1.0)
    large.grad = tinygrad_edu.ones(large.shape)
    gone = weakref.ref(large.grad.array)
    optimizer.step()
    assert gone() is not None
    optimizer.zero_grad()
    assert gone() is None


def test_parameters_of_foreign_memory() -> None:
    """Memory that no array owns, such as a file's, is a parameter's too."""
    p = tinygrad_edu.from_numpy(np.frombuffer(bytearray(12), dtype=np.float32)).requires_grad_()
    p.grad = tinygrad_edu.ones(3)
    tinygrad_edu.optim.SGD([p], lr=0.5).step()
    assert p.tolist() == [-0.5] * 3


@pytest.mark.parametrize("name", ["SGD", "Adam", "Rprop"])
def test_the_memory_of_a_gradient_alone_is_let_go_of(name: str) -> None:
    p = tinygrad_edu.ones(3, requires_grad=True)
    optimizer = getattr(tinygrad_edu.optim, name)([p])
    p.grad = tinygrad_edu.ones(3)
    optimizer.step()
    kept = weakref.ref(p.grad.array)
    p.grad = None
    assert kept() is None
