"""From a data set's name to arrays ready for training: load, standardise, split.

Scaling and splitting a table give the very numbers of scikit-learn's ``StandardScaler`` and
``train_test_split(test_size=0.2, random_state=42)``, without needing it.  As in the course, the
scaler sees all rows before they are split, so the test rows have a (small) say in the scaling.
Images are split alike; they are scaled as a whole, one mean and one deviation for each channel.

A file that brings its own test rows (see `parts`, and `idx` for MNIST's files) keeps them, in their
order.  Whoever set them apart wants them unseen: then the scaler sees the training rows only.
"""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .choices import Answer
from .idx import Images, has_images, images_in, is_idx, read_idx_images
from .tables import Array, Table, different, read_arrays, read_csv, table_in

SHIPPED_FOLDER = Path(__file__).parent / "datasets"
SHIPPED = ("classification", "moons", "regression", "digits")

MIN_ROWS = 10  # 8 to train on and 2 to test on: with fewer, a test says nothing
MIN_TESTS = 2
TEST_SIZE = 0.2
SPLIT_SEED = 42


class Source(NamedTuple):
    """Where data comes from: the arguments of ``--data`` and ``--target``."""

    data: str
    target: str | None


class Split(NamedTuple):
    """Rows to train and to test on.

    Attributes
    ----------
    columns : list of str
        The features' names; none for images.
    train_x, test_x : array
        Features (n, d), float64; or images (n, channels, height, width), float32.
    train_y, test_y : array
        A quantity, or 0 and 1: (n, 1), float64.  Numbers of classes: (n,), int64.
    classes : array
        The target's value for each class, in order; empty for a quantity.
    """

    columns: list[str]
    train_x: NDArray[Any]
    test_x: NDArray[Any]
    train_y: NDArray[Any]
    test_y: NDArray[Any]
    classes: NDArray[Any]


def load(name: str, target: str | None) -> Table | Images:
    """Load a shipped data set by its name, or the user's file by its path.

    An .npz with an array of three or more dimensions has images in it; any other is a table.
    With ``x_train``, ``y_train``, ``x_test`` and ``y_test`` it brings its own test rows, as do
    MNIST's files where ``t10k-images-idx3-ubyte`` is beside ``train-images-idx3-ubyte``.

    Raises
    ------
    InputError
        If it is neither, if ``target`` is given for a shipped set, or if the file cannot be used
        (see `tables` and `idx`).
    """
    if name in SHIPPED:
        if target is not None:
            raise InputError(f"the shipped set {name!r} has its target; leave --target out")
        return load(str(SHIPPED_FOLDER / f"{name}.npz"), "y")._replace(name=name)
    path = Path(name)
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".npz") and not is_idx(path):
        if path.is_dir():
            raise InputError(f"--data {name!r} is a folder; name a file in it")
        raise InputError(
            f"no data set {name!r}: give one of {', '.join(SHIPPED)}, "
            "or the path of a .csv, .npz or .idx file"
        )
    if not path.is_file():
        problem = "is not a file" if path.exists() else "does not exist"
        raise InputError(f"data file {name!r} {problem}")
    if suffix == ".csv":
        return read_csv(path, target)
    if suffix == ".npz":
        arrays = read_arrays(path)
        return (images_in if has_images(arrays) else table_in)(path.name, arrays, target)
    return read_idx_images(path, None if target is None else Path(target))


def prepare(data: Table | Images, answer: Answer) -> Split:
    """Standardise a data set and split it into rows to train and rows to test on.

    Parameters
    ----------
    data : Table or Images
        The raw numbers: n >= 10 rows; or, where the user gave the test rows, n >= 8 to train on
        and n >= 2 to test on.
    answer : {"probability", "class", "quantity"}
        A quantity is standardised, as features are.  Any other target names classes by its
        values, exactly two of them for a probability.  The smallest value becomes class 0.

    Raises
    ------
    InputError
        If there are too few rows, if the target has the wrong number of values, if a test row is
        of a class that no training row has, or if numbers are so large that their variance
        overflows.
    """
    given = data.train_rows
    check_rows(data)
    classes = different(data.target[:given])
    check_values(data, answer, classes)
    if answer == "quantity":
        target: NDArray[Any] = standardise(data.target[:, None].astype(np.float64), given)
        check_finite([data.target_name], target)
        classes = classes[:0]
    else:
        check_known(data, classes)
        numbers = np.searchsorted(classes, data.target)
        target = numbers if answer == "class" else numbers[:, None].astype(np.float64)
    columns: list[str] = []
    if isinstance(data, Images):
        features: NDArray[Any] = standardise_images(data.images, given)
    else:
        columns, features = data.columns, standardise(data.features, given)
        check_finite(columns, features)
    train, test = rows_of(data)
    return Split(columns, features[train], features[test], target[train], target[test], classes)


