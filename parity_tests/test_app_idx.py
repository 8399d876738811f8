"""Images a user has: what is read is what was written, and one clear line for everything else."""

import gzip
import struct

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torch_ref.__main__ as reference
from tinygrad_edu import __main__ as command
from tinygrad_edu.app.errors import InputError
from tinygrad_edu.app.training.data import load, prepare
from tinygrad_edu.app.training.idx import Images, is_idx, read_idx
from tinygrad_edu.app.training.tables import Table

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (20, 6, 5), dtype=np.uint8)
LABELS = RNG.integers(0, 10, 20, dtype=np.uint8)


def idx(array):
    """An .idx file's content, by the description of the format."""
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


GOOD = (idx(PIXELS), idx(LABELS))


def read_images(path, target=None):
    """What the command reads for --data and --target, which must be images."""
    found = load(str(path), None if target is None else str(target))
    assert isinstance(found, Images)
    return found


def write(folder, contents=GOOD, zipped=(False, False), form="{}-ubyte"):
    """Both files in a folder; the path of the images."""
    paths = [folder / ("train-" + form.format(n)) for n in ("images-idx3", "labels-idx1")]
    for position, content in enumerate(contents):
        if zipped[position]:
            paths[position] = paths[position].with_name(paths[position].name + ".gz")
            content = gzip.compress(content)
        paths[position].write_bytes(content)
    return paths[0]


@pytest.mark.parametrize("form", ["{}-ubyte", "{}.idx", "{}"])
@pytest.mark.parametrize("zipped", [(False, False), (True, True), (False, True), (True, False)])
def test_mnist_files(tmp_path, zipped, form):
    path = write(tmp_path, zipped=zipped, form=form)
    name, images, target_name, labels, train_rows = read_images(path)
    assert train_rows is None
    assert (name, images.dtype, labels.dtype) == (path.name, np.float32, np.int64)
    assert "labels-idx1" in target_name
    assert images.shape == (20, 1, 6, 5)
    expected = torch.from_numpy(PIXELS).unsqueeze(1).float() / 255  # as torchvision's ToTensor
    np.testing.assert_array_equal(images, expected.numpy())
    np.testing.assert_array_equal(labels, LABELS)


def test_labels_by_their_path(tmp_path):
    (tmp_path / "pictures.idx").write_bytes(idx(PIXELS))
    (tmp_path / "answers.idx").write_bytes(idx(LABELS))
    found = read_images(tmp_path / "pictures.idx", tmp_path / "answers.idx")
    np.testing.assert_array_equal(found.target, LABELS)
    with pytest.raises(InputError, match=r"needs its labels beside it; or name .* --target"):
        read_images(tmp_path / "pictures.idx")
    with pytest.raises(InputError, match=r"no file 'label' .*--target is the path"):
        read_images(tmp_path / "pictures.idx", "label")


@given(shape=st.lists(st.integers(0, 4), max_size=5))
def test_idx_of_any_shape(tmp_path_factory, shape):
    path = tmp_path_factory.mktemp("idx") / "numbers.idx"
    array = RNG.integers(0, 256, shape, dtype=np.uint8)
    path.write_bytes(idx(array))
    np.testing.assert_array_equal(read_idx(path), array)


NPZ = {
    "images and labels": {"images": PIXELS, "labels": LABELS},
    "x and y": {"X": PIXELS, "y": LABELS.astype(np.int32)},
    "scikit-learn's names": {"data": PIXELS, "target": LABELS.astype(np.int64)},
    "floats": {"images": (PIXELS / 255).astype(np.float32), "labels": LABELS},
    "with a channel": {"images": PIXELS[:, None], "labels": LABELS},
    "channel last": {"images": PIXELS[..., None], "labels": LABELS},
    "labels as a column": {"images": PIXELS, "labels": LABELS[:, None]},
    "only a part to train on": {"train_images": PIXELS, "train_labels": LABELS},
}


def parts(train, test, x="x_{}", y="y_{}", last="test"):
    """The arrays of an .npz with its own test rows, which are given by their numbers."""
    return {
        y.format(last): LABELS[test],
        x.format(last): PIXELS[test],
        x.format("train"): PIXELS[train],
        y.format("train"): LABELS[train],
    }


