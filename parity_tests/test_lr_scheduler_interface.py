"""Schedules that are combined, written by users, misused; and where warnings stand."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch

import tinygrad_edu
from parity_tests.optim_race import BOTH
from parity_tests.test_lr_scheduler import halves, make, optimizer_of, visible

COMBINATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "warm up, then cosine": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=4), s.CosineAnnealingLR(o, 10)], [4]
    ),
    "three in a row": lambda s, o: s.SequentialLR(
        o,
        [s.ConstantLR(o, 0.5, 3), s.ExponentialLR(o, 0.9), s.CosineAnnealingWarmRestarts(o, 3)],
        milestones=[3, 9],
    ),
    "one alone": lambda s, o: s.SequentialLR(o, [s.StepLR(o, 2)], []),
    "rows in a row": lambda s, o: s.SequentialLR(
        o,
        [
            s.SequentialLR(o, [s.StepLR(o, 2), s.PolynomialLR(o, 5)], [3]),
            s.ExponentialLR(o, 0.5),
        ],
        [8],
    ),
    "chained": lambda s, o: s.ChainedScheduler(
        [s.ConstantLR(o, 0.1, 2), s.ExponentialLR(o, 0.9)], optimizer=o
    ),
    "three chained": lambda s, o: s.ChainedScheduler(
        (s.LinearLR(o), s.MultiplicativeLR(o, halves), s.MultiStepLR(o, [2, 5]))
    ),
    "chains in a row": lambda s, o: s.SequentialLR(
        o, [s.ChainedScheduler([s.LinearLR(o), s.StepLR(o, 3)])] + [s.LambdaLR(o, halves)], [6]
    ),
}


def combined(f: Any, what: str) -> tuple[Any, Any, int]:
    """An optimizer, a schedule, and how many warnings it took to make that.

    A row in a row takes one, for its first schedule is stepped once more.
    """
    optimizer = optimizer_of(f)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scheduler = COMBINATIONS[what](f.optim.lr_scheduler, optimizer)
    return optimizer, scheduler, len(caught)


@pytest.mark.parametrize("what", COMBINATIONS)
def test_combinations(what: str) -> None:
    paths = []
    for f in BOTH:
        optimizer, scheduler, count = combined(f, what)
        path: list[Any] = [count, visible(optimizer, scheduler)]
        for epoch in range(25):
            optimizer.step()
            scheduler.step()
            path.append(visible(optimizer, scheduler))
            if epoch == 12:
                state, saved = scheduler.state_dict(), optimizer.state_dict()
                optimizer, scheduler, _ = combined(f, what)
                scheduler.load_state_dict(state)
                optimizer.load_state_dict(saved)
        paths.append(path)
    assert paths[0] == paths[1]


def test_users_write_schedules_as_for_pytorch() -> None:
    paths = []
    for f in BOTH:

        class Halving(f.optim.lr_scheduler.LRScheduler):  # type: ignore[misc, name-defined]
            def __init__(self, optimizer: Any, every: int) -> None:
                self.every = every
                super().__init__(optimizer)

            def get_lr(self) -> list[Any]:
                return [lr * 0.5 ** (self.last_epoch // self.every) for lr in self.base_lrs]

        optimizer = optimizer_of(f)
        scheduler = Halving(optimizer, every=3)
        path = []
        for _ in range(8):
            optimizer.step()
            scheduler.step()
            path.append(visible(optimizer, scheduler))
        paths.append(path)
    assert paths[0] == paths[1]


class Warmup:
    """Called like a function, with something to save."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def __call__(self, t: float) -> float:
        return min(1.0, (t + 1) / self.steps)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("LambdaLR", {"lr_lambda": [Warmup(4), halves]}),
        ("MultiplicativeLR", {"lr_lambda": Warmup(4)}),
        ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "scale_fn": Warmup(4)}),
    ],
)
def test_objects_in_place_of_functions_are_saved(name: str, options: dict[str, Any]) -> None:
    states = []
    for f in BOTH:
        scheduler = make(f, optimizer_of(f), name, options)
        state = scheduler.state_dict()
        assert "'steps': 4" in str(state)
        states.append(state.copy())
        option = "scale_fn" if name == "CyclicLR" else "lr_lambda"
        other = Warmup(9)
        fresh = [other, halves] if name == "LambdaLR" else other
        make(f, optimizer_of(f), name, {**options, option: fresh}).load_state_dict(state)
        assert other.steps == 4
        other.steps = 5  # what was saved before stays, and what it came from, too
        given = options[option]
        first = given[0] if isinstance(given, list) else given
        first.steps = 7
        assert "'steps': 4" in str(states[-1])
        first.steps = 4
    assert states[0] == states[1]


