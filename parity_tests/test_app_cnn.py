"""The CNN job: what it reaches, that it is what a PyTorch user would write, and its checks."""

import re

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from parity_tests.same_lines import lines_of_seed, printed_lines
from parity_tests.test_app_cli import BOTH, RUNS, weights_in
from parity_tests.test_app_idx import idx
from tinygrad_edu import models
from tinygrad_edu.app.side import SIDE as OURS
from tinygrad_edu.app.training import train as train_module
from tinygrad_edu.app.training.check import CheckedTraining
from tinygrad_edu.app.training.choices import MODELS
from tinygrad_edu.app.training.data import load, prepare
from tinygrad_edu.app.training.train import Job, Training, train
from torch_ref import bridge
from torch_ref.models import SimpleCNN
from torch_ref.side import SIDE as THEIRS

CNN = MODELS["cnn"]
JOB = Job(model="cnn", epochs=CNN.epochs, lr=CNN.lr)


@pytest.fixture(scope="module")
def split():
    return prepare(load("digits", None), "class")


@pytest.mark.parametrize("seed", range(3))
def test_the_default_job_names_97_of_100_digits_and_prints_every_epoch(seed):
    lines = printed_lines(OURS, JOB._replace(seed=seed), "digits")
    assert lines[0] == "SimpleCNN("
    reports = [line.split(",")[0] for line in lines if line.startswith("Epoch")]
    assert reports == [f"Epoch [{epoch}/20]" for epoch in range(1, 21)]
    name, _, accuracy = lines[-1].partition(": ")
    assert name == "Test Accuracy"
    assert float(accuracy.rstrip("%")) >= 97


