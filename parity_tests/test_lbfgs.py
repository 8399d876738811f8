"""LBFGS comes by the same points as PyTorch's, with as many calls of the closure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu
from parity_tests.judge import count_case
from parity_tests.optim_race import BOTH, Options, combinations
from torch_ref.bridge import convert

#: Relative to the largest number, or to 1, which is about the size of the start. Directions are
#: made from differences of gradients, so rounding grows with the steps, and at the lowest point
#: there is nothing else; these hold for the few steps that are made here.
TOLERANCE = {"float32": 1e-3, "float64": 1e-9}
STEPS = {"float32": 2, "float64": 4}


def bowl(f: Any, x: Any, y: Any) -> Any:
    """A bowl with axes of different length, off the origin."""
    return ((x - 1) ** 2).sum() * 3 + ((y + x[0]) ** 2).sum() * 0.5


def rosenbrock(f: Any, x: Any, y: Any) -> Any:
    """A curved valley."""
    z = f.cat([x, y.reshape(-1)])
    return (100 * (z[1:] - z[:-1] ** 2) ** 2 + (1 - z[:-1]) ** 2).sum()


def wavy(f: Any, x: Any, y: Any) -> Any:
    """A line search along it finds hills."""
    return (x**2).sum() * 0.1 + f.sin(4 * x).sum() + f.cos(3 * y + x[1]).sum()


def kinked(f: Any, x: Any, y: Any) -> Any:
    """Valleys without a flat ground: a line search sticks to an end of its bracket."""
    return ((x - 1).abs() + 0.01 * x**2).sum() + (30 * f.relu(y) + f.relu(-y)).sum()


def hilly(f: Any, x: Any, y: Any) -> Any:
    """Many valleys, over which a long first step leads."""
    return (f.sin(9 * x) + 0.1 * x**2).sum() + (f.cos(7 * y) + 0.1 * y**2).sum()


def level(f: Any, x: Any, y: Any) -> Any:
    """A slope beside a number so large that no loss is ever lower."""
    return (x + 1e20).sum() + (y + 1e20).sum()


class Descent:
    """One framework's parameters and optimizer; the closure counts its calls."""

    def __init__(self, f: Any, loss: Callable[..., Any], options: Options, dtype: str) -> None:
        rng = np.random.default_rng(5)
        self.f, self.loss, self.calls = f, loss, 0
        self.parameters = [
            f.tensor(rng.standard_normal(shape).astype(dtype)).requires_grad_()
            for shape in ((3,), (2, 2))
        ]
        self.optimizer = f.optim.LBFGS(self.parameters, **options)

    def closure(self) -> Any:
        assert self.f.is_grad_enabled()
        self.calls += 1
        self.optimizer.zero_grad()
        loss = self.loss(self.f, *self.parameters)
        loss.backward()
        return loss

    def step(self) -> Any:
        return self.optimizer.step(self.closure)


def compare(ours: Any, theirs: Any, tolerance: float, where: str) -> None:
    """Structure, kinds and dtypes equal, numbers nearly."""
    if isinstance(theirs, (list, tuple, dict)):
        assert len(ours) == len(theirs), where
        assert type(ours) is type(theirs), where
        keys = list(theirs) if isinstance(theirs, dict) else range(len(theirs))
        assert not isinstance(theirs, dict) or list(ours) == keys, where
        for key in keys:
            compare(ours[key], theirs[key], tolerance, f"{where}[{key!r}]")
    elif isinstance(theirs, torch.Tensor):
        assert isinstance(ours, tinygrad_edu.Tensor), where
        assert str(ours.dtype) == str(theirs.dtype), where
        a, b = ours.detach().numpy(), theirs.detach().numpy()
        size = np.abs(b).max(initial=1)
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * size, err_msg=where)
    elif isinstance(theirs, float):
        assert isinstance(ours, float), where
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, err_msg=where)
    else:
        assert ours == theirs, where


