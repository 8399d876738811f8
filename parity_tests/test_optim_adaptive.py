"""RMSprop, Adagrad, Adadelta, Adamax, NAdam, RAdam, ASGD and Rprop walk PyTorch's path.

The same two proofs as in `test_optim`: nearly equal with PyTorch's vector kernels, and equal bit
for bit without them (in a process of its own: ``python -m parity_tests.test_optim_adaptive``).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu
from parity_tests.optim_cases import CASES, NAMED, NAMES
from parity_tests.optim_race import BOTH, Options, Race
from parity_tests.test_optim import run_without_vector_kernels, steps_of, without_vector_kernels
from torch_ref.bridge import convert


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), NAMED)
def test_every_step_is_pytorchs(name: str, options: Options, dtype: str) -> None:
    race = Race(name, options, dtype)
    for _ in range(steps_of(name, options, CASES)):
        race.step()
        race.check()


def test_without_fused_kernels_every_bit_is_pytorchs() -> None:
    result = run_without_vector_kernels("parity_tests.test_optim_adaptive")
    assert f"{2 * len(CASES)} cases" in result


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_infinite_and_nan_gradients(name: str, dtype: str) -> None:
    options = {} if name == "Rprop" else {"weight_decay": 0.1}
    for bad in (np.inf, -np.inf, np.nan, 0.0, np.finfo(dtype).max, np.finfo(dtype).tiny):
        race = Race(name, {"lr": 0.1, **options}, dtype)
        for _ in range(2):
            race.step_along([np.full(p.shape, bad, dtype) for p in race.ours])
            race.check()


@pytest.mark.parametrize(("name", "options"), NAMED[::2])
def test_state_dicts_carry_a_run_over_in_both_directions(name: str, options: Options) -> None:
    race = Race(name, options, "float64")
    for _ in range(6):
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
    for _ in range(6):
        race.step()
        race.check()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_learning_rate_may_be_a_tensor(name: str, dtype: str) -> None:
    race = Race(name, {} if name == "Rprop" else {"weight_decay": 0.1}, dtype)
    for optimizer, framework in zip(race.optimizers, (*BOTH, torch), strict=True):
        optimizer.param_groups[0]["lr"] = framework.tensor(0.05, dtype=getattr(framework, dtype))
    for _ in range(5):
        race.step()
        race.check()
    for framework in BOTH:
        with pytest.raises(ValueError, match="Tensor lr must be 1-element"):
            getattr(framework.optim, name)([framework.ones(1)], lr=framework.tensor([0.1, 0.2]))


@pytest.mark.parametrize("name", NAMES)
def test_defaults_groups_and_text_are_pytorchs(name: str) -> None:
    texts = []
    for f in BOTH:
        optimizer = getattr(f.optim, name)([{"params": [f.ones(2)], "lr": 0.5}])
        optimizer.add_param_group({"params": [f.ones(3)], "maximize": True})
        groups = optimizer.state_dict()["param_groups"]
        texts.append((repr(optimizer), optimizer.defaults, groups))
    assert texts[0] == texts[1]


OUT_OF_RANGE: list[tuple[str, Options]] = [
    *((name, {"lr": -1.0}) for name in NAMES),
    *((name, {"lr": float("nan")}) for name in NAMES),
    *((name, {"weight_decay": -0.1}) for name in NAMES if name != "Rprop"),
    *((name, {"eps": -1e-8}) for name in NAMES if name not in ("Rprop", "ASGD")),
    *((name, {"betas": (1.0, 0.9)}) for name in ("Adamax", "NAdam", "RAdam")),
    *((name, {"betas": (0.9, -0.1)}) for name in ("Adamax", "NAdam", "RAdam")),
    ("RMSprop", {"momentum": -0.1}),
    ("RMSprop", {"alpha": -0.1}),
    ("Adagrad", {"lr_decay": -0.1}),
    ("Adagrad", {"initial_accumulator_value": -0.1}),
    ("Adadelta", {"rho": 1.1}),
    ("NAdam", {"momentum_decay": -0.1}),
    ("Rprop", {"etas": (0.5, 0.9)}),
    ("Rprop", {"etas": (0.0, 1.2)}),
]


@pytest.mark.parametrize(("name", "options"), OUT_OF_RANGE)
def test_options_out_of_range(name: str, options: Options) -> None:
    texts = []
    for f in BOTH:
        with pytest.raises(ValueError) as caught:
            getattr(f.optim, name)([f.zeros(2)], **options)
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


ALL = (*NAMES, "SGD", "Adam", "AdamW", "Adafactor")
AT_THE_END: list[tuple[str, Options]] = [
    *((name, {option: 0.0}) for name in ALL for option in ("lr", "weight_decay", "eps")),
    *((name, {"betas": betas}) for name in ALL for betas in ((0.0, 0.0), (0.0, 1.0), (1, 0))),
    *((name, {"weight_decay": 0.5, "lr": 1.5}) for name in NAMES),
    *(("RMSprop", {option: value}) for option in ("momentum", "alpha") for value in (0.0, 1.0)),
    *(("Adagrad", {option: 0.0}) for option in ("lr_decay", "initial_accumulator_value")),
    *(("Adadelta", {"rho": rho}) for rho in (-0.1, 0.0, 1.0)),
    *(("NAdam", {"momentum_decay": decay}) for decay in (0.0, 1.0)),
    *(("Rprop", {"etas": etas}) for etas in ((0.5, 1.0), (1.0, 1.2), (0.1, 2.0))),
    *(("ASGD", {option: 0.0}) for option in ("lambd", "alpha", "t0")),
]


@pytest.mark.parametrize(("name", "options"), AT_THE_END)
def test_options_at_the_end_of_their_range(name: str, options: Options) -> None:
    made = []
    for f in BOTH:
        try:
            made.append(getattr(f.optim, name)([f.zeros(2)], **options).defaults)
        except (TypeError, ValueError) as error:
            made.append(type(error))
    assert made[0] == made[1]


def test_adagrad_has_its_state_from_the_beginning() -> None:
    states = []
    for f in BOTH:
        optimizer = f.optim.Adagrad([f.ones(2)], initial_accumulator_value=0.5)
        state = optimizer.state_dict()["state"][0]
        states.append({name: value.tolist() for name, value in state.items()})
    assert states[0] == states[1] == {"step": 0.0, "sum": [0.5, 0.5]}


def test_adagrad_of_a_group_that_comes_later() -> None:
    optimizer: Any = tinygrad_edu.optim.Adagrad(
        [tinygrad_edu.ones(1)], initial_accumulator_value=3.0, eps=0
    )
    later = tinygrad_edu.ones(1, requires_grad=True)
    optimizer.add_param_group({"params": [later], "lr": 1.0})
    later.grad = tinygrad_edu.ones(1)
    optimizer.step()
    assert optimizer.state[later]["sum"].tolist() == [4.0]
    assert later.tolist() == [0.5]


def test_asgd_keeps_the_average_of_its_path() -> None:
    p = tinygrad_edu.zeros(1, dtype=tinygrad_edu.float64, requires_grad=True)
    optimizer = tinygrad_edu.optim.ASGD([p], lr=1.0, lambd=0, t0=1)
    path = []
    for _ in range(6):
        p.grad = -tinygrad_edu.ones(1, dtype=tinygrad_edu.float64)
        optimizer.step()
        path.append(p.item())
    # mu is 1 in steps 1 to 3, for it is made from the step before: 1 / max(1, t - 1 - t0).
    assert path == [1, 2, 3, 4, 5, 6]
    # Like the count of steps, mu is in float32.
    np.testing.assert_allclose(optimizer.state[p]["ax"].item(), np.mean(path[2:]), rtol=1e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_average_of_asgd_is_the_parameter_itself_where_it_begins(dtype: str) -> None:
    """To the bit, also where the path begins far away, and where it is not finite."""
    averages = []
    for f in BOTH:
        p = f.full((4,), 1e8, dtype=getattr(f, dtype), requires_grad=True)
        optimizer = f.optim.ASGD([p], lr=1.0, lambd=0, t0=2)
        found = []
        for target in ([1.1, 1e-9, -0.3, 1e8], [2.2, 3e7, math.inf, 1e-9], [0.1, -1e-9, 3.0, 1.0]):
            p.grad = p.detach() - f.tensor(target, dtype=getattr(f, dtype))
            optimizer.step()
            found.append((p.tolist(), optimizer.state[p]["ax"].tolist()))
        averages.append(repr(found))
    assert averages[0] == averages[1]


if __name__ == "__main__":
    without_vector_kernels(CASES)
