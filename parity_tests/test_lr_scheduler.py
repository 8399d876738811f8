"""Schedules set the very learning rates that PyTorch's set, bit for bit."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from parity_tests.judge import count_case
from parity_tests.optim_race import BOTH, combinations

EPOCHS = 30


def optimizer_of(f: Any, name: str = "SGD", **options: Any) -> Any:
    """Two groups, whose learning rates are 0.3 and 0.0123."""
    parameters = [f.ones(1, requires_grad=True) for _ in range(2)]
    groups = [{"params": parameters[:1]}, {"params": parameters[1:], "lr": 0.0123}]
    return getattr(f.optim, name)(groups, **{"lr": 0.3, **options})


def square_root(t: float) -> float:
    return 1 / math.sqrt(t + 1)


def halves(t: float) -> float:
    return 0.5 ** (t / 7)


CASES: list[tuple[str, dict[str, Any]]] = [
    *(("StepLR", o) for o in combinations(step_size=[1, 4], gamma=[0.1, 0.7])),
    *(("MultiStepLR", o) for o in combinations(milestones=[[3, 9], [5, 5, 2], []], gamma=[0.3])),
    *(("ExponentialLR", o) for o in combinations(gamma=[0.9, 1.1])),
    *(("ConstantLR", o) for o in combinations(factor=[1 / 3, 0.7], total_iters=[0, 1, 5])),
    *(
        ("LinearLR", o)
        for o in combinations(start_factor=[1 / 3, 1.0], end_factor=[1.0, 0.2], total_iters=[1, 7])
    ),
    *(("PolynomialLR", o) for o in combinations(total_iters=[1, 9, 40], power=[1.0, 0.9, 2])),
    *(("CosineAnnealingLR", o) for o in combinations(T_max=[1, 7, 30], eta_min=[0.0, 0.01])),
    *(
        ("CosineAnnealingWarmRestarts", o)
        for o in combinations(T_0=[1, 5], T_mult=[1, 2], eta_min=[0, 0.01])
    ),
    ("LambdaLR", {"lr_lambda": square_root}),
    ("LambdaLR", {"lr_lambda": [square_root, halves]}),
    ("MultiplicativeLR", {"lr_lambda": square_root}),
    ("MultiplicativeLR", {"lr_lambda": (halves, square_root)}),
    *(
        ("CyclicLR", {"base_lr": 0.01, "max_lr": [0.5, 0.2], **o})
        for o in combinations(
            step_size_up=[4],
            step_size_down=[None, 3],
            mode=["triangular", "triangular2", "exp_range"],
            gamma=[0.95],
            cycle_momentum=[True, False],
        )
    ),
    *(
        ("CyclicLR", {"base_lr": [0.01, 0.02], "max_lr": 0.5, "step_size_up": 3, **o})
        for o in combinations(scale_fn=[halves], scale_mode=["cycle", "iterations"])
    ),
    *(
        ("OneCycleLR", {"max_lr": [0.5, 0.2], **o})
        for o in combinations(
            total_steps=[EPOCHS + 1],
            pct_start=[0.3, 0.45],
            anneal_strategy=["cos", "linear"],
            cycle_momentum=[True, False],
            three_phase=[False, True],
        )
    ),
    ("OneCycleLR", {"max_lr": 0.5, "epochs": 4, "steps_per_epoch": 10, "div_factor": 3}),
]
NAMED = [pytest.param(*case, id=f"{case[0]}-{i}") for i, case in enumerate(CASES)]


def make(f: Any, optimizer: Any, name: str, options: dict[str, Any]) -> Any:
    return getattr(f.optim.lr_scheduler, name)(optimizer, **options)


def visible(optimizer: Any, scheduler: Any) -> Any:
    """All that a schedule may have changed."""
    groups = [{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups]
    return scheduler.get_last_lr(), groups, scheduler.state_dict()


@pytest.mark.parametrize(("name", "options"), NAMED)
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_every_learning_rate_is_pytorchs(kind: str, name: str, options: dict[str, Any]) -> None:
    count_case()
    runs = []
    for f in BOTH:
        optimizer = optimizer_of(f, kind)
        scheduler = make(f, optimizer, name, options)
        path = [visible(optimizer, scheduler)]
        for epoch in range(EPOCHS):
            optimizer.step()
            if epoch == 17:  # the user may have a hand in it, too
                optimizer.param_groups[0]["lr"] *= 0.5
            scheduler.step()
            path.append(visible(optimizer, scheduler))
        runs.append(path)
    assert runs[0] == runs[1]


@pytest.mark.parametrize(("name", "options"), NAMED[::2])
def test_a_run_goes_on_from_its_state(name: str, options: dict[str, Any]) -> None:
    paths = []
    for f in BOTH:
        optimizer = optimizer_of(f)
        scheduler = make(f, optimizer, name, options)
        for _ in range(8):
            optimizer.step()
            scheduler.step()
        saved = scheduler.state_dict(), optimizer.state_dict()

        later = optimizer_of(f)
        other = make(f, later, name, options)
        other.load_state_dict(saved[0].copy())
        later.load_state_dict(saved[1])
        path = []
        for _ in range(10):
            later.step()
            other.step()
            path.append(visible(later, other))
        paths.append(path)
    assert paths[0] == paths[1]


@pytest.mark.parametrize(("name", "options"), NAMED[::3])
def test_a_state_is_carried_over_in_both_directions(name: str, options: dict[str, Any]) -> None:
    runs = [optimizer_of(f) for f in BOTH]
    schedulers = [make(f, o, name, options) for f, o in zip(BOTH, runs, strict=True)]
    for _ in range(8):
        for optimizer, scheduler in zip(runs, schedulers, strict=True):
            optimizer.step()
            scheduler.step()
    states = [scheduler.state_dict() for scheduler in schedulers]
    assert [*states[0]] == [*states[1]]  # in order, too
    for scheduler, other in zip(schedulers, reversed(states), strict=True):
        scheduler.load_state_dict(other.copy())
    for _ in range(8):
        for optimizer, scheduler in zip(runs, schedulers, strict=True):
            optimizer.step()
            scheduler.step()
        ours, theirs = map(visible, runs, schedulers)
        assert ours == theirs


@pytest.mark.parametrize("last_epoch", [0, 3, 12])
@pytest.mark.parametrize(("name", "options"), NAMED[::2])
def test_last_epoch_resumes(name: str, options: dict[str, Any], last_epoch: int) -> None:
    paths = []
    for f in BOTH:
        optimizer = optimizer_of(f)
        for group in optimizer.param_groups:
            for option in ("initial_lr", "max_lr", "min_lr"):
                group[option] = group["lr"] * 1.5
            group.update(max_momentum=0.95, base_momentum=0.8)
        scheduler = make(f, optimizer, name, {**options, "last_epoch": last_epoch})
        path = [visible(optimizer, scheduler)]
        for _ in range(5):
            optimizer.step()
            scheduler.step()
            path.append(visible(optimizer, scheduler))
        paths.append(path)
    assert paths[0] == paths[1]


@pytest.mark.parametrize(("name", "options"), NAMED)
def test_steps_to_a_given_epoch(name: str, options: dict[str, Any]) -> None:
    """Deprecated, but for restarts; in closed form where there is one."""
    paths = []
    for f in BOTH:
        optimizer = optimizer_of(f)
        scheduler = make(f, optimizer, name, options)
        path = []
        for epoch in (1, 4, 2, 11, 30):
            optimizer.step()
            if name == "CosineAnnealingWarmRestarts":
                scheduler.step(epoch + 0.25)
            else:
                with pytest.warns(UserWarning, match="closed form"):
                    scheduler.step(epoch)
            path.append(visible(optimizer, scheduler))
        paths.append(path)
    assert paths[0] == paths[1]


@pytest.mark.parametrize(("name", "options"), NAMED[::5])
def test_learning_rates_may_be_tensors(name: str, options: dict[str, Any]) -> None:
    paths = []
    for f in BOTH:
        p = f.ones(1, requires_grad=True)
        rate = f.tensor(0.25, dtype=f.float64)
        optimizer = f.optim.SGD([{"params": [p]}, {"params": [], "lr": 0.5}], lr=rate)
        scheduler = make(f, optimizer, name, options)
        path = []
        for _ in range(10):
            optimizer.step()
            scheduler.step()
            last = scheduler.get_last_lr()
            assert optimizer.param_groups[0]["lr"] is rate
            assert isinstance(last[0], f.Tensor)
            assert last[0] is not rate
            path.append([float(v) for v in last])
        paths.append(path)
    for ours, theirs in zip(*paths, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-14)


PLATEAU = [
    *combinations(mode=["min", "max"], threshold_mode=["rel", "abs"], threshold=[1e-4, 0.1]),
    {"patience": 0, "factor": 0.5, "min_lr": 0.01},
    {"patience": 1, "cooldown": 3, "min_lr": [0.05, 0.001]},
    {"patience": 1, "eps": 0.02, "factor": 0.9},
]
METRICS: list[Callable[[int], float]] = [
    lambda t: 1 / (t + 1),
    lambda t: 1.0,
    lambda t: math.sin(t) - t / 50,
    lambda t: math.nan if t % 3 else 1.0 - t,
]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("options", PLATEAU, ids=str)
def test_plateau(options: dict[str, Any], metric: Callable[[int], float]) -> None:
    paths = []
    for f in BOTH:
        optimizer = optimizer_of(f)
        plateau = f.optim.lr_scheduler.ReduceLROnPlateau
        scheduler = plateau(optimizer, **{"patience": 3, **options})
        path = []
        for epoch in range(EPOCHS):
            scheduler.step(f.tensor(metric(epoch)) if epoch % 2 else metric(epoch))
            path.append((visible(optimizer, scheduler), scheduler.in_cooldown))
            if epoch == 20:
                state = scheduler.state_dict()
                scheduler = plateau(optimizer, **options)
                scheduler.load_state_dict(state)
        with pytest.warns(UserWarning, match="deprecated"):
            scheduler.step(1.0, epoch=50)
        paths.append((path, scheduler.last_epoch))
    assert paths[0] == paths[1]
