"""The shipped sets, the scaling and the split are scikit-learn's, number for number."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import torch_ref.__main__ as reference
from tinygrad_edu import __main__ as command
from tinygrad_edu.app.errors import InputError
from tinygrad_edu.app.training.data import (
    SHIPPED,
    SHIPPED_FOLDER,
    load,
    prepare,
    split_rows,
    standardise,
    standardise_images,
)
from tinygrad_edu.app.training.idx import Images
from tinygrad_edu.app.training.make_datasets import generate, write
from tinygrad_edu.app.training.tables import Table

TABLES = [name for name in SHIPPED if name != "digits"]


@pytest.mark.parametrize("name", TABLES)
def test_shipped_set_is_what_scikit_learn_makes(name):
    table = load(name, None)
    features, target = generate()[name]
    # make_classification and make_regression multiply matrices, and the last bit of a product
    # depends on the BLAS of the machine; everything else is exact.
    np.testing.assert_allclose(table.features, features, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(table.target, target, rtol=1e-12, atol=1e-13)
    assert table.features.shape == (500, {"classification": 10, "moons": 2, "regression": 5}[name])


def test_shipped_digits_are_the_images_that_scikit_learn_has():
    digits = load("digits", None)
    theirs = load_digits()
    assert (digits.name, digits.images.shape) == ("digits", (1797, 1, 8, 8))
    with np.load(SHIPPED_FOLDER / "digits.npz") as stored:
        assert {array.dtype for array in stored.values()} == {np.dtype("uint8")}
        np.testing.assert_array_equal(stored["X"], theirs.images)
        np.testing.assert_array_equal(stored["y"], theirs.target)
    np.testing.assert_array_equal(digits.images[:, 0], (theirs.images / 255).astype(np.float32))
    np.testing.assert_array_equal(digits.target, theirs.target)


@pytest.mark.parametrize("name", TABLES)
def test_prepared_float32_equals_the_course_pipeline(name):
    table = load(name, None)
    split = prepare(table, "quantity" if name == "regression" else "probability")
    features = StandardScaler().fit_transform(table.features)
    target = table.target[:, None]
    if name == "regression":
        target = StandardScaler().fit_transform(target)
    expected = train_test_split(features, target, test_size=0.2, random_state=42)
    for ours, theirs in zip(split[1:5], expected, strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_array_equal(ours.astype(np.float32), theirs.astype(np.float32))
    assert split.train_x.shape[0] == 400


@given(st.integers(10, 700))
def test_split_rows_equal_train_test_split(n):
    for ours, theirs in zip(
        split_rows(n), train_test_split(np.arange(n), test_size=0.2, random_state=42), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


@given(st.integers(0, 2**32 - 1), st.integers(10, 300), st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_standardise_equals_standard_scaler(seed, rows, shift, scale):
    values = np.random.default_rng(seed).normal(shift, scale, size=(rows, 3))
    values[:, 2] = shift  # a constant column is centred, not divided by rounding noise
    before = values.copy()
    expected = StandardScaler().fit_transform(values)
    np.testing.assert_array_equal(standardise(values), expected)
    np.testing.assert_array_equal(values, before)


def test_script_writes_loadable_files_of_equal_bytes(tmp_path, capsys):
    write(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert sorted(first) == sorted(f"{name}.npz" for name in SHIPPED)
    again = load(str(tmp_path / "moons.npz"), "y")
    np.testing.assert_array_equal(again.features, generate()["moons"][0])
    assert "moons.npz: X (500, 2)" in capsys.readouterr().out


LARGE = np.arange(20.0)[:, None] * 1e300


def table_of(target, features=None):
    target = np.asarray(target, dtype=np.float64)
    features = np.arange(float(len(target)))[:, None] if features is None else features
    return Table("t.csv", ["x"], features, "label", target)


def test_any_two_labels_become_0_and_1():
    split = prepare(table_of([7.0, -3.0] * 10), "probability")
    np.testing.assert_array_equal(split.classes, [-3, 7])
    assert set(np.concatenate([split.train_y, split.test_y]).ravel()) == {0.0, 1.0}
    rows, _ = split_rows(20)
    np.testing.assert_array_equal(split.train_y.ravel(), (rows % 2 == 0).astype(float))


@pytest.mark.parametrize(
    ("table", "answer", "words"),
    [
        (table_of([0, 1] * 4), "probability", ["8 rows", "at least 10"]),
        (table_of([1] * 20), "probability", ["'label'", "is 1 in every row"]),
        (table_of([1] * 20), "class", ["'label'", "is 1 in every row"]),
        (table_of([2.5] * 20), "quantity", ["'label'", "2.5 in every row"]),
        (table_of([0, 1, 2, 0] * 5), "probability", ["exactly two", "has 3", "--model mlp"]),
        (table_of(range(20)), "class", ["20 values in 20 rows", "--model regressor"]),
        (table_of([0, 1] * 10, LARGE), "probability", ["'x'", "too large"]),
        (table_of([0, 1] * 10, LARGE), "class", ["'x'", "too large"]),
        (table_of(np.arange(20.0) * 1e300), "quantity", ["'label'", "too large"]),
    ],
)
def test_unusable_tables_are_refused(table, answer, words):
    with pytest.raises(InputError) as caught:
        prepare(table, answer)
    assert all(word in str(caught.value) for word in words)


def test_any_values_name_classes():
    split = prepare(table_of([30.0, -1.5, 4.0, 30.0] * 5), "class")
    np.testing.assert_array_equal(split.classes, [-1.5, 4, 30])
    rows, tests = split_rows(20)
    expected = np.array([2, 0, 1, 2] * 5)
    for numbers, chosen in ((split.train_y, rows), (split.test_y, tests)):
        assert numbers.dtype == np.int64
        np.testing.assert_array_equal(numbers, expected[chosen])


def test_images_are_standardised_by_channel_and_split_as_tables_are():
    draw = np.random.default_rng(0)
    pixels = draw.random((50, 3, 4, 5), dtype=np.float32) * np.float32([1, 0.1, 0.5])[:, None, None]
    labels = draw.integers(5, 8, 50)
    before = pixels.copy()
    split = prepare(Images("p.npz", pixels, "labels", labels), "class")
    columns = pixels.astype(np.float64).transpose(0, 2, 3, 1).reshape(-1, 3)
    scaled = StandardScaler().fit_transform(columns).reshape(50, 4, 5, 3).transpose(0, 3, 1, 2)
    expected = train_test_split(scaled, labels - 5, test_size=0.2, random_state=42)
    for ours, theirs in zip(split[1:5], expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    assert (split.train_x.dtype, split.train_y.dtype) == (np.float32, np.int64)
    assert split.columns == []
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("value", [0.0, 0.1, 1.0])
def test_a_channel_of_one_colour_is_only_centred(value):
    images = np.full((30, 2, 4, 4), value, np.float32)
    images[:, 1] = np.random.default_rng(0).random((30, 4, 4))
    assert not standardise_images(images)[:, 0].any()


def test_a_channel_of_one_colour_in_training_does_not_tear_the_test_images_apart():
    images = np.full((30, 1, 4, 4), 0.1, np.float32)
    images[20:] = 0.7
    scaled = standardise_images(images, 20)
    assert not scaled[:20].any()
    np.testing.assert_allclose(scaled[20:], 0.6, rtol=1e-6)


DRAW = np.random.default_rng(1)
X, KINDS = DRAW.normal(3, 2, (50, 3)), DRAW.integers(0, 3, 50) * 10
AMOUNTS = X @ [1.0, -2.0, 0.5] + 4
GIVEN_ROWS = np.arange(30)[::-1], np.array([49, *range(30, 49)])  # unlike any that are drawn


def given_parts(target, features=X):
    train, test = GIVEN_ROWS
    return {
        "x_test": features[test],
        "y_test": target[test],
        "X_train": features[train],
        "y_train": target[train],
    }


@pytest.mark.parametrize("answer", ["class", "quantity", "probability"])
@pytest.mark.parametrize("features", [X, X[:, :1], X[:, 0]], ids=["d=3", "d=1", "1-D"])
def test_given_test_rows_of_a_table_are_the_test_set(tmp_path, answer, features):
    target = {"class": KINDS, "quantity": AMOUNTS[:, None], "probability": KINDS > 5}[answer]
    np.savez(tmp_path / "given.npz", **given_parts(target, features))
    table = load(str(tmp_path / "given.npz"), None)
    assert (table.name, table.target_name, table.train_rows) == ("given.npz", "y_train", 30)
    split = prepare(table, answer)
    train, test = GIVEN_ROWS
    columns = features.reshape(50, -1)
    scaler = StandardScaler().fit(columns[train])  # which has not seen the test rows
    np.testing.assert_allclose(split.train_x, scaler.transform(columns[train]), rtol=0, atol=1e-12)
    np.testing.assert_allclose(split.test_x, scaler.transform(columns[test]), rtol=0, atol=1e-12)
    if answer == "class":
        expected = KINDS // 10
    elif answer == "probability":
        expected = target[:, None]
    else:
        expected = StandardScaler().fit(target[train]).transform(target)
    np.testing.assert_allclose(split.train_y, expected[train], rtol=0, atol=1e-12)
    np.testing.assert_allclose(split.test_y, expected[test], rtol=0, atol=1e-12)
    assert split.columns == (
        ["X_train[0]", "X_train[1]", "X_train[2]"] if columns.shape[1] == 3 else ["X_train"]
    )


def changed(**arrays):
    return {**given_parts(KINDS), **arrays}


WRONG_PARTS = {
    "a column less": (changed(x_test=X[:20, 1:]), r"differ in shape: \(3,\) and \(2,\)"),
    "a label less": (changed(y_test=KINDS[:19]), "'x_test' has 20 rows, but 'y_test' 19"),
    "no columns": (changed(X_train=X[:30, :0], x_test=X[:20, :0]), "'X_train' is empty"),
    "two targets": (changed(y_train=X[:30, :2], y_test=X[:20, :2]), r"'y_train' has shape \(30, 2"),
    "text": (changed(x_test=np.full((20, 3), "a")), "array 'x_test' must hold numbers"),
    "nan": (changed(x_test=X[:20] * np.nan), r"column 'x_test\[0\]', row 1: 'nan'"),
    "a new class": (changed(y_test=np.full(20, 7)), "is 7 in a test row, but in no training row"),
    "one class": (changed(y_train=np.full(30, 10)), "is 10 in every row"),
    "few to train on": (
        changed(X_train=X[:7], y_train=KINDS[:7]),
        "has 7 rows to train on and 20 to test on; at least 8 and 2 are needed",
    ),
    "few to test on": (
        changed(x_test=X[:1], y_test=KINDS[:1]),
        "has 30 rows to train on and 1 to test on",
    ),
    **{
        f"no {name}": (
            {n: array for n, array in given_parts(KINDS).items() if n != name},
            f"'[xy]_test', but no '{name.lower()}': to bring its own test rows, it needs 'x_train'",
        )
        for name in ("X_train", "y_train", "x_test", "y_test")
    },
}


@pytest.mark.parametrize("what", WRONG_PARTS)
@pytest.mark.parametrize("run", [command.main, reference.run])
def test_parts_that_do_not_fit_are_one_line_and_exit_2(tmp_path, run, what, capsys):
    arrays, words = WRONG_PARTS[what]
    np.savez(tmp_path / "wrong.npz", **arrays)
    assert run(["train", "--data", str(tmp_path / "wrong.npz"), "--model", "mlp"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert re.search(words, err), err


def test_the_default_model_is_chosen_by_the_training_rows(tmp_path, capsys):
    arrays = given_parts((KINDS > 5) * 1)
    np.savez(tmp_path / "two.npz", **arrays)
    assert command.main(["train", "--data", str(tmp_path / "two.npz"), "--epochs", "1"]) == 0
    assert capsys.readouterr().out.startswith("SimpleClassifier(")
    np.savez(tmp_path / "two.npz", **{**arrays, "y_test": arrays["y_test"] + 1})
    assert command.main(["train", "--data", str(tmp_path / "two.npz"), "--epochs", "1"]) == 2
    assert "'y_train' is 2 in a test row, but in no training row" in capsys.readouterr().err


@pytest.mark.parametrize("run", [command.main, reference.run])
def test_the_command_tests_on_the_given_rows(tmp_path, run, capsys):
    # The test rows say the opposite of the training rows, so that none of them is ever right.
    target = (X[:, 0] > 3) * 1
    target[30:] ^= 1
    features = X[:, :2] + 20.0 * (X[:, :1] > 3)
    np.savez(tmp_path / "given.npz", **given_parts(target, features))
    picture = tmp_path / "run.png"
    arguments = ["train", "--data", str(tmp_path / "given.npz"), "--plot", str(picture)]
    assert run(arguments) == 0
    assert capsys.readouterr().out.endswith("Test Accuracy: 0.00%\n")
    assert picture.is_file()


def test_a_target_makes_one_table_of_arrays_with_such_names(tmp_path):
    columns = {"x_train": AMOUNTS, "x_test": X[:, 0], "label": KINDS}
    np.savez(tmp_path / "table.npz", **columns)
    table = load(str(tmp_path / "table.npz"), "label")
    assert (table.columns, table.train_rows) == (["x_train", "x_test"], None)
    np.savez(tmp_path / "table.npz", **given_parts(KINDS))
    with pytest.raises(InputError, match="leave --target out"):
        load(str(tmp_path / "table.npz"), "y_train")
