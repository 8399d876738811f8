"""Averaged models have the weights of PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu
from parity_tests.judge import check, count_case
from parity_tests.optim_race import BOTH
from parity_tests.test_lr_scheduler import optimizer_of, visible


def model_of(f: Any, dtype: str, seed: int) -> Any:
    """Two layers and a buffer, all random."""
    rng = np.random.default_rng(seed)
    model = f.nn.Sequential(f.nn.Linear(3, 2), f.nn.Linear(2, 1)).to(getattr(f, dtype))
    model.register_buffer("seen", f.tensor(rng.standard_normal(2).astype(dtype)))
    with f.no_grad():
        for parameter in model.parameters():
            parameter.copy_(f.tensor(rng.standard_normal(parameter.shape).astype(dtype)))
    return model


AVERAGES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "the mean": lambda u: {},
    "the mean, one by one": lambda u: {"avg_fn": u.get_swa_avg_fn()},
    "the mean, all at once": lambda u: {"multi_avg_fn": u.get_swa_multi_avg_fn()},
    "moving, one by one": lambda u: {"avg_fn": u.get_ema_avg_fn(0.9)},
    "moving, all at once": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.9)},
    "moving fast": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.3)},
    "with buffers": lambda u: {"use_buffers": True},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("what", AVERAGES)
def test_averages(what: str, dtype: str) -> None:
    count_case()
    models = []
    for f in BOTH:
        source = model_of(f, dtype, 0)
        averaged = f.optim.swa_utils.AveragedModel(source, **AVERAGES[what](f.optim.swa_utils))
        for seed in range(1, 6):
            averaged.update_parameters(model_of(f, dtype, seed))
        assert averaged.n_averaged.item() == 5
        models.append(averaged)
    ours, theirs = (model.state_dict() for model in models)
    assert list(ours) == list(theirs)
    for name in theirs:
        check(ours[name], theirs[name], name)
    x = np.ones((2, 3), dtype)
    results = [m(f.tensor(x)).detach().numpy() for f, m in zip(BOTH, models, strict=True)]
    np.testing.assert_allclose(*results, rtol=1e-5)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("epochs", [0, 1, 6])
def test_the_learning_rate_goes_to_a_constant(epochs: int, strategy: str) -> None:
    paths = []
    for f in BOTH:
        optimizer = optimizer_of(f)
        scheduler = f.optim.swa_utils.SWALR(optimizer, [0.05, 0.5], epochs, strategy)
        path = []
        for epoch in range(10):
            optimizer.step()
            scheduler.step()
            rates, groups, state = visible(optimizer, scheduler)
            path.append((rates, groups, dict(state)))
            if epoch == 4:
                scheduler = f.optim.swa_utils.SWALR(optimizer, [0.05, 0.5], 3, "cos")
                scheduler.load_state_dict(state)
        paths.append(path)
    assert paths[0] == paths[1]


WRONG: dict[str, tuple[type[Exception], Callable[[Any, Any], Any]]] = {
    "decay": (ValueError, lambda f, u: u.get_ema_avg_fn(1.5)),
    "decay of many": (ValueError, lambda f, u: u.get_ema_multi_avg_fn(-0.5)),
    "two functions": (
        AssertionError,
        lambda f, u: u.AveragedModel(f.nn.Linear(1, 1), None, u.get_swa_avg_fn(), print),
    ),
    "strategy": (ValueError, lambda f, u: u.SWALR(optimizer_of(f), 0.1, anneal_strategy="step")),
    "epochs": (ValueError, lambda f, u: u.SWALR(optimizer_of(f), 0.1, -1)),
    "half an epoch": (ValueError, lambda f, u: u.SWALR(optimizer_of(f), 0.1, 0.5)),
    "three rates": (ValueError, lambda f, u: u.SWALR(optimizer_of(f), [0.1] * 3)),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_raises(what: str) -> None:
    exception, act = WRONG[what]
    for f in BOTH:
        with pytest.raises(exception):
            act(f, f.optim.swa_utils)


def test_there_is_only_the_cpu() -> None:
    with pytest.raises(RuntimeError, match="'cuda'"):
        tinygrad_edu.optim.swa_utils.AveragedModel(tinygrad_edu.nn.Linear(1, 1), "cuda")


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norms_are_measured_anew(training: bool, paired: bool) -> None:
    """Over all batches alike, whatever was measured before; modes and momenta stay."""
    count_case()
    models = []
    batches = np.random.default_rng(0).standard_normal((4, 5, 3))
    for f in BOTH:
        model = f.nn.Sequential(
            f.nn.BatchNorm1d(3, momentum=0.3),
            f.nn.Sequential(f.nn.BatchNorm1d(3, momentum=None, affine=False)),
        ).double()
        with f.no_grad():
            model[0].bias += 1  # so that the second one has means to measure
        model(f.tensor(batches[0]) + 10)
        model.train(training)
        loader = [f.tensor(batch) for batch in batches]
        f.optim.swa_utils.update_bn([(x, None) for x in loader] if paired else loader, model)
        assert [m.training for m in model.modules()] == [training] * 4
        assert [model[0].momentum, model[1][0].momentum] == [0.3, None]
        models.append(model)
    ours, theirs = (model.state_dict() for model in models)
    assert list(ours) == list(theirs)
    for name in theirs:
        check(ours[name], theirs[name], name)


def test_a_whole_step_ends_where_it_leads():
    """Not beside it, by what is rounded on the way."""
    for lib in BOTH:
        average, value = lib.tensor([1e8, 1.0]), lib.tensor([1.0, 1e8])
        lib.optim.swa_utils.get_ema_multi_avg_fn(0.0)([average], [value], 0)
        assert average.tolist() == [1.0, 1e8]
