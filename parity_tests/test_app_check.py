"""--check passes where the engine is right, and fails on a gradient or an update that is not."""

import numpy as np
import pytest

from tinygrad_edu import __main__ as command
from tinygrad_edu import models
from tinygrad_edu.app.side import SIDE as OURS
from tinygrad_edu.app.training.check import CheckedTraining, Comparison
from tinygrad_edu.app.training.choices import MODELS
from tinygrad_edu.app.training.data import load, prepare
from tinygrad_edu.app.training.train import Job, Training, train
from torch_ref.side import SIDE as THEIRS


def checked(job, data, side=OURS):
    split = prepare(load(data, None), MODELS[job.model].answer)
    training = CheckedTraining(side, THEIRS, job, split)
    train(training, lambda line: None)
    return training


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("model", "data"),
    [("classifier", "classification"), ("classifier", "moons"), ("linear", "moons"),
     ("regressor", "regression")],
)  # fmt: skip
def test_right_engine_passes(model, data, dtype):
    training = checked(Job(model=model, dtype=dtype, epochs=10), data)
    assert training.passed, training.table()
    assert training.steps == 130
    rows = training.table().splitlines()
    parameters = len(list(training.model.parameters()))
    assert len(rows) == 1 + 2 + 2 * parameters + 1
    assert all(row.endswith(" ok") for row in rows[1:-1])


def test_check_leaves_the_run_as_it_is():
    split = prepare(load("moons", None), "probability")
    job = Job(epochs=10)
    lines, plain = [], []
    train(CheckedTraining(OURS, THEIRS, job, split), lines.append)
    train(Training(OURS, job, split), plain.append)
    assert lines == plain


class WrongGradient(models.SimpleClassifier):
    """A classifier whose layer_2.weight gets a gradient that is wrong by one part in a thousand."""

    def __init__(self, in_features):
        super().__init__(in_features)
        self.layer_2.weight.register_hook(lambda gradient: gradient * 1.001)


class WrongModels:
    SimpleClassifier = WrongGradient


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_planted_wrong_gradient_is_found_where_it_is(dtype):
    job = Job(dtype=dtype, epochs=1)
    training = checked(job, "classification", OURS._replace(models=WrongModels))
    failed = [row.name for row in training.comparisons if not row.passed]
    assert failed == ["layer_2.weight gradient"]
    assert training.gradients["layer_2.weight"].relative.difference == pytest.approx(1e-3, rel=1e-2)


def test_planted_wrong_gradient_exits_1(monkeypatch, capsys):
    monkeypatch.setattr(models, "SimpleClassifier", WrongGradient)
    assert command.main(["train", "--check", "--epochs", "1"]) == 1
    out = capsys.readouterr().out
    (bad,) = [line for line in out.splitlines() if "OUT OF TOLERANCE" in line]
    assert bad.startswith("layer_2.weight gradient")
    assert "13 of 14 within tolerance" in out
    assert "Test Accuracy" in out


def test_planted_wrong_update_is_found():
    split = prepare(load("moons", None), "probability")
    training = CheckedTraining(OURS, THEIRS, Job(epochs=1), split)
    step = training.optimizer.step

    def wrong_step():
        step()
        training.model.output_layer.bias.data += 1e-5

    training.optimizer.step = wrong_step
    train(training, lambda line: None)
    failed = [row.name for row in training.comparisons if not row.passed]
    assert failed == ["output_layer.bias updated"]


def test_comparison_keeps_the_worst_of_each_kind_and_its_step():
    row = Comparison("x", 1e-3)
    row.add(np.array([100.0, 2.0]), np.array([100.0, 2.05]), 1)
    row.add(np.array([1e-4]), np.array([2e-4]), 2)
    assert row.passed
    assert (row.absolute.step, row.relative.step) == (1, 2)
    assert row.absolute.difference == pytest.approx(0.05)
    assert row.relative.difference == pytest.approx(0.5)
    row.add(np.array([1.0]), np.array([1.1]), 3)
    assert not row.passed


@pytest.mark.parametrize(
    ("ours", "theirs", "passes"),
    [
        ([np.nan, 1.0], [np.nan, 1.0], True),
        ([np.inf], [np.inf], True),
        ([np.nan, 1.0], [0.0, 1.0], False),
        ([0.0, 1.0], [np.nan, 1.0], False),
        ([np.inf], [-np.inf], False),
        ([np.inf, 1.0], [1.0, 1.0], False),
        ([1.0, 1.0], [np.inf, 1.0], False),
        ([0.0], [0.0], True),
    ],
)
def test_comparison_of_special_values(ours, theirs, passes):
    row = Comparison("x", 1e-6)
    row.add(np.array(ours), np.array(theirs), 1)
    assert row.passed == passes


class WrongForward(models.SimpleClassifier):
    """A classifier whose outputs are off by one part in ten thousand."""

    def forward(self, x):
        return super().forward(x) * 0.9999


def test_planted_wrong_forward_is_found():
    class Models:
        SimpleClassifier = WrongForward

    training = checked(Job(epochs=1), "classification", OURS._replace(models=Models))
    assert next(row.name for row in training.comparisons if not row.passed) == "output"


def test_saturated_probabilities_are_no_difference():
    # A step size at which float32 probabilities round to exactly 1 within the first epochs.
    training = checked(Job(lr=0.05, epochs=20), "classification")
    assert (training.predict(training.split.train_x) == 1.0).any()
    assert training.passed, training.table()