FIRST, REST = np.arange(13)[::-1], np.array([19, 13, 17, 18, 16])
GIVEN = {
    "Keras's names": parts(FIRST, REST),
    "names in capitals": parts(FIRST, REST, x="X_{}"),
    "the part first": parts(FIRST, REST, "{}_images", "{}_labels"),
    "scikit-learn's names": parts(FIRST, REST, "data_{}", "target_{}"),
    "val for test": parts(FIRST, REST, last="val"),
    "val beside test": {
        **parts(FIRST, REST),
        "x_val": PIXELS[14:16],
        "y_val": LABELS[14:16],
    },
    "other arrays": {"names": np.array(["zero", "one"]), **parts(FIRST, REST), "year": 1998},
    "an incomplete pair beside": {"images_test": PIXELS, **parts(FIRST, REST)},
}


@pytest.mark.parametrize("what", GIVEN)
def test_given_test_images_are_the_test_set(tmp_path, what):
    np.savez(tmp_path / "given.npz", **GIVEN[what])
    keeps_the_split(read_images(tmp_path / "given.npz"))


def keeps_the_split(found):
    """FIRST are the rows to train on and REST the rows to test on, in that order; whatever is
    subtracted and divided by comes from FIRST alone."""
    assert found.train_rows == len(FIRST)
    np.testing.assert_array_equal(found.images[:, 0], PIXELS[[*FIRST, *REST]] / np.float32(255))
    np.testing.assert_array_equal(found.target, LABELS[[*FIRST, *REST]])
    # Labels that occur in both parts, and few of them, so that they may be classes.
    split = prepare(found._replace(target=found.target % 2 + 5), "class")
    pixels = PIXELS[:, None] / 255
    mean, deviation = pixels[FIRST].mean(), pixels[FIRST].std()
    for images, numbers, rows in (
        (split.train_x, split.train_y, FIRST),
        (split.test_x, split.test_y, REST),
    ):
        np.testing.assert_allclose(images, (pixels[rows] - mean) / deviation, rtol=0, atol=1e-5)
        np.testing.assert_array_equal(numbers, LABELS[rows] % 2)
    np.testing.assert_array_equal(split.classes, [5, 6])


def write_parts(folder, test="t10k", zipped=False):
    """MNIST's four files in a folder; the path of the images to train on."""
    for part, rows in (("train", FIRST), (test, REST)):
        for name, array in (("images-idx3", PIXELS), ("labels-idx1", LABELS)):
            content = idx(array[rows])
            path = folder / f"{part}-{name}-ubyte"
            if zipped and part == test:
                path, content = path.with_name(path.name + ".gz"), gzip.compress(content)
            path.write_bytes(content)
    return folder / "train-images-idx3-ubyte"


@pytest.mark.parametrize("test", ["t10k", "test"])
@pytest.mark.parametrize("zipped", [False, True])
def test_mnist_test_files_are_the_test_set(tmp_path, test, zipped):
    path = write_parts(tmp_path, test, zipped)
    keeps_the_split(read_images(path))
    labels = path.with_name("train-labels-idx1-ubyte").rename(tmp_path / "answers.idx")
    keeps_the_split(read_images(path, labels))
    # The test files alone are a set like any other.
    alone = next(tmp_path.glob(f"{test}-images*"))
    assert read_images(alone).train_rows is None
    next(tmp_path.glob(f"{test}-labels*")).unlink()
    with pytest.raises(InputError, match=rf"'{alone.name}' needs its labels .* or move it away"):
        read_images(path, labels)
    alone.unlink()
    assert read_images(path, labels).train_rows is None


def test_mnist_test_files_must_fit(tmp_path):
    path = write_parts(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(PIXELS[REST, 1:]))
    with pytest.raises(InputError, match=r"'t10k-images-idx3-ubyte' differ in shape: \(6, 5\) and"):
        read_images(path)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(PIXELS))
    with pytest.raises(InputError, match=r"'t10k-images-idx3-ubyte' has 20 rows, but .* 5"):
        read_images(path)