def warned(act: Callable[[], Any]) -> list[str]:
    """The kinds of warnings, and whether they point at this file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        act()
    return [f"{w.category.__name__} {w.filename == __file__}" for w in caught]


def test_the_order_of_steps() -> None:
    for f in BOTH:
        optimizer = optimizer_of(f)
        scheduler = f.optim.lr_scheduler.StepLR(optimizer, 3)
        assert warned(scheduler.step) == ["UserWarning True"]
        assert warned(scheduler.step) == []

        optimizer = optimizer_of(f)
        optimizer.step()  # too early to be of use
        scheduler = f.optim.lr_scheduler.StepLR(optimizer, 3)
        with pytest.warns(
            UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`"
        ):
            scheduler.step()

        optimizer = optimizer_of(f)
        schedulers = [f.optim.lr_scheduler.StepLR(optimizer, 3) for _ in range(2)]
        optimizer.step()
        assert [warned(s.step) for s in schedulers] == [[], []]

        optimizer = optimizer_of(f)
        scheduler = f.optim.lr_scheduler.StepLR(optimizer, 3)
        optimizer.step = lambda: None
        with pytest.warns(UserWarning, match="has been overridden"):
            scheduler.step()


def test_get_lr_is_not_for_looking() -> None:
    for f in BOTH:
        scheduler = f.optim.lr_scheduler.StepLR(optimizer_of(f), 3)
        with pytest.warns(UserWarning, match=r"please use `get_last_lr\(\)`"):
            scheduler.get_lr()
        assert warned(scheduler.get_last_lr) == []


def other_optimizer(f: Any, kind: Callable[[Any, Any, list[Any]], Any]) -> Any:
    o, other = optimizer_of(f), optimizer_of(f)
    s = f.optim.lr_scheduler
    return kind(s, o, [s.StepLR(o, 1), s.StepLR(other, 1)])


def more_groups(f: Any) -> None:
    optimizer = optimizer_of(f)
    scheduler = f.optim.lr_scheduler.ReduceLROnPlateau(optimizer, min_lr=[0.1, 0.2], patience=0)
    optimizer.add_param_group({"params": [f.ones(1)]})
    scheduler.step(1.0)
    scheduler.step(1.0)


def past_the_end(f: Any) -> None:
    optimizer = optimizer_of(f)
    scheduler = f.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=2)
    for _ in range(3):
        optimizer.step()
        scheduler.step()


WRONG: dict[str, tuple[type[Exception], Callable[[Any, Any, Any], Any]]] = {
    "no optimizer": (TypeError, lambda f, s, o: s.StepLR(3, 1)),
    "no optimizer to cycle": (TypeError, lambda f, s, o: s.CyclicLR(3, 0.1, 1.0)),
    "no optimizer for one cycle": (TypeError, lambda f, s, o: s.OneCycleLR(3, 1.0, 5)),
    "no optimizer at a plateau": (TypeError, lambda f, s, o: s.ReduceLROnPlateau(3)),
    "no initial_lr": (KeyError, lambda f, s, o: s.StepLR(o, 1, last_epoch=4)),
    "three functions": (ValueError, lambda f, s, o: s.LambdaLR(o, [halves] * 3)),
    "three factors": (ValueError, lambda f, s, o: s.MultiplicativeLR(o, [halves] * 3)),
    "a number for a function": (TypeError, lambda f, s, o: s.MultiplicativeLR(o, 3)),
    "a factor above 1": (ValueError, lambda f, s, o: s.ConstantLR(o, 1.5)),
    "a factor below 0": (ValueError, lambda f, s, o: s.ConstantLR(o, -0.5)),
    "a start at 0": (ValueError, lambda f, s, o: s.LinearLR(o, 0.0)),
    "a start above 1": (ValueError, lambda f, s, o: s.LinearLR(o, 1.5)),
    "an end above 1": (ValueError, lambda f, s, o: s.LinearLR(o, 1.0, 1.5)),
    "a cycle of 0": (ValueError, lambda f, s, o: s.CosineAnnealingWarmRestarts(o, 0)),
    "a cycle of 2.5": (ValueError, lambda f, s, o: s.CosineAnnealingWarmRestarts(o, 2.5)),
    "shrinking cycles": (ValueError, lambda f, s, o: s.CosineAnnealingWarmRestarts(o, 2, 0)),
    "eta_min of text": (
        ValueError,
        lambda f, s, o: s.CosineAnnealingWarmRestarts(o, 2, eta_min="0"),
    ),
    "epoch -1": (ValueError, lambda f, s, o: s.CosineAnnealingWarmRestarts(o, 2).step(-1)),
    "an unknown mode": (ValueError, lambda f, s, o: s.CyclicLR(o, 0.1, 1.0, mode="square")),
    "three largest rates": (ValueError, lambda f, s, o: s.CyclicLR(o, 0.1, [1.0] * 3)),
    "no momentum": (
        ValueError,
        lambda f, s, o: s.CyclicLR(f.optim.Adagrad([f.ones(1)]), 0.1, 1.0),
    ),
    "no steps": (ValueError, lambda f, s, o: s.OneCycleLR(o, 1.0)),
    "0 steps": (ValueError, lambda f, s, o: s.OneCycleLR(o, 1.0, 0)),
    "2.5 epochs": (ValueError, lambda f, s, o: s.OneCycleLR(o, 1.0, None, 2.5, 3)),
    "0 steps per epoch": (ValueError, lambda f, s, o: s.OneCycleLR(o, 1.0, None, 2, 0)),
    "pct_start of an int": (ValueError, lambda f, s, o: s.OneCycleLR(o, 1.0, 5, pct_start=1)),
    "pct_start above 1": (ValueError, lambda f, s, o: s.OneCycleLR(o, 1.0, 5, pct_start=1.5)),
    "a strange anneal": (
        ValueError,
        lambda f, s, o: s.OneCycleLR(o, 1.0, 5, anneal_strategy="step"),
    ),
    "past the end": (ValueError, lambda f, s, o: past_the_end(f)),
    "a growing plateau": (ValueError, lambda f, s, o: s.ReduceLROnPlateau(o, factor=1.0)),
    "a strange plateau": (ValueError, lambda f, s, o: s.ReduceLROnPlateau(o, "mean")),
    "a strange threshold": (
        ValueError,
        lambda f, s, o: s.ReduceLROnPlateau(o, threshold_mode="log"),
    ),
    "three smallest": (ValueError, lambda f, s, o: s.ReduceLROnPlateau(o, min_lr=[0.1] * 3)),
    "groups that came later": (RuntimeError, lambda f, s, o: more_groups(f)),
    "nothing in a row": (ValueError, lambda f, s, o: s.SequentialLR(o, [], [])),
    "nothing chained": (ValueError, lambda f, s, o: s.ChainedScheduler([])),
    "numbers in a row": (TypeError, lambda f, s, o: s.SequentialLR(o, [1, 2], [3])),
    "two milestones": (
        ValueError,
        lambda f, s, o: s.SequentialLR(o, [s.StepLR(o, 1), s.StepLR(o, 1)], [3, 4]),
    ),
    "a plateau in a row": (
        ValueError,
        lambda f, s, o: s.SequentialLR(o, [s.ReduceLROnPlateau(o)], []),
    ),
    "a chained plateau": (
        ValueError,
        lambda f, s, o: s.ChainedScheduler([s.ReduceLROnPlateau(o)], o),
    ),
    "two optimizers in a row": (
        ValueError,
        lambda f, s, o: other_optimizer(f, lambda s, o, both: s.SequentialLR(o, both, [3])),
    ),
    "two optimizers chained": (
        ValueError,
        lambda f, s, o: other_optimizer(f, lambda s, o, both: s.ChainedScheduler(both)),
    ),
    "no algorithm": (NotImplementedError, lambda f, s, o: s.LRScheduler(o)),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_raises(what: str) -> None:
    exception, act = WRONG[what]
    for f in BOTH:
        with pytest.raises(exception):
            act(f, f.optim.lr_scheduler, optimizer_of(f))


def test_every_schedule_of_pytorch_is_there() -> None:
    names = set(torch.optim.lr_scheduler.__all__)
    assert set(tinygrad_edu.optim.lr_scheduler.__all__) == names
