"""Optimizers walk PyTorch's path: parameters and state, step by step.

Two proofs. With its vector kernels PyTorch rounds ``a b + c`` once, and takes square roots that
are now and then one digit off. So there the judge compares, against a path in another precision.
Without those two (with its kernels for any processor, and exact roots, in a process of its own:
``python -m parity_tests.test_optim``) the paths are equal bit for bit.
"""

from __future__ import annotations

import copy
import itertools
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu
from parity_tests.judge import Evidence, check, count_case
from torch_ref.bridge import convert

ROOT = Path(__file__).parent.parent
STEPS = 25
SHAPES = [(4, 3), (3,), (), (0, 2), (1, 5), (33,), (2, 1, 3)]
BOTH: tuple[Any, Any] = (tinygrad_edu, torch)

Options = dict[str, Any]


def combinations(**choices: list[Any]) -> list[Options]:
    """One dict for each choice of one value per name."""
    return [
        dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())
    ]


CASES = [
    *(
        ("SGD", options)
        for options in combinations(
            lr=[0.1],
            momentum=[0, 0.9],
            dampening=[0, 0.3],
            weight_decay=[0, 0.05],
            nesterov=[False, True],
            maximize=[False, True],
        )
        if not options["nesterov"] or (options["momentum"] and not options["dampening"])
    ),
    *(
        ("Adam", options)
        for options in combinations(
            lr=[0.02],
            betas=[(0.9, 0.999), (0.5, 0.9), (0.0, 0.99), (0.3, 0.5)],
            eps=[1e-8, 1e-2],
            weight_decay=[0, 0.1],
            amsgrad=[False, True],
            maximize=[False, True],
            decoupled_weight_decay=[False, True],
        )
    ),
    *(
        ("AdamW", options)
        for options in combinations(
            lr=[0.02], weight_decay=[0.01, 0.3], amsgrad=[False, True], maximize=[False, True]
        )
    ),
]
NAMED = [pytest.param(*case, id=f"{case[0]}-{i}") for i, case in enumerate(CASES)]


class Race:
    """The same parameters, optimizer and gradients in both frameworks.

    Besides, PyTorch runs in the other precision, which tells the judge how far rounding leads.
    """

    def __init__(self, name: str, options: Options, dtype: str, seed: int = 0) -> None:
        self.name, self.options, self.dtype = name, options, dtype
        self.rng = np.random.default_rng(seed)
        starts = [np.asarray(self.rng.standard_normal(shape), dtype) for shape in SHAPES]
        starts.append(starts[0].copy().T)  # not contiguous
        other = "float64" if dtype == "float32" else "float32"
        self.ours, self.theirs, self.others = (
            [f.from_numpy(a.astype(d)).requires_grad_() for a in starts]
            for f, d in ((tinygrad_edu, dtype), (torch, dtype), (torch, other))
        )
        self.optimizers = [
            self.optimizer(f, p) for f, p in zip((*BOTH, torch), self.runs, strict=True)
        ]

    @property
    def runs(self) -> tuple[list[Any], list[Any], list[Any]]:
        return self.ours, self.theirs, self.others

    def optimizer(self, framework: Any, parameters: list[Any]) -> Any:
        return getattr(framework.optim, self.name)(parameters, **self.options)

    def step(self) -> None:
        """Equal random gradients, of very different size, now and then none; then a step."""
        grads: list[Any] = []
        for parameter in self.ours:
            scale = 10.0 ** self.rng.integers(-6, 3)
            grad = np.asarray(self.rng.standard_normal(parameter.shape) * scale, self.dtype)
            grads.append(None if self.rng.random() < 0.1 else grad)
        self.step_along(grads)

    def step_along(self, grads: list[Any]) -> None:
        for ours, theirs, other, grad in zip(*self.runs, grads, strict=True):
            ours.grad = None if grad is None else tinygrad_edu.tensor(grad)
            theirs.grad = None if grad is None else torch.tensor(grad)
            other.grad = None if grad is None else torch.tensor(grad).to(other.dtype)
        for optimizer in self.optimizers:
            optimizer.step()

    def check(self, exact: bool = False) -> None:
        """Parameters and state are equal, or nearly."""
        count_case()
        for number, run in enumerate(zip(*self.runs, strict=True)):
            self.judge(run, f"parameter {number}", exact)
        states = [optimizer.state_dict()["state"] for optimizer in self.optimizers]
        assert states[0].keys() == states[1].keys()
        for number in states[0]:
            assert list(states[0][number]) == list(states[1][number])
            for key in states[0][number]:
                run = tuple(state[number][key] for state in states)
                self.judge(run, f"{key} of parameter {number}", exact)

    def judge(self, run: tuple[Any, ...], what: str, exact: bool) -> None:
        ours, theirs, other = run
        precise = self.dtype == "float32"
        evidence = Evidence(theirs, other if precise else None, None if precise else other)
        check(ours, evidence, what, exact=exact)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), NAMED)