RUNS = {"tinygrad-edu": command.main, "torch_ref": reference.run}


@pytest.mark.parametrize("program", RUNS)
@pytest.mark.parametrize("form", ["npz", "idx"])
def test_the_command_tests_on_the_given_images(program, form, tmp_path, capsys):
    # Bright images are 1, dark ones 0; the test labels say the opposite. So none is ever right,
    # unless some of the test rows are trained on, or training rows are tested on.
    bright = RNG.random(90) > 0.5
    images = (RNG.integers(0, 56, (90, 6, 6)) + 200 * bright[:, None, None]).astype(np.uint8)
    labels = bright.astype(np.uint8)
    labels[60:] ^= 1
    if form == "npz":
        path = tmp_path / "given.npz"
        np.savez(
            path, x_train=images[:60], y_train=labels[:60], x_test=images[60:], y_test=labels[60:]
        )
    else:
        path = write(tmp_path, (idx(images[:60]), idx(labels[:60])))
        (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(images[60:]))
        (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(labels[60:]))
    picture = tmp_path / "run.png"
    arguments = ["train", "--data", str(path), "--epochs", "15", "--plot", str(picture)]
    assert RUNS[program](arguments) == 0
    assert capsys.readouterr().out.endswith("Test Accuracy: 0.00%\n")
    assert picture.is_file()
    arguments = ["train", "--data", str(path), "--epochs", "15", "--model", "mlp"]
    assert RUNS[program](arguments) == 0
    assert capsys.readouterr().out.endswith("Test Accuracy: 0.00%\n")


@pytest.mark.parametrize("what", NPZ)
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(tmp_path, what, save):
    path = tmp_path / "images.npz"
    save(path, **NPZ[what])
    found = read_images(path)
    np.testing.assert_allclose(found.images, PIXELS[:, None] / 255, rtol=1e-6)
    np.testing.assert_array_equal(found.target, LABELS)
    assert found.images.dtype == np.float32 and found.images.flags.c_contiguous


def test_colours_either_way(tmp_path):
    colours = RNG.random((4, 3, 5, 6), dtype=np.float32)
    for array in (colours, colours.transpose(0, 2, 3, 1)):
        np.savez(tmp_path / "c.npz", x=array, y=[0, 1, 2, 3])
        np.testing.assert_array_equal(read_images(tmp_path / "c.npz").images, colours)


def test_a_table_has_no_images(tmp_path):
    np.savez(tmp_path / "table.npz", X=np.ones((5, 2)), y=np.ones(5))
    assert isinstance(load(str(tmp_path / "table.npz"), "y"), Table)


def test_names_of_idx_files(tmp_path):
    for name in ("a.idx", "a.IDX.gz", "t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte.gz"):
        assert is_idx(tmp_path / name)
    for name in ("table.csv", "idx_table.npz", "digits", "index.txt", "idxes", "a.gz"):
        assert not is_idx(tmp_path / name)
    (tmp_path / "my-idx.csv").write_text("x,y\n1,2\n")
    assert isinstance(load(str(tmp_path / "my-idx.csv"), "y"), Table)


def test_arrays_of_any_names(tmp_path):
    np.savez(tmp_path / "a.npz", scans=PIXELS, who=LABELS, age=LABELS + 1.0)
    for target, expected in (("who", LABELS), ("age", LABELS + 1)):
        found = read_images(tmp_path / "a.npz", target)
        assert found.target_name == target
        np.testing.assert_array_equal(found.target, expected)
        assert found.images.shape == (20, 1, 6, 5)
    with pytest.raises(InputError, match="no array 'name'; its arrays are 'scans', 'who', 'age'"):
        read_images(tmp_path / "a.npz", "name")
    np.savez(tmp_path / "a.npz", left=PIXELS, right=PIXELS, who=LABELS)
    with pytest.raises(InputError, match="one array of images beside its labels 'who', but has 2"):
        read_images(tmp_path / "a.npz", "who")


