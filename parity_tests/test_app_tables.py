"""A user's CSV or .npz is read exactly, and every flaw is told in one line that names its place."""

import random
import warnings
import zipfile

import numpy as np
import pytest

from tinygrad_edu.app.errors import InputError
from tinygrad_edu.app.training.data import load


def refusal(path, target="y"):
    with pytest.raises(InputError) as caught:
        load(str(path), target)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.fixture
def csv_file(tmp_path):
    def write(content):
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def npz_file(tmp_path):
    def write(**arrays):
        path = tmp_path / "table.npz"
        np.savez(path, **arrays)
        return path

    return write


def test_csv_columns_become_features_and_target(csv_file):
    path = csv_file('\ufeffage, "y",size\n1,0,2.5\n\n-3e2,1, 4 \r\n')
    table = load(str(path), "y")
    assert (table.name, table.columns, table.target_name) == ("table.csv", ["age", "size"], "y")
    np.testing.assert_array_equal(table.features, [[1.0, 2.5], [-300.0, 4.0]])
    np.testing.assert_array_equal(table.target, [0.0, 1.0])


def test_csv_numbers_survive_to_the_last_bit(csv_file):
    numbers = np.random.default_rng(0).normal(size=(50, 2)) * 10.0 ** np.arange(-20, 30)[:, None]
    lines = "\n".join(f"{float(a)!r},{float(b)!r}" for a, b in numbers)
    table = load(str(csv_file(f"x,y\n{lines}\n")), "y")
    np.testing.assert_array_equal(np.c_[table.features, table.target], numbers)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["empty"]),
        ("\n\n", ["empty"]),
        ("x,y\n", ["empty", "no rows"]),
        ("y\n1\n", ["no column besides"]),
        ("x,z\n1,2\n", ["no column 'y'", "'x', 'z'"]),
        ("x;y\n1;2\n", ["no column 'y'", "'x;y'"]),
        ("x,y\n1,2\n3,four\n", ["column 'y'", "row 2", "'four'", "number the classes: 0, 1, 2"]),
        ("x,y\n1,2\n3,\n", ["column 'y'", "row 2", "an empty cell"]),
        ("x,y\nnan,2\n", ["column 'x'", "row 1", "'nan'"]),
        ("x,y\n1,2\n\n-inf,2\n", ["column 'x'", "row 2", "'-inf'"]),
        ("x,y\n1e999,2\n", ["column 'x'", "row 1", "'1e999'"]),
        ("x,y\n1_000,2\n", ["column 'x'", "row 1", "'1_000'"]),
        ("x,y\n1,2\n3\n", ["row 2", "1 cells", "has 2"]),
        ("x,y\n1,2,3\n", ["row 1", "3 cells", "has 2"]),
        ("1,2\n3,4\n", ["no header"]),
        ("x,x,y\n1,2,3\n", ["two columns", "'x'"]),
        ("x,,y\n1,2,3\n", ["column 2 has no name"]),
        ('x,y\n"1,2\n', ["cannot read"]),
        (b"x,y\n\xff\xfe,2\n", ["cannot read"]),
        ("x,y\n" + "1" * 200_000 + ",2\n", ["cannot read"]),
    ],
)
def test_flaws_of_a_csv_are_named(csv_file, content, words):
    text = refusal(csv_file(content))
    assert all(word in text for word in ["table.csv", *words]), text


def test_missing_target_option_lists_the_columns(csv_file):
    assert "--target COLUMN" in (text := refusal(csv_file("a,b\n1,2\n"), None))
    assert "'a', 'b'" in text


def test_columns_of_a_wide_table_are_listed_in_part(csv_file):
    for count, columns in ((13, "'p5', 'p6', 'p7'"), (14, "'p4', 'p5', ..., 'p8', 'p9'")):
        path = csv_file(",".join(f"p{i}" for i in range(count)) + "\n")
        assert "'p0', 'p1'" in (text := refusal(path)) and f"'p{count - 1}'" in text
        assert columns in text


