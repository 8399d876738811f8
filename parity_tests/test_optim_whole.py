"""Adafactor and Muon walk PyTorch's path, a hundred steps of it."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim._muon import _zeropower_via_newtonschulz

import tinygrad_edu
from parity_tests.judge import count_case
from parity_tests.optim_race import BOTH, Options, Race, combinations
from tinygrad_edu.optim.muon import newton_schulz
from torch_ref.bridge import convert

STEPS = 100
SHAPES = [(4, 3), (3,), (), (1, 5), (33,), (2, 1, 3), (16, 20)]
MATRICES = [(4, 3), (3, 8), (1, 5), (16, 16), (30, 7), (0, 2)]
ADAFACTOR = combinations(
    lr=[0.01, 0.3], beta2_decay=[-0.8, -0.3], eps=[(None, 1e-3), (1e-2, 0.1)], d=[1.0, 2.5],
    weight_decay=[0.0, 0.1], maximize=[False, True],
)[::5] + [{"foreach": True, "weight_decay": 0.1}, {}]  # fmt: skip
MUON: list[Options] = [
    *combinations(
        lr=[0.01], weight_decay=[0.0, 0.2], momentum=[0.95, 0.3], nesterov=[True, False],
        adjust_lr_fn=[None, "original", "match_rms_adamw"],
    )[::2],
    {"ns_coefficients": (2.0, -1.5, 0.5), "ns_steps": 3}, {"eps": 10.0}, {"ns_steps": 0}, {},
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", ADAFACTOR, ids=str)
def test_adafactor(options: Options, dtype: str) -> None:
    race = Race("Adafactor", options, dtype, shapes=SHAPES)
    for _ in range(STEPS):
        race.step()
        race.check()


def check_muon(race: Race) -> None:
    """Parameters and momenta are equal, up to updates rounded to bfloat16 the other way.

    Updates are of size 1 and have 8 digits, and two sums in another order may be rounded to
    neighbours. Of a hundred steps few are, to either side; here they come to no more than 4 times
    the last digit.
    """
    count_case()
    group = race.optimizers[1].param_groups[0]
    for ours, theirs in zip(race.ours, race.theirs, strict=True):
        rows, columns = theirs.shape
        ratio = math.sqrt(max(1, rows / columns))
        if group["adjust_lr_fn"] == "match_rms_adamw":
            ratio = 0.2 * math.sqrt(max(rows, columns))
        bound = 4 * 2**-8 * float(group["lr"]) * ratio
        np.testing.assert_allclose(
            ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-6, atol=bound
        )
    states = [optimizer.state_dict()["state"] for optimizer in race.optimizers[:2]]
    assert states[0].keys() == states[1].keys()
    for mine, other in zip(states[0].values(), states[1].values(), strict=True):
        assert list(mine) == list(other)
        for key, value in other.items():
            np.testing.assert_allclose(mine[key].numpy(), value.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", MUON, ids=str)
def test_muon(options: Options, dtype: str) -> None:
    race = Race("Muon", options, dtype, shapes=MATRICES)
    for number in range(STEPS):
        race.step()
        if number % 10 == 9:
            check_muon(race)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_orthogonal_matrix_is_pytorchs(dtype: torch.dtype) -> None:
    """Equal but for few numbers, where two sums in another order are rounded to neighbours."""
    generator = torch.Generator().manual_seed(0)
    equal, total = 0, 0
    for shape in [(1, 1), (2, 3), (4, 4), (8, 5), (16, 20), (40, 30)] * 3:
        matrix = torch.randn(shape, generator=generator, dtype=dtype)
        for coefficients, steps, eps in (((3.4445, -4.775, 2.0315), 5, 1e-7), ((2, -1, 1), 2, 3.0)):
            theirs = _zeropower_via_newtonschulz(matrix, coefficients, steps, eps).float().numpy()
            mine = newton_schulz(matrix.numpy(), coefficients, steps, eps)
            np.testing.assert_allclose(mine, theirs, rtol=2**-5, atol=2**-5)
            equal, total = equal + int((mine == theirs).sum()), total + mine.size
    assert equal > 0.9 * total


@pytest.mark.parametrize("name", ["Adafactor", "Muon"])
def test_state_dicts_carry_a_run_over_in_both_directions(name: str) -> None:
    shapes = MATRICES if name == "Muon" else SHAPES
    race = Race(name, {"lr": 0.02, "weight_decay": 0.1}, "float64", shapes=shapes)
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
    for _ in range(6):
        race.step()
        check_muon(race) if name == "Muon" else race.check()
    copied = copy.deepcopy(race.optimizers[0])
    assert repr(copied) == repr(race.optimizers[1])


def test_counts_of_steps_may_be_plain_numbers() -> None:
    for f in BOTH:
        p = f.ones(2, requires_grad=True)
        optimizer = f.optim.Adafactor([p])
        p.grad = f.ones(2)
        optimizer.step()
        state = copy.deepcopy(optimizer.state_dict())
        state["state"][0]["step"] = 1
        optimizer.load_state_dict(state)
        optimizer.step()
        assert optimizer.state[p]["step"].item() == 2.0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_infinite_and_nan_gradients(dtype: str) -> None:
    for bad in (np.inf, -np.inf, np.nan, 0.0, np.finfo(dtype).max, np.finfo(dtype).tiny):
        race = Race("Adafactor", {"weight_decay": 0.1}, dtype, shapes=SHAPES)
        muon = Race("Muon", {"weight_decay": 0.1}, dtype, shapes=MATRICES)
        for _ in range(2):
            race.step_along([np.full(p.shape, bad, dtype) for p in race.ours])
            race.check()
            muon.step_along([np.full(p.shape, bad, dtype) for p in muon.ours])
            check_muon(muon)


@pytest.mark.parametrize("name", ["Adafactor", "Muon"])
def test_learning_rate_may_be_a_tensor(name: str) -> None:
    shapes = MATRICES if name == "Muon" else SHAPES
    race = Race(name, {"lr": 0.1, "weight_decay": 0.1}, "float64", shapes=shapes)
    for optimizer, framework in zip(race.optimizers, (*BOTH, torch), strict=True):
        optimizer.param_groups[0]["lr"] = framework.tensor(0.05, dtype=framework.float64)
    for _ in range(5):
        race.step()
        check_muon(race) if name == "Muon" else race.check()
    for framework in BOTH:
        with pytest.raises(ValueError, match="Tensor lr must be 1-element"):
            getattr(framework.optim, name)([framework.ones(1, 1)], lr=framework.ones(2))


def stepped(f: Any, name: str, shape: tuple[int, ...], **options: Any) -> None:
    p = f.ones(shape, requires_grad=True)
    optimizer = getattr(f.optim, name)([f.ones(1, 1)], **options)
    optimizer.add_param_group({"params": [p]})
    p.grad = f.ones(shape)
    optimizer.step()


WRONG = [
    *(("Adafactor", options) for options in (
        {"lr": -1}, {"lr": float("nan")}, {"beta2_decay": 0.1}, {"eps": (-1, 0.1)},
        {"eps": (None, -1)}, {"d": 0.5}, {"weight_decay": -1},
    )),
    *(("Muon", options) for options in (
        {"lr": -1}, {"momentum": -0.1}, {"weight_decay": -0.1}, {"adjust_lr_fn": "x"},
    )),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options"), WRONG, ids=str)
def test_wrong_options(name: str, options: Options) -> None:
    texts = []
    for f in BOTH:
        with pytest.raises(ValueError) as caught:
            getattr(f.optim, name)([f.ones(2, 2)], **options)
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


def test_other_errors_and_texts() -> None:
    for f in BOTH:
        with pytest.raises(ValueError, match="Muon only supports 2D parameters"):
            f.optim.Muon([f.ones(2)])
        with pytest.raises(ValueError, match="must be a 2D matrix"):
            stepped(f, "Muon", (2,))
        with pytest.raises(ValueError, match="less than 100"):
            stepped(f, "Muon", (2, 2), ns_steps=100)
        with pytest.raises(ValueError, match="exactly 3"):
            stepped(f, "Muon", (2, 2), ns_coefficients=(1.0, 2.0))
        with pytest.raises(ZeroDivisionError):
            stepped(f, "Muon", (2, 0))
        with pytest.raises(ZeroDivisionError):
            stepped(f, "Adafactor", (0, 2))
    for name in ("Adafactor", "Muon"):
        ours, theirs = (getattr(f.optim, name)([f.ones(2, 2)]) for f in BOTH)
        assert repr(ours) == repr(theirs) and ours.defaults == theirs.defaults
        assert ours.state_dict() == theirs.state_dict()


@pytest.mark.parametrize("name", ["Adafactor", "Muon", "SGD", "Adam"])
def test_every_step_counts_as_a_change(name: str) -> None:
    for f in BOTH:
        p = f.ones(2, 2, requires_grad=True)
        optimizer = getattr(f.optim, name)([p])
        for _ in range(3):

            def loss(p: Any = p, optimizer: Any = optimizer) -> Any:
                optimizer.zero_grad()
                result = ((p - 2) ** 4).sum()
                result.backward()
                return result

            loss()
            before = (p * p).sum()
            optimizer.step(loss)
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                before.backward()