def test_every_step_is_pytorchs(name: str, options: Options, dtype: str) -> None:
    race = Race(name, options, dtype)
    for _ in range(STEPS):
        race.step()
        race.check()


def without_vector_kernels() -> None:
    """Run all cases bit for bit; for a process where PyTorch has its plain kernels."""

    def exact_sqrt(self: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(np.asarray(np.sqrt(self.numpy())))

    assert torch.backends.cpu.get_cpu_capability() == "DEFAULT"
    torch.Tensor.sqrt = exact_sqrt  # type: ignore[assignment, method-assign]
    for (name, options), dtype in itertools.product(CASES, ["float32", "float64"]):
        race = Race(name, options, dtype, seed=1)
        for _ in range(STEPS):
            race.step()
        race.check(exact=True)
    print(f"{2 * len(CASES)} cases of {STEPS} steps equal bit for bit")


def test_without_fused_kernels_every_bit_is_pytorchs() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "parity_tests.test_optim"],
        cwd=ROOT,
        env={**os.environ, "ATEN_CPU_CAPABILITY": "default"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert f"{2 * len(CASES)} cases" in result.stdout


@given(
    lr=st.floats(0, 10),
    beta1=st.floats(0, 0.99),
    beta2=st.floats(0, 0.999),
    eps=st.floats(1e-10, 1.0),
    weight_decay=st.floats(0, 1),
    amsgrad=st.booleans(),
    decoupled=st.booleans(),
)
def test_adam_with_any_options(
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    amsgrad: bool,
    decoupled: bool,
) -> None:
    options = {
        "lr": lr,
        "betas": (beta1, beta2),
        "eps": eps,
        "weight_decay": weight_decay,
        "amsgrad": amsgrad,
        "decoupled_weight_decay": decoupled,
    }
    race = Race("Adam", options, "float64")
    for _ in range(3):
        race.step()
    race.check()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_infinite_and_nan_gradients(name: str, dtype: str) -> None:
    for bad in (np.inf, -np.inf, np.nan, 0.0, np.finfo(dtype).max, np.finfo(dtype).tiny):
        race = Race(name, {"lr": 0.1, "weight_decay": 0.1}, dtype)
        race.step_along([np.full(p.shape, bad, dtype) for p in race.ours])
        race.check()


@pytest.mark.parametrize(("name", "options"), NAMED[::7])
def test_state_dicts_carry_a_run_over_in_both_directions(name: str, options: Options) -> None:
    race = Race(name, options, "float64")
    for _ in range(10):
        race.step()
    ours, theirs, _ = (optimizer.state_dict() for optimizer in race.optimizers)
    assert convert(ours, torch)["param_groups"] == theirs["param_groups"]
    for framework, parameters, number, other in (
        (tinygrad_edu, race.ours, 0, theirs),
        (torch, race.theirs, 1, ours),
    ):
        race.optimizers[number] = race.optimizer(framework, parameters)
        race.optimizers[number].load_state_dict(convert(other, framework))
    race.check()
    for _ in range(10):
        race.step()
        race.check()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_learning_rate_may_be_a_tensor(name: str, dtype: str) -> None:
    race = Race(name, {"lr": 0.1, "weight_decay": 0.1}, dtype)
    for optimizer, framework in zip(race.optimizers, (*BOTH, torch), strict=True):
        optimizer.param_groups[0]["lr"] = framework.tensor(0.05)
    for _ in range(5):
        race.step()
        race.check()
    for framework in BOTH:
        with pytest.raises(ValueError, match="Tensor lr must be 1-element"):
            getattr(framework.optim, name)([framework.ones(1)], lr=framework.tensor([0.1, 0.2]))


def test_groups_have_options_of_their_own() -> None:
    race = Race("Adam", {}, "float64")
    race.optimizers = [
        f.optim.Adam(
            [
                {"params": p[:2], "lr": 0.1},
                {"params": iter(p[2:4]), "betas": (0.5, 0.6), "weight_decay": 0.2},
                {"params": p[4], "amsgrad": True, "maximize": True},
            ],
            lr=0.01,
        )
        for f, p in zip((*BOTH, torch), race.runs, strict=True)
    ]
    for _ in range(3):
        race.step()
    for optimizer, parameters in zip(race.optimizers, race.runs, strict=True):
        optimizer.add_param_group({"params": parameters[5:], "eps": 0.1})
        optimizer.param_groups[0]["lr"] = 0.3
    assert repr(race.optimizers[0]) == repr(race.optimizers[1])
    for _ in range(3):
        race.step()
        race.check()
    ours, theirs, _ = (optimizer.state_dict() for optimizer in race.optimizers)
    assert ours["param_groups"] == theirs["param_groups"]


@pytest.mark.parametrize(("name", "options"), NAMED[::5])
def test_repr_and_defaults_are_pytorchs(name: str, options: Options) -> None:
    ours, theirs = (getattr(f.optim, name)([f.zeros(2), f.zeros(3)], **options) for f in BOTH)
    assert repr(ours) == repr(theirs)
    assert ours.defaults == theirs.defaults
    assert ours.state_dict() == theirs.state_dict()
    ours, theirs = (getattr(f.optim, name)([f.zeros(2)], lr=f.tensor(0.125)) for f in BOTH)
    assert repr(ours) == repr(theirs)


def test_named_parameters() -> None:
    texts = []
    for f in BOTH:
        optimizer = f.optim.SGD([("weight", f.zeros(2)), ("bias", f.zeros(1))], lr=0.1)
        optimizer.add_param_group({"params": [("more", f.zeros(1))]})
        texts.append((repr(optimizer), optimizer.state_dict()))
        plain = f.optim.SGD([{"params": [f.zeros(2), f.zeros(1)]}, {"params": f.zeros(1)}])
        plain.load_state_dict(optimizer.state_dict())
        texts[-1] += (plain.state_dict(),)
    assert texts[0] == texts[1]


HYPERPARAMETERS: list[tuple[str, Options]] = [
    ("SGD", {"lr": -1}),
    ("SGD", {"lr": -0.5}),
    ("SGD", {"momentum": -0.1}),
    ("SGD", {"weight_decay": -1e-3}),
    ("SGD", {"nesterov": True}),
    ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}),
    *(
        (name, options)
        for name in ("Adam", "AdamW")
        for options in (
            {"lr": -1},
            {"lr": float("nan")},
            {"eps": -1e-8},
            {"betas": (1.0, 0.9)},
            {"betas": (-0.1, 0.9)},
            {"betas": (0.9, 1.5)},
            {"weight_decay": -0.1},
        )
    ),
]


