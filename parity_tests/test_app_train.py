"""The shared training job: what it prints, that it is the course's loop, and where it stops."""

import re

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import tinygrad_edu
from parity_tests import (
    copied_runs,  # noqa: F401  # of which processes are copies
    same_lines,
)
from parity_tests.same_lines import main, printed_lines
from tinygrad_edu.app.errors import InputError
from tinygrad_edu.app.side import SIDE as OURS
from tinygrad_edu.app.training.choices import MODELS, default_model
from tinygrad_edu.app.training.data import load, prepare
from tinygrad_edu.app.training.train import Job, Training, default_dtype, train
from torch_ref.models import SimpleClassifier
from torch_ref.side import SIDE as THEIRS

SIDES = {"tinygrad_edu": OURS, "torch": THEIRS}
BOTH = pytest.mark.parametrize("side", SIDES.values(), ids=SIDES)


def course_script_lines(seed, epochs):
    """The course's job as a PyTorch user writes it, with nothing of tinygrad_edu's."""
    features, target = make_classification(
        n_samples=500, n_features=10, n_informative=5, n_redundant=2, n_classes=2, random_state=42
    )
    features = StandardScaler().fit_transform(features)
    parts = train_test_split(features, target[:, None], test_size=0.2, random_state=42)
    x, x_test, y, y_test = (torch.tensor(part, dtype=torch.float32) for part in parts)
    torch.manual_seed(seed)
    model = SimpleClassifier()
    criterion = torch.nn.BCELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    lines = str(model).splitlines()
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            loss = criterion(model(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        if (epoch + 1) % 10 == 0:
            lines.append(f"Epoch [{epoch + 1}/{epochs}], Loss: {total / len(x):.4f}")
    with torch.no_grad():
        accuracy = ((model(x_test) > 0.5) == (y_test > 0.5)).double().mean().item()
    return [*lines, f"Test Accuracy: {100 * accuracy:.2f}%"]


def test_the_job_on_pytorch_is_the_course_script():
    job = Job(epochs=30)
    assert printed_lines(THEIRS, job, "classification") == course_script_lines(42, 30)


def test_default_job_prints_the_lines_of_pytorch():
    lines = printed_lines(OURS, Job(), "classification")
    assert lines == course_script_lines(42, 100)
    assert [line for line in lines if line.startswith("Epoch")] == lines[8:18]
    assert re.fullmatch(r"Epoch \[10/100\], Loss: \d\.\d{4}", lines[8])
    assert re.fullmatch(r"Test Accuracy: \d\d\.\d\d%", lines[18])


@pytest.mark.parametrize("data", ["classification", "moons", "regression"])
def test_float64_runs_print_the_same_lines_in_both(data, capsys):
    main(["--seeds", "3", "--dtype", "float64", "--data", data])
    assert capsys.readouterr().out == f"3 of 3 runs print identical lines ({data}, float64)\n"


def test_linear_model_prints_the_same_lines_in_both():
    job = Job(model="linear", dtype="float64", epochs=20)
    ours, theirs = (printed_lines(side, job, "moons") for side in SIDES.values())
    assert ours == theirs


def test_same_lines_counts_the_runs_of_one_library(capsys):
    main(["--seeds", "1", "--data", "moons", "--control"])
    assert capsys.readouterr().out.splitlines()[-1] == (
        "1 of 1 runs of PyTorch with AVX2 only print identical lines (moons, float64)"
    )


def test_same_lines_tells_where_a_run_departs(monkeypatch, capsys):
    printed = {True: [["a", "b"], ["a", "c"]], False: [["a", "b"], ["a", "d"]]}
    monkeypatch.setattr(same_lines, "lines_of_seeds", lambda seeds, ours, *rest: printed[ours])
    main(["--seeds", "2"])
    assert capsys.readouterr().out.splitlines() == [
        "seed 1 departs at 'c', PyTorch 'd'",
        "1 of 2 runs print identical lines (classification, float64)",
    ]


@BOTH
def test_the_last_epoch_is_always_reported(side):
    job = Job(model="regressor", epochs=12, batch_size=1000)
    lines = printed_lines(side, job, "regression")
    reports = [line for line in lines if line.startswith("Epoch")]
    assert [line.split(",")[0] for line in reports] == ["Epoch [10/12]", "Epoch [12/12]"]
    assert [line.split(":")[0] for line in lines[-2:]] == ["Test MSE", "Test R2"]


@BOTH
def test_regression_scores_are_scikit_learns(side):
    split = prepare(load("regression", None), "quantity")
    training = Training(side, Job(model="regressor", epochs=5), split)
    train(training, lambda line: None)
    outputs = training.predict(split.test_x)
    assert training.evaluate() == [
        f"Test MSE: {mean_squared_error(split.test_y, outputs):.4f}",
        f"Test R2: {r2_score(split.test_y, outputs):.4f}",
    ]


@BOTH
def test_epochs_cover_every_row_once_and_are_announced(side):
    split = prepare(load("moons", None), "probability")
    training = Training(side, Job(epochs=3, batch_size=150), split)
    batches = [np.array(rows.tolist()) for rows in training.batches()]
    assert [len(rows) for rows in batches] == [150, 150, 100]
    np.testing.assert_array_equal(np.sort(np.concatenate(batches)), np.arange(400))
    announced = []
    train(training, lambda line: None, lambda: announced.append(len(training.losses)))
    assert announced == [1, 2, 3]
    assert len(training.losses) == 3


@BOTH
@pytest.mark.parametrize(("data", "model"), [("moons", "classifier"), ("regression", "regressor")])
def test_divergence_is_told(side, data, model):
    split = prepare(load(data, None), MODELS[model].answer)
    training = Training(side, Job(model=model, lr=1e30), split)
    with pytest.raises(InputError, match="diverged in epoch 1; try a smaller --lr"):
        train(training, lambda line: None)


@BOTH
def test_dtype_reaches_every_tensor_and_the_default_comes_back(side):
    framework = side.framework
    split = prepare(load("moons", None), "probability")
    training = Training(side, Job(dtype="float64"), split)
    tensors = [*training.model.parameters(), training.train_x, training.train_y]
    assert {tensor.dtype for tensor in tensors} == {framework.float64}
    assert framework.get_default_dtype() == framework.float32
    with pytest.raises(KeyError), default_dtype(framework, "float64"):
        raise KeyError
    assert framework.get_default_dtype() == framework.float32


def test_default_model_follows_the_target():
    assert default_model(load("classification", None)) == "classifier"
    assert default_model(load("moons", None)) == "classifier"
    assert default_model(load("regression", None)) == "regressor"


def test_evaluation_of_a_constant_target_has_r2_zero():
    split = prepare(load("regression", None), "quantity")
    split = split._replace(test_y=np.ones_like(split.test_y))
    training = Training(OURS, Job(model="regressor"), split)
    assert training.evaluate()[1] == "Test R2: 0.0000"


def test_frameworks_are_the_ones_they_claim_to_be():
    assert OURS.framework is tinygrad_edu
    assert THEIRS.framework is torch