OPTIONS = [
    *combinations(lr=[0.05], max_iter=[1, 6], history_size=[1, 100]),
    *combinations(
        lr=[1.0, 0.1], max_iter=[1, 4], history_size=[2, 100], line_search_fn=["strong_wolfe"]
    ),
    {"max_eval": 3, "line_search_fn": "strong_wolfe"},
    {"lr": 0.05, "max_eval": 3},
    {"lr": 0.05, "tolerance_grad": 10.0},
    {"lr": 0.05, "tolerance_change": 0.5},
    {"tolerance_change": 0.5, "line_search_fn": "strong_wolfe"},
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("loss", [bowl, rosenbrock, wavy])
def test_every_step_is_pytorchs(loss: Callable[..., Any], options: Options, dtype: str) -> None:
    if loss is rosenbrock and "line_search_fn" not in options:
        options = {**options, "lr": 1e-3}
    ours, theirs = (Descent(f, loss, options, dtype) for f in BOTH)
    count_case()
    for number in range(STEPS[dtype]):
        values = ours.step(), theirs.step()
        compare(*values, TOLERANCE[dtype], f"loss {number}")
        assert ours.calls == theirs.calls
        compare(ours.parameters, theirs.parameters, TOLERANCE[dtype], f"parameters {number}")
    compare(
        ours.optimizer.state_dict(), theirs.optimizer.state_dict(), 50 * TOLERANCE[dtype], "state"
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("lr", [1.0, 10.0])
@pytest.mark.parametrize("loss", [kinked, hilly, level])
def test_searches_that_take_long(loss: Callable[..., Any], lr: float, dtype: str) -> None:
    options = {"line_search_fn": "strong_wolfe", "lr": lr, "max_iter": 4}
    ours, theirs = (Descent(f, loss, options, dtype) for f in BOTH)
    count_case()
    for number in range(3):
        compare(ours.step(), theirs.step(), TOLERANCE[dtype], f"loss {number}")
        assert ours.calls == theirs.calls
        compare(ours.parameters, theirs.parameters, TOLERANCE[dtype], f"parameters {number}")
    assert ours.calls > 6


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_state_dicts_carry_a_run_over_in_both_directions(search: str | None) -> None:
    options = {"lr": 0.1, "max_iter": 3, "line_search_fn": search}
    runs = [Descent(f, wavy, options, "float64") for f in BOTH]
    for run in runs:
        run.step()
    states = [run.optimizer.state_dict() for run in runs]
    for run, other in zip(runs, reversed(states), strict=True):
        run.optimizer = run.f.optim.LBFGS(run.parameters, **options)
        run.optimizer.load_state_dict(convert(other, run.f))
    for _ in range(2):
        for run in runs:
            run.step()
        compare(*(run.parameters for run in runs), 1e-9, "parameters")
    compare(*(run.optimizer.state_dict() for run in runs), 1e-7, "state")


def test_loading_takes_the_dtype_of_the_parameters() -> None:
    for f in BOTH:
        run = Descent(f, bowl, {"lr": 0.1}, "float32")
        run.step()
        wide = f.optim.LBFGS([p.detach().double() for p in run.parameters])
        wide.load_state_dict(run.optimizer.state_dict())
        state = wide.state[wide.param_groups[0]["params"][0]]
        assert state["d"].dtype is f.float64
        assert state["old_dirs"][0].dtype is f.float64


def test_a_parameter_without_gradient_stays_and_lr_may_be_a_tensor() -> None:
    values = []
    for f in BOTH:
        p, idle = f.ones(2, requires_grad=True), f.ones(1, requires_grad=True)
        optimizer = f.optim.LBFGS([p, idle], lr=f.tensor(0.25), max_iter=2)

        def closure(optimizer: Any = optimizer, p: Any = p) -> Any:
            optimizer.zero_grad()
            loss = (p * p).sum()
            loss.backward()
            return loss

        with f.no_grad():
            optimizer.step(closure)
        values.append((p.tolist(), idle.tolist(), repr(optimizer)))
    assert values[0] == values[1]


def test_far_away_overflow_is_a_result_and_not_a_warning() -> None:
    for f in BOTH:
        p = f.full((2,), 1e30, requires_grad=True)
        optimizer = f.optim.LBFGS([p], max_iter=3)
        optimizer.step(lambda p=p: backward_of((p**4).sum()))
        assert not np.isfinite(p.detach().numpy()).all()


def backward_of(loss: Any) -> Any:
    loss.backward()
    return loss


WRONG: dict[str, tuple[type[Exception], Callable[[Any], Any]]] = {
    "no closure": (TypeError, lambda f: f.optim.LBFGS([f.ones(1)]).step()),
    "two groups": (
        ValueError,
        lambda f: f.optim.LBFGS([{"params": [f.ones(1)]}, {"params": [f.ones(1)]}]),
    ),
    "a negative rate": (ValueError, lambda f: f.optim.LBFGS([f.ones(1)], lr=-1)),
    "two rates": (ValueError, lambda f: f.optim.LBFGS([f.ones(1)], lr=f.ones(2))),
    "another search": (
        RuntimeError,
        lambda f: Descent(f, bowl, {"line_search_fn": "weak"}, "float32").step(),
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_raises(what: str) -> None:
    exception, act = WRONG[what]
    for f in BOTH:
        with pytest.raises(exception):
            act(f)


def test_it_finds_the_end_of_the_valley() -> None:
    run = Descent(tinygrad_edu, rosenbrock, {"line_search_fn": "strong_wolfe"}, "float64")
    for _ in range(5):
        run.step()
    for parameter in run.parameters:
        np.testing.assert_allclose(parameter.detach().numpy(), 1, rtol=1e-4)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
@pytest.mark.parametrize("iterations", [1, 20])
def test_a_network_trains_alike(iterations: int, search: str | None) -> None:
    """Forty and more iterations in float64, in which rounding alone stays small; in float32 it
    grows to what PyTorch's own path differs by, if its start changes in the last digit."""
    rng = np.random.default_rng(9)
    inputs = rng.standard_normal((64, 10))
    targets = np.sin(inputs[:, :1]) + inputs[:, 1:2] ** 2 * 0.3
    starts = [rng.standard_normal(shape) * 0.3 for shape in ((10, 16), (16,), (16, 1), (1,))]
    ends = []
    for f in BOTH:
        weights = [f.tensor(start, requires_grad=True) for start in starts]
        x, y = f.tensor(inputs), f.tensor(targets)
        optimizer = f.optim.LBFGS(weights, lr=0.5, max_iter=iterations, line_search_fn=search)
        losses: list[float] = []

        def closure(
            f: Any = f, w: Any = weights, x: Any = x, y: Any = y, optimizer: Any = optimizer,
            losses: Any = losses,
        ) -> Any:  # fmt: skip
            optimizer.zero_grad()
            loss = ((f.tanh(x @ w[0] + w[1]) @ w[2] + w[3] - y) ** 2).mean()
            loss.backward()
            losses.append(loss.item())
            return loss

        for _ in range(40 // iterations):
            optimizer.step(closure)
        ends.append((losses, [w.detach().numpy() for w in weights]))
    (mine, own), (theirs, other) = ends
    assert len(mine) == len(theirs) >= 40
    np.testing.assert_allclose(mine, theirs, rtol=1e-9)
    for a, b in zip(own, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-10)