@pytest.mark.parametrize(("name", "options"), HYPERPARAMETERS)
def test_hyperparameters_out_of_range(name: str, options: Options) -> None:
    texts = []
    for f in BOTH:
        with pytest.raises(ValueError) as caught:
            getattr(f.optim, name)([f.zeros(2)], **options)
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


def result_of_an_op(f: Any) -> Any:
    return f.zeros(2, requires_grad=True) * 2


def twice(f: Any) -> None:
    p = f.zeros(2)
    f.optim.SGD([{"params": [p]}, {"params": [p]}])


def other_groups(f: Any, *sizes: int) -> None:
    optimizer = f.optim.SGD([f.zeros(2), f.zeros(3)])
    other = f.optim.SGD([{"params": [f.zeros(1) for _ in range(n)]} for n in sizes])
    optimizer.load_state_dict(other.state_dict())


WRONG: dict[str, tuple[type[Exception], Callable[[Any], Any]]] = {
    "a tensor": (TypeError, lambda f: f.optim.SGD(f.zeros(2))),
    "nothing": (ValueError, lambda f: f.optim.SGD([])),
    "a number": (TypeError, lambda f: f.optim.SGD([1.0])),
    "a set": (TypeError, lambda f: f.optim.SGD([{"params": {f.zeros(2)}}])),
    "a group without params": (KeyError, lambda f: f.optim.SGD([{"lr": 0.1}])),
    "not a leaf": (ValueError, lambda f: f.optim.SGD([result_of_an_op(f)])),
    "in two groups": (ValueError, twice),
    "a group of no dict": (TypeError, lambda f: f.optim.SGD([f.zeros(1)]).add_param_group([1])),
    "half with names": (ValueError, lambda f: f.optim.SGD([("a", f.zeros(1)), f.zeros(2)])),
    "groups with and without names": (
        ValueError,
        lambda f: f.optim.SGD([f.zeros(1)]).add_param_group({"params": [("a", f.zeros(2))]}),
    ),
    "betas of ints": (ValueError, lambda f: f.optim.Adam([f.zeros(1)], betas=(0, 0))),
    "a state of more groups": (ValueError, lambda f: other_groups(f, 1, 1)),
    "a state of fewer parameters": (ValueError, lambda f: other_groups(f, 1)),
    "no algorithm": (
        NotImplementedError,
        lambda f: stepped(f, f.optim.Optimizer([f.ones(1, requires_grad=True)], {"lr": 1.0})),
    ),
}