def rows_of(data: Table | Images) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the row numbers to train and to test on: those that the user gave, or drawn ones."""
    rows = len(data.target)
    if data.train_rows is None:
        return split_rows(rows)
    return np.arange(data.train_rows), np.arange(data.train_rows, rows)


def check_rows(data: Table | Images) -> None:
    """Raise InputError if there are too few rows to train or to test on."""
    rows, given = len(data.target), data.train_rows
    if given is None:
        if rows < MIN_ROWS:
            raise InputError(
                f"{data.name!r} has {rows} rows; at least {MIN_ROWS} are needed to split"
            )
    elif given < MIN_ROWS - MIN_TESTS or rows - given < MIN_TESTS:
        raise InputError(
            f"{data.name!r} has {given} rows to train on and {rows - given} to test on; at least "
            f"{MIN_ROWS - MIN_TESTS} and {MIN_TESTS} are needed"
        )


def check_known(data: Table | Images, classes: NDArray[Any]) -> None:
    """Raise InputError if a target has a value that no training row has."""
    strange = sorted(set(data.target.tolist()) - set(classes.tolist()))
    if strange:
        raise InputError(
            f"target {data.target_name!r} is {strange[0]:g} in a test row, but in no training row"
        )


def check_values(data: Table | Images, answer: Answer, values: NDArray[Any]) -> None:
    """Raise InputError if a target's different values do not suit what is to be learnt."""
    name, count = data.target_name, len(values)
    rows = len(data.target[: data.train_rows])
    if count < 2:
        raise InputError(
            f"target {name!r} is {values[0]:g} in every row: there is nothing to learn"
        )
    if answer == "probability" and count != 2:
        raise InputError(
            f"a classifier needs a target with exactly two values (any two numbers; they become 0 "
            f"and 1), but {name!r} has {count}: use --model mlp for classes, --model regressor for "
            "a quantity"
        )
    if answer == "class" and 2 * count > rows:
        other = "; a quantity needs --model regressor" if isinstance(data, Table) else ""
        raise InputError(
            f"target {name!r} has {count} values in {rows} rows, too many to be classes{other}"
        )


def check_finite(names: list[str], columns: NDArray[Any]) -> None:
    """Raise InputError for a standardised column (n, d) that has overflowed."""
    for name, scaled in zip(names, columns.T, strict=True):
        if not np.isfinite(scaled).all():
            raise InputError(f"column {name!r} has numbers too large to standardise; rescale it")


def standardise_images(
    images: NDArray[np.float32], given: int | None = None
) -> NDArray[np.float32]:
    """Return images (n, channels, height, width) with mean 0 and deviation 1 in each channel.

    With ``given``, it is the first so many images that have this mean and deviation.
    """
    over = (0, 2, 3)
    seen = images[:given]
    mean = seen.mean(axis=over, keepdims=True, dtype=np.float64)
    deviation = seen.std(axis=over, keepdims=True, dtype=np.float64)
    # A constant channel has no deviation but rounding's, by which given test images would explode.
    varies = seen.max(axis=over, keepdims=True) > seen.min(axis=over, keepdims=True)
    scale = np.where(varies, deviation, 1.0)
    return np.asarray((images - mean.astype(np.float32)) / scale.astype(np.float32))


def standardise(values: Array, given: int | None = None) -> Array:
    """Return each column of ``values`` (n, d) with mean 0 and standard deviation 1.

    With ``given``, it is the first so many rows that have this mean and deviation.

    The variance is the corrected two-pass one (Chan, Golub and LeVeque, *Algorithms for computing
    the sample variance*, 1983, eq. 1.7): the second sum would be 0 without rounding, and what
    rounding leaves of it is taken off.  A column that is constant to within that method's error
    bound is only centred.
    """
    n = len(values[:given])
    eps = np.finfo(np.float64).eps
    with np.errstate(over="ignore", invalid="ignore"):
        mean = values[:given].sum(axis=0) / n
        centred = values - mean
        seen = centred[:given]
        variance = ((seen**2).sum(axis=0) - seen.sum(axis=0) ** 2 / n) / n
        constant = variance <= n * eps * variance + (n * mean * eps) ** 2
        return np.asarray(centred / np.where(constant, 1.0, np.sqrt(variance)))


def split_rows(n: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the row numbers to train and to test on, as ``train_test_split`` draws them.

    One permutation of ``range(n)`` by NumPy's legacy generator; its first ``ceil(0.2 n)`` rows
    are the test rows, the rest the training rows.
    """
    order = np.random.RandomState(SPLIT_SEED).permutation(n)
    tests = math.ceil(TEST_SIZE * n)
    return order[tests:], order[:tests]