def test_paths_that_are_no_tables(tmp_path):
    assert "does not exist" in refusal(tmp_path / "absent.csv")
    (tmp_path / "folder.npz").mkdir()
    assert "is not a file" in refusal(tmp_path / "folder.npz")
    assert "classification, moons, regression" in refusal("mooons")
    assert ".csv, .npz or .idx file" in refusal(tmp_path / "table.xlsx")
    assert "is a folder" in refusal(tmp_path)
    assert "leave --target out" in refusal("moons", "y")


def test_npz_arrays_become_columns(npz_file):
    path = npz_file(X=np.arange(6).reshape(3, 2), one=np.array([True, False, True]),
                    y=np.array([[1.5], [2.5], [3.5]], dtype=np.float32))  # fmt: skip
    table = load(str(path), "y")
    assert table.columns == ["X[0]", "X[1]", "one"]
    np.testing.assert_array_equal(table.features, [[0, 1, 1], [2, 3, 0], [4, 5, 1]])
    np.testing.assert_array_equal(table.target, [1.5, 2.5, 3.5])


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({}, ["no column 'y'", "none"]),
        ({"X": np.ones((3, 2))}, ["no column 'y'", "'X[0]', 'X[1]'"]),
        ({"y": np.ones(3)}, ["no column besides"]),
        ({"X": np.ones((0, 2)), "y": np.ones(0)}, ["empty"]),
        ({"X": np.ones((3, 0)), "y": np.ones(3)}, ["no column besides"]),
        ({"X": np.ones((4, 2)), "y": np.ones(3)}, ["differ in length", "4", "3"]),
        ({"X": np.float64(1), "y": np.ones(3)}, ["'X'", "()"]),
        ({"X": np.array(["a", "b"]), "y": np.ones(2)}, ["'X'", "numbers", "<U1"]),
        ({"X": np.ones(2) + 1j, "y": np.ones(2)}, ["'X'", "complex128"]),
        ({"X": np.array([[1, 2], [np.nan, 3]]), "y": np.ones(2)}, ["'X[0]'", "row 2", "'nan'"]),
        ({"x": np.ones(2), "y": np.array([1, -np.inf])}, ["'y'", "row 2", "'-inf'"]),
    ],
)
def test_flaws_of_an_npz_are_named(npz_file, arrays, words):
    text = refusal(npz_file(**arrays))
    assert all(word in text for word in ["table.npz", *words]), text


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was executed",))


def test_npz_with_objects_is_refused_and_nothing_is_executed(tmp_path):
    path = tmp_path / "table.npz"
    np.savez(path, X=np.array([Bomb(), Bomb()], dtype=object), y=np.ones(2))
    assert "allow_pickle" in refusal(path)


def test_file_that_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "table.npz"
    for content in (b"", b"x,y\n1,2\n", b"PK\x03\x04", b"\x93NUMPY"):
        path.write_bytes(content)
        assert "damaged" in refusal(path)


def test_archive_of_other_files_is_refused(tmp_path):
    path = tmp_path / "table.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "hello")
    assert "no array" in refusal(path)


def test_a_file_damaged_anywhere_is_refused_or_read_but_never_crashes(npz_file, tmp_path):
    whole = npz_file(X=np.arange(40.0).reshape(20, 2), y=np.arange(20.0) % 2).read_bytes()
    path = tmp_path / "damaged.npz"
    draw = random.Random(0)
    refused = 0
    for trial in range(400):
        content = bytearray(whole)
        if trial % 2:
            del content[draw.randrange(len(content)) :]
        else:
            for _ in range(draw.randint(1, 4)):
                content[draw.randrange(len(content))] = draw.randrange(256)
        path.write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # zipfile and NumPy warn of oddities on the way
            try:
                load(str(path), "y")
            except InputError:
                refused += 1
    assert refused > 300  # a flipped byte in a date or an attribute does no harm