def stepped(f: Any, optimizer: Any) -> None:
    optimizer.param_groups[0]["params"][0].grad = f.ones(1)
    optimizer.step()


@pytest.mark.parametrize("what", WRONG)
def test_what_raises(what: str) -> None:
    exception, act = WRONG[what]
    for f in BOTH:
        with pytest.raises(exception):
            act(f)


def test_duplicates_in_a_group_warn_and_step_twice() -> None:
    values = []
    for f in BOTH:
        p = f.ones(2, requires_grad=True)
        with pytest.warns(UserWarning, match="duplicate parameters"):
            optimizer = f.optim.SGD([p, p], lr=0.25)
        p.grad = f.ones(2)
        optimizer.step()
        values.append(p.tolist())
    assert values[0] == values[1] == [0.5, 0.5]


@pytest.mark.parametrize("option", ["foreach", "differentiable", "fused", "capturable"])
def test_other_implementations_are_named_as_missing(option: str) -> None:
    p = tinygrad_edu.zeros(2)
    with pytest.raises(NotImplementedError, match=f"{option}=True"):
        tinygrad_edu.optim.Adam([p], **{option: True})
    with pytest.raises(NotImplementedError, match=f"{option}=True"):
        tinygrad_edu.optim.AdamW([{"params": [p], option: True}])
    loaded = tinygrad_edu.optim.Adam([p])
    state = loaded.state_dict()
    state["param_groups"][0][option] = True
    with pytest.raises(NotImplementedError, match=f"{option}=True"):
        loaded.load_state_dict(state)


def test_closure_runs_with_recording_on() -> None:
    losses = []
    for f in BOTH:
        p = f.tensor([1.0, -2.0], requires_grad=True)
        optimizer = f.optim.SGD([p], lr=0.1)

        def closure(f: Any = f, p: Any = p, optimizer: Any = optimizer) -> Any:
            assert f.is_grad_enabled()
            optimizer.zero_grad()
            loss = (p * p).sum()
            loss.backward()
            return loss

        with f.no_grad():
            losses.append([optimizer.step(closure).item() for _ in range(3)])
            assert not f.is_grad_enabled()
        assert optimizer.step() is None
    assert losses[0] == losses[1]


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad(set_to_none: bool) -> None:
    for f in BOTH:
        p, without = f.ones(2, requires_grad=True), f.ones(2, requires_grad=True)
        (kept,) = f.autograd.grad((p * p * p).sum(), p, create_graph=True)
        p.grad = kept
        f.optim.SGD([p, without]).zero_grad(set_to_none=set_to_none)
        assert without.grad is None
        if set_to_none:
            assert p.grad is None
            assert kept.tolist() == [3, 3]
        else:
            assert p.grad is kept
            assert p.grad.tolist() == [0, 0]
            assert not p.grad.requires_grad
            assert p.grad.grad_fn is None


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_backward_notices_that_a_step_came_between(name: str) -> None:
    for f in BOTH:
        p = f.ones(2, requires_grad=True)
        y = (p * p).sum()
        p.grad = f.ones(2)
        getattr(f.optim, name)([p]).step()
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.backward()


@pytest.mark.parametrize(("name", "options"), NAMED[::4])
def test_parameters_and_gradients_stay_where_they_are(name: str, options: Options) -> None:
    race = Race(name, options, "float32")
    arrays = [p.array for p in race.ours]
    race.step()
    grads = [None if p.grad is None else p.grad.array.copy() for p in race.ours]
    for optimizer in race.optimizers:
        optimizer.step()
    assert all(p.array is array for p, array in zip(race.ours, arrays, strict=True))
    for p, grad in zip(race.ours, grads, strict=True):
        assert (p.grad is None) == (grad is None)
        if grad is not None:
            np.testing.assert_array_equal(p.grad.array, grad)
    race.check()