STRETCHED = {
    "floats up to 255": PIXELS * 1.0,
    "bytes as large integers": PIXELS.astype(np.int64) * 257,
    "around zero": PIXELS / 127.5 - 1,
}


@pytest.mark.parametrize("what", STRETCHED)
def test_other_ranges_are_stretched(tmp_path, what):
    np.savez(tmp_path / "a.npz", images=STRETCHED[what], labels=LABELS)
    low, high = int(PIXELS.min()), int(PIXELS.max())
    expected = (PIXELS[:, None] - low) / (high - low)
    np.testing.assert_allclose(read_images(tmp_path / "a.npz").images, expected, atol=1e-6)


def test_one_colour_far_from_black(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.full((3, 4, 4), -7.5), labels=[0, 1, 2])
    assert not read_images(tmp_path / "a.npz").images.any()


@pytest.mark.parametrize("labels", [[True, False], [-5, 300], [1.0, 2.0], [2**40, 0]])
def test_labels_are_any_whole_numbers(tmp_path, labels):
    np.savez(tmp_path / "a.npz", images=PIXELS[:2], labels=np.array(labels))
    np.testing.assert_array_equal(read_images(tmp_path / "a.npz").target, labels)


WRONG_IDX = {
    "empty": (b"", LABELS, "does not begin as one"),
    "text": (b"a,b\n1,2\n", LABELS, "does not begin as one"),
    "floats": (bytes([0, 0, 0x0D, 1, 0, 0, 0, 0]), LABELS, "0x0d"),
    "no sizes": (bytes([0, 0, 8, 3, 0, 0]), LABELS, "header"),
    "cut off": (idx(PIXELS)[:-1], LABELS, "but has 599"),
    "too long": (idx(PIXELS) + b"1", LABELS, "but has more"),
    "huge": (bytes([0, 0, 8, 3]) + b"\xff" * 12 + b"1", LABELS, "numbers of shape"),
    "labels for images": (idx(LABELS), LABELS, "no images"),
    "a damaged .gz": (gzip.compress(idx(PIXELS))[:-20], LABELS, "cannot be read"),
    "labels of two dimensions": (idx(PIXELS), PIXELS[0], "whole numbers of shape"),
    "fewer labels": (idx(PIXELS), LABELS[1:], "20 images, but 19 labels"),
    "no images": (idx(PIXELS[:0]), LABELS[:0], "has no images"),
}


@pytest.mark.parametrize("what", WRONG_IDX)
def test_wrong_idx_files(tmp_path, what):
    images, labels, words = WRONG_IDX[what]
    with pytest.raises(InputError, match=words) as caught:
        read_images(write(tmp_path, (images, idx(labels))))
    assert "\n" not in str(caught.value)


