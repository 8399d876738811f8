"""The shipped sets, the scaling and the split are scikit-learn's, number for number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from tinygrad_edu.app.data import SHIPPED, load, prepare, split_rows, standardise
from tinygrad_edu.app.errors import InputError
from tinygrad_edu.app.make_datasets import generate, write
from tinygrad_edu.app.tables import Table


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_set_is_what_scikit_learn_makes(name):
    table = load(name, None)
    features, target = generate()[name]
    # make_classification and make_regression multiply matrices, and the last bit of a product
    # depends on the BLAS of the machine; everything else is exact.
    np.testing.assert_allclose(table.features, features, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(table.target, target, rtol=1e-12, atol=1e-13)
    assert table.features.shape == (500, {"classification": 10, "moons": 2, "regression": 5}[name])


@pytest.mark.parametrize("name", SHIPPED)
def test_prepared_float32_equals_the_course_pipeline(name):
    table = load(name, None)
    split = prepare(table, classify=name != "regression")
    features = StandardScaler().fit_transform(table.features)
    target = table.target[:, None]
    if name == "regression":
        target = StandardScaler().fit_transform(target)
    expected = train_test_split(features, target, test_size=0.2, random_state=42)
    for ours, theirs in zip(split[1:], expected, strict=True):
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


def table_of(target, features=None):
    target = np.asarray(target, dtype=np.float64)
    features = np.arange(float(len(target)))[:, None] if features is None else features
    return Table("t.csv", ["x"], features, "label", target)


def test_any_two_labels_become_0_and_1():
    split = prepare(table_of([7.0, -3.0] * 10), classify=True)
    assert set(np.concatenate([split.train_y, split.test_y]).ravel()) == {0.0, 1.0}
    rows, _ = split_rows(20)
    np.testing.assert_array_equal(split.train_y.ravel(), (rows % 2 == 0).astype(float))


@pytest.mark.parametrize(
    ("table", "classify", "words"),
    [
        (table_of([0, 1] * 4), True, ["8 rows", "at least 10"]),
        (table_of([1] * 20), True, ["'label'", "is 1 in every row"]),
        (table_of([2.5] * 20), False, ["'label'", "2.5 in every row"]),
        (table_of([0, 1, 2, 0] * 5), True, ["exactly two", "has 3", "--model regressor"]),
        (table_of([0, 1] * 10, np.arange(20.0)[:, None] * 1e300), True, ["'x'", "too large"]),
        (table_of(np.arange(20.0) * 1e300), False, ["'label'", "too large"]),
    ],
)
def test_unusable_tables_are_refused(table, classify, words):
    with pytest.raises(InputError) as caught:
        prepare(table, classify)
    assert all(word in str(caught.value) for word in words)