def test_parameters_of_several_dtypes() -> None:
    values = []
    for f in BOTH:
        parameters = [f.ones(3, dtype=getattr(f, d)) for d in ("float32", "float64", "float32")]
        optimizer = f.optim.Adam([p.requires_grad_() for p in parameters], lr=0.1)
        for step in range(1, 4):
            for p in parameters[:step]:
                p.grad = f.full((3,), 0.5, dtype=p.dtype)
            optimizer.step()
        values.append([p.detach().numpy() for p in parameters])
    for ours, theirs in zip(*values, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=4 * np.finfo(ours.dtype).eps)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_a_parameter_may_change_its_dtype_before_the_first_step(name: str) -> None:
    values = []
    for f in BOTH:
        p = f.ones(3, requires_grad=True)
        optimizer = getattr(f.optim, name)([p], lr=0.1)
        p.data = p.data.double()
        p.grad = f.full((3,), 0.5, dtype=f.float64)
        optimizer.step()
        values.append(p.detach().numpy())
    assert values[0].dtype == np.float64
    np.testing.assert_allclose(values[0], values[1], rtol=1e-15)


@pytest.mark.parametrize("default", ["float32", "float64"])
def test_the_count_of_steps_has_pytorchs_dtype(default: str) -> None:
    for f in BOTH:
        f.set_default_dtype(getattr(f, default))
        try:
            p = f.ones(2, requires_grad=True)
            p.grad = f.ones(2)
            optimizer = f.optim.Adam([p])
            optimizer.step()
            step = optimizer.state[p]["step"]
            assert (str(step.dtype), step.item(), tuple(step.shape)) == (f"torch.{default}", 1, ())
        finally:
            f.set_default_dtype(f.float32)


def test_loading_takes_the_dtype_of_the_parameters() -> None:
    for f in BOTH:
        narrow, wide = f.ones(2, requires_grad=True), f.ones(2, dtype=f.float64)
        narrow.grad = f.ones(2)
        source = f.optim.Adam([narrow])
        source.step()
        target = f.optim.Adam([wide])
        target.load_state_dict(source.state_dict())
        assert target.state[wide]["exp_avg"].dtype is f.float64
        assert target.state[wide]["step"].dtype is f.float32
        again = f.optim.Adam([narrow])
        again.load_state_dict(source.state_dict())
        assert again.state[narrow]["exp_avg"] is source.state[narrow]["exp_avg"]


def test_adamw_stays_decoupled() -> None:
    for f in BOTH:
        state = f.optim.Adam([f.ones(1)], weight_decay=0.5).state_dict()
        optimizer = f.optim.AdamW([f.ones(1)])
        optimizer.load_state_dict(state)
        assert optimizer.param_groups[0]["decoupled_weight_decay"] is True
        assert optimizer.param_groups[0]["weight_decay"] == 0.5


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_a_copy_goes_its_own_way(copied: Callable[[Any], Any]) -> None:
    race = Race("Adam", {"lr": 0.1}, "float64")
    race.step()
    twin = copied(race.optimizers[0])
    parameters = twin.param_groups[0]["params"]
    assert twin.state.keys() <= set(parameters)
    before = [p.tolist() for p in race.ours]
    for p in parameters:
        p.grad = tinygrad_edu.ones_like(p)
    twin.step()
    assert [p.tolist() for p in race.ours] == before
    assert parameters[0].tolist() != before[0]


def test_users_write_optimizers_as_for_pytorch() -> None:
    values = []
    for f in BOTH:

        class SignDescent(f.optim.Optimizer):  # type: ignore[misc, name-defined]
            def __init__(self, params: Any, lr: float) -> None:
                super().__init__(params, {"lr": lr})

            @f.no_grad()
            def step(self, closure: Any = None) -> None:
                for group in self.param_groups:
                    for p in group["params"]:
                        self.state[p]["count"] = self.state[p].get("count", 0) + 1
                        self.state["all"]["count"] = self.state["all"].get("count", 0) + 1
                        p.sub_(p.grad.sign(), alpha=group["lr"])

        p = f.tensor([1.0, -3.0], requires_grad=True)
        optimizer = SignDescent([p], lr=0.5)
        for _ in range(2):
            optimizer.zero_grad()
            (p * p).sum().backward()
            optimizer.step()
        values.append((p.tolist(), optimizer.state_dict(), repr(optimizer)))
        loaded = SignDescent([p], lr=0.1)
        loaded.load_state_dict(optimizer.state_dict())
        assert loaded.state_dict() == optimizer.state_dict()
    assert values[0] == values[1]


if __name__ == "__main__":
    without_vector_kernels()
