"""Optimizers walk PyTorch's path: parameters and state, step by step.

Two proofs. With its vector kernels PyTorch rounds ``a b + c`` once, and takes square roots that
are now and then one digit off. So there the judge compares, against a path in another precision.
Without those two (with its kernels for any processor, and exact roots, in a process of its own:
``python -m parity_tests.test_optim``) the paths are equal bit for bit.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu
from parity_tests.optim_race import BOTH, CASES, NAMED, Options, Race, unlike_the_first
from torch_ref.bridge import convert

ROOT = Path(__file__).parent.parent
MANY, FEW = 100, 25  # steps


def steps_of(name: str, options: Options, cases: list[tuple[str, Options]]) -> int:
    """Many for the first options of an optimizer, and where one is another; few for the rest."""
    return MANY if unlike_the_first(name, options, cases) <= 1 else FEW


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), NAMED)
def test_every_step_is_pytorchs(name: str, options: Options, dtype: str) -> None:
    race = Race(name, options, dtype)
    for _ in range(steps_of(name, options, CASES)):
        race.step()
        race.check()


def without_vector_kernels(cases: list[tuple[str, Options]]) -> None:
    """Run `cases` bit for bit; for a process where PyTorch has its plain kernels."""

    def exact_sqrt(self: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(np.asarray(np.sqrt(self.numpy())))

    def exact_sqrt_(self: torch.Tensor) -> torch.Tensor:
        return self.copy_(exact_sqrt(self))

    assert torch.backends.cpu.get_cpu_capability() == "DEFAULT"
    torch.Tensor.sqrt = exact_sqrt  # type: ignore[assignment, method-assign]
    torch.Tensor.sqrt_ = exact_sqrt_  # type: ignore[assignment, method-assign]
    for (name, options), dtype in itertools.product(cases, ["float32", "float64"]):
        race = Race(name, options, dtype, seed=1, exact=True)
        for _ in range(steps_of(name, options, cases)):
            race.step()
        race.check()
    print(f"{2 * len(cases)} cases of {FEW} or {MANY} steps equal bit for bit")


def run_without_vector_kernels(module: str) -> str:
    """What a module that calls `without_vector_kernels` prints, in a process of its own."""
    result = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env={**os.environ, "ATEN_CPU_CAPABILITY": "default"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_without_fused_kernels_every_bit_is_pytorchs() -> None:
    assert f"{2 * len(CASES)} cases" in run_without_vector_kernels("parity_tests.test_optim")


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


if __name__ == "__main__":
    without_vector_kernels(CASES)
