"""From a data set's name to arrays ready for training: load, standardise, split.

Scaling and splitting give the very numbers of scikit-learn's ``StandardScaler`` and
``train_test_split(test_size=0.2, random_state=42)``, without needing it.  As in the course, the
scaler sees all rows before they are split, so the test rows have a (small) say in the scaling.
"""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .tables import Array, Table, read_npz, read_table

SHIPPED_FOLDER = Path(__file__).parent / "datasets"
SHIPPED = ("classification", "moons", "regression")

MIN_ROWS = 10  # 8 to train on and 2 to test on: with fewer, a test says nothing
TEST_SIZE = 0.2
SPLIT_SEED = 42


class Split(NamedTuple):
    """Rows to train and to test on: features (n, d), targets (n, 1), all float64."""

    columns: list[str]
    train_x: Array
    test_x: Array
    train_y: Array
    test_y: Array


def load(name: str, target: str | None) -> Table:
    """Load a shipped data set by its name, or the user's .csv or .npz by its path.

    Raises
    ------
    InputError
        If it is neither, if ``target`` is given for a shipped set, or if the file cannot be used
        (see `tables.read_table`).
    """
    if name in SHIPPED:
        if target is not None:
            raise InputError(f"the shipped set {name!r} has its target; leave --target out")
        return read_npz(SHIPPED_FOLDER / f"{name}.npz", "y")._replace(name=name)
    if Path(name).suffix.lower() not in (".csv", ".npz"):
        raise InputError(
            f"no data set {name!r}: give one of {', '.join(SHIPPED)}, "
            "or the path of a .csv or .npz file"
        )
    return read_table(Path(name), target)


def prepare(table: Table, classify: bool) -> Split:
    """Standardise a table and split it into rows to train and rows to test on.

    Parameters
    ----------
    table : Table
        The raw numbers, n >= 10 rows.
    classify : bool
        True: the target must have exactly two values; the smaller becomes 0, the larger 1.
        False: the target is standardised, as the features are.

    Raises
    ------
    InputError
        If there are too few rows, if the target has the wrong number of values, or if numbers are
        so large that their variance overflows.
    """
    rows = len(table.target)
    if rows < MIN_ROWS:
        raise InputError(f"{table.name!r} has {rows} rows; at least {MIN_ROWS} are needed to split")
    values = np.unique(table.target)
    if len(values) < 2:
        raise InputError(
            f"target {table.target_name!r} is {values[0]:g} in every row: there is nothing to learn"
        )
    if classify and len(values) != 2:
        raise InputError(
            f"a classifier needs a target with exactly two values (any two numbers; they become 0 "
            f"and 1), but {table.target_name!r} has {len(values)}: use --model regressor"
        )
    column = table.target[:, None]
    target = (column == values[1]).astype(np.float64) if classify else standardise(column)
    features = standardise(table.features)
    for name, scaled in zip(
        [*table.columns, table.target_name], [*features.T, target], strict=True
    ):
        if not np.isfinite(scaled).all():
            raise InputError(f"column {name!r} has numbers too large to standardise; rescale it")
    train, test = split_rows(rows)
    return Split(table.columns, features[train], features[test], target[train], target[test])


def standardise(values: Array) -> Array:
    """Return each column of ``values`` (n, d) with mean 0 and standard deviation 1.

    The variance is the corrected two-pass one (Chan, Golub and LeVeque, *Algorithms for computing
    the sample variance*, 1983, eq. 1.7): the second sum would be 0 without rounding, and what
    rounding leaves of it is taken off.  A column that is constant to within that method's error
    bound is only centred.
    """
    n = len(values)
    eps = np.finfo(np.float64).eps
    with np.errstate(over="ignore", invalid="ignore"):
        mean = values.sum(axis=0) / n
        centred = values - mean
        variance = ((centred**2).sum(axis=0) - centred.sum(axis=0) ** 2 / n) / n
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