def course_script_lines(seed, epochs, dtype):
    """The job as a PyTorch user writes it, with nothing of tinygrad_edu's but the network."""
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)[:, None]
    images = (images - images.mean(dtype=np.float64)) / images.std(dtype=np.float64)
    parts = train_test_split(images, digits.target, test_size=0.2, random_state=42)
    x, x_test, y, y_test = map(torch.tensor, parts)
    torch.manual_seed(seed)
    model = SimpleCNN(in_channels=1, image_size=(8, 8), num_classes=10).to(dtype)
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    lines = str(model).splitlines()
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            loss = criterion(model(x[batch].to(dtype)), y[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        lines.append(f"Epoch [{epoch + 1}/{epochs}], Loss: {total / len(x):.4f}")
    with torch.no_grad():
        accuracy = (model(x_test.to(dtype)).argmax(dim=1) == y_test).double().mean().item()
    return [*lines, f"Test Accuracy: {100 * accuracy:.2f}%"]


@pytest.mark.parametrize("side", [OURS, THEIRS], ids=["tinygrad_edu", "torch"])
def test_the_job_is_the_course_script(side):
    job = JOB._replace(epochs=3, seed=7)
    assert printed_lines(side, job, "digits") == course_script_lines(7, 3, torch.float32)


def test_a_float64_run_prints_the_same_lines_in_both():
    ours, theirs = (lines_of_seed(0, side, "digits", "float64") for side in (True, False))
    assert ours == theirs


def checked(split, **changes):
    training = CheckedTraining(OURS, THEIRS, JOB._replace(epochs=2, **changes), split)
    train(training, lambda line: None)
    return training


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("model", ["cnn", "mlp"])
def test_right_engine_passes_the_check(split, model, dtype):
    training = checked(split, model=model, dtype=dtype)
    assert training.passed, training.table()
    assert training.steps == 90
    rows = training.table().splitlines()
    assert len(rows) == 1 + 2 + 2 * len(list(training.model.parameters())) + 1
    assert all(row.endswith(" ok") for row in rows[1:-1])
    assert training.layer_outputs == []


def test_tolerance_counts_the_terms_of_every_sum(split):
    unit = np.finfo(np.float32).eps / 2
    training = CheckedTraining(OURS, THEIRS, JOB, split)
    assert training.output.tolerance == pytest.approx(4 * 819**0.5 * unit)  # as the docstring says
    training = CheckedTraining(OURS, THEIRS, JOB._replace(model="mlp"), split)
    assert training.output.tolerance == pytest.approx(4 * (128 + 96 + 42 + 32) ** 0.5 * unit)


def test_check_goes_on_with_this_sides_outputs_after_every_layer(split):
    training = CheckedTraining(OURS, THEIRS, JOB, split)
    seen = {}
    for side, model in (("ours", training.model), ("theirs", training.reference.model)):
        for name, module in model.named_modules():
            module.register_forward_hook(
                lambda module, inputs, output, key=(side, name): seen.update(
                    {key: bridge.to_numpy(output)}
                )
            )
    training.step(next(training.batches()))
    names = [name for side, name in seen if side == "ours"]
    assert len(names) == 8
    for name in names:
        np.testing.assert_array_equal(seen["ours", name], seen["theirs", name])


class WrongFilters(models.SimpleCNN):
    """A CNN whose first filters get a gradient that is wrong by one part in a thousand."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.conv_1.weight.register_hook(lambda gradient: gradient * 1.001)


class WrongLayer(models.SimpleCNN):
    """A CNN whose first pooling is off by one part in a thousand."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.pool_1.register_forward_hook(lambda module, inputs, output: output * 0.999)


def test_planted_errors_are_found_where_they_are(split):
    for wrong, row in ((WrongFilters, "conv_1.weight gradient"), (WrongLayer, "output")):

        class Models:
            SimpleCNN = wrong

        training = CheckedTraining(OURS._replace(models=Models), THEIRS, JOB, split)
        training.step(next(training.batches()))
        assert next(row.name for row in training.comparisons if not row.passed) == row


@BOTH
def test_commands_train_on_digits_without_being_told(program, tmp_path, capsys):
    saved, plot = tmp_path / "w.safetensors", tmp_path / "run.png"
    options = ["--epochs", "1", "--seed", "5", "--dtype", "float64", "--batch-size", "100"]
    files = ["--save", str(saved), "--plot", str(plot)]
    assert RUNS[program](["train", "--model", "cnn", *options, *files]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    job = JOB._replace(epochs=1, seed=5, dtype="float64", batch_size=100)
    assert out.splitlines() == printed_lines(OURS, job, "digits")
    weights = weights_in(saved)
    assert {name: values.shape for name, values in weights.items()} == {
        "conv_1.weight": (16, 1, 3, 3),
        "conv_1.bias": (16,),
        "conv_2.weight": (32, 16, 3, 3),
        "conv_2.bias": (32,),
        "output_layer.weight": (10, 128),
        "output_layer.bias": (10,),
    }
    assert {values.dtype for values in weights.values()} == {np.dtype("float64")}
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_check_is_printed_for_images(capsys):
    assert RUNS["tinygrad-edu"](["train", "--data", "digits", "--epochs", "1", "--check"]) == 0
    assert "14 of 14 within tolerance of PyTorch" in capsys.readouterr().out


def pictures(shape, classes=3, seed=0):
    """Bytes of a shape (n, ...) and labels, which show in the pictures' brightness."""
    draw = np.random.default_rng(seed)
    labels = np.arange(shape[0]) % classes
    brightness = 80 * labels.reshape(-1, *[1] * (len(shape) - 1))
    return (brightness + draw.integers(0, 60, shape)).astype(np.uint8), labels.astype(np.uint8)


@BOTH
def test_mnist_files_of_the_users(program, tmp_path, capsys):
    images, labels = pictures((300, 28, 28))
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(images))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    path = str(tmp_path / "train-images-idx3-ubyte")
    assert RUNS[program](["train", "--data", path, "--epochs", "2"]) == 0
    out = capsys.readouterr().out
    assert "Linear(in_features=1568, out_features=3, bias=True)" in out
    assert out.splitlines()[-1] == "Test Accuracy: 100.00%"
    (tmp_path / "answers.idx").write_bytes(idx(1 - labels // 2))
    target = ["--target", str(tmp_path / "answers.idx")]
    assert RUNS[program](["train", "--data", path, "--epochs", "1", *target]) == 0
    assert "out_features=2" in capsys.readouterr().out


@BOTH
@pytest.mark.parametrize(
    ("shape", "channels", "features"),
    [
        ((60, 4, 4), 1, 32),
        ((60, 9, 23), 1, 32 * 2 * 5),
        ((60, 1, 8, 6), 1, 32 * 2),
        ((60, 3, 8, 8), 3, 128),
        ((60, 8, 8, 3), 3, 128),
        ((60, 5, 7, 4), 4, 32),
    ],
)
def test_images_of_any_size_and_colour(program, shape, channels, features, tmp_path, capsys):
    images, labels = pictures(shape)
    np.savez(tmp_path / "p.npz", images=images, labels=labels.astype(int) - 7)
    plot = tmp_path / "p.png"
    arguments = ["--data", str(tmp_path / "p.npz"), "--epochs", "1", "--plot", str(plot)]
    assert RUNS[program](["train", *arguments]) == 0
    out = capsys.readouterr().out
    assert f"(conv_1): Conv2d({channels}, 16," in out
    assert f"Linear(in_features={features}, out_features=3," in out
    assert plot.exists()


REFUSED = {
    "a table": (["--model", "cnn", "--data", "moons"], "learns from images, .* 'moons' is a table"),
    **{
        model: (
            ["--model", model, "--data", "digits"],
            "has images: use --model cnn or --model mlp",
        )
        for model in ("classifier", "linear", "regressor")
    },
    "target": (["--data", "digits", "--target", "y"], "leave --target out"),
    "steps too large": (["--data", "digits", "--lr", "1e20"], "diverged in epoch 1"),
    "an absent file": (["--data", "train-images-idx3-ubyte"], "does not exist"),
}


def is_refused(program, arguments, words, capsys):
    assert RUNS[program](["train", *map(str, arguments)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"{program}: error: ") and err.count("\n") == 1
    assert re.search(words, err), err


@BOTH
@pytest.mark.parametrize("what", REFUSED)
def test_unfit_choices_are_one_line_and_exit_2(program, what, capsys):
    is_refused(program, *REFUSED[what], capsys)


UNFIT_IMAGES = {
    "too small": (
        (60, 3, 9),
        np.arange(60) % 2,
        "at least 4 x 4 pixels, .* 3 x 9: use --model mlp",
    ),
    "one class": ((60, 8, 8), np.full(60, 5), "'labels' is 5 in every row"),
    "as many classes as images": ((60, 8, 8), np.arange(60), "60 values in 60 rows, too many"),
    "nine images": ((9, 8, 8), np.arange(9) % 2, "9 rows; at least 10"),
}


@BOTH
@pytest.mark.parametrize("what", UNFIT_IMAGES)
def test_unfit_images_are_one_line_and_exit_2(program, what, tmp_path, capsys):
    shape, labels, words = UNFIT_IMAGES[what]
    np.savez(tmp_path / "p.npz", images=pictures(shape)[0], labels=labels)
    is_refused(program, ["--data", tmp_path / "p.npz"], words, capsys)


def test_images_without_contrast_are_learnt_from_without_harm(tmp_path, capsys):
    np.savez(tmp_path / "p.npz", images=np.ones((40, 8, 8)), labels=np.arange(40) % 2)
    plot = ["--plot", str(tmp_path / "p.png")]
    assert RUNS["tinygrad-edu"](["train", "--data", str(tmp_path / "p.npz"), *plot]) == 0
    out, err = capsys.readouterr()
    assert ("nan" in out, err) == (False, "")


@pytest.mark.parametrize("side", [OURS, THEIRS], ids=["tinygrad_edu", "torch"])
def test_predictions_in_parts_are_predictions_of_the_whole(side, split, monkeypatch):
    training = Training(side, JOB._replace(dtype="float64"), split)
    whole = training.predict(split.test_x)
    assert whole.shape == (360, 10)
    for size in (7, 359, 360):
        monkeypatch.setattr(train_module, "PREDICT_AT_ONCE", size)
        np.testing.assert_allclose(training.predict(split.test_x), whole, rtol=0, atol=1e-13)
    classes = training.predict_classes(split.test_x)
    np.testing.assert_array_equal(classes, whole.argmax(axis=1))
    accuracy = np.mean(classes == split.test_y)
    assert training.evaluate() == [f"Test Accuracy: {100 * accuracy:.2f}%"]