WRONG_NPZ = {
    "other names": ({"a": PIXELS, "b": LABELS}, "it has 'a', 'b'"),
    "a name missing": ({"x_train": PIXELS}, "it has 'x_train'"),
    "text": ({"images": np.full((2, 3, 3), "a"), "labels": [0, 1]}, "must be numbers"),
    "nan": ({"images": np.full((2, 3, 3), np.nan), "labels": [0, 1]}, "finite numbers"),
    "infinity": ({"images": np.full((2, 3, 3), np.inf), "labels": [0, 1]}, "finite numbers"),
    "too wide": ({"images": [[[-1e308, 1e308]]] * 2, "labels": [0, 1]}, "finite numbers"),
    "labels that are fractions": ({"images": PIXELS, "labels": LABELS + 0.5}, "whole numbers"),
    "labels that are nan": ({"images": PIXELS, "labels": LABELS * np.nan}, "whole numbers"),
    "labels that are text": ({"images": PIXELS[:1], "labels": ["cat"]}, "whole numbers"),
    "one-hot labels": ({"images": PIXELS, "labels": np.eye(20)}, r"of shape \(20, 20\)"),
    "five channels": ({"images": np.ones((2, 5, 5, 5)), "labels": [0, 1]}, "channels"),
    "parts of two sizes": (
        {**GIVEN["Keras's names"], "x_test": PIXELS[:5, 1:]},
        r"'x_train' and 'x_test' differ in shape: \(6, 5\) and \(5, 5\)",
    ),
    "parts whose labels differ": (
        {**GIVEN["Keras's names"], "y_test": np.eye(5)},
        r"'y_train' and 'y_test' differ in shape: \(\) and \(5,\)",
    ),
    "parts of two scales": (
        {**GIVEN["Keras's names"], "x_test": PIXELS[REST] / 255},
        "pixels of 'x_train' are whole numbers, but those of 'x_test' are floats",
    ),
    "a table for test images": (
        {**GIVEN["Keras's names"], "x_test": PIXELS[REST, 0]},
        "differ in shape",
    ),
    "a label too many in one part": (
        {**GIVEN["Keras's names"], "y_test": LABELS[:6]},
        "'x_test' has 5 rows, but 'y_test' 6",
    ),
    "no test images": (
        {**GIVEN["Keras's names"], "x_test": PIXELS[:0], "y_test": LABELS[:0]},
        "'x_test' is empty",
    ),
    "test labels that are text": (
        {**GIVEN["Keras's names"], "y_test": np.array(["a"] * 5)},
        "array 'y_test' must hold numbers, but its dtype is <U1",
    ),
    "test labels that are fractions": (
        {**GIVEN["Keras's names"], "y_test": LABELS[REST] / 7},
        "'y_train' must be whole numbers",
    ),
    "test labels that are one number": (
        {**GIVEN["Keras's names"], "y_test": 3},
        "has an array 'x_test', but no 'y_test': to bring its own test rows, it needs",
    ),
    "objects": ({"images": np.array([{}], object), "labels": [0]}, "damaged"),
}


@pytest.mark.parametrize("missing", ["x_train", "y_train", "x_test", "y_test"])
@pytest.mark.parametrize("last", ["test", "val"])
def test_a_part_that_is_missing(tmp_path, missing, last):
    arrays = parts(FIRST, REST, last=last)
    missing = missing.replace("test", last)
    del arrays[missing]
    np.savez(tmp_path / "wrong.npz", **arrays)
    with pytest.raises(InputError, match=f"has an array '[xy]_{last}', but no '{missing}': to"):
        read_images(tmp_path / "wrong.npz")


@pytest.mark.parametrize("target", ["y_train", "y_test"])
def test_a_file_with_parts_has_its_target(tmp_path, target):
    np.savez(tmp_path / "given.npz", **GIVEN["Keras's names"])
    with pytest.raises(InputError, match=r"has 'y_train' to learn and .* leave --target out"):
        read_images(tmp_path / "given.npz", target)


@pytest.mark.parametrize("what", WRONG_NPZ)
def test_wrong_npz_files(tmp_path, what):
    arrays, words = WRONG_NPZ[what]
    np.savez(tmp_path / "wrong.npz", **arrays)
    with pytest.raises(InputError, match=words) as caught:
        read_images(tmp_path / "wrong.npz")
    assert "\n" not in str(caught.value)


def test_missing_files(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_images(tmp_path / "train-images-idx3-ubyte")
    (tmp_path / "folder.idx").mkdir()
    with pytest.raises(InputError, match="is not a file"):
        read_images(tmp_path / "folder.idx")
    path = write(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(InputError, match="train-labels-idx1-ubyte"):
        read_images(path)


@settings(max_examples=100)
@given(
    flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), min_size=1, max_size=4),
    suffix=st.sampled_from(["idx", "gz", "npz"]),
    cut=st.integers(0, 3),
)
def test_damaged_files_raise_nothing_else(tmp_path_factory, flips, suffix, cut):
    folder = tmp_path_factory.mktemp("damaged")
    path = write(folder, zipped=(suffix == "gz", False))
    if suffix == "npz":
        path = folder / "images.npz"
        np.savez_compressed(path, images=PIXELS, labels=LABELS)
    content = bytearray(path.read_bytes())
    for place, bits in flips:
        content[place % len(content)] ^= bits
    path.write_bytes(content[: len(content) - cut])
    try:
        found = read_images(path)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert found.images.ndim == 4 and len(found.images) == len(found.target)
