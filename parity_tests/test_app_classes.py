"""Any number of classes in a table of one's own: learnt with --model mlp, or told how."""

import re

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_iris, make_blobs

from parity_tests.test_app_cli import BOTH, RUNS
from tinygrad_edu.app.side import SIDE as OURS
from tinygrad_edu.app.training.choices import MODELS, default_model, maybe_classes
from tinygrad_edu.app.training.data import load, prepare
from tinygrad_edu.app.training.idx import Images
from tinygrad_edu.app.training.plots import GRID, MOST_NAMED, draw_regions, second_panel
from tinygrad_edu.app.training.tables import Table
from tinygrad_edu.app.training.train import Job, Training, train


def table_of(features, target):
    names = [f"x{column}" for column in range(features.shape[1])]
    return Table("t.csv", names, features, "kind", np.asarray(target, dtype=np.float64))


@pytest.fixture
def blobs():
    """Three clouds in the plane, whose classes are called -2, 10 and 30."""
    features, labels = make_blobs(150, centers=3, cluster_std=0.5, random_state=1)
    return table_of(features, np.array([30, -2, 10])[labels])


@pytest.fixture
def iris_csv(tmp_path):
    features, labels = load_iris(return_X_y=True)
    lines = [",".join(map(str, [*row, label])) for row, label in zip(features, labels, strict=True)]
    path = tmp_path / "iris.csv"
    path.write_text("\n".join(["a,b,c,d,species", *lines]))
    return str(path)


@BOTH
def test_an_own_csv_of_three_classes(program, iris_csv, capsys):
    arguments = ["train", "--data", iris_csv, "--target", "species", "--epochs", "30"]
    assert RUNS[program]([*arguments, "--model", "mlp"]) == 0
    out, err = capsys.readouterr()
    assert "(output_layer): Linear(in_features=32, out_features=3, bias=True)" in out
    assert float(out.split()[-1].rstrip("%")) >= 90
    assert err == ""


@BOTH
def test_the_default_model_tells_of_the_other_choice(program, iris_csv, capsys):
    arguments = ["train", "--data", iris_csv, "--target", "species", "--epochs", "1"]
    assert RUNS[program](arguments) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Regressor(")
    assert err == (
        f"{program}: note: 'species' has 3 values, all whole numbers, and is learnt as a quantity; "
        "if they are classes, use --model mlp\n"
    )
    assert RUNS[program]([*arguments, "--model", "regressor"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (range(3), True),
        (range(20), True),
        ([-1, 5, 1e6], True),
        (range(21), False),
        ([0, 1], False),
        ([1, 2, 2.5], False),
    ],
)
def test_what_may_be_classes(target, told):
    remark = maybe_classes(table_of(np.ones((len(target), 1)), target))
    assert (remark is not None) == told


def test_images_need_no_word_about_classes():
    images = Images("p.npz", np.zeros((3, 1, 4, 4), np.float32), "labels", np.arange(3))
    assert maybe_classes(images) is None
    assert default_model(images) == "cnn"


@BOTH
@pytest.mark.parametrize(
    ("model", "target", "words"),
    [
        (
            "classifier",
            "species",
            "'species' has 3: use --model mlp for classes",
        ),
        ("linear", "species", "exactly two values"),
        ("cnn", "species", r"an array of shape \(n, height, width\), but 'iris.csv' is a table"),
        (
            "mlp",
            "id",
            "150 values in 150 rows, too many to be classes; a quantity needs",
        ),
        ("mlp", "name", r"column 'name', row 1: 'iris-0' .* number the classes: 0, 1, 2"),
    ],
)
def test_unfit_models_are_one_line_and_exit_2(program, model, target, words, iris_csv, capsys):
    with open(iris_csv) as file:
        header, *rows = file.read().splitlines()
    extra = (lambda row: f"iris-{row}") if target == "name" else str
    with open(iris_csv, "w") as file:
        file.write(f"{header},{target.replace('species', 'number')}\n")
        file.writelines(f"{line},{extra(row)}\n" for row, line in enumerate(rows))
    arguments = ["train", "--data", iris_csv, "--target", target, "--model", model]
    assert RUNS[program](arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert re.search(words, err), err


@pytest.mark.parametrize("model", MODELS)
def test_every_choice_exists_in_both_libraries_and_has_a_shipped_set(model):
    choice = MODELS[model]
    assert issubclass(getattr(OURS.models, choice.network), OURS.framework.nn.Module)
    data = load(choice.data, None)
    assert isinstance(data, Images if model == "cnn" else Table)


def test_loss_of_the_first_batch_is_cross_entropy(blobs):
    split = prepare(blobs, "class")
    training = Training(OURS, Job(model="mlp", dtype="float64"), split)
    rows = next(training.batches())
    outputs = training.forward(rows)
    loss = training.backward(outputs, rows)
    chosen = np.array(rows.tolist())
    logits = torch.tensor(outputs.detach().numpy())
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(split.train_y[chosen]))
    assert loss == pytest.approx(expected.item(), rel=1e-12)


def test_regions_are_the_predicted_classes(blobs):
    split = prepare(blobs, "class")
    training = Training(OURS, Job(model="mlp", epochs=20), split)
    train(training, lambda line: None)
    axes = Figure().subplots()
    second_panel(training)(axes)
    (image,) = axes.get_images()
    shown = np.asarray(image.get_array())
    assert shown.shape == (GRID, GRID)
    assert set(np.unique(shown)) == {0, 1, 2}
    left, right, bottom, top = image.get_extent()
    for point, label in zip(split.test_x, split.test_y, strict=True):
        column = round((point[0] - left) / (right - left) * (GRID - 1))
        row = round((point[1] - bottom) / (top - bottom) * (GRID - 1))
        assert shown[row, column] == label
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["-2", "10", "30"]
    drawn = [len(points.get_offsets()) for points in axes.collections]
    assert sum(drawn) == 150


def test_a_legend_of_many_classes_ends(blobs):
    split = prepare(table_of(blobs.features, np.arange(150) % 30), "class")
    axes = Figure().subplots()
    draw_regions(axes, split, lambda points: np.zeros(len(points), np.int64))
    assert len(axes.get_legend().get_texts()) == MOST_NAMED
    assert len(axes.collections) == 60


@pytest.mark.parametrize(("model", "data"), [("regressor", "moons"), ("mlp", "digits")])
def test_there_is_no_second_panel_without_a_plane_of_classes(model, data):
    split = prepare(load(data, None), MODELS[model].answer)
    assert second_panel(Training(OURS, Job(model=model), split)) is None
